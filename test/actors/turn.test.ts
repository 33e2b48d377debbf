import { describe, expect, it } from 'vitest';
import { isIntact } from '../../src/actors/record.ts';
import { createWorld, startNode } from '../support/actor-world.ts';

const cause = 'test';

describe('a turn', () => {
  it('[J1] commits one record that carries state, message and effects', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    const receipt = await world.clock.until(
      runtime.send('counter/a', { type: 'pass', to: 'counter/b', by: 3 }, { id: 'm1', cause }),
    );
    expect(receipt).toMatchObject({ outcome: 'done', seq: 1, repeated: false });
    const [record] = await world.journal.page('counter/a', 0, 10);
    expect(record).toMatchObject({
      actor: 'counter/a',
      seq: 1,
      node: runtime.nodeId,
      batch: 1,
      messages: [{ id: 'm1', event: { type: 'pass', to: 'counter/b', by: 3 }, cause, outcome: 'done' }],
      tells: [{ id: 'counter/a#1.1', to: 'counter/b', event: { type: 'add', by: 3 } }],
    });
    await world.clock.advance(100);
    expect((await runtime.inspect('counter/b'))?.snapshot.context).toMatchObject({ count: 3 });
  });

  it('takes many waiting messages in one record', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    const sends = Array.from({ length: 1_000 }, (_, index) =>
      runtime.send('counter/a', { type: 'add' }, { id: `m${index}`, cause }),
    );
    await world.clock.until(Promise.all(sends));
    const records = await world.journal.page('counter/a', 0, 100);
    expect(records.length).toBeLessThanOrEqual(6);
    expect(records.every((record) => record.messages.length <= 256)).toBe(true);
    expect(records.at(-1)?.snapshot.context).toMatchObject({ count: 1_000 });
  });

  it('[J3] answers a repeated message with its recorded outcome and writes nothing', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    const send = (repeatable: boolean) =>
      world.clock.until(runtime.send('counter/a', { type: 'add' }, { id: 'm1', cause, repeatable }));
    await send(false);
    await world.clock.until(runtime.send('counter/a', { type: 'add' }, { cause }));
    expect(await send(true)).toMatchObject({ outcome: 'done', seq: 1, repeated: true });
    expect(await send(false)).toMatchObject({ outcome: 'done', seq: 1, repeated: true });
    expect(await world.journal.page('counter/a', 0, 10)).toHaveLength(2);
  });

  it('[J3] records one message of two sent at once under one id', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    const send = () => runtime.send('counter/a', { type: 'add' }, { id: 'same', cause, repeatable: true });
    const receipts = await world.clock.until(Promise.all([send(), send(), send()]));
    expect(receipts.map((receipt) => receipt.repeated)).toEqual([false, true, true]);
    expect((await runtime.inspect('counter/a'))?.snapshot.context).toMatchObject({ count: 1 });
  });

  it('records what no transition takes as ignored, and what the machine refuses with its reason', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    const ignored = await world.clock.until(runtime.send('counter/a', { type: 'stop' }, { cause }));
    const refused = await world.clock.until(runtime.send('counter/a', { type: 'no' }, { cause }));
    expect(ignored).toMatchObject({ outcome: 'ignored', seq: 1 });
    expect(refused).toMatchObject({ outcome: 'refused', reason: { code: 'NOT_ALLOWED' }, seq: 2 });
  });

  it('keeps since when the actor is in its state, which entering it again does not change', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    const sinceAfter = async (type: string) => {
      await world.clock.advance(1_000);
      const sent = runtime.send('counter/1', { type, inMs: 60_000 }, { cause: 'test' });
      const { snapshot } = await world.clock.until(sent);
      return world.clock.now() - snapshot.since;
    };
    const first = await sinceAfter('wait');
    expect(first).toBeLessThan(1_000);
    expect(await sinceAfter('wait')).toBeGreaterThanOrEqual(1_000);
    expect(await sinceAfter('add')).toBeGreaterThanOrEqual(2_000);
    expect(await sinceAfter('stop')).toBeLessThan(1_000);
    await world.clock.advance(1_000);
    const [head] = await runtime.heads({ type: 'counter', limit: 1 });
    expect(head?.since).toBe((await runtime.inspect('counter/1'))?.snapshot.since);
  });

  it('[D1] parks a message whose step throws, and goes on with the others of its turn', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    const receipts = await world.clock.until(
      Promise.all(
        ['add', 'boom', 'add'].map((type, index) => runtime.send('counter/a', { type }, { id: `m${index}`, cause })),
      ),
    );
    expect(receipts.map((receipt) => receipt.outcome)).toEqual(['done', 'parked', 'done']);
    expect(receipts[1]?.reason).toEqual({ code: 'STEP_FAILED', detail: 'boom' });
    expect((await runtime.inspect('counter/a'))?.snapshot.context).toMatchObject({ count: 2 });
  });

  it('replays a parked message under one id per parking, so two operators make one', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    await world.clock.until(runtime.send('counter/a', { type: 'boom' }, { id: 'm', cause }));
    const replay = (id: string) => world.clock.until(runtime.replay('counter/a', id, 'staff:eve'));
    const [first, second] = await world.clock.until(
      Promise.all([runtime.replay('counter/a', 'm', 'staff:eve'), runtime.replay('counter/a', 'm', 'staff:bob')]),
    );
    expect(first).toMatchObject({ outcome: 'parked', seq: 2 });
    expect(second).toMatchObject({ outcome: 'parked', seq: 2, repeated: true });
    expect(await replay('m~r1')).toMatchObject({ outcome: 'parked', seq: 3 });
    await world.clock.until(runtime.send('counter/a', { type: 'add' }, { id: 'fine', cause }));
    await expect(replay('fine')).rejects.toMatchObject({ code: 'MESSAGE_NOT_PARKED' });
  });

  it('parks what breaks a limit: a context over 256 KiB, more than 1,024 effects', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    const grow = (size: number) => runtime.send('counter/a', { type: 'grow', size }, { cause });
    await world.clock.until(runtime.send('counter/a', { type: 'add' }, { cause }));
    const grown = await world.clock.until(Promise.all([grow(255 * 1024), grow(257 * 1024)]));
    expect(grown.map((receipt) => receipt.outcome)).toEqual(['done', 'parked']);
    expect(grown[1]?.reason?.code).toBe('CONTEXT_TOO_LARGE');
    const flood = (size: number) => runtime.send('counter/b', { type: 'flood', to: 'counter/c', size }, { cause });
    const flooded = await world.clock.until(Promise.all([flood(1_000), flood(1_000), flood(1_025)]));
    expect(flooded.map(({ outcome, seq }) => [outcome, seq])).toEqual([
      ['done', 1],
      ['done', 2],
      ['parked', 3],
    ]);
    await world.clock.advance(1_000);
    expect((await runtime.inspect('counter/c'))?.snapshot.context).toMatchObject({ count: 2_000 });
  });

  it('chains the records of money actors', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    for (const id of ['a', 'b', 'c']) {
      await world.clock.until(runtime.send('purse/a', { type: 'add' }, { id, cause }));
    }
    const records = await world.journal.page('purse/a', 0, 10);
    expect(records.map((record) => record.prev)).toEqual([undefined, records[0]?.hash, records[1]?.hash]);
    expect(records.every(isIntact)).toBe(true);
    const [first] = records;
    if (first === undefined) throw new Error('no record');
    expect(isIntact({ ...first, at: first.at + 1 })).toBe(false);
  });

  it('stamps a record no earlier than the one before it', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    await world.clock.until(runtime.send('counter/a', { type: 'add' }, { cause }));
    const past = createWorld();
    Object.assign(past, { journal: world.journal, projections: world.projections });
    const behind = await startNode(past);
    await world.clock.advance(60_000);
    await world.clock.until(runtime.send('counter/a', { type: 'add' }, { cause }));
    await past.clock.until(behind.runtime.send('counter/a', { type: 'add' }, { cause }));
    const times = (await world.journal.page('counter/a', 0, 10)).map((record) => record.at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});

