import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../src/machines/shanghai.ts';
import { FeedDriver } from '../support/feed-driver.ts';
import { shanghai } from '../support/order-rows.ts';

const MINUTE_MS = 60_000;
const NOW = shanghai('2026-01-05 12:00:00');

function startedFeed(sinceMs = HOUR_MS, rules = {}): FeedDriver {
  const feed = new FeedDriver('orders', NOW, rules);
  feed.start(NOW - sinceMs);
  return feed;
}

/** The pause until the one timer of a feed that waits. */
function pauseOf(feed: FeedDriver): number {
  expect(feed.waiting).toHaveLength(1);
  return (feed.waiting[0]?.dueAt ?? 0) - feed.now;
}

describe('no usable answer', () => {
  it('is followed by the same page, after 500 ms doubling to a minute', () => {
    const feed = startedFeed();
    feed.page({ hasNext: true, positionIndex: 'p2', rowCount: 100, digest: 'a' });
    const asked = feed.asked;
    const pauses: number[] = [];
    for (let count = 0; count < 9; count++) {
      feed.fail();
      expect(feed.state).toBe('backingOff');
      pauses.push(pauseOf(feed));
      feed.fire('backoff');
      expect(feed.asked).toEqual(asked);
    }
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    feed.page({ rowCount: 1, digest: 'b' });
    expect(feed.context).toMatchObject({ failureCount: 0, lastError: null });
  });

  it('includes an attempt that nobody heard of again', () => {
    const feed = startedFeed();
    feed.fire('page');
    expect(feed.state).toBe('backingOff');
    expect(feed.context.lastError?.code).toBe('ATTEMPT_LOST');
  });

  it('that turns into a page after all changes nothing any more', () => {
    const feed = startedFeed();
    const call = feed.openCall('page');
    feed.fire('page');
    const before = feed.stored;
    const output = { hasNext: false, positionIndex: null, rowCount: 0, digest: '0' };
    expect(call && feed.answerAttempt(call, { kind: 'ok', output }).outcome).toBe('ignored');
    expect(feed.stored).toEqual(before);
  });
});

describe('a postponement', () => {
  it('is waited for, and the same page asked again, without counting as a failure', () => {
    const feed = startedFeed();
    const asked = feed.asked;
    feed.postpone(NOW + 5 * HOUR_MS);
    expect(feed.state).toBe('postponed');
    expect(pauseOf(feed)).toBe(5 * HOUR_MS);
    expect(feed.context.lastError?.code).toBe('RATE_LIMITED');
    feed.fire('postponement');
    expect(feed.asked).toEqual(asked);
    expect(feed.context.failureCount).toBe(0);
  });

  it('to a time already past is not a hot loop', () => {
    const feed = startedFeed();
    feed.postpone(NOW - HOUR_MS);
    expect(pauseOf(feed)).toBe(500);
  });
});

describe('WINDOW_TOO_LONG', () => {
  it('halves the window down to a minute, and doubles it back with each window read', () => {
    const feed = startedFeed(DAY_MS, { orderOverlapMs: 0 });
    const lengths = () => (feed.asked.endAt - feed.asked.startAt) / MINUTE_MS;
    const seen: number[] = [];
    for (let count = 0; count < 3; count++) {
      feed.refuse('WINDOW_TOO_LONG');
      seen.push(lengths());
    }
    for (let count = 0; count < 4; count++) {
      feed.page();
      feed.page();
      seen.push(lengths());
    }
    expect(seen).toEqual([10, 5, 2.5, 5, 10, 20, 20]);
  });

  it('begins the window again at scene 1', () => {
    const feed = startedFeed();
    feed.page();
    feed.refuse('WINDOW_TOO_LONG');
    expect(feed.asked).toMatchObject({ startAt: NOW - HOUR_MS, scene: 1, pageNo: 1 });
  });

  it('halves the window that was asked for when that is shorter than usual', () => {
    const feed = startedFeed(4 * MINUTE_MS);
    feed.refuse('WINDOW_TOO_LONG');
    expect(feed.asked).toMatchObject({ startAt: NOW - 4 * MINUTE_MS, endAt: NOW - 2 * MINUTE_MS });
  });

  it('of a minute blocks the feed', () => {
    const feed = startedFeed(MINUTE_MS);
    feed.refuse('WINDOW_TOO_LONG');
    expect(feed.state).toBe('blocked');
  });

  it('still reads the whole overlap when the windows have become shorter than it', () => {
    const feed = startedFeed(MINUTE_MS);
    feed.readAll();
    feed.fire('rest');
    for (let count = 0; count < 3; count++) feed.refuse('WINDOW_TOO_LONG');
    const { startAt, endAt } = feed.asked;
    expect(startAt).toBe(NOW - 10 * MINUTE_MS);
    expect(endAt - startAt).toBeLessThan(2 * MINUTE_MS);
    feed.readAll();
    expect(feed.context.watermark).toBe(feed.now);
  });
});

