import { scrypt, timingSafeEqual } from 'node:crypto';

/** About 60 ms and 32 MiB for each guess. */
const COST = { N: 32_768, r: 8, p: 1 } as const;
const HASH_BYTES = 32;
const HASH = /^scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([\w-]{16,})\$([\w-]{43})$/;

/** What a user without a password is checked by: takes as long as any other and fits nothing. */
export const NO_PASSWORD = `scrypt$${COST.N}$${COST.r}$${COST.p}$${'0'.repeat(22)}$${'0'.repeat(43)}`;

/** Returns `scrypt$N$r$p$salt$hash`, with the parameters that the check will need. `salt` is 16 or more random characters. */
export async function hashPassword(password: string, salt: string): Promise<string> {
  const hash = await derive(password, salt, COST);
  return `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt}$${hash.toString('base64url')}`;
}

/** Whether `hashed` was made of that password. */
export async function isPassword(password: string, hashed: string): Promise<boolean> {
  const [, N, r, p, salt = '', hash = ''] = HASH.exec(hashed) ?? HASH.exec(NO_PASSWORD) ?? [];
  const derived = await derive(password, salt, { N: Number(N), r: Number(r), p: Number(p) });
  return timingSafeEqual(derived, Buffer.from(hash, 'base64url').subarray(0, HASH_BYTES));
}

function derive(password: string, salt: string, cost: { N: number; r: number; p: number }): Promise<Buffer> {
  const options = { ...cost, maxmem: 256 * cost.N * cost.r };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, HASH_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
