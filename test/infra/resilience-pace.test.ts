import { describe, expect, it } from 'vitest';
import { Pace } from '../../src/infra/resilience/pace.ts';
import { FAILED, OK, resilienceWorld, type Said } from '../support/resilience-world.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** At the beginning of a slice of five seconds. */
async function begin() {
  const clock = new VirtualClock();
  await clock.advance(5_000 - (clock.now() % 5_000));
  return { clock, pace: new Pace(clock) };
}

describe('the pace of a policy', () => {
  it('says how many a second there were in the last minute, and how long most took', async () => {
    const { clock, pace } = await begin();
    for (let ms = 1; ms <= 100; ms += 1) pace.note(ms);
    await clock.advance(30_000);
    for (let ms = 101; ms <= 120; ms += 1) pace.note(ms);
    await clock.advance(5_000);
    expect(pace.view()).toEqual({ perSecond: 2, p50Ms: 60, p95Ms: 114, p99Ms: 119 });
  });

  it('forgets what is more than a minute ago, and is nothing after a minute of rest', async () => {
    const { clock, pace } = await begin();
    pace.note(900);
    await clock.advance(60_000);
    for (let count = 0; count < 6; count += 1) pace.note(10);
    expect(pace.view()).toMatchObject({ p99Ms: expect.closeTo(900, -1) });
    await clock.advance(5_000);
    expect(pace.view()).toEqual({ perSecond: 0.1, p50Ms: 10, p95Ms: 10, p99Ms: 10 });
    await clock.advance(60_000);
    expect(pace.view()).toBeNull();
  });

  it('does not change while a slice is filled, so that a look alone is no change', async () => {
    const { clock, pace } = await begin();
    pace.note(10);
    await clock.advance(5_000);
    const before = pace.view();
    pace.note(5_000);
    await clock.advance(4_999);
    expect(pace.view()).toBe(before);
    await clock.advance(1);
    expect(pace.view()).toMatchObject({ p99Ms: expect.closeTo(5_000, -2) });
  });

  it('uses the place of an old slice again, whatever was in it', async () => {
    const { clock, pace } = await begin();
    for (let slice = 0; slice < 40; slice += 1) {
      pace.note(slice + 1);
      await clock.advance(5_000);
    }
    expect(pace.view()).toMatchObject({ perSecond: 0.2, p50Ms: 34, p99Ms: 40 });
  });

  it('takes what is shorter or longer than it can count as the nearest it can', async () => {
    const { clock, pace } = await begin();
    for (const ms of [0, 0, 0.4, 86_400_000]) pace.note(ms);
    await clock.advance(5_000);
    expect(pace.view()).toMatchObject({ p50Ms: 1, p99Ms: expect.closeTo(600_000, -4) });
  });
});

describe('what is shown of a policy', () => {
  it('has the attempts that were sent, failed ones too, and none that were refused', async () => {
    const { clock, pipeline, resilience, view } = resilienceWorld({ settings: 'taobao/item.retries=0' });
    const item = pipeline('item');
    await clock.advance(5_000 - (clock.now() % 5_000));
    const taking = (ms: number, said: Said) =>
      clock.until(item.run(() => new Promise((resolve) => clock.after(ms, () => resolve(said)))));
    await taking(200, OK);
    await taking(100, FAILED);
    await resilience.hold('taobao', 'item', { by: 'ann', reason: 'asked to', ttlMs: 60_000 });
    await item.run(async () => OK);
    expect(view('item').pace).toBeNull();
    await clock.advance(5_000);
    expect(view('item').pace).toEqual({ perSecond: 2 / 60, p50Ms: 100, p95Ms: 200, p99Ms: 200 });
    expect(view('orders').pace).toBeNull();
  });

  it('is told to who watches when it becomes less by itself', async () => {
    const { clock, pipeline, resilience, view } = resilienceWorld();
    await resilience.start();
    await pipeline('item').run(async () => OK);
    await clock.advance(6_000);
    expect(view('item').pace).not.toBeNull();
    let changes = 0;
    resilience.subscribe(() => {
      changes += 1;
    });
    await clock.advance(40_000);
    expect(changes).toBe(0);
    await clock.advance(30_000);
    expect(changes).toBeGreaterThan(0);
    expect(view('item').pace).toBeNull();
    await resilience.stop();
  });
});
