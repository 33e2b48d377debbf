import { describe, expect, it } from 'vitest';
import { callAll, FAILED, NO, OK, resilienceWorld, type Said, times, type World } from '../support/resilience-world.ts';

/** Opens at half of ten attempts, for a second the first time. */
const SETTINGS = 'taobao/*.minCalls=10, taobao/*.openMs=1000, taobao/*.longestOpenMs=4000, taobao/*.slowMs=500';

function world(settings = SETTINGS, options: Parameters<typeof resilienceWorld>[0] = {}): World {
  return resilienceWorld({ settings, ...options });
}

/** The jitter is at most a tenth either way. */
function expectAbout(actual: number, expected: number): void {
  expect(actual).toBeGreaterThanOrEqual(expected * 0.9);
  expect(actual).toBeLessThanOrEqual(expected * 1.1 + 1);
}

async function opened(settings = SETTINGS, options: Parameters<typeof resilienceWorld>[0] = {}) {
  const here = world(settings, options);
  const pipeline = here.pipeline('orders');
  await callAll(pipeline, times(10, FAILED));
  return { ...here, pipeline };
}

describe('a breaker', () => {
  it('opens when the threshold is reached, and not one call earlier', async () => {
    const { pipeline, view } = world();
    const orders = pipeline('orders');
    await callAll(orders, [...times(5, OK), ...times(4, FAILED)]);
    expect(view('orders')).toMatchObject({ state: 'closed', failureRatio: 4 / 9, thresholdRatio: 0.5 });
    await callAll(orders, [FAILED]);
    expect(view('orders').state).toBe('open');
  });

  it('refuses when open, sending nothing, with the time from which on it is worth asking', async () => {
    const { pipeline, clock, view } = await opened();
    let sent = 0;
    const said = await pipeline.run(async () => {
      sent += 1;
      return OK;
    });
    const { nextProbeAt } = view('orders');
    expect(said).toEqual({ kind: 'refused', cause: 'open', until: nextProbeAt });
    expectAbout((nextProbeAt ?? 0) - clock.now(), 1_000);
    expect(sent).toBe(0);
    expect(view('orders').calls).toMatchObject({ failed: 10, rejected_open: 1 });
  });

  it('is due for a probe when its time is over, although nobody calls', async () => {
    const { clock, view, resilience } = await opened();
    let changes = 0;
    resilience.subscribe(() => {
      changes += 1;
    });
    await clock.advance(1_200);
    expect(changes).toBeGreaterThan(0);
    expect(view('orders').state).toBe('probe_due');
    expect(view('orders').transitions.map(({ from, to, cause }) => `${from} ${to} ${cause}`)).toEqual([
      'closed open failures',
      'open probe_due time',
    ]);
  });

  it('lets one call find out, refusing the others meanwhile, and closes on its success', async () => {
    const { pipeline, clock, view } = await opened();
    await clock.advance(1_200);
    let answer: (said: Said) => void = () => {};
    const probe = pipeline.run(() => new Promise((resolve) => (answer = resolve)));
    expect(view('orders').state).toBe('half_open');
    expect(await pipeline.run(async () => OK)).toMatchObject({ kind: 'refused', cause: 'open' });
    answer(OK);
    expect(await probe).toEqual(OK);
    expect(view('orders')).toMatchObject({ state: 'closed', openedAt: null, nextProbeAt: null, failureRatio: 0 });
    expect(await callAll(pipeline, times(3, OK))).toEqual(times(3, OK));
  });

  it('opens again for twice as long at each probe that fails, up to its longest', async () => {
    const { pipeline, clock, view } = await opened();
    const openedAt = view('orders').openedAt;
    for (const pauseMs of [2_000, 4_000, 4_000]) {
      await clock.advance((view('orders').nextProbeAt ?? 0) - clock.now());
      await callAll(pipeline, [FAILED]);
      expect(view('orders')).toMatchObject({ state: 'open', openedAt });
      expectAbout((view('orders').nextProbeAt ?? 0) - clock.now(), pauseMs);
    }
  });

  it('counts a no about the request as an answer', async () => {
    const { pipeline, view } = world();
    await callAll(pipeline('orders'), times(30, NO));
    expect(view('orders')).toMatchObject({ state: 'closed', failureRatio: 0 });
    expect(view('orders').calls.ignored).toBe(30);
  });

  it('forgets what is older than its window', async () => {
    const { pipeline, clock, view } = world(`${SETTINGS}, taobao/orders.windowMs=60000`);
    const orders = pipeline('orders');
    await callAll(orders, times(9, FAILED));
    await clock.advance(61_000);
    expect(view('orders').failureRatio).toBe(0);
    await callAll(orders, [...times(5, FAILED), ...times(4, OK)]);
    expect(view('orders').state).toBe('closed');
  });

  it('opens on calls that are answered too slowly', async () => {
    const { pipeline, clock, view } = world(`${SETTINGS}, taobao/*.slowPercent=80`);
    const orders = pipeline('orders');
    const slow = () => orders.run(() => new Promise<Said>((resolve) => clock.after(500, () => resolve(OK))));
    await callAll(orders, times(2, OK));
    for (let call = 0; call < 8; call += 1) {
      expect(view('orders').state).toBe('closed');
      await clock.until(slow());
    }
    expect(view('orders')).toMatchObject({ state: 'open', slowCalls: 8 });
    expect(view('orders').transitions.at(-1)?.cause).toBe('slow');
  });

  it('learns nothing from a probe that could not be sent', async () => {
    const { pipeline, clock, view, resilience } = await opened();
    await clock.advance(1_200);
    const banned = clock.now() + 3_000;
    resilience.pipelineFor('taobao', 'orders', {
      judge: () => ({ kind: 'limited', quota: 'api', until: banned }),
      onMiss: (miss) => miss,
    });
    // A ban of the partner's keeps the probe from leaving.
    const other = resilience.pipelineFor('taobao', 'refunds', {
      judge: () => ({ kind: 'limited', quota: 'account', until: banned }),
      onMiss: (miss) => miss as unknown,
    });
    await other.run(async () => 'no more');
    expect(await pipeline.run(async () => OK)).toEqual({ kind: 'refused', cause: 'quota', until: banned });
    expect(view('orders')).toMatchObject({ state: 'open', nextProbeAt: banned });
    await clock.advance(3_000);
    expect(await pipeline.run(async () => OK)).toEqual(OK);
    expect(view('orders').state).toBe('closed');
  });

  it('in shadow mode reports what it would do and lets everything pass', async () => {
    const { pipeline, clock, view } = await opened(`${SETTINGS}, taobao/*.shadow=1`);
    expect(view('orders')).toMatchObject({ state: 'shadow_open', isShadow: true });
    expect(await callAll(pipeline, times(3, OK))).toEqual(times(3, OK));
    expect(view('orders').state).toBe('shadow_open');
    await clock.advance(1_200);
    await callAll(pipeline, [OK]);
    expect(view('orders').state).toBe('closed');
    expect(view('orders').calls.rejected_open).toBe(0);
  });

  it('counts only what was sent: a full bulkhead says nothing of the partner', async () => {
    const { pipeline, view } = world(`${SETTINGS}, taobao/*.concurrency=1, taobao/*.queue=0`);
    const orders = pipeline('orders');
    await callAll(orders, times(9, FAILED));
    let answer: (said: Said) => void = () => {};
    const last = orders.run(() => new Promise((resolve) => (answer = resolve)));
    for (let call = 0; call < 30; call += 1) {
      expect(await orders.run(async () => OK)).toMatchObject({ kind: 'refused', cause: 'full' });
    }
    expect(view('orders')).toMatchObject({ state: 'closed', failureRatio: 1 });
    answer(FAILED);
    await last;
    expect(view('orders').state).toBe('open');
  });

  it('is not troubled by the failures of another policy', async () => {
    const { pipeline, view } = world();
    await callAll(pipeline('orders'), times(10, FAILED));
    expect(await callAll(pipeline('item'), [OK])).toEqual([OK]);
    expect(view('item').state).toBe('closed');
  });
});

