/**
 * The codec of journal records: what BSON gives back is what was committed, and a machine goes on from it as if nothing
 * had happened.
 */
import fc from 'fast-check';
import { BSON } from 'mongodb';
import { describe, expect, it } from 'vitest';
import type { Address } from '../../src/actors/address.ts';
import * as decide from '../../src/actors/decide.ts';
import { type ActorEvent, hashed, isIntact, type JournalRecord, type Json, textOf } from '../../src/actors/record.ts';
import { Registry } from '../../src/actors/registry.ts';
import { batchKey, fromStored, type StoredRecord, toStored } from '../../src/infra/mongo/mongo-records.ts';
import { createCatalog } from '../../src/machines/catalog.ts';
import { defaultRules } from '../../src/machines/rules.ts';
import { chained, messageOf, recordOf, recordWith } from '../support/journal-records.ts';
import { orderRow } from '../support/order-rows.ts';

/** As the server keeps it. */
function throughBson(record: JournalRecord): JournalRecord {
  return fromStored(BSON.deserialize(BSON.serialize(toStored(record))) as unknown as StoredRecord);
}

/** Keys and texts that BSON, MongoDB or JavaScript treat in ways of their own. */
const oddText = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'a.b', '$set', '$where', '', '0', '10', '-1', '_id', '\u0000', '\ud83d'),
  fc.constantFrom('xstate.after.60000.order.pending', '0.order.paying', '返利', '\u2028'),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const oddNumber = fc.oneof(
  fc.constantFrom(2 ** 31, -(2 ** 31) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 1e21, 5e-324, 0.1, 1),
  fc.maxSafeInteger(),
);
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(oddText, oddNumber, fc.boolean(), fc.constant(null)),
    fc.array(tie('json'), { maxLength: 4 }),
    fc
      .array(fc.tuple(oddText, tie('json')), { maxLength: 5 })
      // As JSON.parse makes objects: `__proto__` is a key like any other.
      .map((entries) => JSON.parse(`{${entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join()}}`)),
  ),
}));
const messageId = fc.string({ unit: fc.constantFrom(...'aZ09._$#!~:/\\"%'), minLength: 1, maxLength: 20 });

