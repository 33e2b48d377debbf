import { describe, expect, it } from 'vitest';
import { MemoryKeptState } from '../support/memory-kept-state.ts';
import { callAll, FAILED, OK, resilienceWorld, type Said, times } from '../support/resilience-world.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const SETTINGS = 'taobao/*.minCalls=10, taobao/*.openMs=10000, taobao/*.longestOpenMs=60000';

/** Processes, one after another or beside each other, on one kept state and one clock. */
function place(isShared: boolean) {
  const clock = new VirtualClock();
  const kept = new MemoryKeptState({ isShared });
  let processes = 0;
  return {
    clock,
    kept,
    async start(options: Parameters<typeof resilienceWorld>[0] = {}) {
      processes += 1;
      const world = resilienceWorld({ settings: SETTINGS, clock, kept, seed: processes, ...options });
      const orders = world.pipeline('orders');
      await world.resilience.start();
      return { ...world, orders };
    },
  };
}

describe('after a restart', () => {
  it('an open breaker is still open, with its time, spread a little', async () => {
    const { clock, start } = place(false);
    const before = await start();
    await callAll(before.orders, times(10, FAILED));
    const { openedAt, nextProbeAt } = before.view('orders');
    await before.resilience.stop();
    await clock.advance(1_000);

    const after = await start();
    expect(after.view('orders')).toMatchObject({ state: 'open', openedAt });
    expect(after.view('orders').transitions).toMatchObject([{ from: 'closed', to: 'open', cause: 'hydrated' }]);
    const delayMs = (after.view('orders').nextProbeAt ?? 0) - (nextProbeAt ?? 0);
    expect(delayMs).toBeGreaterThanOrEqual(0);
    expect(delayMs).toBeLessThanOrEqual(2_000);
    expect(await after.orders.run(async () => OK)).toMatchObject({ kind: 'refused', cause: 'open' });
    await clock.advance(12_000);
    expect(after.view('orders').state).toBe('probe_due');
    expect(await after.orders.run(async () => OK)).toEqual(OK);
    expect(after.view('orders').state).toBe('closed');
  });

  it('a process that was killed leaves the same, since every change is kept at once', async () => {
    const { clock, start } = place(false);
    const before = await start();
    await callAll(before.orders, times(10, FAILED));
    await clock.advance(0);
    const after = await start();
    expect(after.view('orders').state).toBe('open');
  });

  it('a breaker that was closed again stays closed', async () => {
    const { clock, start } = place(false);
    const before = await start();
    await callAll(before.orders, times(10, FAILED));
    await clock.advance(12_000);
    await callAll(before.orders, [OK]);
    await before.resilience.stop();
    expect((await start()).view('orders').state).toBe('closed');
  });

  it('what is older than ten minutes is not believed', async () => {
    const { clock, start } = place(false);
    const before = await start();
    await callAll(before.orders, times(10, FAILED));
    await before.resilience.stop();
    await clock.advance(600_001);
    expect((await start()).view('orders').state).toBe('closed');
  });

  it('a hold stands until its time, and a ban to its end', async () => {
    const { clock, start } = place(false);
    const before = await start();
    await before.resilience.hold('taobao', 'item', { by: 'ann', reason: 'asked to', ttlMs: 3_600_000 });
    const until = clock.now() + 1_800_000;
    await before.orders.run(async (): Promise<Said> => ({ kind: 'limited', quota: 'account', until }));
    await before.resilience.stop();
    await clock.advance(1_200_000);

    const after = await start();
    expect(after.view('item')).toMatchObject({ state: 'isolated', hold: { by: 'ann', reason: 'asked to' } });
    expect(await after.orders.run(async () => OK)).toEqual({ kind: 'refused', cause: 'quota', until });
    await clock.advance(2_400_000);
    expect(after.view('item').state).toBe('closed');
    expect(await after.orders.run(async () => OK)).toEqual(OK);
  });

  it('a changed limit stands until its time', async () => {
    const { clock, start } = place(false);
    const before = await start();
    await before.resilience.limit('taobao', 'orders', { by: 'ann', reason: 'slow today', limit: 1, ttlMs: 3_600_000 });
    await before.resilience.stop();
    await clock.advance(1_800_000);
    const after = await start();
    expect(after.view('orders')).toMatchObject({
      limit: 1,
      limitChange: { by: 'ann', reason: 'slow today', limit: 1 },
    });
    await clock.advance(1_800_000);
    expect(after.view('orders')).toMatchObject({ limit: 4, limitChange: null });
  });

  it('a changed limit is no more than what the settings bear now', async () => {
    const { start } = place(false);
    const before = await start();
    await before.resilience.limit('taobao', 'orders', { by: 'ann', reason: 'catch up', limit: 16, ttlMs: 60_000 });
    await before.resilience.stop();
    const after = await start({ settings: 'taobao/orders.concurrency=2' });
    expect(after.view('orders')).toMatchObject({ limit: 8, configuredLimit: 2, mostLimit: 8 });
  });

  it('the calls of the day are still counted', async () => {
    const { start } = place(false);
    const before = await start({ taobaoCallsPerDay: 5 });
    await callAll(before.orders, times(3, OK));
    await before.resilience.stop();
    const after = await start({ taobaoCallsPerDay: 5 });
    await after.clock.advance(1_000);
    expect(await callAll(after.orders, times(2, OK))).toEqual(times(2, OK));
    expect(await after.orders.run(async () => OK)).toMatchObject({ kind: 'refused', cause: 'quota' });
  });
});