describe('a synthetic probe', () => {
  it('finds out when a probe is due and nobody calls', async () => {
    const { pipeline, clock, view } = world(SETTINGS, { probes: true });
    let isBack = false;
    const probed: number[] = [];
    const orders = pipeline('orders', async () => {
      probed.push(clock.now());
      return isBack ? OK : FAILED;
    });
    await callAll(orders, times(10, FAILED));
    await clock.advance(4_000);
    expect(probed).toHaveLength(1);
    expect(view('orders').state).toBe('open');
    isBack = true;
    await clock.advance(8_000);
    expect(view('orders').state).toBe('closed');
    expect(probed).toHaveLength(2);
  });

  it('is left to the next call when switched off', async () => {
    const { pipeline, clock, view } = world();
    const orders = pipeline('orders', async () => OK);
    await callAll(orders, times(10, FAILED));
    await clock.advance(60_000);
    expect(view('orders').state).toBe('probe_due');
  });

  it('can be asked for by a person, before its time', async () => {
    const { pipeline, view, resilience } = world();
    const orders = pipeline('orders', async () => OK);
    await callAll(orders, times(10, FAILED));
    expect(await resilience.probe('taobao', 'orders', { by: 'ann', reason: 'they say it is back' })).toBe('ok');
    expect(view('orders').state).toBe('closed');
  });

  it('asked for where no harmless call is known leaves it to the next call', async () => {
    const { pipeline, view, resilience } = await opened();
    expect(await resilience.probe('taobao', 'orders', { by: 'ann', reason: 'they say it is back' })).toBe('due');
    expect(view('orders').state).toBe('probe_due');
    expect(await callAll(pipeline, [OK])).toEqual([OK]);
    expect(view('orders').state).toBe('closed');
  });
});

