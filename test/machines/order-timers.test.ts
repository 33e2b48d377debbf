import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../src/machines/shanghai.ts';
import { OrderDriver } from '../support/order-driver.ts';
import { orderRow, PAID_AT, refundRow, settledRow, shanghai } from '../support/order-rows.ts';

const owner = { userId: 'u1', channel: 'relation-7' };
const relationId = '7';
const SETTLED_AT = PAID_AT + 10 * DAY_MS;
const RELEASE_AT = SETTLED_AT + 7 * DAY_MS;

function settledOrder(rules = {}): OrderDriver {
  const order = new OrderDriver(rules, SETTLED_AT + HOUR_MS);
  order.row(settledRow(SETTLED_AT, { relationId }), owner);
  return order;
}

describe('the release timer', () => {
  it('is due exactly at the end of the holding time and fires once', () => {
    const order = settledOrder();
    const [timer] = order.waiting;
    expect(timer?.dueAt).toBe(RELEASE_AT);
    order.advance(60 * DAY_MS);
    expect(order.posts.filter(({ kind }) => kind === 'release')).toHaveLength(1);
    order.fireToken(timer?.token ?? '');
    expect(order.posts.filter(({ kind }) => kind === 'release')).toHaveLength(1);
  });

  it('fires once after a downtime over its due time', () => {
    const order = settledOrder();
    order.now = RELEASE_AT + 12 * HOUR_MS;
    order.fire('holdingTime');
    expect(order.state).toContain('trade.released');
    expect(order.told).toEqual({ pendingFen: 0, availableFen: 106 });
    expect(order.waiting).toEqual([]);
  });

  it('is not needed when the time is already past: the row itself releases', () => {
    const order = new OrderDriver({}, RELEASE_AT);
    order.row(settledRow(SETTLED_AT, { relationId }), owner);
    expect(order.state).toContain('trade.released');
    expect(order.waiting).toEqual([]);
  });

  it('may lie 60 days ahead', () => {
    const order = settledOrder({ release: { kind: 'days', days: 60 } });
    expect(order.waiting[0]?.dueAt).toBe(SETTLED_AT + 60 * DAY_MS);
    order.advance(60 * DAY_MS);
    expect(order.state).toContain('trade.released');
  });

  it('follows a newer settlement time, and its old token does nothing', () => {
    const order = settledOrder();
    const old = order.waiting[0]?.token ?? '';
    const settledAgainAt = SETTLED_AT + 5 * DAY_MS;
    order.row(settledRow(settledAgainAt, { relationId }), owner);
    expect(order.waiting.map(({ dueAt }) => dueAt)).toEqual([settledAgainAt + 7 * DAY_MS]);
    order.now = RELEASE_AT;
    expect(order.fireToken(old).outcome).toBe('ignored');
    expect(order.state).toContain('trade.settled');
    order.advance(5 * DAY_MS);
    expect(order.state).toContain('trade.released');
  });

  it('waits on when it fires by a clock that runs ahead', () => {
    const order = settledOrder();
    const token = order.waiting[0]?.token ?? '';
    order.now = RELEASE_AT - HOUR_MS;
    order.fireToken(token);
    expect(order.state).toContain('trade.settled');
    expect(order.posts).toHaveLength(1);
    expect(order.waiting.map(({ dueAt }) => dueAt)).toEqual([RELEASE_AT]);
  });

  it('is made up for by any message that comes after the time', () => {
    const order = settledOrder();
    order.now = RELEASE_AT + 1;
    order.refund(refundRow({ status: 4 }));
    expect(order.state).toContain('trade.released');
    expect(order.told).toEqual({ pendingFen: 0, availableFen: 106 });
    expect(order.waiting).toEqual([]);
  });

  it('goes when the order closes', () => {
    const order = settledOrder();
    order.row(orderRow({ relationId, status: 13, modifiedAt: SETTLED_AT + DAY_MS }), owner);
    expect(order.waiting).toEqual([]);
  });
});

it('takes a release back when a newer row settles the order later', () => {
  const order = settledOrder();
  order.advance(7 * DAY_MS);
  expect(order.told).toEqual({ pendingFen: 0, availableFen: 106 });
  order.row(settledRow(RELEASE_AT, { relationId }), owner);
  expect(order.state).toContain('trade.settled');
  expect(order.told).toEqual({ pendingFen: 106, availableFen: 0 });
  expect(order.posts.at(-1)?.kind).toBe('adjust');
  order.advance(7 * DAY_MS);
  expect(order.told).toEqual({ pendingFen: 0, availableFen: 106 });
});

it.each([
  ['days:0 releases at settlement', { kind: 'days', days: 0 } as const, '2026-01-15 10:00:00', '2026-01-15 10:00:00'],
  ['monthly:21 within a year', { kind: 'monthly', day: 21 } as const, '2026-01-31 23:59:59', '2026-02-21 00:00:00'],
  ['monthly:21 over a year’s end', { kind: 'monthly', day: 21 } as const, '2026-12-01 00:00:00', '2027-01-21 00:00:00'],
])('%s', (_title, release, settled, released) => {
  const settledAt = shanghai(settled);
  const order = new OrderDriver({ release }, settledAt);
  order.row(settledRow(settledAt, { relationId, modifiedAt: settledAt }), owner);
  expect(order.listing.view).toMatchObject({ settledAt, releaseAt: shanghai(released) });
  order.advance(shanghai(released) - settledAt - 1);
  expect(order.told.availableFen).toBe(release.kind === 'days' ? 106 : 0);
  order.advance(1);
  expect(order.told).toEqual({ pendingFen: 0, availableFen: 106 });
});
