import { describe, expect, it } from 'vitest';
import { ActorError } from '../../src/actors/errors.ts';
import type { AppendResult } from '../../src/actors/ports.ts';
import type { JournalRecord } from '../../src/actors/record.ts';
import { counters, createWorld, startNode, type World } from '../support/actor-world.ts';
import { listeningLog } from '../support/listening-log.ts';

const cause = 'test';

/** Lets the test decide what the next appends come to: `apply` says whether the records are stored all the same. */
function doubtful(world: World, answers: { answer: AppendResult | 'throw'; apply: boolean }[]): JournalRecord[][] {
  const sent: JournalRecord[][] = [];
  const { journal } = world;
  const append = journal.append.bind(journal);
  journal.append = async (records) => {
    sent.push([...records]);
    const next = answers.shift();
    if (next === undefined) return append(records);
    if (next.apply) await append(records);
    if (next.answer === 'throw') throw new ActorError('STORE_UNAVAILABLE', 'test');
    return records.map(() => next.answer as AppendResult);
  };
  return sent;
}

describe('an insert of unknown fate', () => {
  for (const apply of [true, false]) {
    it(`[J4] is sent again, identical, until it is certain (it had ${apply ? '' : 'not '}been stored)`, async () => {
      const world = createWorld();
      const { runtime } = await startNode(world);
      const sent = doubtful(world, [
        { answer: 'unknown', apply },
        { answer: 'unknown', apply: false },
      ]);
      const receipt = await world.clock.until(runtime.send('counter/a', { type: 'add' }, { id: 'm', cause }));
      expect(receipt).toMatchObject({ outcome: 'done', seq: 1 });
      expect(sent).toHaveLength(3);
      expect(sent[1]).toEqual(sent[0]);
      expect(sent[2]).toEqual(sent[0]);
      expect(await world.journal.page('counter/a', 0, 10)).toHaveLength(1);
    });
  }

  it('[J4] keeps its actor from taking another turn and its batch open, and nothing else', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    const append = world.journal.append.bind(world.journal);
    let isDown = true;
    world.journal.append = async (records) => {
      const results = await append(records.filter((record) => !isDown || record.actor !== 'counter/a'));
      let index = -1;
      return records.map((record) =>
        isDown && record.actor === 'counter/a' ? 'unknown' : (results[++index] ?? 'unknown'),
      );
    };
    const stuck = runtime.send('counter/a', { type: 'add' }, { id: 'a1', cause, deadlineMs: 60_000 });
    const behind = runtime.send('counter/a', { type: 'add' }, { id: 'a2', cause, deadlineMs: 60_000 });
    await world.clock.until(runtime.send('counter/b', { type: 'add' }, { cause }));
    await world.clock.advance(3_000);
    expect(await world.journal.last('counter/a')).toBeUndefined();
    expect((await world.projections.nodes())[0]?.watermark).toBe(0);
    isDown = false;
    await world.clock.until(Promise.all([stuck, behind]));
    await world.clock.advance(3_000);
    const [row] = await world.projections.nodes();
    expect(row?.watermark).toBe(row?.batch);
  });

  it('is told of, by name and once, when it holds its batch open for a minute', async () => {
    const world = createWorld();
    const log = listeningLog();
    const { runtime } = await startNode(world, {}, counters(), log);
    world.journal.append = async (records) => records.map(() => 'unknown');
    const stuck = runtime.send('counter/a', { type: 'add' }, { cause, deadlineMs: 1_000 });
    await expect(world.clock.until(stuck)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await world.clock.advance(300_000);
    const told = log.lines.filter(({ message }) => message === 'a batch is not done with for a minute');
    const waitsFor = { records: ['counter/a#1'], heads: 0, tells: 0 };
    expect(told.map(({ fields }) => fields)).toEqual([{ node: runtime.nodeId, batch: 1, ...waitsFor }]);
  });

  it('fails a door after its deadline while the message may still happen', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    doubtful(world, Array(200).fill({ answer: 'throw', apply: false }));
    const send = runtime.send('counter/a', { type: 'add' }, { cause, deadlineMs: 2_000 });
    await expect(world.clock.until(send)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryAfterMs: 1_000 });
  });
});

