import { beforeEach, describe, expect, it } from 'vitest';
import { Durations, MachineFigures } from '../../src/actors/telemetry.ts';
import { createWorld, startNode, type TestNode, type World } from '../support/actor-world.ts';

let world: World;
let node: TestNode;
beforeEach(async () => {
  world = createWorld();
  node = await startNode(world);
});

const send = (type: string, more: object = {}, options: object = {}) =>
  world.clock.until(node.runtime.send('counter/1', { type, ...more }, { cause: 'api:u1', ...options }));
const figures = () => node.runtime.telemetry.of('counter');

describe('what the runtime counts', () => {
  it('tells messages apart by event and outcome, and a turn for each record', async () => {
    await send('add');
    await send('add');
    await send('no');
    await send('nobodyKnows');
    await send('boom');
    expect(Object.fromEntries(figures().messages)).toEqual({
      add: { done: 2, ignored: 0, refused: 0, parked: 0 },
      no: { done: 0, ignored: 0, refused: 1, parked: 0 },
      nobodyKnows: { done: 0, ignored: 1, refused: 0, parked: 0 },
      boom: { done: 0, ignored: 0, refused: 0, parked: 1 },
    });
    expect(figures()).toMatchObject({ turns: 5, activations: 1, fencingRejected: 0 });
    expect(figures().waits.count).toBe(5);
    expect(figures().loads.count).toBe(1);
  });

  it('counts a message that comes again by who sent it', async () => {
    await send('add', {}, { id: 'm1', repeatable: true });
    await send('add', {}, { id: 'm1', repeatable: true });
    await send('add', {}, { id: 'm1', repeatable: true, cause: 'staff:lin' });
    expect(figures().repeated).toMatchObject({ api: 1, staff: 1, actor: 0 });
    expect(node.runtime.telemetry.counts.get('repeated')).toBe(2);
  });

  it('counts timers that fire, attempts that go out, and records that another node won', async () => {
    await send('wait', { inMs: 100 });
    await world.clock.advance(200);
    await send('work');
    expect(figures()).toMatchObject({ timersFired: 1, attempts: 1 });
    const other = await startNode(world);
    await world.clock.until(other.runtime.send('counter/1', { type: 'add' }, { cause: 'api:u1' }));
    await send('add');
    expect(figures().fencingRejected).toBe(1);
  });

  it('says what is in memory by machine, and what makes room', async () => {
    expect(node.runtime.load()).toEqual({
      machines: new Map(),
      outbox: { depth: 0, oldestAt: undefined },
      undelivered: 0,
    });
    await send('add');
    expect(node.runtime.load().machines.get('counter')).toEqual({ active: 1, queued: 0, oldestAt: undefined });
    const small = await startNode(world, { maxActivations: 1 });
    for (const id of ['1', '2']) {
      await world.clock.until(small.runtime.send(`counter/${id}`, { type: 'add' }, { cause: 'api:u1' }));
    }
    expect(small.runtime.telemetry.of('counter').evictions).toBe(1);
    expect(small.runtime.load().machines.get('counter')?.active).toBe(1);
  });

  it('has a bound, whatever types of events are sent', () => {
    const bounded = new MachineFigures();
    for (let index = 0; index < 1_000; index += 1) bounded.took(`type${index}`, 'ignored');
    expect(bounded.messages.size).toBeLessThanOrEqual(201);
    expect(bounded.messages.get('other')?.ignored).toBe(800);
  });

  it('puts a duration into the first bucket that holds it', () => {
    const durations = new Durations();
    for (const ms of [0, 5, 6, 30_000, 30_001]) durations.note(ms);
    expect(durations).toMatchObject({ count: 5, sumMs: 60_012 });
    expect([durations.buckets[0], durations.buckets[1], durations.buckets.at(-1)]).toEqual([2, 1, 1]);
  });
});
