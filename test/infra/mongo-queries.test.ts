/**
 * What is asked of which server, by which index, and together.
 */
import type { CommandStartedEvent, Document } from 'mongodb';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Address } from '../../src/actors/address.ts';
import type { TrafficSlot } from '../../src/actors/ports.ts';
import { MongoJournal } from '../../src/infra/mongo/mongo-journal.ts';
import { MongoProjections } from '../../src/infra/mongo/mongo-projections.ts';
import { chained, fill, messageOf, recordOf } from '../support/journal-records.ts';
import { listeningLog } from '../support/listening-log.ts';
import { mongoTestStore } from '../support/mongo-test-store.ts';
import { headOf, rowOf, tellOf } from '../support/projected.ts';
import { needsService } from '../support/services.ts';

const store = mongoTestStore(`${needsService('mongodb')}&monitorCommands=true`, 'queries');
const journal = () => new MongoJournal(store().database, listeningLog());
const projections = () => new MongoProjections(store().database);
const A: Address = 'order/1';
const TRAFFIC: TrafficSlot = { type: 'order', slot: 0, counts: [{ kind: 'edge', name: 'a|x|b', bucket: 0, count: 1 }] };

beforeEach(() => store().empty());

/** The commands that `work` sends, of those names. */
async function commandsOf(work: () => Promise<unknown>, ...names: string[]): Promise<CommandStartedEvent[]> {
  const { client } = store().database.db;
  const seen: CommandStartedEvent[] = [];
  const keep = (event: CommandStartedEvent) => names.includes(event.commandName) && seen.push(event);
  client.on('commandStarted', keep);
  await work();
  client.off('commandStarted', keep);
  return seen;
}

async function primary(): Promise<string> {
  return (await store().database.db.admin().command({ hello: 1 }))['primary'];
}

describe('every write', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['a record', () => journal().append([recordOf(A, 1)])],
    ['heads and rows', () => projections().project([headOf(A, 1)], [rowOf(A, 1, 1)])],
    ['undelivered tells', () => projections().addUndelivered([tellOf('x')])],
    ['a postponed tell', () => projections().postponeUndelivered('x', 1)],
    ['traffic', () => projections().addTraffic([TRAFFIC])],
    ['dropped traffic', () => projections().dropTraffic(1)],
    ['removed tells', () => projections().removeUndelivered(['x'])],
  ])('of %s is acknowledged by a majority that has it on disk, within bounds', async (_, write) => {
    const sent = await commandsOf(write, 'insert', 'update', 'delete', 'findAndModify');
    expect(sent.length).toBeGreaterThan(0);
    for (const { command } of sent) {
      expect(command).toMatchObject({ writeConcern: { w: 'majority', j: true, wtimeout: expect.any(Number) } });
      expect(command['maxTimeMS']).toBeGreaterThan(0);
      expect(command).not.toHaveProperty('txnNumber');
    }
  });

  it('[J7] of a node’s first heartbeat is of a majority; the next ones need not be', async () => {
    const node = { id: 'n', role: 'all', startedAt: 1, batch: 0, watermark: 0 };
    const concerns = async () => {
      const sent = await commandsOf(() => projections().heartbeat(node), 'findAndModify');
      return sent.map(({ command }) => command['writeConcern']['w']);
    };
    expect(await concerns()).toEqual([1, 'majority']);
    expect(await concerns()).toEqual([1]);
  });
});

describe('reads', () => {
  it('[J4] of the journal are of majority-committed data, from the primary', async () => {
    const reads = [
      () => journal().last(A),
      () => journal().at(A, 1),
      () => journal().page(A, 0, 1),
      () => journal().outcomes(A, ['m']),
      () => journal().committedBy('n', 0, 1),
      () => journal().actors(undefined, 1),
      () => Promise.all([journal().last(A), journal().last('order/2')]),
    ];
    for (const read of reads) {
      const sent = await commandsOf(read, 'find', 'aggregate');
      expect(sent.length).toBeGreaterThan(0);
      for (const { command, address } of sent) {
        expect(command['readConcern']).toEqual({ level: 'majority' });
        expect(address).toBe(await primary());
      }
    }
  });

  it('of a user’s own lists come from the primary, those of staff from a secondary', async () => {
    const address = async (read: () => Promise<unknown>) => (await commandsOf(read, 'find'))[0]?.address;
    expect(await address(() => projections().heads({ type: 'order', owner: 'u1', limit: 1 }))).toBe(await primary());
    expect(await address(() => projections().rows({ table: 'ledger', owner: 'u1', limit: 1 }))).toBe(await primary());
    expect(await address(() => projections().heads({ type: 'order', limit: 1 }))).not.toBe(await primary());
  });
});

