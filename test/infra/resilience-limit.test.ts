import { describe, expect, it } from 'vitest';
import { OK, resilienceWorld, type Said } from '../support/resilience-world.ts';

const WHY = { by: 'ann', reason: 'the partner is slow today' };

/** Four calls of `orders` at once, as configured, and two that wait; each ends when told. */
async function busyWorld() {
  const world = resilienceWorld();
  const orders = world.pipeline('orders');
  const ends: (() => void)[] = [];
  const work = () => new Promise<Said>((resolve) => ends.push(() => resolve(OK)));
  const calls = Array.from({ length: 6 }, () => orders.run(work));
  await world.clock.advance(0);
  return {
    ...world,
    calls,
    /** Of calls that were sent, the next. */
    async end() {
      ends.shift()?.();
      await world.clock.advance(0);
    },
    figures() {
      const { limit, inFlight, queueDepth } = world.view('orders');
      return { limit, inFlight, queueDepth };
    },
  };
}

describe('a changed limit', () => {
  it('that is lower cuts no call off, and lets none in until they are fewer', async () => {
    const { resilience, end, figures } = await busyWorld();
    expect(figures()).toEqual({ limit: 4, inFlight: 4, queueDepth: 2 });
    await resilience.limit('taobao', 'orders', { ...WHY, limit: 2, ttlMs: 60_000 });
    expect(figures()).toEqual({ limit: 2, inFlight: 4, queueDepth: 2 });
    await end();
    await end();
    expect(figures()).toEqual({ limit: 2, inFlight: 2, queueDepth: 2 });
    await end();
    expect(figures()).toEqual({ limit: 2, inFlight: 2, queueDepth: 1 });
  });

  it('that is higher lets those in at once who wait', async () => {
    const { resilience, figures } = await busyWorld();
    await resilience.limit('taobao', 'orders', { ...WHY, limit: 5, ttlMs: 60_000 });
    expect(figures()).toEqual({ limit: 5, inFlight: 5, queueDepth: 1 });
  });

  it('says who, why and until when, and ends by itself', async () => {
    const { resilience, clock, view, figures } = await busyWorld();
    await resilience.limit('taobao', 'orders', { ...WHY, limit: 1, ttlMs: 9_000 });
    expect(view('orders')).toMatchObject({
      configuredLimit: 4,
      mostLimit: 16,
      limitChange: { ...WHY, limit: 1, until: clock.now() + 9_000 },
    });
    await clock.advance(8_999);
    expect(view('orders').limit).toBe(1);
    await clock.advance(1);
    expect(view('orders').limitChange).toBeNull();
    expect(figures().limit).toBe(4);
  });

  it('takes the place of another one, with its own end', async () => {
    const { resilience, clock, view } = await busyWorld();
    await resilience.limit('taobao', 'orders', { ...WHY, limit: 1, ttlMs: 5_000 });
    await resilience.limit('taobao', 'orders', { ...WHY, limit: 8, ttlMs: 9_000 });
    await clock.advance(5_000);
    expect(view('orders').limit).toBe(8);
    await clock.advance(4_000);
    expect(view('orders').limit).toBe(4);
  });

  it('is refused outside its bounds, and for longer than a day, saying what to give', async () => {
    const { resilience } = resilienceWorld();
    const change = (limit: number, ttlMs = 60_000) => resilience.limit('taobao', 'orders', { ...WHY, limit, ttlMs });
    for (const limit of [0, -1, 1.5, 17]) {
      await expect(change(limit)).rejects.toMatchObject({
        code: 'DEPENDENCY_REFUSED',
        details: { hint: 'give a whole number from 1 to 16; to send nothing, hold it' },
      });
    }
    await expect(change(2, 86_400_001)).rejects.toMatchObject({ code: 'DEPENDENCY_REFUSED' });
    await expect(resilience.limit('taobao', 'none', { ...WHY, limit: 2, ttlMs: 60_000 })).rejects.toMatchObject({
      code: 'DEPENDENCY_UNKNOWN',
    });
  });

  it('is not made when it cannot be kept', async () => {
    const { resilience, kept, view } = resilienceWorld();
    kept.isAway = true;
    await expect(resilience.limit('taobao', 'orders', { ...WHY, limit: 1, ttlMs: 60_000 })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(view('orders').limit).toBe(4);
  });
});