describe('the breaker of each process', () => {
  const rowsOf = ({ view }: { view: (policy: string) => { instances: readonly object[] } }) => view('orders').instances;
  const node = (id: string, state: string, more: object = {}) => ({ id, state, isSilent: false, ...more });

  it('is shown alone where there is one process, also after a restart', async () => {
    const { clock, start } = place(false);
    const before = await start();
    await callAll(before.orders, times(10, FAILED));
    await clock.advance(1_500);
    expect(rowsOf(before)).toEqual([{ id: 'node-1', role: 'all', state: 'open', isSilent: false, isSelf: true }]);
    expect(rowsOf(await start())).toMatchObject([node('node-2', 'open')]);
  });

  it('is known to the others within seconds, as each itself finds the partner', async () => {
    const { clock, start } = place(true);
    const [one, other] = [await start(), await start()];
    await callAll(one.orders, times(10, FAILED));
    await clock.advance(1);
    await callAll(other.orders, [OK]);
    await clock.advance(2_500);
    const shown = [node('node-1', 'open'), node('node-2', 'closed')];
    expect(rowsOf(one)).toMatchObject(shown);
    expect(rowsOf(other)).toMatchObject(shown);
    expect(one.view('item').instances).toMatchObject([node('node-1', 'closed'), node('node-2', 'closed')]);
    await one.resilience.hold('taobao', 'orders', { by: 'ann', reason: 'asked to', ttlMs: 60_000 });
    await clock.advance(3_500);
    expect(rowsOf(other)).toMatchObject([node('node-1', 'isolated'), node('node-2', 'isolated', { isSelf: true })]);
  });

  it('is gone at once with a process that stops, and silent for a while with one that is not heard of', async () => {
    const { clock, kept, start } = place(true);
    const cutOff = new MemoryKeptState({ isShared: true, entries: kept.entries });
    const [one, other] = [await start(), await start(), await start({ kept: cutOff })];
    await clock.advance(2_500);
    await other.resilience.stop();
    cutOff.isAway = true;
    await clock.advance(1_500);
    expect(rowsOf(one)).toMatchObject([node('node-1', 'closed'), node('node-3', 'closed')]);
    await clock.advance(30_000);
    expect(rowsOf(one)).toMatchObject([node('node-1', 'closed'), node('node-3', 'closed', { isSilent: true })]);
    await clock.advance(600_000);
    expect(rowsOf(one)).toMatchObject([node('node-1', 'closed')]);
  });

  it('stays known of who has nothing new to tell', async () => {
    const { clock, start } = place(true);
    const [one] = [await start(), await start()];
    await clock.advance(120_000);
    expect(rowsOf(one)).toMatchObject([node('node-1', 'closed'), node('node-2', 'closed')]);
  });
});

