import { describe, expect, it } from 'vitest';
import { toAddress } from '../../src/actors/address.ts';
import { Batches } from '../../src/actors/batches.ts';
import { GroupCommitter } from '../../src/actors/committer.ts';
import { ActorError } from '../../src/actors/errors.ts';
import type { NodeRow } from '../../src/actors/ports.ts';
import type { JournalRecord } from '../../src/actors/record.ts';
import { Registry } from '../../src/actors/registry.ts';
import { counters, createWorld, startNode, type World } from '../support/actor-world.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { MemoryProjections } from '../support/memory-projections.ts';
import { SeededIds } from '../support/seeded-ids.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };
const { version } = new Registry(counters()).logic('counter');

/** A record of the node `gone` that tells `counter/b` to add. */
function record(id: string, batch: number, at: number, node = 'gone'): JournalRecord {
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
    node,
    batch,
  };
}

const SILENCE = { nodeDeadMs: 3_000, nodeRetireMs: 6_000, nodeCloseMs: 60_000 };
/** A sweep comes after 1.25 s at most. */
const A_FEW_SWEEPS_MS = 3 * 1_250;
/** After that a tell stands in the list of undelivered ones. */
const TELL_PATIENCE_MS = 5_000;

async function nodeNamed({ projections }: World, name: string): Promise<NodeRow | undefined> {
  return (await projections.nodes()).find(({ id }) => id === name);
}

/** As it was when it died: one batch begun, nothing of it delivered. */
async function dead({ clock, journal, projections }: World, node: string, ...records: JournalRecord[]): Promise<void> {
  await projections.heartbeat({ id: node, role: 'all', startedAt: clock.now(), batch: 1, watermark: 0 });
  await journal.append(records);
}

describe('nodes that died', () => {
  it('are all retired within a few sweeps after the time is over, however many they are and whatever one is in for', async () => {
    const world = createWorld();
    const { clock } = world;
    const names = Array.from({ length: 100 }, (_, index) => `dead-${index}`);
    for (const name of names) await dead(world, name, record(name, 1, clock.now(), name));
    // One has made a record that no machine here can list, one tells an actor that cannot be read now.
    const strange = { ...record('x', 1, clock.now(), 'dead-3'), actor: toAddress('stranger', 'x'), tells: [] };
    const waiting = { ...record('y', 1, clock.now(), 'dead-5') };
    await world.journal.append([
      strange,
      {
        ...waiting,
        tells: [{ id: `${waiting.actor}#1.1`, to: toAddress('counter', 'locked'), event: { type: 'add' } }],
      },
    ]);
    const last = world.journal.last.bind(world.journal);
    world.journal.last = async (actor) => {
      if (actor === 'counter/locked') throw new ActorError('STORE_UNAVAILABLE', 'test');
      return last(actor);
    };
    await startNode(world, SILENCE);
    await clock.advance(SILENCE.nodeRetireMs + A_FEW_SWEEPS_MS);
    const silent = async () => {
      const rows = await world.projections.nodes();
      return rows.flatMap(({ id, retired }) => (names.includes(id) && !retired ? [id] : []));
    };
    expect(await silent()).toEqual(['dead-3', 'dead-5']);
    expect((await last(toAddress('counter', 'b')))?.snapshot.context['count']).toBe(100);
    await clock.advance(TELL_PATIENCE_MS);
    expect(await world.projections.undeliveredTo(toAddress('counter', 'locked'), 10)).toHaveLength(1);
    expect(await silent()).toEqual(['dead-3']);
  });

  it('are not retired before a write that they sent must have ended', async () => {
    const world = createWorld();
    await dead(world, 'gone', record('one', 1, world.clock.now()));
    await startNode(world, SILENCE);
    await world.clock.advance(SILENCE.nodeRetireMs - 100);
    expect((await world.journal.last(toAddress('counter', 'b')))?.snapshot.context['count']).toBe(1);
    expect(await nodeNamed(world, 'gone')).toMatchObject({ retired: false });
  });

  it('are not others when the clock of the store jumps, as with a new primary', async () => {
    const clock = new VirtualClock();
    let aheadMs = 0;
    const projections = new MemoryProjections(() => clock.now() + aheadMs);
    const world = { clock, journal: new MemoryJournal(), projections };
    for (let count = 0; count < 3; count += 1) await startNode(world, SILENCE);
    const settled: string[] = [];
    projections.settleNode = async (id) => void settled.push(id);
    await clock.advance(5_000);
    aheadMs = 2 * SILENCE.nodeCloseMs;
    await clock.advance(20_000);
    expect(settled).toEqual([]);
  });

  it('are delivered once by a process, however often it looks', async () => {
    const world = createWorld();
    await dead(world, 'gone', record('one', 1, world.clock.now()));
    const { runtime } = await startNode(world, SILENCE);
    await world.clock.advance(2 * SILENCE.nodeCloseMs);
    expect(await nodeNamed(world, 'gone')).toMatchObject({ watermark: 1, closed: true });
    expect(runtime.telemetry.of('counter').repeated.actor).toBe(0);
  });

  it('are taken over again when they have been heard of again', async () => {
    const world = createWorld();
    const { clock } = world;
    await dead(world, 'gone', record('one', 1, clock.now()));
    await startNode(world, SILENCE);
    await clock.advance(SILENCE.nodeRetireMs + A_FEW_SWEEPS_MS);
    expect(await nodeNamed(world, 'gone')).toMatchObject({ retired: true });
    await dead(world, 'gone', record('two', 2, clock.now()));
    expect(await nodeNamed(world, 'gone')).toMatchObject({ retired: false });
    await clock.advance(SILENCE.nodeRetireMs + A_FEW_SWEEPS_MS);
    expect(await nodeNamed(world, 'gone')).toMatchObject({ retired: true });
    expect((await world.journal.last(toAddress('counter', 'b')))?.snapshot.context['count']).toBe(2);
  });
});

