import { describe, expect, it } from 'vitest';
import type { CallOutcome } from '../../src/actors/ports.ts';
import { createWorld, startNode, type TestNode, type World } from '../support/actor-world.ts';

const cause = 'test';
const DAY_MS = 86_400_000;

async function setUp(): Promise<World & TestNode> {
  const world = createWorld();
  return { ...world, ...(await startNode(world)) };
}

async function stateOf({ runtime }: TestNode): Promise<string | undefined> {
  return (await runtime.inspect('counter/a'))?.state;
}

describe('timers', () => {
  it('fire once at their time', async () => {
    const world = await setUp();
    await world.clock.until(world.runtime.send('counter/a', { type: 'wait', inMs: 500 }, { cause }));
    await world.clock.advance(499);
    expect(await stateOf(world)).toBe('waiting');
    await world.clock.advance(2);
    expect(await stateOf(world)).toBe('rung');
    await world.clock.advance(60_000);
    expect(await world.journal.page('counter/a', 0, 10)).toHaveLength(2);
  });

  it('fire at once when set in the past', async () => {
    const world = await setUp();
    await world.clock.until(world.runtime.send('counter/a', { type: 'wait', inMs: -5_000 }, { cause }));
    await world.clock.advance(1);
    expect(await stateOf(world)).toBe('rung');
  });

  it('fire sixty days ahead, found by the sweeper', async () => {
    const world = await setUp();
    await world.clock.until(world.runtime.send('counter/a', { type: 'wait', inMs: 60 * DAY_MS }, { cause }));
    const head = async () => (await world.projections.head('counter/a'))?.nextDue;
    await world.clock.advance(100);
    expect(await head()).toBeGreaterThan(world.clock.now() + 59 * DAY_MS);
    await world.clock.until(world.runtime.stop());
    await world.clock.advance(60 * DAY_MS - 2_000);
    const later = await startNode(world, { exclusive: true });
    expect(await stateOf(later)).toBe('waiting');
    await world.clock.advance(5_000);
    expect(await stateOf(later)).toBe('rung');
  });

  it('fire once when the process was down over their due time', async () => {
    const world = await setUp();
    await world.clock.until(world.runtime.send('counter/a', { type: 'wait', inMs: 1_000 }, { cause }));
    await world.clock.until(world.runtime.stop());
    await world.clock.advance(DAY_MS);
    const later = await startNode(world, { exclusive: true });
    await world.clock.advance(10_000);
    expect(await stateOf(later)).toBe('rung');
    expect(await world.journal.page('counter/a', 0, 10)).toHaveLength(2);
  });

  it('[W1] do nothing when their token is old', async () => {
    const world = await setUp();
    const send = (event: { type: string; inMs?: number }) =>
      world.clock.until(world.runtime.send('counter/a', event, { cause }));
    await send({ type: 'wait', inMs: 1_000 });
    const old = (await world.runtime.inspect('counter/a'))?.snapshot.waiting[0]?.token;
    await send({ type: 'wait', inMs: 90_000 });
    await world.clock.advance(80_000);
    expect(await stateOf(world)).toBe('waiting');
    const fresh = (await world.runtime.inspect('counter/a'))?.snapshot.waiting;
    expect(fresh).toHaveLength(1);
    expect(fresh?.[0]?.token).not.toBe(old);
  });
});

describe('calls', () => {
  const attempt = (world: World & TestNode) => world.clock.until(world.queue.runNext());
  const waiting = async (world: TestNode) => (await world.runtime.inspect('counter/a'))?.snapshot.waiting ?? [];
  const outcomeOf = async (world: TestNode) => (await world.runtime.inspect('counter/a'))?.snapshot.context['outcome'];
  const unknown: CallOutcome = { kind: 'unknown', reason: { code: 'TIMEOUT' } };
  const start = (world: World & TestNode, type: string) =>
    world.clock.until(world.runtime.send('counter/a', { type }, { cause }));

  it('end with every outcome when they name no retry', async () => {
    const outcomes: CallOutcome[] = [
      { kind: 'ok', output: 1 },
      { kind: 'refused', reason: { code: 'NO' } },
      { kind: 'postponed', until: 1, reason: { code: 'LATER' } },
      unknown,
    ];
    for (const outcome of outcomes) {
      const world = await setUp();
      world.outcomes.push(outcome);
      await start(world, 'work');
      expect(await waiting(world)).toMatchObject([{ kind: 'call', attempt: 1, phase: 'sent' }]);
      await attempt(world);
      expect(await waiting(world)).toEqual([]);
      expect(await outcomeOf(world)).toBe(`job.${outcome.kind}`);
    }
  });

  it('[W2] are tried again with backoff until they are ok, each attempt by its own record', async () => {
    const world = await setUp();
    world.outcomes.push(unknown, unknown);
    await start(world, 'workHard');
    await attempt(world);
    expect(await waiting(world)).toMatchObject([{ attempt: 1, phase: 'backoff', failures: 1 }]);
    expect(world.queue.attempts).toHaveLength(0);
    await world.clock.advance(1_001);
    expect(world.queue.attempts).toMatchObject([{ attempt: 2 }]);
    await attempt(world);
    await world.clock.advance(2_001);
    await attempt(world);
    expect(await outcomeOf(world)).toBe('job.ok');
  });

  it('are postponed without counting as a failure', async () => {
    const world = await setUp();
    const until = world.clock.now() + 5_000;
    world.outcomes.push({ kind: 'postponed', until, reason: { code: 'QUOTA' } });
    await start(world, 'workHard');
    await attempt(world);
    expect(await waiting(world)).toMatchObject([{ phase: 'postponed', dueAt: until, failures: 0 }]);
    await world.clock.advance(5_001);
    expect(world.queue.attempts).toMatchObject([{ attempt: 2 }]);
  });

  it('that are lost are found overdue: tried again, or told to the machine as unknown', async () => {
    const world = await setUp();
    await start(world, 'workHard');
    world.queue.attempts.length = 0;
    await world.clock.advance(6_100);
    expect(world.queue.attempts).toMatchObject([{ attempt: 2 }]);
    const other = await setUp();
    await start(other, 'work');
    other.queue.attempts.length = 0;
    await other.clock.advance(6_100);
    expect(await outcomeOf(other)).toBe('job.unknown');
  });

  it('tell the machine of an outcome that comes when they are closed', async () => {
    const world = await setUp();
    await start(world, 'work');
    await world.clock.advance(6_100);
    expect(await outcomeOf(world)).toBe('job.unknown');
    // The attempt was only slow: it is run past its send-by time, which the runtime refuses to do …
    await attempt(world);
    // … and says so; the machine hears it as late news.
    expect(await outcomeOf(world)).toBe('job.late');
  });

  it('do not start an attempt after its send-by time', async () => {
    const world = await setUp();
    let ran = 0;
    world.runtime.provideActivity('work', async () => {
      ran += 1;
      return { kind: 'ok', output: null };
    });
    await start(world, 'workHard');
    await world.clock.advance(5_500);
    await attempt(world);
    expect(ran).toBe(0);
  });
});