describe('an index answers', () => {
  const stages = (plan: Document | undefined): string[] =>
    plan === undefined || plan === null || typeof plan !== 'object'
      ? []
      : [...('stage' in plan ? [String(plan['stage'])] : []), ...Object.values(plan).flatMap((inner) => stages(inner))];

  const planOf = async ({ command, databaseName }: CommandStartedEvent) => {
    const asked = Object.entries(command).filter(([name]) => !/^(\$.*|lsid|readConcern)$/.test(name));
    const explain = { explain: Object.fromEntries(asked), verbosity: 'executionStats' };
    return store().database.db.client.db(databaseName).command(explain);
  };

  it.each<[string, () => Promise<unknown>]>([
    ['the last record', () => journal().last(A)],
    ['a page of records', () => journal().page(A, 5, 10)],
    ['outcomes', () => journal().outcomes(A, ['m-1', 'm-2'])],
    [
      'outcomes of several actors',
      () => Promise.all([journal().outcomes(A, ['m-1']), journal().outcomes('order/2', ['m'])]),
    ],
    ['a node’s records', () => journal().committedBy('node-a', 3, 10)],
    ['all actors', () => journal().actors('order/0', 10)],
    ['a type’s heads', () => projections().heads({ type: 'order', limit: 5, after: [1_000, 'order/5'] })],
    ['heads of a status', () => projections().heads({ type: 'order', status: 'paid', limit: 5 })],
    ['heads of a state', () => projections().heads({ type: 'order', state: 'paid', limit: 5 })],
    [
      'heads of a state and version',
      () => projections().heads({ type: 'order', state: 'paid', machine: 'order@1', limit: 5 }),
    ],
    ['heads of several actors', () => projections().headsOf(['order/1', 'order/2', 'order/none'])],
    ['an owner’s heads', () => projections().heads({ type: 'order', owner: 'u1', status: 'paid', limit: 5 })],
    ['rows', () => projections().rows({ table: 'ledger', owner: 'u1', limit: 5, after: [1_005, `${A}#5.1`] })],
    ['due heads', () => projections().due(2_000, 5)],
    ['due tells', () => projections().undeliveredDue(500, 5)],
    ['tells to one', () => projections().undeliveredTo('balance/u1', 5)],
    ['traffic', () => projections().traffic('order', 0)],
  ])('for %s, in order', async (_, read) => {
    await fill(journal(), A, 20);
    const many = Array.from({ length: 40 }, (_, index) => index + 1);
    await projections().project(
      many.map((n) => headOf(`order/${n}`, 1, { nextDue: n })),
      many.map((n) => rowOf(A, n, 1)),
    );
    await projections().addUndelivered(many.map((n) => tellOf(`t${n}`)));
    // A secondary that knows no versions yet would be asked for the heads of none, whose plan is another.
    await store().everywhere();
    const sent = await commandsOf(read, 'find', 'aggregate', 'distinct');
    expect(sent.length).toBeGreaterThan(0);
    for (const event of sent) {
      const plan = await planOf(event);
      const { winningPlan } = plan['queryPlanner'] ?? plan['stages'][0]['$cursor']['queryPlanner'];
      const winning = stages(winningPlan);
      expect(winning).toEqual(expect.arrayContaining([expect.stringMatching(/IXSCAN|DISTINCT_SCAN/)]));
      expect(winning).not.toContain('COLLSCAN');
      expect(winning).not.toContain('SORT');
    }
  });

  it('the counts of all states from an index alone', async () => {
    await projections().project([headOf(A, 1), headOf('order/2', 1)], []);
    const limits = [{ type: 'order', state: 'paid', before: 950 }];
    for (const event of await commandsOf(() => projections().countStates(limits), 'aggregate')) {
      const plan = stages(await planOf(event));
      expect(plan).toContain('IXSCAN');
      expect(plan).not.toContain('FETCH');
    }
  });

  it('the last records of several actors by one seek each, however many records they have', async () => {
    await fill(journal(), A, 300);
    await fill(journal(), 'order/2', 2);
    const ask = () => Promise.all(([A, 'order/2', 'order/3'] as const).map((actor) => asked.last(actor)));
    const asked = journal();
    const [event] = await commandsOf(ask, 'aggregate');
    const plan = await planOf(event as CommandStartedEvent);
    expect(stages(plan)).toContain('DISTINCT_SCAN');
    const { totalKeysExamined } = plan['executionStats'] ?? plan['stages'][0]['$cursor']['executionStats'];
    expect(totalKeysExamined).toBeLessThan(10);
  });

  it('outcomes by about one seek for each that is asked for, however many an actor has', async () => {
    const hot = Array.from({ length: 250 }, (_, index) => messageOf(`id-${index}`));
    await journal().append([recordOf(A, 1, { messages: hot }), recordOf('order/2', 1)]);
    const asked = journal();
    const ask = () => Promise.all([asked.outcomes(A, ['id-7', 'id-200']), asked.outcomes('order/2', ['m-1', 'x'])]);
    const [event] = await commandsOf(ask, 'find');
    const { executionStats } = await planOf(event as CommandStartedEvent);
    expect(executionStats.totalKeysExamined).toBeLessThan(20);
  });
});

