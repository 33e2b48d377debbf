import { describe, expect, it } from 'vitest';
import { defaultRules } from '../../src/machines/rules.ts';
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

describe('a new feed', () => {
  it('reads scenes 1 and 2 of its first window from the start it was given', () => {
    const feed = startedFeed();
    const window = { startAt: NOW - HOUR_MS, endAt: NOW - 40 * MINUTE_MS };
    expect(feed.openCall('page')?.activity).toBe('orderPage');
    expect(feed.asked).toEqual({ ...window, scene: 1, pageNo: 1, positionIndex: null, queryType: 4 });
    feed.page();
    expect(feed.asked).toEqual({ ...window, scene: 2, pageNo: 1, positionIndex: null, queryType: 4 });
  });

  it('begins at most 90 days back, and not in the future', () => {
    const old = new FeedDriver('orders', NOW);
    old.start(0);
    expect(old.context.watermark).toBe(NOW - 90 * DAY_MS + MINUTE_MS);
    const early = new FeedDriver('orders', NOW);
    early.start(NOW + DAY_MS);
    expect(early.state).toBe('idle');
    expect(early.context.watermark).toBe(NOW);
  });

  it('begins where its first start said; a later one asks again for the page that a dead process was reading', () => {
    const feed = startedFeed();
    feed.page({ hasNext: true, positionIndex: 'p1' });
    const { asked } = feed;
    const open = feed.openCall('page')?.id;
    feed.send({ type: 'start', from: 0 }, { id: 'start:2' });
    expect(feed.asked).toEqual(asked);
    expect(feed.openCall('page')?.id).not.toBe(open);
    expect(feed.context.watermark).toBe(NOW - HOUR_MS);
    feed.readAll();
    expect(feed.send({ type: 'start', from: 0 }, { id: 'start:3' }).outcome).toBe('ignored');
  });

  it('that is blocked tries again at a start, when what was wrong may have been set right', () => {
    const feed = startedFeed();
    feed.refuse('TAOBAO_REFUSED');
    expect(feed.state).toBe('blocked');
    feed.send({ type: 'start', from: 0 }, { id: 'start:2' });
    expect(feed.state).toBe('reading');
  });
});

describe('windows', () => {
  it('follow each other with the overlap up to the present, then the feed rests', () => {
    const feed = startedFeed();
    const starts: number[] = [];
    while (feed.state === 'reading') {
      starts.push((feed.asked.startAt - NOW) / MINUTE_MS);
      feed.page();
      feed.page();
    }
    expect(starts).toEqual([-60, -50, -40, -30, -20]);
    expect(feed.state).toBe('idle');
    expect(feed.context.watermark).toBe(NOW);
    expect(feed.waiting.map(({ dueAt }) => dueAt)).toEqual([NOW + defaultRules.orderPollMs]);
  });

  it('of the next poll begin before the watermark by the overlap, counted from the end of the last poll', () => {
    const feed = startedFeed();
    feed.now += 5_000;
    feed.readAll();
    const endedAt = feed.now;
    feed.fire('rest');
    expect(feed.now).toBe(endedAt + defaultRules.orderPollMs);
    expect(feed.asked).toMatchObject({
      startAt: endedAt - defaultRules.orderOverlapMs,
      endAt: endedAt + defaultRules.orderPollMs,
    });
  });

  it('begin and end on whole seconds that have passed', () => {
    const feed = new FeedDriver('orders', NOW + 999);
    feed.start(NOW - 10 * MINUTE_MS + 1);
    expect(feed.asked).toMatchObject({ startAt: NOW - 10 * MINUTE_MS, endAt: NOW });
  });

  it('end at the moment they were opened, however long their pages take', () => {
    const feed = startedFeed(10 * MINUTE_MS);
    feed.now += HOUR_MS;
    feed.readAll();
    expect(feed.context.watermark).toBe(NOW);
    feed.fire('rest');
    expect(feed.asked.startAt).toBe(NOW - defaultRules.orderOverlapMs);
  });

  it('move the watermark only when every scene and page of them is read', () => {
    const feed = startedFeed();
    const watermark = NOW - HOUR_MS;
    feed.page({ hasNext: true, positionIndex: 'p', rowCount: 100, digest: 'a' });
    feed.page({ rowCount: 1, digest: 'b' });
    feed.page({ hasNext: true, positionIndex: 'p', rowCount: 100, digest: 'a' });
    feed.page({ rowCount: 1, digest: 'b' });
    expect(feed.asked.scene).toBe(2);
    feed.fail();
    feed.fire('backoff');
    expect(feed.context.watermark).toBe(watermark);
    feed.page();
    expect(feed.context.watermark).toBe(watermark + 20 * MINUTE_MS);
  });

  it('start again behind a gap that is noted, when the feed was down for longer than the partner looks back', () => {
    const feed = startedFeed();
    feed.readAll();
    feed.now += 100 * DAY_MS;
    feed.fire('rest');
    const oldest = feed.now - 90 * DAY_MS + MINUTE_MS;
    expect(feed.asked.startAt).toBe(oldest);
    expect(feed.context.gap).toEqual({ from: NOW, to: oldest, at: feed.now });
  });
});