describe('the doors', () => {
  it('refuse forged, malformed and oversized events before they are taken', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    const send = (event: object, id?: string) =>
      runtime.send('counter/a', event as never, id === undefined ? { cause } : { cause, id });
    for (const type of ['@due', '@outcome', 'xstate.after.1000.counter.waiting', '', '*', 'a b']) {
      await expect(send({ type })).rejects.toMatchObject({ code: 'EVENT_INVALID' });
    }
    await expect(send({ type: 'add', by: Number.NaN })).rejects.toMatchObject({ code: 'EVENT_INVALID' });
    await expect(send({ type: 'add', at: new Date() })).rejects.toMatchObject({ code: 'EVENT_INVALID' });
    await expect(send({ type: 'add' }, 'has space')).rejects.toMatchObject({ code: 'EVENT_INVALID' });
    await expect(send({ type: 'add', text: 'x'.repeat(70_000) })).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
    await expect(runtime.send('nobody/a', { type: 'add' }, { cause })).rejects.toMatchObject({
      code: 'MACHINE_UNKNOWN',
    });
    expect(await runtime.inspect('counter/a')).toBeUndefined();
  });

  it('refuse with MAILBOX_FULL while tells still get through', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world, { maxMailboxLength: 10 });
    const sends = Array.from({ length: 50 }, () => runtime.send('counter/a', { type: 'add' }, { cause }));
    const told = runtime.send('counter/z', { type: 'pass', to: 'counter/a', by: 100 }, { cause });
    const settled = await world.clock.until(Promise.allSettled(sends));
    await world.clock.until(told);
    const refused = settled.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'MAILBOX_FULL', retryAfterMs: 1_000 });
    await world.clock.advance(100);
    const count = 50 - refused.length + 100;
    expect((await runtime.inspect('counter/a'))?.snapshot.context).toMatchObject({ count });
  });

  it('close when the runtime stops, after what was under way is committed', async () => {
    const world = createWorld();
    const { runtime } = await startNode(world);
    const last = runtime.send('counter/a', { type: 'pass', to: 'counter/b' }, { cause });
    await world.clock.until(Promise.all([last, runtime.stop()]));
    expect((await last).outcome).toBe('done');
    expect((await runtime.inspect('counter/b'))?.snapshot.context).toMatchObject({ count: 1 });
    await expect(runtime.send('counter/a', { type: 'add' }, { cause })).rejects.toMatchObject({
      code: 'RUNTIME_STOPPING',
    });
  });
});
