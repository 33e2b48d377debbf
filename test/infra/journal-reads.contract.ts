/**
 * What `journal.contract.ts` asks of a journal's reads.
 */
import { describe, expect, it } from 'vitest';
import type { Address } from '../../src/actors/address.ts';
import type { Journal } from '../../src/actors/ports.ts';
import { chained, fill, messageOf, recordOf } from '../support/journal-records.ts';

const A: Address = 'order/1';
const B: Address = 'order/2';
const C: Address = 'balance/u1';

export function reading(journal: () => Journal): void {
  describe('reads', () => {
    it('find nothing of an actor that never took a turn', async () => {
      expect(await journal().last(A)).toBeUndefined();
      expect(await journal().at(A, 1)).toBeUndefined();
      expect(await journal().page(A, 0, 10)).toEqual([]);
      expect(await journal().outcomes(A, ['m'])).toEqual(new Map());
    });

    it('find the greatest seq by number, not by digits', async () => {
      await fill(journal(), A, 12);
      expect((await journal().last(A))?.seq).toBe(12);
    });

    it('find one seq', async () => {
      await fill(journal(), A, 12);
      expect((await journal().at(A, 10))?.seq).toBe(10);
      expect(await journal().at(A, 13)).toBeUndefined();
      expect(await journal().at(A, 0)).toBeUndefined();
    });

    it('page upwards from a seq', async () => {
      await fill(journal(), A, 12);
      const seqs = async (after: number, limit: number) =>
        (await journal().page(A, after, limit)).map(({ seq }) => seq);
      expect(await seqs(0, 3)).toEqual([1, 2, 3]);
      expect(await seqs(9, 3)).toEqual([10, 11, 12]);
      expect(await seqs(11, 3)).toEqual([12]);
      expect(await seqs(12, 3)).toEqual([]);
    });

    it('tell apart actors of which one address begins the other', async () => {
      await journal().append([recordOf('order/1', 1), recordOf('order/10', 1), recordOf('order/A', 1)]);
      await journal().append([recordOf('order/10', 2), recordOf('order/a', 1)]);
      expect((await journal().last('order/1'))?.seq).toBe(1);
      expect((await journal().last('order/10'))?.seq).toBe(2);
      expect((await journal().last('order/a'))?.actor).toBe('order/a');
    });
  });
}

export function answeringOutcomes(journal: () => Journal): void {
  describe('outcomes', () => {
    it('are those recorded, with the seq and the reason where there is one', async () => {
      const messages = [
        messageOf('d'),
        messageOf('i', { outcome: 'ignored' }),
        messageOf('r', { outcome: 'refused', reason: { code: 'CHANNEL_TAKEN' } }),
        messageOf('p', { outcome: 'parked', reason: { code: 'STEP_THREW', detail: '抛出' } }),
      ];
      await journal().append([recordOf(A, 1)]);
      await journal().append([recordOf(A, 2, { messages })]);
      expect(await journal().outcomes(A, ['r', 'd', 'p', 'i', 'm-1'])).toEqual(
        new Map<string, unknown>([
          ['r', { seq: 2, outcome: 'refused', reason: { code: 'CHANNEL_TAKEN' } }],
          ['d', { seq: 2, outcome: 'done' }],
          ['p', { seq: 2, outcome: 'parked', reason: { code: 'STEP_THREW', detail: '抛出' } }],
          ['i', { seq: 2, outcome: 'ignored' }],
          ['m-1', { seq: 1, outcome: 'done' }],
        ]),
      );
    });

    it('leave out ids that never came, or came to another actor', async () => {
      await journal().append([recordOf(A, 1), recordOf(B, 1, { messages: [messageOf('b')] })]);
      expect([...(await journal().outcomes(A, ['m-1', 'b', 'x'])).keys()]).toEqual(['m-1']);
      expect(await journal().outcomes(A, [])).toEqual(new Map());
    });

    it('come for 300 ids at once', async () => {
      const ids = Array.from({ length: 300 }, (_, index) => `id-${index}`);
      await journal().append([recordOf(A, 1, { messages: ids.map((id) => messageOf(id)) })]);
      expect((await journal().outcomes(A, ids)).size).toBe(300);
    });
  });
}

