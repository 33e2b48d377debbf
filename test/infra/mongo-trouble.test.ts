/**
 * What an append answers when servers, replies and connections fail: never less certain than it says (J4).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BSON } from 'mongodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JournalRecord } from '../../src/actors/record.ts';
import { type MongoDatabase, openMongoDatabase } from '../../src/infra/mongo/mongo-database.ts';
import { MongoJournal } from '../../src/infra/mongo/mongo-journal.ts';
import { MongoProjections } from '../../src/infra/mongo/mongo-projections.ts';
import { migrate } from '../../src/infra/mongo/mongo-schema.ts';
import { sendEach } from '../../src/infra/mongo/mongo-writes.ts';
import { messageOf, recordOf, recordWith } from '../support/journal-records.ts';
import { listeningLog } from '../support/listening-log.ts';
import { type OwnMongod, startOwnMongod } from '../support/mongo-own-server.ts';
import { headOf, rowOf } from '../support/projected.ts';
import { needsService } from '../support/services.ts';

needsService('mongodb');
const folder = mkdtempSync(join(tmpdir(), 'taoke-mongod-'));
const COMMAND_TIMEOUT_MS = 1_500;
const A = 'order/1';
const B = 'order/2';
let mongod: OwnMongod;
let database: MongoDatabase;
let journal: MongoJournal;
let log = listeningLog();

beforeAll(async () => {
  mongod = await startOwnMongod(folder, 'single');
  database = await openMongoDatabase(mongod.url, { commandTimeoutMs: COMMAND_TIMEOUT_MS });
  await migrate(database);
}, 60_000);
afterAll(async () => {
  await database?.close();
  await mongod?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await vi.waitFor(() => database.db.collection('journal').deleteMany({}), { timeout: 10_000 });
  log = listeningLog();
  journal = new MongoJournal(database, log);
});
afterEach(async () => {
  mongod.proxy.set('pass');
  await mongod.fail('failCommand', 'off');
});

const failing = (command: string, data: object, mode: object | 'alwaysOn' = { times: 1 }) =>
  mongod.fail('failCommand', mode, { failCommands: [command], ...data });

/** What the journal says once there is a primary for it: until then nothing was sent (STORE_UNAVAILABLE), so it is asked
 * again. A driver that was told of a step-down or a shutdown looks for the primary anew, for as long as that takes. */
const answer = <T>(ask: () => Promise<T>): Promise<T> => vi.waitFor(ask, { timeout: 15_000 });
const append = (...records: JournalRecord[]) => answer(() => journal.append(records));

/** Sends it again until its fate is told (J4). */
const resolved = (record: JournalRecord) =>
  answer(async () => {
    const [result] = await journal.append([record]);
    expect(result).not.toBe('unknown');
    return result;
  });

/** A reply to an insert, by what it begins with; the driver's own talk passes. */
const isReplyToWrite = (bytes: Buffer) => bytes.includes('electionId') && !bytes.includes('isWritablePrimary');

