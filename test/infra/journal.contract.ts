/**
 * The contract of `Journal`: every adapter passes it, those of the simulator included.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Address } from '../../src/actors/address.ts';
import type { Journal } from '../../src/actors/ports.ts';
import { isIntact, type JournalRecord, textOf } from '../../src/actors/record.ts';
import { chained, fill, messageOf, recordOf, recordWith } from '../support/journal-records.ts';
import { answeringOutcomes, listingActors, listingBatches, reading } from './journal-reads.contract.ts';

export interface JournalHarness {
  readonly journal: Journal;
  /** Opens the same store anew. */
  reopen(): Promise<Journal>;
  close(): Promise<void>;
}

/** Runs the contract on journals that `open` makes, each on an empty store of its own. */
export function journalContract(title: string, open: () => Promise<JournalHarness>): void {
  describe(`${title} as a Journal`, () => {
    let harness: JournalHarness;
    let journal: Journal;
    beforeEach(async () => {
      harness = await open();
      journal = harness.journal;
    });
    afterEach(() => harness.close());

    const current = () => journal;
    appending(current);
    refusing(current);
    keepingText(current);
    reading(current);
    answeringOutcomes(current);
    listingBatches(current);
    listingActors(current);
    reopening(() => harness);
  });
}

const A: Address = 'order/1';
const B: Address = 'order/2';
const C: Address = 'balance/u1';

function appending(journal: () => Journal): void {
  describe('append', () => {
    it('answers inserted, and every read sees the record', async () => {
      const record = recordOf(A, 1);
      expect(await journal().append([record])).toEqual(['inserted']);
      expect(await journal().last(A)).toEqual(record);
      expect(await journal().at(A, 1)).toEqual(record);
      expect(await journal().page(A, 0, 10)).toEqual([record]);
    });

    it('answers nothing for nothing', async () => {
      expect(await journal().append([])).toEqual([]);
    });

    it('takes records of several actors at once', async () => {
      const records = [recordOf(A, 1), recordOf(B, 1), recordOf(C, 1)];
      expect(await journal().append(records)).toEqual(['inserted', 'inserted', 'inserted']);
      expect(await journal().last(B)).toEqual(records[1]);
    });

    it('takes 256 records at once', async () => {
      const records = Array.from({ length: 256 }, (_, index) => recordOf(`order/${index}`, 1));
      expect(new Set(await journal().append(records))).toEqual(new Set(['inserted']));
      expect(await journal().last('order/255')).toEqual(records[255]);
    });

    it('serves appends that are under way together', async () => {
      const results = await Promise.all(
        Array.from({ length: 64 }, (_, index) => journal().append([recordOf(`order/${index}`, 1)])),
      );
      expect(results.flat().every((result) => result === 'inserted')).toBe(true);
    });

    it('[J2] lets one of two records win a seq that both go for at once', async () => {
      const results = await Promise.all(
        ['x', 'y'].map((id) => journal().append([recordOf(A, 1, { messages: [messageOf(id)] })])),
      );
      expect(results.flat().sort()).toEqual(['duplicate', 'inserted']);
    });

    it('shares nothing with the caller', async () => {
      const record = structuredClone(recordWith(A, { nested: { count: 1 } }));
      await journal().append([record]);
      (record.snapshot.context['nested'] as { count: number }).count = 2;
      const read = await journal().last(A);
      expect(read?.snapshot.context).toEqual({ nested: { count: 1 } });
      (read?.snapshot.context['nested'] as { count: number }).count = 3;
      expect((await journal().last(A))?.snapshot.context).toEqual({ nested: { count: 1 } });
    });
  });
}