describe('two nodes on one journal', () => {
  it('[J2] the stale one loses its insert, reloads and applies its message on top', async () => {
    const world = createWorld();
    const [one, two] = [await startNode(world), await startNode(world)];
    const add = ({ runtime }: typeof one, id: string) =>
      world.clock.until(runtime.send('counter/a', { type: 'add' }, { id, cause }));
    await add(one, 'm1');
    await add(two, 'm2');
    await add(one, 'm3');
    expect(await add(two, 'm4')).toMatchObject({ seq: 4 });
    expect((await world.journal.last('counter/a'))?.snapshot.context).toMatchObject({ count: 4 });
  });

  it('[J2] race for every message and take each once', async () => {
    const world = createWorld();
    const nodes = [await startNode(world), await startNode(world), await startNode(world)];
    const sends = nodes.flatMap(({ runtime }) =>
      Array.from({ length: 100 }, (_, index) =>
        runtime.send('purse/a', { type: 'add' }, { id: `m${index}`, cause, repeatable: true }),
      ),
    );
    const receipts = await world.clock.until(Promise.all(sends));
    expect(receipts.filter((receipt) => !receipt.repeated)).toHaveLength(100);
    expect((await world.journal.last('purse/a'))?.snapshot.context).toMatchObject({ count: 100 });
  });

  it('[J7] a silent node is taken over: its tells are delivered and its heads written', async () => {
    const world = createWorld();
    const one = await startNode(world);
    // The fast path of node one is cut: it commits, then nothing of what follows happens.
    const { journal } = world;
    const append = journal.append.bind(journal);
    journal.append = async (records) => {
      const results = await append(records);
      return records.some((record) => record.node === one.runtime.nodeId) ? new Promise(() => {}) : results;
    };
    void one.runtime.send('counter/a', { type: 'pass', to: 'counter/b' }, { cause, deadlineMs: 1e9 }).catch(() => {});
    await world.clock.advance(10);
    const heartbeat = world.projections.heartbeat.bind(world.projections);
    world.projections.heartbeat = (node) => (node.id === one.runtime.nodeId ? new Promise(() => {}) : heartbeat(node));
    const two = await startNode(world);
    await world.clock.advance(20_000);
    expect((await two.runtime.inspect('counter/b'))?.snapshot.context).toMatchObject({ count: 1 });
    expect(await world.projections.head('counter/a')).toMatchObject({ seq: 1 });
  });

  it('a node that cannot renew its heartbeat gives itself up and goes on under a new id', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    const before = runtime.nodeId;
    const heartbeat = world.projections.heartbeat.bind(world.projections);
    world.projections.heartbeat = async () => {
      throw new ActorError('STORE_UNAVAILABLE', 'test');
    };
    await world.clock.advance(12_000);
    expect(runtime.isReady).toBe(false);
    await expect(runtime.send('counter/a', { type: 'add' }, { cause })).rejects.toMatchObject({
      code: 'RUNTIME_STOPPING',
    });
    world.projections.heartbeat = heartbeat;
    await world.clock.advance(3_000);
    expect(runtime.isReady).toBe(true);
    expect(runtime.nodeId).not.toBe(before);
    expect((await world.clock.until(runtime.send('counter/a', { type: 'add' }, { cause }))).outcome).toBe('done');
  });
});

describe('a tell that is not accepted', () => {
  it('[O2] stands in the undelivered list after five seconds and is delivered once it can be', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    const last = world.journal.last.bind(world.journal);
    world.journal.last = async (actor) => {
      if (actor === 'counter/b') throw new ActorError('STORE_UNAVAILABLE', 'test');
      return last(actor);
    };
    await world.clock.until(runtime.send('counter/a', { type: 'pass', to: 'counter/b' }, { cause }));
    await world.clock.advance(8_000);
    expect(await runtime.undelivered('counter/b')).toMatchObject([{ id: 'counter/a#1.1', from: 'counter/a' }]);
    const [row] = await world.projections.nodes();
    expect(row?.watermark).toBe(row?.batch);
    world.journal.last = last;
    await world.clock.advance(10_000);
    expect((await runtime.inspect('counter/b'))?.snapshot.context).toMatchObject({ count: 1 });
    expect(await runtime.undelivered('counter/b')).toEqual([]);
  });

  it('to an address nobody can have is kept and seen, never dropped', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    await world.clock.until(runtime.send('counter/a', { type: 'pass', to: 'nobody/b' }, { cause }));
    await world.clock.advance(3_000);
    expect(await runtime.undelivered('nobody/b')).toHaveLength(1);
  });

  it('closes the doors past the limit of undelivered tells', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world, { maxUndelivered: 2 });
    for (const id of ['1', '2', '3']) {
      await world.clock.until(runtime.send('counter/a', { type: 'pass', to: 'nobody/b' }, { id, cause }));
    }
    await world.clock.advance(5_000);
    await expect(runtime.send('counter/a', { type: 'add' }, { cause })).rejects.toMatchObject({
      code: 'TOO_MANY_UNDELIVERED',
    });
  });
});

describe('an embedded start', () => {
  it('takes over and retires every older node at once', async () => {
    const world = createWorld();
    const one = await startNode(world);
    await world.clock.until(one.runtime.send('counter/a', { type: 'add' }, { cause }));
    const two = await startNode(world, { exclusive: true });
    const rows = await world.projections.nodes();
    expect(rows.find((row) => row.id === one.runtime.nodeId)?.retired).toBe(true);
    expect(two.runtime.isReady).toBe(true);
  });
});