describe('a record whose fate the server did not tell', () => {
  it('[J4] is unknown when it was stored and the reply was lost; sent again it is a duplicate of itself', async () => {
    await journal.append([recordOf('order/warm', 1)]);
    mongod.proxy.set('lose', isReplyToWrite);
    expect(await journal.append([recordOf(A, 1)])).toEqual(['unknown']);
    expect(log.lines).toHaveLength(1);
    mongod.proxy.set('pass');
    expect(await resolved(recordOf(A, 1))).toBe('duplicate');
    expect(await journal.at(A, 1)).toEqual(recordOf(A, 1));
  });

  it('[J4] is unknown when nobody answers, in bounded time', async () => {
    await journal.append([recordOf('order/warm', 1)]);
    mongod.proxy.set('mute', isReplyToWrite);
    const startedAt = performance.now();
    expect(await journal.append([recordOf(A, 1)])).toEqual(['unknown']);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    mongod.proxy.set('pass');
    mongod.proxy.cut();
    expect(await resolved(recordOf(A, 1))).toBe('duplicate');
  });

  it('[J4] is unknown when the server stopped reading in the middle of it, in bounded time', {
    timeout: 60_000,
  }, async () => {
    await journal.append([recordOf('order/warm', 1)]);
    const text = '返'.repeat(300_000);
    const records = Array.from({ length: 10 }, (_, index) => recordWith(`order/${index}`, { text }));
    mongod.proxy.set('stall');
    expect(await journal.append(records)).toEqual(records.map(() => 'unknown'));
    mongod.proxy.set('pass');
    mongod.proxy.cut();
    expect(await Promise.all(records.map(resolved))).not.toContain('unknown');
  });

  it('is unknown when the connection broke before it was executed; sent again it is stored', async () => {
    await failing('insert', { closeConnection: true });
    expect(await journal.append([recordOf(A, 1)])).toEqual(['unknown']);
    expect(await append(recordOf(A, 1))).toEqual(['inserted']);
  });

  it.each([
    [10_107, 'the server is no longer the primary'],
    [189, 'the primary stepped down'],
    [11_602, 'the command was interrupted by a change of state'],
    [91, 'the server shuts down'],
    [11_600, 'the server interrupts at shutdown'],
    [50, 'the server’s time for it was over'],
    [462, 'a code that nobody has heard of'],
  ])('is unknown by the error %i: %s', async (errorCode) => {
    await failing('insert', { errorCode });
    expect(await journal.append([recordOf(A, 1), recordOf(B, 1)])).toEqual(['unknown', 'unknown']);
    expect(await append(recordOf(A, 1), recordOf(B, 1))).toEqual(['inserted', 'inserted']);
  });

  it.each([
    [64, 'the majority did not confirm in time'],
    [91, 'the primary shut down while it waited for the majority'],
    [189, 'the primary stepped down while it waited for the majority'],
    [50, 'the server’s time was over while it waited for the majority'],
  ])('[J4] is unknown, though stored, by the write concern error %i: %s', async (code) => {
    await failing('insert', { writeConcernError: { code, errmsg: 'no majority' } });
    expect(await journal.append([recordOf(A, 1)])).toEqual(['unknown']);
    expect(await append(recordOf(A, 1))).toEqual(['duplicate']);
    expect(await answer(() => journal.last(A))).toEqual(recordOf(A, 1));
  });

  it('stays a duplicate where one was found without a majority, the others are unknown', async () => {
    await journal.append([recordOf(A, 1)]);
    await failing('insert', { writeConcernError: { code: 64, errmsg: 'no majority' } });
    expect(await journal.append([recordOf(B, 1), recordOf(A, 1), recordOf('order/3', 1)])).toEqual([
      'unknown',
      'duplicate',
      'unknown',
    ]);
  });

  it('is unknown in a batch that is sent in parts, of which the second failed', async () => {
    const text = '返'.repeat(300_000);
    const records = Array.from({ length: 20 }, (_, index) => recordWith(`order/${index}`, { text }));
    await failing('insert', { errorCode: 189 }, { skip: 1 });
    const results = await journal.append(records);
    expect(results.slice(0, 10)).toEqual(new Array(10).fill('inserted'));
    expect(results.slice(-3)).toEqual(new Array(3).fill('unknown'));
    await mongod.fail('failCommand', 'off');
    const again = await append(...records);
    expect(again).toEqual(results.map((result) => (result === 'inserted' ? 'duplicate' : 'inserted')));
  });
});