describe('several nodes', () => {
  it('open together when one sees the partner fail, and close when one sees it back', async () => {
    const { clock, start } = place(true);
    const [one, other] = [await start(), await start()];
    await callAll(one.orders, times(10, FAILED));
    await clock.advance(1_500);
    expect(other.view('orders')).toMatchObject({ state: 'open', openedAt: one.view('orders').openedAt });
    expect(other.view('orders').transitions.at(-1)).toMatchObject({ cause: 'peer' });

    // Its own probe would come later: it hears of the other's.
    await one.resilience.probe('taobao', 'orders', { by: 'ann', reason: 'it is back' });
    await callAll(one.orders, [OK]);
    await clock.advance(4_000);
    expect(other.view('orders').state).toBe('probe_due');
    expect(await callAll(other.orders, [OK])).toEqual([OK]);
  });

  it('do not believe another against what they see themselves', async () => {
    const { clock, start } = place(true);
    const [one, other] = [await start(), await start()];
    await callAll(one.orders, times(10, FAILED));
    await clock.advance(1);
    await callAll(other.orders, [OK]);
    await clock.advance(3_000);
    expect(other.view('orders').state).toBe('closed');
  });

  it('all keep to a hold and to its release', async () => {
    const { clock, start } = place(true);
    const [one, other] = [await start(), await start()];
    await one.resilience.hold('taobao', 'orders', { by: 'ann', reason: 'asked to', ttlMs: 3_600_000 });
    await clock.advance(1_500);
    expect(other.view('orders')).toMatchObject({ state: 'isolated', hold: { by: 'ann' } });
    await other.resilience.release('taobao', 'orders', { by: 'bob', reason: 'they are done' });
    await clock.advance(1_500);
    expect([one, other].map(({ view }) => view('orders').state)).toEqual(['closed', 'closed']);
  });

  it('all keep to a changed limit and to its end', async () => {
    const { clock, start } = place(true);
    const [one, other] = [await start(), await start()];
    await one.resilience.limit('taobao', 'orders', { by: 'ann', reason: 'slow today', limit: 2, ttlMs: 3_600_000 });
    await clock.advance(1_500);
    expect(other.view('orders')).toMatchObject({ limit: 2, limitChange: { by: 'ann' } });
    await other.resilience.restore('taobao', 'orders', { by: 'bob', reason: 'fast again' });
    await clock.advance(1_500);
    expect([one, other].map(({ view }) => view('orders').limit)).toEqual([4, 4]);
  });

  it('all keep to a ban that one was told', async () => {
    const { clock, start } = place(true);
    const [one, other] = [await start(), await start()];
    const until = clock.now() + 60_000;
    await one.orders.run(async (): Promise<Said> => ({ kind: 'limited', quota: 'account', until }));
    await clock.advance(1_500);
    expect(await other.orders.run(async () => OK)).toEqual({ kind: 'refused', cause: 'quota', until });
  });

  it('divide a limit per second while both call', async () => {
    const { clock, start } = place(true);
    const nodes = [await start({ taobaoOrdersPerSecond: 8 }), await start({ taobaoOrdersPerSecond: 8 })];
    const sent: number[] = [];
    const work = async (): Promise<Said> => {
      sent.push(clock.now());
      return OK;
    };
    for (const { orders } of nodes) await orders.run(work);
    await clock.advance(2_500);
    const from = clock.now();
    const calls = Promise.all(nodes.flatMap(({ orders }) => Array.from({ length: 20 }, () => orders.run(work))));
    await clock.until(calls);
    for (const start of sent.filter((at) => at >= from)) {
      expect(sent.filter((at) => at >= start && at < start + 1_000).length).toBeLessThanOrEqual(8);
    }
  });

  it('go on without the store, and hear of it all when it is back', async () => {
    const { clock, kept, start } = place(true);
    const [one, other] = [await start(), await start()];
    kept.isAway = true;
    await callAll(one.orders, times(10, FAILED));
    await clock.advance(5_000);
    expect(one.view('orders').state).toBe('open');
    expect(await callAll(other.orders, [FAILED])).toEqual([FAILED]);
    expect(other.view('orders').state).toBe('closed');
    kept.isAway = false;
    await clock.advance(3_000);
    expect(other.view('orders').state).toBe('open');
  });
});
