/**
 * What every `KeptState` does.
 */
import { describe, expect, it } from 'vitest';
import type { KeptEntry, KeptState } from '../../src/infra/resilience/kept-state.ts';

const entry = (key: string, at: number, value: KeptEntry['value'] = { at }): KeptEntry => ({
  key,
  at,
  node: 'node-1',
  value,
});

/** `open` gives the empty state, and the same again when called again within a test. */
export function keptStateContract(name: string, open: () => Promise<KeptState>): void {
  describe(`kept state: ${name}`, () => {
    it('has what was saved, the latest of each key, also for who opens it later', async () => {
      const kept = await open();
      await kept.save([entry('a', 1_000), entry('b', 1_001, null)]);
      await kept.save([entry('a', 1_002)]);
      const again = await open();
      expect((await again.load(0)).toSorted((one, other) => one.at - other.at)).toEqual([
        entry('b', 1_001, null),
        entry('a', 1_002),
      ]);
    });

    it('keeps the later entry when the earlier comes last', async () => {
      const kept = await open();
      await kept.save([entry('a', 1_002)]);
      await kept.save([entry('a', 1_001), entry('b', 1_000)]);
      expect((await kept.load(0)).toSorted((one, other) => one.at - other.at)).toEqual([
        entry('b', 1_000),
        entry('a', 1_002),
      ]);
    });

    it('leaves out what is older than asked for', async () => {
      const kept = await open();
      await kept.save([entry('a', 1_000), entry('b', 2_000)]);
      expect(await kept.load(1_001)).toEqual([entry('b', 2_000)]);
    });

    it('takes many saves at once', async () => {
      const kept = await open();
      await Promise.all(Array.from({ length: 20 }, (_, index) => kept.save([entry(`k${index}`, 1_000 + index)])));
      expect(await (await open()).load(0)).toHaveLength(20);
    });

    it('saves nothing when there is nothing', async () => {
      const kept = await open();
      await kept.save([]);
      expect(await kept.load(0)).toEqual([]);
    });
  });
}