describe('a record that was surely not sent', () => {
  it('is STORE_UNAVAILABLE, and is not there later', async () => {
    mongod.proxy.set('refuse');
    mongod.proxy.cut();
    // A connection that broke is found out by whoever uses it first.
    await journal.append([recordOf(B, 1)]).catch(() => {});
    await expect(journal.append([recordOf(A, 1)])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    mongod.proxy.set('pass');
    expect(await journal.last(A)).toBeUndefined();
    expect(await resolved(recordOf(A, 1))).toBe('inserted');
  });

  it('when it repeats a message id is refused without the server', async () => {
    mongod.proxy.set('refuse');
    mongod.proxy.cut();
    const twice = recordOf(A, 1, { messages: [messageOf('same'), messageOf('same')] });
    expect(await journal.append([twice])).toEqual(['duplicate']);
  });
});

describe('the reply of a server that gave up in the middle', () => {
  const answering = (reply: object) => ({ command: async () => ({ ok: 1, ...reply }) }) as never;
  const documents = [{}, {}, {}, {}];
  const results = async (reply: object) => (await sendEach(answering(reply), { insert: 'journal', documents })).results;

  it('leaves those in doubt that it names neither way', async () => {
    const writeErrors = [{ index: 1, code: 11_602, errmsg: 'stepped down' }];
    expect(await results({ n: 1, writeErrors })).toEqual(new Array(4).fill('doubtful'));
  });

  it('keeps the duplicates that it has named', async () => {
    const writeErrors = [
      { index: 0, code: 11_000 },
      { index: 2, code: 10_107 },
    ];
    expect(await results({ n: 1, writeErrors })).toEqual(['duplicate', 'doubtful', 'doubtful', 'doubtful']);
  });

  it('is not believed when it counts fewer than it was sent', async () => {
    expect(await results({ n: 3 })).toEqual(new Array(4).fill('doubtful'));
    expect(await results({})).toEqual(new Array(4).fill('doubtful'));
    expect(await results({ n: 4 })).toEqual(new Array(4).fill('done'));
  });
});

describe('writes that are together too large for one command', () => {
  it('are cut so that each command is within the server’s limit', async () => {
    const sent: BSON.Document[] = [];
    const command = async (one: BSON.Document) => {
      sent.push(one);
      return { ok: 1, n: one['documents'].length };
    };
    const documents = [...Array(60).keys()].map((n) => ({
      n,
      text: '返利'.repeat(85_000),
      list: Array(500).fill(0.5),
    }));
    const { results } = await sendEach({ command } as never, { insert: 'journal', documents });
    expect(results).toEqual(new Array(60).fill('done'));
    expect(sent.flatMap((one) => one['documents'])).toEqual(documents);
    expect(sent.length).toBeLessThan(4);
    for (const one of sent) expect(BSON.calculateObjectSize(one)).toBeLessThanOrEqual(16 * 1024 * 1024);
  });
});

describe('reads', () => {
  it('are tried again by themselves when a connection breaks', async () => {
    await journal.append([recordOf(A, 1)]);
    await failing('find', { closeConnection: true });
    expect(await journal.last(A)).toEqual(recordOf(A, 1));
  });

  it('end in STORE_UNAVAILABLE when the server refuses, for all that were asked together', async () => {
    await failing('find', { errorCode: 13_436 }, 'alwaysOn');
    await failing('aggregate', { errorCode: 13_436 }, 'alwaysOn');
    const asked = [A, B, 'order/3'] as const;
    const answers = await Promise.allSettled(asked.map((actor) => journal.last(actor)));
    for (const answer of answers) expect(answer).toMatchObject({ reason: { code: 'STORE_UNAVAILABLE' } });
  });

  it('end in STORE_UNAVAILABLE when nobody answers, within bounds', async () => {
    await journal.append([recordOf(A, 1)]);
    mongod.proxy.set('mute');
    const startedAt = performance.now();
    await expect(journal.last(A)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    mongod.proxy.set('pass');
    mongod.proxy.cut();
    expect(await journal.last(A)).toEqual(recordOf(A, 1));
  });
});

describe('[J7] a projection', () => {
  const projections = () => new MongoProjections(database);

  it.each(['update', 'insert'])(
    'without a majority for its %s is not done, and done when it is repeated',
    async (command) => {
      await failing(command, { writeConcernError: { code: 64, errmsg: 'no majority' } });
      const [heads, rows] = [[headOf(A, 1)], [rowOf(A, 1, 1)]];
      await expect(projections().project(heads, rows)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await projections().project(heads, rows);
      expect(await projections().head(A)).toEqual(headOf(A, 1));
      expect(await projections().rows({ table: 'ledger', owner: 'u1', limit: 5 })).toEqual(rows);
    },
  );

  it('that fails says so by an error of ours', async () => {
    mongod.proxy.set('refuse');
    mongod.proxy.cut();
    const answers = await Promise.allSettled([
      projections().project([headOf(A, 1)], [rowOf(A, 1, 1)]),
      projections().due(1, 1),
      projections().heartbeat({ id: 'n', role: 'all', startedAt: 1, batch: 1, watermark: 1 }),
      projections().undeliveredCount(),
    ]);
    for (const answer of answers) expect(answer).toMatchObject({ reason: { code: 'STORE_UNAVAILABLE' } });
  });
});
