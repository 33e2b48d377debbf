import { createHash } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/**
 * The id of the withdrawal that `userId` asks for under `key`: the same on every node and for ever, so a repeated
 * request meets the same actor. `wd_` and 26 base32 characters (130 bits) of SHA-256(user id, 0, key).
 */
export function toWithdrawalId(userId: string, key: string): string {
  const digest = createHash('sha256').update(userId).update('\0').update(key).digest();
  let bits = 0n;
  for (const byte of digest.subarray(0, 17)) bits = (bits << 8n) | BigInt(byte);
  bits >>= 6n; // 136 bits were read, 130 are kept
  let id = '';
  for (let shift = 125n; shift >= 0n; shift -= 5n) id += ALPHABET[Number((bits >> shift) & 31n)];
  return `wd_${id}`;
}