function refusing(journal: () => Journal): void {
  describe('[J2] a duplicate', () => {
    it('is the same record sent again', async () => {
      await journal().append([recordOf(A, 1)]);
      expect(await journal().append([recordOf(A, 1)])).toEqual(['duplicate']);
      expect(await journal().page(A, 0, 10)).toHaveLength(1);
    });

    it('is another record at a taken seq; the first stays', async () => {
      await journal().append([recordOf(A, 1)]);
      const other = recordOf(A, 1, { messages: [messageOf('other')], node: 'node-b' });
      expect(await journal().append([other])).toEqual(['duplicate']);
      expect((await journal().last(A))?.node).toBe('node-a');
    });

    it('is a record with a message id that was taken at an earlier seq', async () => {
      await fill(journal(), A, 2);
      const again = recordOf(A, 3, { messages: [messageOf('m-1')] });
      expect(await journal().append([again])).toEqual(['duplicate']);
      expect((await journal().last(A))?.seq).toBe(2);
    });

    it('leaves nothing behind: its seq and its other message ids stay free', async () => {
      await journal().append([recordOf(A, 1)]);
      const refused = recordOf(A, 2, { messages: [messageOf('fresh'), messageOf('m-1'), messageOf('later')] });
      expect(await journal().append([refused])).toEqual(['duplicate']);
      expect(await journal().outcomes(A, ['fresh', 'later'])).toEqual(new Map());
      const next = recordOf(A, 2, { messages: [messageOf('fresh'), messageOf('later')] });
      expect(await journal().append([next])).toEqual(['inserted']);
    });

    it('is a record that holds one message id twice', async () => {
      const twice = recordOf(A, 1, { messages: [messageOf('same'), messageOf('same')] });
      expect(await journal().append([twice])).toEqual(['duplicate']);
      expect(await journal().last(A)).toBeUndefined();
      expect(await journal().outcomes(A, ['same'])).toEqual(new Map());
    });

    it('is not a message id that another actor took', async () => {
      await journal().append([recordOf(A, 1)]);
      expect(await journal().append([recordOf(B, 1)])).toEqual(['inserted']);
    });

    it('does not stop the others of its batch, and results keep their order', async () => {
      await journal().append([recordOf(A, 1), recordOf(C, 1)]);
      const batch = [recordOf(B, 1), recordOf(A, 1), recordOf('order/3', 1), recordOf(C, 1), recordOf('order/4', 1)];
      expect(await journal().append(batch)).toEqual(['inserted', 'duplicate', 'inserted', 'duplicate', 'inserted']);
      for (const actor of [B, 'order/3', 'order/4'] as const) expect((await journal().last(actor))?.seq).toBe(1);
    });

    it('of an actor never seen leaves no actor behind', async () => {
      const twice = recordOf(A, 1, { messages: [messageOf('same'), messageOf('same')] });
      expect(await journal().append([recordOf(B, 1), twice])).toEqual(['inserted', 'duplicate']);
      expect(await journal().actors(undefined, 10)).toEqual([B]);
    });

    it('mixes up no actors that first come after it', async () => {
      await journal().append([recordOf(A, 1)]);
      const twice = recordOf('order/never', 1, { messages: [messageOf('same'), messageOf('same')] });
      await journal().append([recordOf(B, 1), twice, recordOf(A, 1), recordOf(C, 1)]);
      await journal().append([recordOf('order/5', 1), recordOf('order/6', 1)]);
      for (const actor of [A, B, C, 'order/5', 'order/6'] as const) {
        expect((await journal().last(actor))?.actor).toBe(actor);
      }
      expect(await journal().last('order/never')).toBeUndefined();
    });

    it('is found in a batch of which every record is one', async () => {
      const records = [recordOf(A, 1), recordOf(B, 1)];
      await journal().append(records);
      expect(await journal().append(records)).toEqual(['duplicate', 'duplicate']);
    });
  });

  describe('message ids', () => {
    it('are not seqs, whatever they look like', async () => {
      await journal().append([recordOf(A, 1, { messages: [messageOf('1'), messageOf('2'), messageOf('3.0')] })]);
      expect(await journal().append([recordOf(A, 2)])).toEqual(['inserted']);
      expect((await journal().last(A))?.seq).toBe(2);
      expect((await journal().page(A, 0, 10)).map(({ seq }) => seq)).toEqual([1, 2]);
      expect((await journal().outcomes(A, ['2'])).get('2')?.seq).toBe(1);
    });

    it('of 18 digits that differ in the last are two', async () => {
      const ids = ['283900000000000001', '283900000000000002'];
      await journal().append([recordOf(A, 1, { messages: ids.map((id) => messageOf(id)) })]);
      expect([...(await journal().outcomes(A, ids)).keys()].sort()).toEqual(ids);
      expect(await journal().outcomes(A, ['283900000000000003'])).toEqual(new Map());
    });

    it('may be any printable ASCII, 400 long, and are told apart by case', async () => {
      const ids = ['a.b$c', '$set', '__proto__', 'constructor', "'; DROP--", '%', '_', 'ID', 'id', 'x'.repeat(400)];
      await journal().append([recordOf(A, 1, { messages: ids.map((id) => messageOf(id)) })]);
      expect((await journal().outcomes(A, ids)).size).toBe(ids.length);
      expect((await journal().outcomes(A, ['%%', 'iD'])).size).toBe(0);
    });
  });
}

