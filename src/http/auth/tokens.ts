import { createSecretKey } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { isActorId } from '../../actors/address.ts';

/** Who a token speaks for. */
export interface Claims {
  /** A user id; for staff, the name that stands in the journal. */
  readonly sub: string;
  /** Only staff tokens have one. */
  readonly role?: string;
}

type TokenCheck =
  | { readonly ok: true; readonly claims: Claims }
  | { readonly ok: false; readonly reason: 'expired' | 'invalid' };

export type VerifyToken = (token: string) => Promise<TokenCheck>;

// Pinned: what the token itself says about its algorithm decides nothing.
const ALGORITHM = 'HS256';

/**
 * Returns a JWT for `claims` that is good until `expiresAt` (epoch ms, rounded down to the second).
 * @throws TypeError when `sub` could not be part of an actor's address.
 */
export async function issueToken(secret: string, claims: Claims, expiresAt: number): Promise<string> {
  if (!isActorId(claims.sub)) {
    throw new TypeError('a token\'s user is 1 to 128 letters, digits, "_", ".", "@" or "-"');
  }
  return await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
    .setExpirationTime(Math.floor(expiresAt / 1000))
    .sign(keyOf(secret));
}

/**
 * Returns the check of a token: signed by `secret`, with `sub` and an `exp` that the clock has not reached. No leeway:
 * the clock is the server's own, which also issued most tokens.
 */
export function createVerifier(secret: string, clock: { now(): number }): VerifyToken {
  const key = keyOf(secret);
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [ALGORITHM],
        currentDate: new Date(clock.now()),
        requiredClaims: ['sub', 'exp'],
      });
      const { sub, role } = payload as Record<string, unknown>;
      // A well-signed token may still carry anything; only what fits an address goes on.
      if (!isActorId(sub)) return { ok: false, reason: 'invalid' };
      if (role === undefined) return { ok: true, claims: { sub } };
      return typeof role === 'string' ? { ok: true, claims: { sub, role } } : { ok: false, reason: 'invalid' };
    } catch (error) {
      return { ok: false, reason: error instanceof errors.JWTExpired ? 'expired' : 'invalid' };
    }
  };
}

function keyOf(secret: string): ReturnType<typeof createSecretKey> {
  return createSecretKey(Buffer.from(secret));
}