describe('a record through BSON', () => {
  it('[R2] is the same to the byte, whatever is in it', () => {
    const record = fc
      .record({ context: json, id: messageId, detail: oddText, fen: oddNumber, isChained: fc.boolean() })
      .map(({ context, id, detail, fen, isChained }) => {
        const refused = messageOf(id, { outcome: 'refused', reason: { code: 'NO', detail }, edges: [detail] });
        const made = { ...recordWith('balance/u1', { context, fen }), messages: [refused], batch: 2 ** 40 };
        return isChained ? chained(made) : made;
      });
    fc.assert(
      fc.property(record, (made) => {
        const read = throughBson(made);
        expect(textOf(read)).toBe(textOf(made));
        expect(JSON.stringify(read)).toBe(JSON.stringify(made));
        expect(isIntact(structuredClone(read))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps the ids that are looked up beside its text, and is found by its batch', () => {
    const stored = toStored(recordOf('order/1', 1, { messages: [messageOf('a.$b'), messageOf('c')], batch: 37 }));
    const { _id, inbox } = BSON.deserialize(BSON.serialize(stored)) as unknown as StoredRecord;
    expect(inbox).toEqual(['a.$b', 'c']);
    expect(_id > batchKey('node-a', 37) && _id < batchKey('node-a', 38)).toBe(true);
  });

  it('stands after those of all earlier batches', () => {
    const batches = [0, 1, 35, 36, 1_295, 1_296, 2 ** 31, 2 ** 40];
    const keys = batches.map((batch) => batchKey('n', batch));
    expect(keys.toSorted()).toEqual(keys);
  });

  it.each<[string, (stored: StoredRecord) => StoredRecord]>([
    ['a flipped digit', (stored) => ({ ...stored, text: stored.text.replace('"count":7', '"count":8') })],
    ['a lost hash and another seq', ({ hash: _, ...stored }) => ({ ...stored, seq: 9 })],
    ['another actor', ({ hash: _, ...stored }) => ({ ...stored, actor: 'balance/u2' })],
    ['a text that was cut', ({ hash: _, ...stored }) => ({ ...stored, text: stored.text.slice(0, -1) })],
  ])('that came back with %s is corrupt', (_, spoil) => {
    const stored = toStored(hashed(recordOf('balance/u1', 7)));
    expect(() => fromStored(stored)).not.toThrow();
    expect(() => fromStored(spoil(stored))).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }));
  });
});

describe('a machine that goes on from what BSON gave back', () => {
  const registry = new Registry(createCatalog(defaultRules));
  const fen = fc.integer({ min: -500, max: 500 });
  const post = fc
    .record({ order: fc.constantFrom('1', '2'), n: fc.integer({ min: 1, max: 4 }), pendingFen: fen, availableFen: fen })
    .map((change): ActorEvent => ({ type: 'post', kind: 'adjust', ...change }));
  const hold = fc
    .record({ withdrawal: fc.constantFrom('wd_a', 'wd_b'), amountFen: fc.integer({ min: 1, max: 400 }) })
    .map((change): ActorEvent => ({ type: 'hold', deadline: 9e12, ...change }));
  const settle = fc
    .tuple(fc.constantFrom('capture', 'release'), fc.constantFrom('wd_a', 'wd_b'))
    .map(([type, withdrawal]): ActorEvent => ({ type, withdrawal, deadline: 9e12 }));
  const row = fc
    .record({
      status: fc.constantFrom(12, 14, 3, 13),
      modifiedAt: fc.integer({ min: 1e12, max: 2e12 }),
      feeFen: fc.nat(999),
    })
    .map(({ status, ...change }): ActorEvent => {
      const earningAt = status === 3 ? change.modifiedAt : null;
      const channel = { owner: { userId: 'u1', channel: 'relation-1' } };
      return { type: 'row', row: { ...orderRow({ ...change, status: status as 12, earningAt }) }, ...channel };
    });
  const request: ActorEvent = {
    type: 'request',
    userId: 'u1',
    amountFen: 500,
    account: { sealed: 's1.x.y', masked: { identity: '138****', name: '*三' } },
    fingerprint: 'f',
  };
  const withdrawing = fc
    .constantFrom('held', 'holdRefused', 'unheld', 'approve', 'cancel', 'transfer.unknown', 'query.ok')
    .map(
      (type): ActorEvent => ({
        type,
        code: 'X',
        by: 's',
        reason: { code: 'TIMEOUT' },
        output: { status: 'NOT_FOUND' },
      }),
    );

  it.each<[Address, fc.Arbitrary<readonly ActorEvent[]>]>([
    ['balance/u1', fc.array(fc.oneof(post, hold, settle), { minLength: 1, maxLength: 12 })],
    [`order/${orderRow().tradeId}`, fc.array(row, { minLength: 1, maxLength: 6 })],
    ['withdrawal/wd_a', fc.array(withdrawing, { maxLength: 6 }).map((events) => [request, ...events])],
  ])('takes every turn of %s as if it had never left', (actor, walks) => {
    const logic = registry.logic(actor.slice(0, actor.indexOf('/')));
    fc.assert(
      fc.property(walks, (events) => {
        let kept: decide.LiveState | undefined;
        let loaded: decide.LiveState | undefined;
        events.forEach((event, index) => {
          const messages = [{ id: `m${index}`, event, cause: 'test' }];
          const about = { logic, actor, seq: index + 1, messages, now: 1.77e12 + index, fraction: 0.5 };
          const [mine, theirs] = [kept, loaded].map((state) => decide.decide({ ...about, state })) as [
            decide.Turn,
            decide.Turn,
          ];
          const toRecord = ({ state, ...turn }: decide.Turn) =>
            recordOf(actor, index + 1, { ...turn, snapshot: decide.toStored(state) });
          expect(textOf(toRecord(theirs))).toBe(textOf(toRecord(mine)));
          kept = mine.state;
          loaded = decide.fromStored(logic.machine, throughBson(toRecord(theirs)).snapshot);
        });
      }),
      { numRuns: 150 },
    );
  });
});
