import { createSecretKey } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createVerifier, issueToken } from '../../src/http/auth/tokens.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const NOW = Date.UTC(2026, 2, 1);
const clock = { now: () => NOW };
const verify = createVerifier(SECRET, clock);
const HOUR = 3_600_000;

function sign(payload: Record<string, unknown>, { alg = 'HS256', secret = SECRET } = {}): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg }).sign(createSecretKey(Buffer.from(secret)));
}

const inAnHour = Math.floor((NOW + HOUR) / 1000);
const invalid = { ok: false, reason: 'invalid' };

describe('tokens', () => {
  it('says whose a user token is', async () => {
    const token = await issueToken(SECRET, { sub: 'u1' }, NOW + HOUR);
    expect(await verify(token)).toEqual({ ok: true, claims: { sub: 'u1' } });
  });

  it('says which role a staff token has', async () => {
    const token = await issueToken(SECRET, { sub: 'lin', role: 'approver' }, NOW + HOUR);
    expect(await verify(token)).toEqual({ ok: true, claims: { sub: 'lin', role: 'approver' } });
  });

  it('is good up to its expiry by the given clock and no moment longer', async () => {
    const token = await issueToken(SECRET, { sub: 'u1' }, NOW + HOUR);
    expect(await createVerifier(SECRET, { now: () => NOW + HOUR - 1 })(token)).toMatchObject({ ok: true });
    expect(await createVerifier(SECRET, { now: () => NOW + HOUR })(token)).toEqual({ ok: false, reason: 'expired' });
  });

  it('remembers a good token until it expires, answers it at once meanwhile, and remembers no other', async () => {
    const time = { value: NOW };
    const remembering = createVerifier(SECRET, { now: () => time.value });
    const token = await issueToken(SECRET, { sub: 'u1' }, NOW + HOUR);
    const first = remembering(token);
    expect(first).toBeInstanceOf(Promise);
    expect(await first).toEqual({ ok: true, claims: { sub: 'u1' } });
    expect(remembering(token)).toEqual({ ok: true, claims: { sub: 'u1' } });
    time.value = NOW + HOUR;
    expect(await remembering(token)).toEqual({ ok: false, reason: 'expired' });
    expect(remembering('a.b.c')).toBeInstanceOf(Promise);
    expect(await remembering('a.b.c')).toEqual(invalid);
    expect(remembering('a.b.c')).toBeInstanceOf(Promise);
  });

  it('refuses to issue a token whose user could not be addressed', async () => {
    for (const sub of ['', '../x', 'a/b', 'a b', '张三', 'x'.repeat(129)]) {
      await expect(issueToken(SECRET, { sub }, NOW + HOUR)).rejects.toThrow(/letters, digits/);
    }
  });

  it.each([
    ['another secret', () => sign({ sub: 'u1', exp: inAnHour }, { secret: `${SECRET}!` })],
    ['another algorithm of the same family', () => sign({ sub: 'u1', exp: inAnHour }, { alg: 'HS512' })],
    ['no signature at all', async () => new UnsecuredJWT({ sub: 'u1', exp: inAnHour }).encode()],
    ['no expiry', () => sign({ sub: 'u1' })],
    ['no subject', () => sign({ exp: inAnHour })],
    ['a subject that is no id', () => sign({ sub: 'order/1', exp: inAnHour })],
    ['a subject of another type', () => sign({ sub: { $ne: '' } as never, exp: inAnHour })],
    ['a role of another type', () => sign({ sub: 'u1', role: ['approver'], exp: inAnHour })],
    ['garbage', async () => 'a.b.c'],
    ['nothing', async () => ''],
  ])('refuses a token with %s', async (_what, make) => {
    expect(await verify(await make())).toEqual(invalid);
  });

  it('refuses a token of which any character was changed', async () => {
    const token = await issueToken(SECRET, { sub: 'u1' }, NOW + HOUR);
    // The last character carries unused bits, the one place where another text is the same signature.
    for (let i = 0; i < token.length - 1; i += 1) {
      const changed = token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1);
      expect(await verify(changed), `character ${i}`).toEqual(invalid);
    }
  });
});
