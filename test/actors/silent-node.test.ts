import { describe, expect, it } from 'vitest';
import { toAddress } from '../../src/actors/address.ts';
import { Batches } from '../../src/actors/batches.ts';
import { GroupCommitter } from '../../src/actors/committer.ts';
import type { JournalRecord } from '../../src/actors/record.ts';
import { Registry } from '../../src/actors/registry.ts';
import { counters, createWorld, startNode } from '../support/actor-world.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { SeededIds } from '../support/seeded-ids.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };
const { version } = new Registry(counters()).logic('counter');

/** A record of the node `gone` that tells `counter/b` to add. */
function record(id: string, batch: number, at: number): JournalRecord {
  const actor = toAddress('counter', id);
  return {
    actor,
    seq: 1,
    machine: version,
    at,
    messages: [{ id: 'm1', event: { type: 'pass' }, cause: 'test', edges: [], outcome: 'done' }],
    snapshot: {
      value: 'idle',
      context: { id, count: 0, by: 1, outcome: '', text: '' },
      status: 'active',
      since: at,
      waiting: [],
    },
    tells: [{ id: `${actor}#1.1`, to: toAddress('counter', 'b'), event: { type: 'add' } }],
    rows: [],
    node: 'gone',
    batch,
  };
}

describe('a write of a silent node that lands after its take-over', () => {
  it('[J7] is found though its batch is below those taken over, and the node retires in the end', async () => {
    const world = createWorld();
    const { clock, journal, projections } = world;
    await projections.heartbeat({ id: 'gone', role: 'all', startedAt: clock.now(), batch: 2, watermark: 0 });
    await journal.append([record('two', 2, clock.now())]);
    await startNode(world, { nodeDeadMs: 3_000, nodeRetireMs: 60_000 });
    await clock.advance(6_000);
    await journal.append([record('one', 1, clock.now())]);
    await clock.advance(30_000);
    expect((await journal.last(toAddress('counter', 'b')))?.snapshot.context['count']).toBe(2);
    expect((await projections.nodes()).find(({ id }) => id === 'gone')).toMatchObject({ watermark: 0, retired: false });
    await clock.advance(60_000);
    expect((await projections.nodes()).find(({ id }) => id === 'gone')).toMatchObject({ watermark: 2, retired: true });
  });
});

describe('a node that nobody has heard of lately', () => {
  it('[C2] writes nothing before its first heartbeat and nothing after the last one ran out', async () => {
    const clock = new VirtualClock();
    const journal = new MemoryJournal();
    const deps = { journal, clock, log, batches: new Batches(), ids: new SeededIds() };
    const committer = new GroupCommitter(deps, 10);
    const isStored = async (id: string) => (await journal.last(toAddress('counter', id))) !== undefined;
    void committer.commit((batch) => record('one', batch, 0));
    await clock.advance(10_000);
    expect(await isStored('one')).toBe(false);
    committer.renew(clock.now() + 3_000);
    await clock.advance(100);
    expect(await isStored('one')).toBe(true);
    await clock.advance(3_000);
    void committer.commit((batch) => record('two', batch, 0));
    await clock.advance(10_000);
    expect(await isStored('two')).toBe(false);
  });
});
