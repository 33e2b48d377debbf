import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskIdentity, maskName } from '../../src/infra/sealing/mask.ts';
import { createSealer, parseDataKey } from '../../src/infra/sealing/sealer.ts';
import { memoryUserKeys } from '../support/memory-user-keys.ts';

const DATA_KEY = Buffer.alloc(32, 7);
const PAYEE = { identity: '13812345612', name: '张三丰' };

/** What only the holder of the data key could do: one user's key as another's. */
function rewrapped(wrapped: string, from: string, to: string): string {
  const box = Buffer.from(wrapped.slice('w1.'.length), 'base64url');
  const iv = box.subarray(0, 12);
  const opened = createDecipheriv('aes-256-gcm', DATA_KEY, iv).setAAD(Buffer.from(`key:${from}`));
  const key = Buffer.concat([opened.setAuthTag(box.subarray(-16)).update(box.subarray(12, -16)), opened.final()]);
  const closed = createCipheriv('aes-256-gcm', DATA_KEY, iv).setAAD(Buffer.from(`key:${to}`));
  const sealed = Buffer.concat([iv, closed.update(key), closed.final()]);
  return `w1.${Buffer.concat([sealed, closed.getAuthTag()]).toString('base64url')}`;
}

describe('a sealed payee', () => {
  it('opens for its user, on any node with the same keys', async () => {
    const keys = memoryUserKeys();
    const sealed = await createSealer(DATA_KEY, keys).seal('u1', PAYEE);
    expect(await createSealer(DATA_KEY, keys).open('u1', sealed)).toEqual(PAYEE);
  });

  it('shows nothing of the payee and is never the same twice', async () => {
    const keys = memoryUserKeys();
    const sealer = createSealer(DATA_KEY, keys);
    const [one, two] = [await sealer.seal('u1', PAYEE), await sealer.seal('u1', PAYEE)];
    expect(one).not.toBe(two);
    for (const text of [one, ...keys.stored.values()]) {
      const decoded = Buffer.from(text.split('.').at(-1) as string, 'base64url');
      for (const secret of Object.values(PAYEE)) expect(text + decoded.toString()).not.toContain(secret);
    }
  });

  it('survives any Unicode', async () => {
    const sealer = createSealer(DATA_KEY, memoryUserKeys());
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string(), async (identity, name) => {
        expect(await sealer.open('u1', await sealer.seal('u1', { identity, name }))).toEqual({ identity, name });
      }),
    );
  });

  it('[K1] does not open for another user, even under the same key', async () => {
    const keys = memoryUserKeys();
    const sealer = createSealer(DATA_KEY, keys);
    const sealed = await sealer.seal('u1', PAYEE);
    await sealer.seal('u2', PAYEE);
    expect(await sealer.open('u2', sealed)).toBeNull();
    keys.stored.set('u2', keys.stored.get('u1') as string);
    await expect(sealer.open('u2', sealed)).rejects.toThrow();
    keys.stored.set('u2', rewrapped(keys.stored.get('u1') as string, 'u1', 'u2'));
    await expect(sealer.open('u2', sealed)).rejects.toThrow();
  });

  it('[K2] is gone once the key is erased, also after the user seals anew', async () => {
    const sealer = createSealer(DATA_KEY, memoryUserKeys());
    const sealed = await sealer.seal('u1', PAYEE);
    await sealer.erase('u1');
    await sealer.erase('u1');
    expect(await sealer.open('u1', sealed)).toBeNull();
    const anew = await sealer.seal('u1', PAYEE);
    expect(await sealer.open('u1', sealed)).toBeNull();
    expect(await sealer.open('u1', anew)).toEqual(PAYEE);
  });

  it('[K3] with any byte changed is an error', async () => {
    const sealer = createSealer(DATA_KEY, memoryUserKeys());
    const sealed = await sealer.seal('u1', PAYEE);
    const [version, keyId, box] = sealed.split('.') as [string, string, string];
    const bytes = Buffer.from(box, 'base64url');
    for (let n = 0; n < bytes.length; n += 1) {
      const changed = Buffer.from(bytes);
      changed[n] = (changed[n] as number) ^ 1;
      await expect(sealer.open('u1', `${version}.${keyId}.${changed.toString('base64url')}`)).rejects.toThrow();
    }
    for (const broken of ['', 's1', 's2.x.y', `${version}.${keyId}`, `${version}.${keyId}.AAAA`, box]) {
      await expect(sealer.open('u1', broken)).rejects.toThrow();
    }
  });

  it('[K3] fails closed under another data key', async () => {
    const keys = memoryUserKeys();
    const sealed = await createSealer(DATA_KEY, keys).seal('u1', PAYEE);
    const other = createSealer(Buffer.alloc(32, 8), keys);
    await expect(other.open('u1', sealed)).rejects.toThrow();
    await expect(other.seal('u1', PAYEE)).rejects.toThrow();
  });

  it('of two first seals at once opens both', async () => {
    const keys = memoryUserKeys();
    const [a, b] = [createSealer(DATA_KEY, keys), createSealer(DATA_KEY, keys)];
    const sealed = await Promise.all([a.seal('u1', PAYEE), b.seal('u1', PAYEE)]);
    for (const text of sealed) expect(await a.open('u1', text)).toEqual(PAYEE);
    expect(keys.stored.size).toBe(1);
  });
});

