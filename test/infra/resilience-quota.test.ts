import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Quota } from '../../src/infra/resilience/quota.ts';
import { OK, resilienceWorld, type Said } from '../support/resilience-world.ts';

/** 2026-01-15 23:59:50 +08:00 */
const LATE = Date.UTC(2026, 0, 15, 15, 59, 50);
const MIDNIGHT = Date.UTC(2026, 0, 15, 16);

/** The most that fall into any second. */
function busiestSecond(times: readonly number[]): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length));
}

describe('a quota per second', () => {
  it('is never exceeded within any second, and used up to the full', async () => {
    const { pipeline, clock } = resilienceWorld({ taobaoOrdersPerSecond: 5, settings: 'taobao/*.concurrency=4' });
    const orders = pipeline('orders');
    const sent: number[] = [];
    const work = async (): Promise<Said> => {
      sent.push(clock.now());
      return OK;
    };
    const all = Promise.all(Array.from({ length: 30 }, () => orders.run(work)));
    await clock.until(all);
    expect(await all).toEqual(Array.from({ length: 30 }, () => OK));
    expect(busiestSecond(sent)).toBe(5);
    expect((sent.at(-1) ?? 0) - (sent[0] ?? 0)).toBeLessThan(6_000);
  });

  it('counts for the policies that share it together', async () => {
    const { resilience, pipeline, clock } = resilienceWorld({ taobaoOrdersPerSecond: 4 });
    const kind = { judge: () => OK, onMiss: (miss: unknown) => miss };
    const refunds = resilience.pipelineFor('taobao', 'refunds', kind);
    const orders = pipeline('orders');
    const sent: number[] = [];
    const note = () => sent.push(clock.now());
    const all = Array.from({ length: 12 }, (_, index) =>
      index % 2 === 0
        ? orders.run(async () => {
            note();
            return OK;
          })
        : refunds.run(async () => note()),
    );
    await clock.until(Promise.all(all));
    expect(busiestSecond(sent)).toBe(4);
  });

  it('holds for places that are booked ahead, by whomever and for whenever (any sequence)', () => {
    const step = fc.record({ passes: fc.nat(700), ahead: fc.nat(1_500) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 40 }), (perSecond, sequence) => {
        const quota = new Quota('account', { perSecond });
        const booked: number[] = [];
        let now = LATE;
        for (const { passes, ahead } of sequence) {
          now += passes;
          const at = Math.max(quota.freeAt(now), now + ahead);
          quota.book(at);
          booked.push(at);
        }
        if (booked.length > 0) expect(busiestSecond(booked)).toBeLessThanOrEqual(perSecond);
      }),
    );
  });

  it('is divided among the nodes that call just now', () => {
    const quota = new Quota('account', { perSecond: 10 });
    quota.noteOthers(LATE, { today: 0, callers: 1 });
    for (let call = 0; call < 5; call += 1) {
      expect(quota.freeAt(LATE)).toBe(LATE);
      quota.book(LATE);
    }
    expect(quota.freeAt(LATE)).toBeGreaterThan(LATE);
  });
});

describe('a quota per day', () => {
  it('is over until 00:00 +08:00', () => {
    const quota = new Quota('app', { perDay: 3 });
    quota.noteOthers(LATE, { today: 1, callers: 0 });
    quota.book(LATE);
    expect(quota.freeAt(LATE)).toBe(LATE);
    quota.book(LATE);
    expect(quota.freeAt(LATE)).toBe(MIDNIGHT);
    expect(quota.view(LATE)).toEqual({ name: 'app', limit: 3, remaining: 0, resetsAt: MIDNIGHT, bannedUntil: null });
    expect(quota.freeAt(MIDNIGHT)).toBe(MIDNIGHT);
    expect(quota.view(MIDNIGHT)).toMatchObject({ remaining: 3 });
  });

  it('refuses calls at once, with the time', async () => {
    const { pipeline, clock, view } = resilienceWorld({ taobaoCallsPerDay: 2 });
    const item = pipeline('item');
    await item.run(async () => OK);
    await item.run(async () => OK);
    const said = await item.run(async () => OK);
    expect(said).toMatchObject({ kind: 'refused', cause: 'quota' });
    expect((said as { until: number }).until).toBeGreaterThan(clock.now() + 3_600_000);
    expect(view('item').calls).toMatchObject({ ok: 2, rejected_budget: 1 });
  });
});

describe('a ban', () => {
  const limited = (quota: string, until: number): Said => ({ kind: 'limited', quota, until });

  it('of one API holds back that API alone, to the end that was named', async () => {
    const { pipeline, clock, view } = resilienceWorld();
    const [item, search] = [pipeline('item'), pipeline('search')];
    const until = clock.now() + 9_000;
    await item.run(async () => limited('api', until));
    await item.run(async () => limited('api', until));
    expect(await item.run(async () => OK)).toEqual({ kind: 'refused', cause: 'quota', until });
    expect(await search.run(async () => OK)).toEqual(OK);
    expect(view('item').quotas.find(({ name }) => name === 'api')).toMatchObject({ bannedUntil: until });
    await clock.advance(9_000);
    expect(await item.run(async () => OK)).toEqual(OK);
    expect(view('item').quotas.find(({ name }) => name === 'api')).toMatchObject({ bannedUntil: null });
  });

  it('of the app holds back all of its APIs', async () => {
    const { pipeline, clock } = resilienceWorld();
    const until = clock.now() + 3_600_000;
    await pipeline('item').run(async () => limited('app', until));
    for (const policy of ['orders', 'item', 'search'] as const) {
      expect(await pipeline(policy).run(async () => OK)).toEqual({ kind: 'refused', cause: 'quota', until });
    }
  });

  it('that comes while a call waits for its place keeps it from leaving', async () => {
    const { pipeline, clock } = resilienceWorld({ taobaoOrdersPerSecond: 1 });
    const orders = pipeline('orders');
    const until = clock.now() + 60_000;
    let answer: (said: Said) => void = () => {};
    const first = orders.run(() => new Promise((resolve) => (answer = resolve)));
    const second = orders.run(async () => OK);
    await clock.advance(500);
    answer(limited('account', until));
    await first;
    await clock.advance(1_000);
    expect(await second).toEqual({ kind: 'refused', cause: 'quota', until });
  });

  it('does not open the breaker, for the partner has answered', async () => {
    const { pipeline, clock, view } = resilienceWorld();
    const item = pipeline('item');
    for (let call = 0; call < 40; call += 1) await item.run(async () => limited('api', clock.now()));
    expect(view('item')).toMatchObject({ state: 'closed', failureRatio: 0 });
  });

  it('is not shortened by a later word', () => {
    const quota = new Quota('api', {});
    quota.ban(LATE + 9_000);
    quota.ban(LATE + 1_000);
    expect(quota.freeAt(LATE)).toBe(LATE + 9_000);
  });
});