function keepingText(journal: () => Journal): void {
  const roundTrip = async (record: JournalRecord) => {
    await journal().append([record]);
    return (await journal().last(record.actor)) as JournalRecord;
  };

  describe('a record', () => {
    it('keeps every field', async () => {
      const full = recordOf(A, 1, {
        messages: [messageOf('m', { outcome: 'refused', reason: { code: 'NO', detail: 'why' }, cause: B })],
        snapshot: {
          value: { paying: { one: 'sending', two: 'idle' } },
          context: { amountFen: 12, list: [1, [2, { three: null }]], flag: false },
          status: 'done',
          history: { 'order.hist': ['order.a', 'order.b'] },
          since: 3,
          waiting: [
            { kind: 'timer', id: 'after.1', dueAt: 5, token: 't', attempt: 0, event: { type: 'xstate.after.1.order' } },
          ],
        },
        tells: [{ id: `${A}#1.1`, to: C, event: { type: 'post', fen: -3 } }],
        rows: [{ id: `${A}#1.2`, table: 'ledger', owner: 'u1', data: { fen: 3 } }],
        trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      });
      expect(await roundTrip(full)).toEqual(full);
    });

    it('[R2] keeps its text to the byte, so its hash still fits', async () => {
      const first = chained(recordWith(C, { 10: 'ten', 9: 'nine', b: '返利', a: 'é', z: '\u2028' }));
      const second = chained(recordOf(C, 2), first.hash);
      await journal().append([first]);
      await journal().append([second]);
      const [one, two] = (await journal().page(C, 0, 2)) as [JournalRecord, JournalRecord];
      expect(textOf(one)).toBe(textOf(first));
      expect(one.hash).toBe(first.hash);
      expect([isIntact(structuredClone(one)), isIntact(structuredClone(two))]).toEqual([true, true]);
      expect(two.prev).toBe(one.hash);
    });

    it('without a hash comes back without one', async () => {
      expect('hash' in (await roundTrip(recordOf(A, 1)))).toBe(false);
    });

    it('[R1] keeps no undefined', async () => {
      const record = { ...recordWith(A, { kept: 1, gone: undefined }), trace: undefined } as unknown as JournalRecord;
      const read = await roundTrip(record);
      expect(Object.keys(read)).not.toContain('trace');
      expect(Object.keys(read.snapshot.context)).toEqual(['kept']);
    });

    it.each([
      ['Chinese', '返利 商品信息加载中…'],
      ['characters outside the first plane', '🧧👨‍👩‍👧‍👦𠮷'],
      ['half of a surrogate pair', 'a\ud83d'],
      ['control characters', '\u0000\u0001\u001f\u007f\r\n\t'],
      ['line separators', '\u2028\u2029'],
      ['quotes and backslashes', `"'\\\\"`],
    ])('keeps %s', async (_, text) => {
      const read = await roundTrip(chained(recordWith(C, { text, [`key ${text}`]: 1 })));
      expect(read.snapshot.context).toEqual({ text, [`key ${text}`]: 1 });
      expect(isIntact(structuredClone(read))).toBe(true);
    });

    it('keeps keys of every shape', async () => {
      const context = JSON.parse('{"a.b":1,"$gt":2,"":3,"__proto__":{"x":4},"constructor":5,"2":6,"10":7,"_id":8}');
      const read = await roundTrip(recordWith(A, context));
      expect(JSON.stringify(read.snapshot.context)).toBe(JSON.stringify(context));
      expect(Object.getPrototypeOf(read.snapshot.context)).toBe(Object.prototype);
    });

    it('keeps numbers exactly, and texts of digits as texts', async () => {
      const context = { max: Number.MAX_SAFE_INTEGER, min: -1, half: 0.1, large: 1e21, id: '2839000000000000001' };
      expect((await roundTrip(recordWith(A, context))).snapshot.context).toEqual(context);
    });

    it('may have 1 MB', async () => {
      const text = '返'.repeat(350_000);
      expect((await roundTrip(recordWith(A, { text }))).snapshot.context).toEqual({ text });
    });
  });
}

function reopening(harness: () => JournalHarness): void {
  describe('a journal opened again', () => {
    it('has all it had, and still refuses what was taken', async () => {
      const { journal } = harness();
      const record = chained(recordOf(C, 1));
      await journal.append([record, recordOf(A, 1)]);
      const again = await harness().reopen();
      expect(await again.last(C)).toEqual(record);
      expect(await again.append([record, recordOf(A, 2, { messages: [messageOf('m-1')] }), recordOf(B, 1)])).toEqual([
        'duplicate',
        'duplicate',
        'inserted',
      ]);
      expect(await again.actors(undefined, 10)).toEqual([C, A, B]);
    });
  });
}
