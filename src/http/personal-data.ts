/**
 * Personal data in what staff write. Reasons and notes are kept for ever and everybody on the staff reads them, so what
 * looks like somebody's phone number, identity card, bank card or mail address is refused at the door.
 *
 * Order numbers have 18 or 19 digits and vouchers more: of a number that long only what has the check digits and the
 * beginning of a card is taken for one.
 */
import type { Words } from '../machines/meta.ts';

interface Kind {
  readonly words: Words;
  readonly pattern: RegExp;
  readonly isReal?: (piece: string) => boolean;
}

const KINDS: readonly Kind[] = [
  {
    words: { zh: '邮箱', en: 'a mail address' },
    pattern: /[\w.%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24}/g,
  },
  {
    words: { zh: '身份证号', en: 'an identity card number' },
    pattern: /(?<!\w)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\w)/g,
    isReal: hasIdentityCheckDigit,
  },
  {
    words: { zh: '银行卡号', en: 'a bank card number' },
    pattern: /(?<!\w)(?:62\d\d(?:[ -]?\d{4}){3}(?:[ -]?\d{3})?|[45]\d{3}(?:[ -]?\d{4}){3})(?!\w)/g,
    isReal: hasLuhnCheckDigit,
  },
  {
    words: { zh: '手机号', en: 'a phone number' },
    pattern: /(?<![\w+])(?:(?:\+|00)?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\w)/g,
  },
];

export interface PersonalPiece {
  /** What it looks like. */
  readonly words: Words;
  /** Enough of it to find it again in one's own text. */
  readonly masked: string;
}

/** What of the text looks like personal data. */
export function personalDataIn(text: string): readonly PersonalPiece[] {
  const found: PersonalPiece[] = [];
  maskEach(text, (piece, words) => found.push({ words, masked: mask(piece) }));
  return found;
}

/** The text as it may be kept: what looks like personal data is masked. */
export function withoutPersonalData(text: string): string {
  return maskEach(text, () => {});
}

function maskEach(text: string, tell: (piece: string, words: Words) => void): string {
  return KINDS.reduce(
    (rest, { words, pattern, isReal = () => true }) =>
      rest.replace(pattern, (piece) => {
        if (!isReal(piece.replace(/[ -]/g, ''))) return piece;
        tell(piece, words);
        return mask(piece);
      }),
    text.normalize('NFKC'),
  );
}

function mask(piece: string): string {
  return `${piece.slice(0, 2)}****${piece.slice(-2)}`;
}

/** GB 11643. */
function hasIdentityCheckDigit(number: string): boolean {
  const sum = [...number.slice(0, 17)].reduce((total, digit, at) => total + Number(digit) * (2 ** (17 - at) % 11), 0);
  return '10X98765432'[sum % 11] === number[17]?.toUpperCase();
}

/** ISO/IEC 7812. */
function hasLuhnCheckDigit(number: string): boolean {
  const sum = [...number].reverse().reduce((total, digit, at) => {
    const value = Number(digit) * (at % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
