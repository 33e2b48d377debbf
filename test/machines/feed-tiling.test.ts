import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../src/machines/shanghai.ts';
import { FeedDriver } from '../support/feed-driver.ts';
import { shanghai } from '../support/order-rows.ts';

const NOW = shanghai('2026-01-05 12:00:00');
const SECOND_MS = 1_000;

type Answer = 'page' | 'longer' | 'unknown' | 'postponed' | 'POSITION_INVALID' | 'TAOBAO_REFUSED';

const answers = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Answer>('page') },
  { weight: 3, arbitrary: fc.constant<Answer>('longer') },
  fc.constantFrom<Answer>('unknown', 'postponed', 'POSITION_INVALID', 'TAOBAO_REFUSED'),
);

/** A stretch of time whose pages of one scene were all answered. */
interface Read {
  readonly startAt: number;
  readonly endAt: number;
}

/** Answers one page as told; a partner that refuses windows over `maxWindowMs`. Returns what is now read to the end. */
function answerOne(feed: FeedDriver, answer: Answer, maxWindowMs: number): (Read & { scene: number }) | null {
  const { startAt, endAt, scene = 0, pageNo } = feed.asked;
  feed.now += 300;
  if (endAt - startAt > maxWindowMs) feed.refuse('WINDOW_TOO_LONG');
  else if (answer === 'unknown') feed.fail();
  else if (answer === 'postponed') feed.postpone(feed.now + 30 * SECOND_MS);
  else if (answer === 'POSITION_INVALID' || answer === 'TAOBAO_REFUSED') feed.refuse(answer);
  else if (answer === 'longer' && pageNo < 4)
    feed.page({ hasNext: true, positionIndex: `p${pageNo}`, rowCount: 1, digest: 'a' });
  else {
    feed.page({ rowCount: 1, digest: 'b' });
    return { startAt, endAt, scene };
  }
  return null;
}

/** Whether the stretches, ends open, leave no moment of [from, to) out. */
function covers(reads: readonly Read[], from: number, to: number): boolean {
  let reached = from;
  for (const { startAt, endAt } of [...reads].sort((a, b) => a.startAt - b.startAt)) {
    if (startAt <= reached) reached = Math.max(reached, endAt);
  }
  return reached >= to;
}

const histories = fc.record({
  sinceMs: fc.integer({ min: 0, max: 5 * HOUR_MS }),
  windowMs: fc.oneof(fc.integer({ min: 2_000, max: 60_000 }), fc.integer({ min: 60_000, max: 3 * HOUR_MS })),
  overlapPart: fc.double({ min: 0, max: 0.99, noNaN: true }),
  maxWindowMs: fc.integer({ min: 60_000, max: 3 * HOUR_MS }),
  script: fc.array(answers, { minLength: 1, maxLength: 120 }),
});

it('windows leave no moment out between the start and the watermark, whatever the partner answers', () => {
  fc.assert(
    fc.property(histories, ({ sinceMs, windowMs, overlapPart, maxWindowMs, script }) => {
      const rules = { orderWindowMs: windowMs, orderOverlapMs: Math.floor(windowMs * overlapPart) };
      const feed = new FeedDriver('orders', NOW, rules);
      const from = NOW - sinceMs;
      feed.start(from);
      const reads: Record<number, Read[]> = { 1: [], 2: [] };
      let watermark = feed.context.watermark ?? 0;
      expect(watermark).toBeLessThanOrEqual(from);
      for (const answer of script) {
        if (feed.state !== 'reading') feed.advance((feed.waiting[0]?.dueAt ?? 0) - feed.now);
        if (feed.state !== 'reading') continue;
        expect(feed.asked.endAt).toBeLessThanOrEqual(feed.now);
        expect(feed.asked.startAt % SECOND_MS).toBe(0);
        expect(feed.asked.endAt % SECOND_MS).toBe(0);
        const read = answerOne(feed, answer, maxWindowMs);
        if (read !== null) reads[read.scene]?.push(read);
        const moved = feed.context.watermark ?? 0;
        expect(moved).toBeGreaterThanOrEqual(watermark);
        watermark = moved;
        expect(covers(reads[1] ?? [], from, watermark)).toBe(true);
        expect(covers(reads[2] ?? [], from, watermark)).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});

it('a feed always gets on: from anywhere it reaches the present when the partner answers', () => {
  fc.assert(
    fc.property(histories, ({ sinceMs, windowMs, overlapPart, maxWindowMs }) => {
      const rules = { orderWindowMs: windowMs, orderOverlapMs: Math.floor(windowMs * overlapPart) };
      const feed = new FeedDriver('orders', NOW, rules);
      feed.start(NOW - Math.min(sinceMs, windowMs * 50));
      for (let step = 0; feed.state !== 'idle'; step++) {
        expect(step).toBeLessThan(10_000);
        answerOne(feed, 'page', maxWindowMs);
      }
      expect(feed.context.watermark).toBeGreaterThanOrEqual(NOW);
      expect(feed.now - NOW).toBeLessThan(DAY_MS);
    }),
    { numRuns: 100 },
  );
});