describe('a fingerprint', () => {
  it('is the same for the same text of the same user only, and new after erasure', async () => {
    const sealer = createSealer(DATA_KEY, memoryUserKeys());
    const first = await sealer.fingerprint('u1', 'text');
    expect(first).toMatch(/^[\w-]{43}$/);
    expect(await sealer.fingerprint('u1', 'text')).toBe(first);
    expect(await sealer.fingerprint('u1', 'texu')).not.toBe(first);
    expect(await sealer.fingerprint('u2', 'text')).not.toBe(first);
    await sealer.erase('u1');
    expect(await sealer.fingerprint('u1', 'text')).not.toBe(first);
  });
});

describe('finding who named a payee', () => {
  const sealer = () => createSealer(DATA_KEY, memoryUserKeys());

  it('goes by the last four and the initial, of the whole and of the part alike', async () => {
    const one = sealer();
    await one.seal('u1', PAYEE);
    await one.seal('u2', { identity: 'Zhang.San@Example.com', name: 'Ｚhang San' });
    await one.seal('u3', { identity: '2088000011115612', name: '李四' });
    for (const payee of [PAYEE, { identity: '5612', name: '张' }])
      expect(await one.usersNaming(payee, 9)).toEqual(['u1']);
    expect(await one.usersNaming({ identity: '.SAN', name: 'z' }, 9)).toEqual(['u2']);
    expect(await one.usersNaming({ identity: '5612', name: '李' }, 9)).toEqual(['u3']);
    expect(await one.usersNaming({ identity: '5612', name: '王' }, 9)).toEqual([]);
    expect(await one.usersNaming({ identity: '612', name: '张' }, 9)).toEqual([]);
  });

  it('goes by the payee named last, and ends with the user’s key', async () => {
    const one = sealer();
    await one.seal('u1', PAYEE);
    await one.seal('u1', { identity: '13900000001', name: '张三丰' });
    expect(await one.usersNaming(PAYEE, 9)).toEqual([]);
    expect(await one.usersNaming({ identity: '0001', name: '张' }, 9)).toEqual(['u1']);
    await one.erase('u1');
    expect(await one.usersNaming({ identity: '0001', name: '张' }, 9)).toEqual([]);
  });

  it('needs the data key', async () => {
    const keys = memoryUserKeys();
    await createSealer(DATA_KEY, keys).seal('u1', PAYEE);
    expect(await createSealer(Buffer.alloc(32, 8), keys).usersNaming(PAYEE, 9)).toEqual([]);
  });
});

describe('a data key', () => {
  it('is read from hex, base64 and base64url', () => {
    const key = randomBytes(32);
    for (const text of [
      key.toString('hex'),
      key.toString('base64'),
      key.toString('base64url'),
      `${key.toString('hex')}\n`,
    ]) {
      expect(parseDataKey(text)).toEqual(key);
    }
  });

  it.each(['', 'short', 'z'.repeat(64), 'a'.repeat(62), 'a'.repeat(66), `${'A'.repeat(42)}!`])(
    '"%s" is none',
    (text) => {
      expect(() => parseDataKey(text)).toThrow(TypeError);
    },
  );
});

describe('what people see', () => {
  it.each([
    ['13812345612', '138******12'],
    ['2088123456789012', '208******12'],
    ['zhangsan@example.com', 'zha******om'],
    ['1234567', '1***7'],
    ['1234', '1***4'],
    ['123', '***3'],
    ['1', '***'],
    ['', '***'],
  ])('of the identity "%s" is %s', (identity, masked) => {
    expect(maskIdentity(identity)).toBe(masked);
  });

  it.each([
    ['张三', '*三'],
    ['张三丰', '**丰'],
    ['John Smith', '**h'],
    ['王', '*'],
    ['', '*'],
    ['a\u202e', '**'],
  ])('of the name "%s" is %s', (name, masked) => {
    expect(maskName(name)).toBe(masked);
  });

  it.each([
    ['identity', maskIdentity],
    ['name', maskName],
  ])('of any %s is at most ten characters, fewer than there are, and nothing invisible', (_, mask) => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = mask(text).replaceAll('*', '');
        expect(shown.length).toBeLessThanOrEqual(10);
        expect([...shown].length).toBeLessThan(Math.max(1, [...text].length));
        expect(shown).not.toMatch(/[\p{C}\p{Z}\p{M}]/u);
        expect(shown.isWellFormed()).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
