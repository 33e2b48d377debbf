import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Signed words that travel through another site and back: who began something, good for a while. Its holder can read
 * whom it names, nobody can make one for another.
 */
export interface SignedStates {
  issue(userId: string, expiresAt: number): string;
  /** The user it was issued for; undefined when it is forged, altered or too old. */
  read(state: string, now: number): string | undefined;
}

/** `purpose` keeps apart what is signed with the same key. */
export function createSignedStates(key: string | Uint8Array, purpose: string): SignedStates {
  const sign = (payload: string): string =>
    createHmac('sha256', key).update(`${purpose}\0${payload}`).digest('base64url');
  return {
    issue(userId, expiresAt) {
      const payload = Buffer.from(JSON.stringify([userId, expiresAt])).toString('base64url');
      return `${payload}.${sign(payload)}`;
    },
    read(state, now) {
      const [payload = '', signature = '', ...rest] = state.split('.');
      const [expected, given] = [Buffer.from(sign(payload)), Buffer.from(signature)];
      if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      const [userId, expiresAt] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [string, number];
      return now < expiresAt ? userId : undefined;
    },
  };
}