describe('pages', () => {
  const first = { hasNext: true, positionIndex: '1555904214_lG|1555917305_lJ', rowCount: 100, digest: 'f0' };
  const second = { rowCount: 3, digest: '0f' };

  it('of a window follow the position index, and are read again until two passes agree', () => {
    const feed = startedFeed();
    feed.page(first);
    expect(feed.asked).toMatchObject({ scene: 1, pageNo: 2, positionIndex: first.positionIndex });
    feed.page(second);
    expect(feed.asked).toMatchObject({ scene: 1, pageNo: 1, positionIndex: null });
    feed.page(first);
    feed.page({ ...second, digest: '0e' });
    expect(feed.asked).toMatchObject({ scene: 1, pageNo: 1 });
    feed.page(first);
    feed.page({ ...second, digest: '0e' });
    expect(feed.asked).toMatchObject({ scene: 2, pageNo: 1 });
  });

  it('may divide the same rows differently from pass to pass', () => {
    const feed = startedFeed();
    feed.page(first);
    feed.page(second);
    feed.page({ ...first, rowCount: 99, digest: 'e0' });
    feed.page({ rowCount: 4, digest: '1f' });
    expect(feed.asked.scene).toBe(2);
  });

  it('that never agree are read five times', () => {
    const feed = startedFeed();
    let passCount = 0;
    while (feed.asked.scene === 1) {
      passCount += 1;
      feed.page(first);
      feed.page({ ...second, digest: `${passCount}` });
    }
    expect(passCount).toBe(5);
  });

  it('are read once when there is only one', () => {
    const feed = startedFeed();
    feed.page({ rowCount: 100, digest: 'abc' });
    expect(feed.asked.scene).toBe(2);
  });

  it('past the hundredth halve the window', () => {
    const feed = startedFeed();
    for (let pageNo = 1; pageNo <= 100; pageNo++) feed.page(first);
    expect(feed.asked).toMatchObject({ startAt: NOW - HOUR_MS, endAt: NOW - 50 * MINUTE_MS, scene: 1, pageNo: 1 });
  });

  it('past the hundredth of the shortest window block the feed', () => {
    const feed = startedFeed(MINUTE_MS);
    for (let pageNo = 1; pageNo <= 100; pageNo++) feed.page(first);
    expect(feed.state).toBe('blocked');
    expect(feed.context.lastError?.code).toBe('WINDOW_TOO_FULL');
  });
});

describe('the refund feed', () => {
  it('reads by update time without scenes', () => {
    const feed = new FeedDriver('refunds', NOW);
    feed.start(NOW - HOUR_MS);
    expect(feed.openCall('page')?.activity).toBe('refundPage');
    expect(feed.asked).toEqual({
      startAt: NOW - HOUR_MS,
      endAt: NOW - 40 * MINUTE_MS,
      pageNo: 1,
      positionIndex: null,
      queryType: 5,
    });
    feed.page();
    expect(feed.asked.startAt).toBe(NOW - 50 * MINUTE_MS);
    feed.readAll();
    expect(feed.context.watermark).toBe(NOW);
  });
});

describe('the nightly feed', () => {
  it('sleeps until 00:30 +08:00, reads 48 hours by update and by creation time, and sleeps again', () => {
    const feed = new FeedDriver('nightly', NOW, { orderWindowMs: 3 * HOUR_MS });
    feed.start(NOW - DAY_MS);
    expect(feed.state).toBe('idle');
    feed.fire('rest');
    const night = shanghai('2026-01-06 00:30:00');
    expect(feed.now).toBe(night);
    const readings = [1, 2, 3, 4].map(() => {
      const { startAt, queryType, scene } = feed.asked;
      feed.page();
      return [startAt - night, queryType, scene];
    });
    const start = -48 * HOUR_MS;
    expect(readings).toEqual([
      [start, 4, 1],
      [start, 4, 2],
      [start, 1, 1],
      [start, 1, 2],
    ]);
    feed.now += 10 * MINUTE_MS;
    feed.readAll();
    expect(feed.context.watermark).toBe(night + 10 * MINUTE_MS);
    expect(feed.waiting.map(({ dueAt }) => dueAt)).toEqual([night + DAY_MS]);
    feed.fire('rest');
    expect(feed.asked.startAt).toBe(night - DAY_MS);
  });
});

it('shows support where it is and why it does not get on', () => {
  const feed = startedFeed();
  feed.refuse('TAOBAO_REFUSED', 'isv.invalid-permission');
  expect(feed.listing).toEqual({
    owner: null,
    sortKey: NOW - HOUR_MS,
    status: 'blocked',
    view: {
      watermark: NOW - HOUR_MS,
      window: { startAt: NOW - HOUR_MS, endAt: NOW - 40 * MINUTE_MS, isLast: false },
      windowMs: 20 * MINUTE_MS,
      failureCount: 1,
      lastError: { code: 'TAOBAO_REFUSED', detail: 'isv.invalid-permission', at: NOW },
      gap: null,
    },
  });
});
