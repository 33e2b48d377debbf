import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from '../../src/infra/system-clock.ts';
import { callAll, FAILED, OK, resilienceWorld, type Said, times } from '../support/resilience-world.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';

/** Time limits and pauses are the library's, on the platform's timers. */
function timedWorld(settings: string, options: Parameters<typeof resilienceWorld>[0] = {}) {
  return resilienceWorld({ settings, clock: new SystemClock() as unknown as VirtualClock, ...options });
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Work that ends after `ms` without looking at its signal. */
const slowly =
  (ms: number, said: Said = OK) =>
  () =>
    new Promise<Said>((resolve) => setTimeout(() => resolve(said), ms));

async function passing<T>(ms: number, promise: Promise<T>): Promise<T> {
  await vi.advanceTimersByTimeAsync(ms);
  return promise;
}

describe('a call', () => {
  it('that has no answer in its attempt’s time is cut off and may have happened', async () => {
    const { pipeline, view, events } = timedWorld('taobao/orders.attemptMs=100');
    let isTold = false;
    const said = pipeline('orders').run((signal) => {
      signal.addEventListener('abort', () => {
        isTold = true;
      });
      return slowly(5_000)();
    });
    expect(await passing(100, said)).toEqual({ kind: 'timeout' });
    expect(isTold).toBe(true);
    expect(view('orders').calls.timeout).toBe(1);
    expect(view('orders').inFlight).toBe(0);
    expect(events.map((event) => `${event.type} ${event.outcome} ${event.durationMs}`)).toEqual([
      'attempt timeout 100',
      'call timeout 100',
    ]);
  });

  it('that waits too long for a place was certainly not sent', async () => {
    const { pipeline, view } = timedWorld('taobao/orders.concurrency=1, taobao/orders.totalMs=300');
    const orders = pipeline('orders');
    const first = orders.run(slowly(1_000));
    const second = orders.run(async () => {
      throw new Error('it must not be sent');
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(view('orders')).toMatchObject({ inFlight: 1, queueDepth: 1 });
    expect(await passing(300, second)).toMatchObject({ kind: 'refused', cause: 'late' });
    expect(await first).toEqual({ kind: 'timeout' });
    expect(view('orders').bulkheadRejections.timeout_in_queue).toBe(1);
    expect(view('orders').calls).toMatchObject({ rejected_bulkhead: 1, timeout: 1 });
  });

  it('is not sent after its deadline, however it came to wait', async () => {
    const { pipeline, view } = timedWorld('taobao/orders.concurrency=1');
    const orders = pipeline('orders');
    const first = orders.run(slowly(500));
    const second = orders.run(
      async () => {
        throw new Error('it must not be sent');
      },
      { deadline: new SystemClock().now() + 200 },
    );
    expect(await passing(200, second)).toMatchObject({ kind: 'refused', cause: 'late' });
    expect(view('orders').bulkheadRejections.timeout_in_queue).toBe(1);
    expect(await passing(300, first)).toEqual(OK);
  });

  it('finds no place when as many wait as may', async () => {
    const { pipeline, view } = timedWorld('taobao/orders.concurrency=1, taobao/orders.queue=1');
    const orders = pipeline('orders');
    const waiting = [orders.run(slowly(100)), orders.run(slowly(100))];
    expect(await orders.run(async () => OK)).toMatchObject({ kind: 'refused', cause: 'full' });
    expect(view('orders').calls.rejected_bulkhead).toBe(1);
    expect(view('orders').bulkheadRejections.full).toBe(1);
    expect(await passing(200, Promise.all(waiting))).toEqual([OK, OK]);
  });

  it('whose own code throws, throws, and counts as failed', async () => {
    const { pipeline, view } = timedWorld('');
    const thrown = pipeline('orders').run(async () => {
      throw new TypeError('our own mistake');
    });
    await expect(thrown).rejects.toThrow('our own mistake');
    expect(view('orders').calls.failed).toBe(1);
  });
});

describe('retries', () => {
  it('try a failed call again, with pauses, as often as the settings say', async () => {
    const { pipeline, view, events } = timedWorld('taobao/item.retries=2, taobao/item.retryDelayMs=100');
    const item = pipeline('item');
    const sentAt: number[] = [];
    const said = item.run(async () => {
      sentAt.push(Date.now());
      return sentAt.length < 3 ? FAILED : OK;
    });
    expect(await passing(1_000, said)).toEqual(OK);
    const pauses = [(sentAt[1] ?? 0) - (sentAt[0] ?? 0), (sentAt[2] ?? 0) - (sentAt[1] ?? 0)];
    expect(pauses[0]).toBeGreaterThanOrEqual(50);
    expect(pauses[0]).toBeLessThanOrEqual(150);
    expect(pauses[1]).toBeGreaterThanOrEqual(100);
    expect(pauses[1]).toBeLessThanOrEqual(300);
    expect(view('item')).toMatchObject({ attempts: { first: 1, second: 1, third_plus: 1 }, retriesExhausted: 0 });
    expect(view('item').calls).toMatchObject({ ok: 1, failed: 0 });
    expect(events.at(-1)).toMatchObject({ type: 'call', outcome: 'ok', attempts: 3 });
  });

  it('give up with the last failure', async () => {
    const { pipeline, view } = timedWorld('taobao/item.retries=1');
    expect(
      await passing(
        1_000,
        pipeline('item').run(async () => FAILED),
      ),
    ).toEqual(FAILED);
    expect(view('item')).toMatchObject({ attempts: { first: 1, second: 1 }, retriesExhausted: 1 });
  });

  it('end with the total time', async () => {
    const { pipeline } = timedWorld('taobao/item.retries=5, taobao/item.retryDelayMs=1000, taobao/item.totalMs=1200');
    let sent = 0;
    const said = pipeline('item').run(async () => {
      sent += 1;
      return FAILED;
    });
    expect(await passing(1_200, said)).toEqual({ kind: 'timeout' });
    const sentInTime = sent;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toBe(sentInTime);
  });

  it('never send a feed’s or a payout’s call again', async () => {
    const { pipeline, view } = timedWorld('');
    expect(await pipeline('orders').run(async () => FAILED)).toEqual(FAILED);
    expect(view('orders').attempts).toEqual({ first: 1, second: 0, third_plus: 0 });
    expect(view('transfer', 'alipay').limit).toBe(16);
  });

  it('stay within a tenth of the calls once the savings are spent, whatever the policy of the dependency', async () => {
    const { pipeline, view } = timedWorld('taobao/*.failurePercent=100, taobao/*.minCalls=100000, taobao/*.retries=1');
    const [item, search] = [pipeline('item'), pipeline('search')];
    const calls = Promise.all([callAll(item, times(100, FAILED)), callAll(search, times(100, FAILED))]);
    await passing(60_000, calls);
    const retried = view('item').attempts.second + view('search').attempts.second;
    // Ten were saved, and each of the 200 calls saves a tenth.
    expect(retried).toBeGreaterThanOrEqual(29);
    expect(retried).toBeLessThanOrEqual(30);
    expect(view('item').retryBudgetRatio).toBeLessThan(0.1);
  });

  it('do not go on against a breaker that has opened, and do not hide what was sent', async () => {
    const { pipeline, view } = timedWorld('taobao/item.retries=3, taobao/item.minCalls=2');
    expect(
      await passing(
        1_000,
        pipeline('item').run(async () => FAILED),
      ),
    ).toEqual(FAILED);
    expect(view('item')).toMatchObject({ state: 'open', attempts: { first: 1, second: 1, third_plus: 0 } });
  });
});

describe('a dependency’s view', () => {
  it('is watched without harm to the calls', async () => {
    const { pipeline, resilience, log } = timedWorld('');
    const fail = () => {
      throw new Error('the listener’s own mistake');
    };
    resilience.subscribe(fail);
    resilience.observe(fail);
    expect(await pipeline('orders').run(async () => OK)).toEqual(OK);
    expect(log.lines.some(({ message }) => message === 'a listener to dependencies failed')).toBe(true);
  });

  it('is there for every policy from the start, all at zero, and the same object while nothing changes', () => {
    const { resilience } = timedWorld('');
    const views = resilience.snapshot();
    expect(views.map(({ dependency, policy }) => `${dependency}/${policy}`)).toEqual(
      expect.arrayContaining(['taobao/orders', 'taobao/item', 'alipay/transfer', 'alipay/query']),
    );
    for (const view of views) {
      expect(view).toMatchObject({ state: 'closed', inFlight: 0, queueDepth: 0, retryBudgetRatio: 1, hold: null });
      expect(Object.values(view.calls).every((count) => count === 0)).toBe(true);
    }
    expect(resilience.snapshot()).toBe(views);
  });

  it('adds up: every call has one outcome, and listeners hear of each', async () => {
    const { pipeline, view, resilience, events } = timedWorld('taobao/orders.minCalls=3');
    let heard = 0;
    const stop = resilience.subscribe(() => {
      heard += 1;
    });
    await callAll(pipeline('orders'), [OK, FAILED, FAILED, OK, OK]);
    const { calls } = view('orders');
    expect(calls).toMatchObject({ ok: 1, failed: 2, rejected_open: 2 });
    expect(Object.values(calls).reduce((sum, count) => sum + count)).toBe(5);
    expect(events.filter(({ type }) => type === 'call')).toHaveLength(5);
    expect(heard).toBeGreaterThan(5);
    const before = heard;
    stop();
    await callAll(pipeline('item'), [OK]);
    expect(heard).toBe(before);
  });
});
