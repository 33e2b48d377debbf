/**
 * What somebody may have meant who read out or typed an id almost right.
 *
 * Bounded: an id has some hundreds of neighbours, which are looked up by their keys; nothing is ever scanned.
 */
import { type Address, toAddress } from '../../actors/address.ts';

const DIGITS = '0123456789';
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

interface Shape {
  readonly type: string;
  /** Such an id, or one that is almost it, with anything around it. */
  readonly pattern: RegExp;
  readonly alphabet: string;
  readonly isId: (id: string) => boolean;
}

/** Shorter numbers have too many neighbours that are somebody else's. */
const SHAPES: readonly Shape[] = [
  { type: 'order', pattern: /(?<!\d)\d{8,24}(?!\d)/, alphabet: DIGITS, isId: () => true },
  {
    type: 'withdrawal',
    pattern: /wd_[a-z0-9]{25,27}(?!\w)/i,
    alphabet: BASE32,
    isId: (id) => /^wd_[a-z2-7]{26}$/.test(id),
  },
];

/** Addresses that differ from what the text names by one character too many, missing, wrong or swapped with the next, and
 * what it names itself where it stands among other words. Some hundreds at most. */
export function nearAddresses(q: string): readonly Address[] {
  return SHAPES.flatMap(({ type, pattern, alphabet, isId }) => {
    const id = pattern.exec(q)?.[0].toLowerCase();
    if (id === undefined) return [];
    return [...neighbours(id, alphabet)].filter(isId).map((one) => toAddress(type, one));
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