describe('WINDOW_TOO_OLD', () => {
  it('moves on to what the partner still serves and notes the gap', () => {
    const feed = startedFeed(90 * DAY_MS);
    const from = feed.asked.startAt;
    feed.now += HOUR_MS;
    feed.refuse('WINDOW_TOO_OLD');
    const oldest = feed.now - 90 * DAY_MS + MINUTE_MS;
    expect(feed.context.gap).toEqual({ from, to: oldest, at: feed.now });
    feed.fire('backoff');
    expect(feed.asked.startAt).toBe(oldest + 1_000);
    expect(feed.context.watermark).toBe(oldest + 1_000);
  });

  it('gets on a minute at a time when the partner’s clock is ahead of ours', () => {
    const feed = startedFeed(90 * DAY_MS);
    const from = feed.asked.startAt;
    const starts = [1, 2, 3].map(() => {
      feed.refuse('WINDOW_TOO_OLD');
      feed.fire('backoff');
      return feed.asked.startAt - from;
    });
    expect(starts).toEqual([MINUTE_MS, 2 * MINUTE_MS, 3 * MINUTE_MS]);
  });
});

it('POSITION_INVALID begins the scene again at page 1', () => {
  const feed = startedFeed();
  feed.page();
  feed.page({ hasNext: true, positionIndex: 'p2', rowCount: 100, digest: 'a' });
  feed.refuse('POSITION_INVALID');
  expect(feed.state).toBe('backingOff');
  feed.fire('backoff');
  expect(feed.asked).toMatchObject({ startAt: NOW - HOUR_MS, scene: 2, pageNo: 1, positionIndex: null });
  feed.page({ rowCount: 100, digest: 'a' });
  expect(feed.asked.startAt).toBe(NOW - 50 * MINUTE_MS);
});

describe('any other refusal', () => {
  it('blocks the feed, which tries the window again after the poll pause doubling to five minutes', () => {
    const feed = startedFeed();
    feed.page();
    const pauses: number[] = [];
    for (let count = 0; count < 5; count++) {
      feed.refuse('TAOBAO_REFUSED', 'isv.invalid-permission');
      expect(feed.state).toBe('blocked');
      pauses.push(pauseOf(feed) / MINUTE_MS);
      feed.fire('blockade');
      expect(feed.asked).toMatchObject({ startAt: NOW - HOUR_MS, scene: 1 });
    }
    expect(pauses).toEqual([1, 2, 4, 5, 5]);
    feed.page();
    expect(feed.context.failureCount).toBe(0);
  });

  it('is tried again no sooner than after a second', () => {
    const feed = startedFeed(HOUR_MS, { orderPollMs: 50 });
    feed.refuse('TAOBAO_REFUSED');
    expect(pauseOf(feed)).toBe(1_000);
  });

  it('keeps no more of what the partner said than support can read', () => {
    const feed = startedFeed();
    feed.refuse('TAOBAO_REFUSED', 'x'.repeat(10_000));
    expect(feed.context.lastError?.detail).toHaveLength(200);
  });
});

it('goes on in the middle of a window from the stored snapshot', () => {
  const feed = startedFeed();
  feed.page();
  feed.page({ hasNext: true, positionIndex: 'p2', rowCount: 100, digest: 'a' });
  const restarted = feed.fork();
  const call = restarted.openCall('page');
  expect(call?.input).toEqual(feed.asked);
  expect(restarted.answer('page', { kind: 'unknown', reason: { code: 'TRANSPORT' } }).outcome).toBe('done');
  restarted.fire('backoff');
  expect(restarted.openCall('page')?.input).toEqual(feed.asked);
  expect(restarted.context).toMatchObject({ watermark: NOW - HOUR_MS, window: feed.context.window });
});
