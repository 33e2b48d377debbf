import { expect, it } from 'vitest';
import type { Address } from '../../src/actors/address.ts';
import type { JournalRecord } from '../../src/actors/record.ts';
import { counters, createWorld, startNode, type World } from '../support/actor-world.ts';

const cause = 'test';
const HOT = 'counter/hot';
const WRITE_MS = 10;

const gatherers = () => counters().map((definition) => ({ ...definition, gathers: ['add'] }));

/** A world whose journal needs `WRITE_MS` for a write, and a node whose counters gather what other counters add. */
async function start() {
  const world = createWorld();
  const append = world.journal.append.bind(world.journal);
  world.journal.append = async (records) => {
    await new Promise<void>((resolve) => world.clock.after(WRITE_MS, resolve));
    return append(records);
  };
  const { runtime } = await startNode(world, {}, gatherers());
  let count = 0;
  /** Another counter, each time a new one, tells the hot one; it is committed one write later. */
  const pass = (event: { type: 'pass' } | { type: 'flood'; size: number } = { type: 'pass' }) => {
    count += 1;
    return runtime.send(`counter/s${count}`, { ...event, to: HOT }, { cause });
  };
  /** Keeps the journal writing: a pass every half a write. */
  const passFor = async (ms: number) => {
    for (let elapsed = 0; elapsed < ms; elapsed += WRITE_MS / 2) {
      void pass();
      await world.clock.advance(WRITE_MS / 2);
    }
  };
  return { world, runtime, pass, passFor, gatherMs: world.journal.gatherMs };
}

const recordsOf = ({ journal }: World): Promise<readonly JournalRecord[]> => journal.page(HOT, 0, 1_000);

const sizes = (records: readonly JournalRecord[]) => records.map(({ messages }) => messages.length);

async function committedAt({ journal }: World, actor: Address): Promise<number> {
  return ((await journal.last(actor))?.at ?? Number.NaN) + WRITE_MS;
}

it('[H1] lets one record cover what comes while the journal writes', async () => {
  const { world, passFor } = await start();
  await passFor(30);
  await world.clock.advance(1_000);
  expect(sizes(await recordsOf(world))).toEqual([6]);
});

it('[H1] holds no turn for longer than its time and the write that is under way', async () => {
  const { world, passFor, gatherMs } = await start();
  await passFor(400);
  await world.clock.advance(1_000);
  const records = await recordsOf(world);
  expect(sizes(records).reduce((sum, size) => sum + size)).toBe(80);
  expect(records.length).toBeLessThanOrEqual(8);
  for (const { at, messages } of records) {
    const waits = messages.map(async ({ id }) => at - (await committedAt(world, id.split('#')[0] as Address)));
    // Its own write begins when the one that ended the holding makes room.
    expect(Math.max(...(await Promise.all(waits)))).toBeLessThanOrEqual(gatherMs + 2 * WRITE_MS);
  }
});

it('[H1] takes a turn at once while the journal has nothing to do', async () => {
  const { world, pass } = await start();
  await world.clock.until(pass());
  await world.clock.advance(WRITE_MS);
  const [record] = await recordsOf(world);
  expect(record?.at).toBe(await committedAt(world, 'counter/s1'));
});

it('[H1] takes at once what an idle node delivers for another that went silent', async () => {
  const { world, runtime, pass } = await start();
  // The first node commits and hears nothing of it.
  const append = world.journal.append.bind(world.journal);
  world.journal.append = async (records) => {
    const results = await append(records);
    return records.some(({ node }) => node === runtime.nodeId) ? new Promise(() => {}) : results;
  };
  void pass().catch(() => {});
  await world.clock.advance(WRITE_MS);
  const heartbeat = world.projections.heartbeat.bind(world.projections);
  world.projections.heartbeat = (node) => (node.id === runtime.nodeId ? new Promise(() => {}) : heartbeat(node));
  await startNode(world, {}, gatherers());
  await world.clock.advance(20_000);
  expect(sizes(await recordsOf(world))).toEqual([1]);
});

it('[H2] takes what is held together with a message that somebody waits for', async () => {
  const { world, runtime, passFor } = await start();
  await passFor(25);
  expect(await recordsOf(world)).toEqual([]);
  const sentAt = world.clock.now();
  const receipt = runtime.send(HOT, { type: 'add' }, { id: 'asked', cause });
  await passFor(30);
  expect(await receipt).toMatchObject({ outcome: 'done', seq: 1 });
  const [record] = await recordsOf(world);
  expect(record?.messages.at(-1)?.id).toBe('asked');
  expect(record?.messages.length).toBeGreaterThan(1);
  expect((record?.at ?? 0) - sentAt).toBeLessThanOrEqual(WRITE_MS);
});

it('holds no turn that is full', async () => {
  const { world, pass, passFor } = await start();
  await passFor(20);
  const flood = pass({ type: 'flood', size: 300 });
  await passFor(40);
  await flood;
  const [record] = await recordsOf(world);
  expect(record?.messages).toHaveLength(256);
});

it('stops with nothing held back', async () => {
  const { world, runtime, passFor } = await start();
  await passFor(25);
  await world.clock.until(runtime.stop());
  expect(sizes(await recordsOf(world))).toEqual([5]);
});