export function listingBatches(journal: () => Journal): void {
  /** `1:2` = two records in batch 1. */
  const commit = async (node: string, ...batches: `${number}:${number}`[]) => {
    for (const text of batches) {
      const [batch = 0, count = 0] = text.split(':').map(Number);
      await journal().append(
        Array.from({ length: count }, (_, index) =>
          recordOf(`${node}/${batch}-${index}` as Address, 1, { node, batch }),
        ),
      );
    }
  };
  const batchesOf = async (node: string, after: number, limit: number) =>
    (await journal().committedBy(node, after, limit)).map(({ batch }) => batch);

  describe('committedBy', () => {
    it('[J7] answers the records of the node in batches above the one given, by batch', async () => {
      await commit('a', '1:2', '2:1', '3:2');
      await commit('b', '2:3');
      expect(await batchesOf('a', 1, 100)).toEqual([2, 3, 3]);
      expect(await batchesOf('b', 0, 100)).toEqual([2, 2, 2]);
      expect(await batchesOf('a', 3, 100)).toEqual([]);
      expect(await batchesOf('c', 0, 100)).toEqual([]);
    });

    it('goes by batch number, not by when it was written', async () => {
      await commit('a', '7:1', '3:1', '5:1');
      expect(await batchesOf('a', 0, 100)).toEqual([3, 5, 7]);
    });

    it('leaves out a batch that the limit would cut', async () => {
      await commit('a', '1:2', '2:2', '3:2');
      expect(await batchesOf('a', 0, 3)).toEqual([1, 1]);
      expect(await batchesOf('a', 0, 4)).toEqual([1, 1, 2, 2]);
      expect(await batchesOf('a', 0, 5)).toEqual([1, 1, 2, 2]);
      expect(await batchesOf('a', 0, 6)).toEqual([1, 1, 2, 2, 3, 3]);
    });

    it('answers a first batch that is over the limit whole', async () => {
      await commit('a', '1:5', '2:1');
      expect(await batchesOf('a', 0, 3)).toEqual([1, 1, 1, 1, 1]);
    });

    it('reaches each record once, page by page', async () => {
      await commit('a', '1:3', '2:1', '4:7', '5:2', '9:1');
      const seen: string[] = [];
      for (let after = 0; ; ) {
        const page = await journal().committedBy('a', after, 4);
        if (page.length === 0) break;
        seen.push(...page.map(({ actor }) => actor));
        after = page.at(-1)?.batch ?? 0;
      }
      expect(new Set(seen).size).toBe(14);
      expect(seen).toHaveLength(14);
    });

    it('[J4] finds a batch whose records came by several writes', async () => {
      await commit('a', '1:1');
      await journal().append([recordOf('x/late', 1, { node: 'a', batch: 1 })]);
      expect(await batchesOf('a', 0, 10)).toEqual([1, 1]);
    });

    it('answers records whole', async () => {
      const record = chained(recordOf(C, 1, { node: 'a', batch: 1 }));
      await journal().append([record]);
      expect(await journal().committedBy('a', 0, 1)).toEqual([record]);
    });
  });
}

export function listingActors(journal: () => Journal): void {
  describe('actors', () => {
    it('are listed once each, in the order of addresses, in pages', async () => {
      const actors: Address[] = ['order/2', 'balance/u1', 'order/10', 'order/A', 'order/a', 'member/u_1', 'order/1'];
      for (const actor of actors) await fill(journal(), actor, 2);
      const sorted = [...actors].sort();
      expect(await journal().actors(undefined, 100)).toEqual(sorted);
      expect(await journal().actors(undefined, 3)).toEqual(sorted.slice(0, 3));
      expect(await journal().actors(sorted[2], 3)).toEqual(sorted.slice(3, 6));
      expect(await journal().actors(sorted.at(-1), 3)).toEqual([]);
    });
  });
}