describe('a hold', () => {
  const HOLD = { by: 'ann', reason: 'they asked us to stop', ttlMs: 60_000 };

  it('refuses every call until it is released, and the breaker goes on where it was', async () => {
    const { pipeline, clock, view, resilience } = await opened();
    const { nextProbeAt } = view('orders');
    await resilience.hold('taobao', 'orders', HOLD);
    expect(view('orders')).toMatchObject({
      state: 'isolated',
      hold: { by: 'ann', reason: HOLD.reason, until: clock.now() + 60_000 },
    });
    expect(await pipeline.run(async () => OK)).toMatchObject({ kind: 'refused', cause: 'held' });
    await resilience.release('taobao', 'orders', { by: 'ann', reason: 'they are done' });
    expect(view('orders')).toMatchObject({ state: 'open', hold: null, nextProbeAt });
    await clock.advance(1_200);
    expect(await callAll(pipeline, [OK])).toEqual([OK]);
  });

  it('ends by itself at its time', async () => {
    const { pipeline, clock, view, resilience } = world();
    const orders = pipeline('orders');
    await resilience.hold('taobao', 'orders', HOLD);
    await clock.advance(59_999);
    expect(view('orders').state).toBe('isolated');
    await clock.advance(1);
    expect(view('orders').state).toBe('closed');
    expect(view('orders').transitions.map(({ to, cause }) => `${to} ${cause}`)).toEqual([
      'isolated operator',
      'closed expired',
    ]);
    expect(await callAll(orders, [OK])).toEqual([OK]);
  });

  it('that is renewed ends at the new time', async () => {
    const { clock, view, resilience } = world();
    await resilience.hold('taobao', 'orders', HOLD);
    await clock.advance(30_000);
    await resilience.hold('taobao', 'orders', HOLD);
    await clock.advance(59_000);
    expect(view('orders').state).toBe('isolated');
    await clock.advance(1_000);
    expect(view('orders').state).toBe('closed');
  });

  it('is refused without a sensible end, for an unknown policy, and where it cannot be kept', async () => {
    const { resilience, kept, view } = world();
    for (const ttlMs of [0, 999, 86_400_001, 1.5, Number.NaN]) {
      await expect(resilience.hold('taobao', 'orders', { ...HOLD, ttlMs })).rejects.toMatchObject({
        code: 'DEPENDENCY_REFUSED',
      });
    }
    await expect(resilience.hold('taobao', 'nothing', HOLD)).rejects.toMatchObject({ code: 'DEPENDENCY_UNKNOWN' });
    kept.isAway = true;
    await expect(resilience.hold('taobao', 'orders', HOLD)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(view('orders').state).toBe('closed');
  });

  it('is not probed away', async () => {
    const { resilience, view } = world();
    await resilience.hold('taobao', 'orders', HOLD);
    await expect(resilience.probe('taobao', 'orders', HOLD)).rejects.toMatchObject({ code: 'DEPENDENCY_REFUSED' });
    expect(view('orders').state).toBe('isolated');
  });
});
