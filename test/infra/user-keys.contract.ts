import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UserKeys } from '../../src/infra/sealing/sealer.ts';

export interface OpenUserKeys {
  readonly keys: UserKeys;
  /** The same keys, as another process or a later start finds them. */
  again(): Promise<UserKeys>;
  close(): Promise<void>;
}

/** What every adapter of `UserKeys` does. */
export function userKeysContract(name: string, open: () => Promise<OpenUserKeys>): void {
  describe(name, () => {
    let opened: OpenUserKeys;
    let keys: UserKeys;
    beforeEach(async () => {
      opened = await open();
      ({ keys } = opened);
    });
    afterEach(() => opened.close());

    it('keeps the first key that was put, per user', async () => {
      expect(await keys.get('u1')).toBeNull();
      expect(await keys.put('u1', 'w1.a')).toBe('w1.a');
      expect(await keys.put('u1', 'w1.b')).toBe('w1.a');
      expect(await keys.put('__proto__', 'w1.c')).toBe('w1.c');
      expect(await (await opened.again()).get('u1')).toBe('w1.a');
    });

    it('finds users by the mark they had last, also after a restart', async () => {
      for (const user of ['u3', 'u1', 'u2']) await keys.put(user, 'w1.a');
      for (const user of ['u3', 'u1', 'u2']) await keys.mark(user, 'm1');
      await keys.mark('u1', 'm1');
      expect(await keys.marked('m1', 10)).toEqual(['u1', 'u2', 'u3']);
      expect(await keys.marked('m1', 2)).toEqual(['u1', 'u2']);
      await keys.mark('u2', 'm2');
      const again = await opened.again();
      expect(await again.marked('m1', 10)).toEqual(['u1', 'u3']);
      expect(await again.marked('m2', 10)).toEqual(['u2']);
      expect(await again.marked('m3', 10)).toEqual([]);
    });

    it('forgets the mark with the key, and marks nobody without one', async () => {
      await keys.put('u1', 'w1.a');
      await keys.mark('u1', 'm1');
      await keys.erase('u1');
      await keys.mark('u1', 'm1');
      expect(await keys.marked('m1', 10)).toEqual([]);
      await keys.put('u1', 'w1.b');
      expect(await keys.marked('m1', 10)).toEqual([]);
      await keys.mark('u1', 'm1');
      expect(await keys.marked('m1', 10)).toEqual(['u1']);
      expect(await keys.get('u1')).toBe('w1.b');
    });
  });
}