describe('questions asked at once', () => {
  const actors = Array.from({ length: 40 }, (_, index): Address => `order/${index}`);

  it('go together, and each gets its own answer', async () => {
    const asked = journal();
    await asked.append(actors.map((actor) => chained(recordOf(actor, 1))));
    await asked.append([recordOf('order/3', 2)]);
    const lasts: unknown[] = [];
    const sent = await commandsOf(
      async () => {
        lasts.push(...(await Promise.all([...actors, 'order/none', A].map((actor) => asked.last(actor as Address)))));
      },
      'find',
      'aggregate',
    );
    expect(sent).toHaveLength(1);
    const expected = actors.map((actor) => (actor === 'order/3' ? recordOf(actor, 2) : chained(recordOf(actor, 1))));
    expect(lasts).toEqual([...expected, undefined, expected[1]]);
  });

  it('about outcomes are not mixed up between actors that took the same id', async () => {
    const asked = journal();
    await asked.append([
      recordOf(A, 1, { messages: [messageOf('same'), messageOf('own')] }),
      recordOf('order/2', 1, { messages: [messageOf('same', { outcome: 'ignored' })] }),
    ]);
    const [mine, other, none] = await Promise.all([
      asked.outcomes(A, ['same']),
      asked.outcomes('order/2', ['same', 'own']),
      asked.outcomes('order/3', ['same', 'own']),
    ]);
    expect([...(mine ?? [])]).toEqual([['same', { seq: 1, outcome: 'done' }]]);
    expect([...(other ?? [])]).toEqual([['same', { seq: 1, outcome: 'ignored' }]]);
    expect(none).toEqual(new Map());
  });

  it('fail one by one when one record is damaged', async () => {
    const asked = journal();
    await asked.append([chained(recordOf(A, 1)), chained(recordOf('order/2', 1))]);
    await store()
      .database.db.collection('journal')
      .updateOne({ actor: A }, { $set: { text: '{}' } });
    const [damaged, whole] = await Promise.allSettled([asked.last(A), asked.last('order/2')]);
    expect(damaged).toMatchObject({ reason: { code: 'STORE_CORRUPT' } });
    expect(whole).toMatchObject({ value: chained(recordOf('order/2', 1)) });
  });

  it('in a hundred waves are all answered, in whatever groups they go', async () => {
    const asked = journal();
    await asked.append(actors.map((actor) => recordOf(actor, 1)));
    const waves = Array.from({ length: 100 }, async (_, index) => {
      for (let turn = 0; turn < index % 7; turn += 1) await Promise.resolve();
      return asked.last(actors[index % 40] as Address);
    });
    expect((await Promise.all(waves)).map((record) => record?.actor)).toEqual(
      waves.map((_, index) => actors[index % 40]),
    );
  });
});

describe('[J6] heads that two nodes write at once', () => {
  it('end with the greater seq, also when neither was there before', async () => {
    const addresses = Array.from({ length: 60 }, (_, index): Address => `order/${index}`);
    const writes = [3, 1, 2].map((seq) =>
      projections().project(
        addresses.map((actor) => headOf(actor, seq)),
        [],
      ),
    );
    await Promise.all(writes);
    for (const actor of addresses) expect((await projections().head(actor))?.seq).toBe(3);
  });
});