describe('a node that leaves', () => {
  it('owing nothing is closed at once', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    await world.clock.until(
      runtime.send(toAddress('counter', 'a'), { type: 'pass', to: 'counter/b' }, { cause: 'test' }),
    );
    await world.clock.until(runtime.stop());
    expect(await nodeNamed(world, runtime.nodeId)).toMatchObject({ batch: 2, watermark: 2, closed: true });
  });

  it('in the middle of its work is taken over like a dead one', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    world.projections.project = async () => Promise.reject(new ActorError('STORE_UNAVAILABLE', 'test'));
    await world.clock.until(runtime.send(toAddress('counter', 'a'), { type: 'add' }, { cause: 'test' }));
    await world.clock.until(runtime.stop());
    expect(await nodeNamed(world, runtime.nodeId)).toMatchObject({ batch: 1, watermark: 0, retired: false });
  });
});

describe('a write of a silent node that lands after its take-over', () => {
  it('[J7] is found though the node is retired and its batch below those taken over, until the node is closed', async () => {
    const world = createWorld();
    const { clock, journal } = world;
    await dead(world, 'gone', record('two', 2, clock.now()));
    await startNode(world, SILENCE);
    await clock.advance(SILENCE.nodeRetireMs + A_FEW_SWEEPS_MS);
    expect(await nodeNamed(world, 'gone')).toMatchObject({ watermark: 0, retired: true, closed: false });
    await journal.append([record('one', 1, clock.now())]);
    await clock.advance(10_000);
    expect((await journal.last(toAddress('counter', 'b')))?.snapshot.context['count']).toBe(2);
    expect(await nodeNamed(world, 'gone')).toMatchObject({ watermark: 0, retired: true, closed: false });
    await clock.advance(60_000);
    expect(await nodeNamed(world, 'gone')).toMatchObject({ watermark: 2, retired: true, closed: true });
  });
});

describe('a node that nobody has heard of lately', () => {
  it('[C2] writes nothing before its first heartbeat and nothing after the last one ran out', async () => {
    const clock = new VirtualClock();
    const journal = new MemoryJournal();
    const deps = { journal, clock, log, batches: new Batches(), ids: new SeededIds(), written: () => {} };
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
