import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Position } from '../actors/ports.ts';
import { Problem } from './problem.ts';

/**
 * Signed, opaque cursors. `scope` is what a cursor is good for (route, owner, filter): one taken from another list, or
 * from another user's, is refused like a forged one.
 */
export interface Cursors {
  encode(position: Position, scope: readonly string[]): string;
  /** @throws CURSOR_INVALID */
  decode(cursor: string, scope: readonly string[]): Position;
}

const MAX_CURSOR_LENGTH = 1_000;

export function createCursors(key: string | Uint8Array): Cursors {
  const sign = (payload: string, scope: readonly string[]): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([payload, ...scope]))
      .digest('base64url')
      .slice(0, 22);
  return {
    encode: (position, scope) => {
      const payload = Buffer.from(JSON.stringify(position)).toString('base64url');
      return `${payload}.${sign(payload, scope)}`;
    },
    decode: (cursor, scope) => {
      const [payload = '', signature = '', ...rest] = cursor.slice(0, MAX_CURSOR_LENGTH).split('.');
      // The texts are compared, not what they decode to: base64 has several spellings of the same bytes.
      const expected = Buffer.from(sign(payload, scope));
      const given = Buffer.from(signature);
      const isOurs = rest.length === 0 && given.length === expected.length && timingSafeEqual(given, expected);
      if (!isOurs) throw new Problem('CURSOR_INVALID');
      return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Position;
    },
  };
}
