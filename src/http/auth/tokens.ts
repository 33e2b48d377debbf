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

export type TokenCheck =
  | { readonly ok: true; readonly claims: Claims }
  | { readonly ok: false; readonly reason: 'expired' | 'invalid' };

/** At once for a token that was good before, which most requests bring. */
export type VerifyToken = (token: string) => TokenCheck | Promise<TokenCheck>;

// Pinned: what the token itself says about its algorithm decides nothing.
const ALGORITHM = 'HS256';

/** Good tokens that are remembered until they expire; the oldest go first. */
const MOST_REMEMBERED = 10_000;

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
 * the clock is the server's own, which also issued most tokens. A token found good is good, by the same text, until it
 * expires, and is not reckoned through again.
 */
export function createVerifier(secret: string, clock: { now(): number }): VerifyToken {
  const verify = createReckoner(secret, clock);
  const remembered = new Map<string, Good>();
  return (token) => {
    const known = remembered.get(token);
    if (known !== undefined) {
      if (clock.now() < known.expiresAt) return known.check;
      remembered.delete(token);
    }
    return verify(token).then((found) => {
      if (!('expiresAt' in found)) return found;
      remembered.set(token, found);
      if (remembered.size > MOST_REMEMBERED) remembered.delete(remembered.keys().next().value as string);
      return found.check;
    });
  };
}

interface Good {
  readonly check: TokenCheck & { readonly ok: true };
  readonly expiresAt: number;
}

type Refused = TokenCheck & { readonly ok: false };

function createReckoner(secret: string, clock: { now(): number }): (token: string) => Promise<Good | Refused> {
  const key = keyOf(secret);
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [ALGORITHM],
        currentDate: new Date(clock.now()),
        requiredClaims: ['sub', 'exp'],
      });
      const { sub, role, exp } = payload as Record<string, unknown>;
      // A well-signed token may still carry anything; only what fits an address goes on.
      if (!isActorId(sub)) return { ok: false, reason: 'invalid' };
      if (role !== undefined && typeof role !== 'string') return { ok: false, reason: 'invalid' };
      const claims = role === undefined ? { sub } : { sub, role };
      return { check: { ok: true, claims }, expiresAt: Number(exp) * 1000 };
    } catch (error) {
      return { ok: false, reason: error instanceof errors.JWTExpired ? 'expired' : 'invalid' };
    }
  };
}

function keyOf(secret: string): ReturnType<typeof createSecretKey> {
  return createSecretKey(Buffer.from(secret));
}
