/**
 * What somebody may have meant who read out or typed an id almost right.
 *
 * Bounded: an id has some hundreds of neighbours, which are looked up by their keys; nothing is ever scanned.
 */
import { type Address, toAddress } from '../../actors/address.ts';
import type { Words } from '../../machines/meta.ts';

const DIGITS = '0123456789';
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

interface Shape {
  readonly type: string;
  readonly words: Words;
  /** Such an id, or one that is almost it, with anything around it. */
  readonly pattern: RegExp;
  readonly alphabet: string;
  readonly isId: (id: string) => boolean;
}

/** Shorter numbers have too many neighbours that are somebody else's. */
const SHAPES: readonly Shape[] = [
  {
    type: 'order',
    words: { zh: '订单号', en: 'order number' },
    pattern: /(?<!\d)\d{8,24}(?!\d)/,
    alphabet: DIGITS,
    isId: () => true,
  },
  {
    type: 'withdrawal',
    words: { zh: '提现编号', en: 'withdrawal id' },
    pattern: /wd_[a-z0-9]{25,27}(?!\w)/i,
    alphabet: BASE32,
    isId: (id) => /^wd_[a-z2-7]{26}$/.test(id),
  },
];

interface Near {
  readonly words: Words;
  readonly addresses: readonly Address[];
}

/** For each kind of id that the text names, alone or among words: what it names, and all that differs from it by one
 * character too many, missing, wrong or swapped with the next. */
export function nearIds(q: string): readonly Near[] {
  return SHAPES.flatMap(({ type, words, pattern, alphabet, isId }) => {
    const id = pattern.exec(q)?.[0].toLowerCase();
    if (id === undefined) return [];
    const ids = [...neighbours(id, alphabet)].filter(isId);
    return [{ words, addresses: ids.map((one) => toAddress(type, one)) }];
  });
}

function neighbours(id: string, alphabet: string): Set<string> {
  const found = new Set([id]);
  for (let at = 0; at <= id.length; at += 1) {
    const [before, after] = [id.slice(0, at), id.slice(at)];
    for (const character of alphabet) found.add(before + character + after).add(before + character + after.slice(1));
    found.add(before + after.slice(1)).add(before + after.charAt(1) + after.charAt(0) + after.slice(2));
  }
  return found;
}
