import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../src/machines/shanghai.ts';
import { OrderDriver } from '../support/order-driver.ts';
import { orderRow, PAID_AT, settledRow, TRADE_ID } from '../support/order-rows.ts';

const MINUTE_MS = 60_000;

function newOrder(): OrderDriver {
  return new OrderDriver({}, PAID_AT + DAY_MS);
}

describe('an order without a user', () => {
  it('asks every channel it knows and is credited when one answers', () => {
    const order = newOrder();
    order.row(orderRow({ relationId: '7', specialId: '8', adzoneId: '9' }));
    expect(order.state).toContain('attribution.asking');
    expect(order.asks).toEqual(
      ['channel/relation-7', 'channel/special-8', 'channel/adzone-9'].map((to) =>
        expect.objectContaining({ to, event: { type: 'ask', order: TRADE_ID } }),
      ),
    );
    order.owned('u1', 'special-8');
    expect(order.state).toContain('attribution.attributed');
    expect(order.context).toMatchObject({ userId: 'u1', foundBy: 'special-8' });
    expect(order.told).toEqual({ pendingFen: 113, availableFen: 0 });
    expect(order.listing.owner).toBe('u1');
    expect(order.waiting).toEqual([]);
  });

  it('asks again after a minute, backing off to daily, for 90 days', () => {
    const order = newOrder();
    order.row(orderRow({ relationId: '7' }));
    const askedAt: number[] = [];
    const bornAt = order.now;
    while (order.state.includes('attribution.asking')) {
      askedAt.push(order.now - bornAt);
      order.fire('askAgain');
    }
    expect(askedAt.slice(0, 5)).toEqual([0, 1, 3, 7, 15].map((minutes) => minutes * MINUTE_MS));
    const pauses = askedAt.slice(1).map((at, index) => at - (askedAt[index] ?? 0));
    expect(Math.max(...pauses)).toBe(DAY_MS);
    expect(order.asks).toHaveLength(askedAt.length);
    expect(order.now - bornAt).toBeGreaterThanOrEqual(90 * DAY_MS);
    expect(order.now - bornAt).toBeLessThan(92 * DAY_MS);
    expect(order.state).toContain('attribution.abandoned');
    expect(order.waiting).toEqual([]);
  });

  it('asks a channel that a later row names at once', () => {
    const order = newOrder();
    order.row(orderRow({ adzoneId: '9' }));
    order.fire('askAgain');
    order.row(orderRow({ relationId: '7' }));
    expect(order.asks.map(({ to }) => to)).toEqual([
      'channel/adzone-9',
      'channel/adzone-9',
      'channel/relation-7',
      'channel/adzone-9',
    ]);
    expect(order.waiting.map(({ dueAt }) => dueAt - order.now)).toEqual([MINUTE_MS]);
  });

  it('is found by a late binding or a claim even after it stopped asking', () => {
    const abandoned = newOrder();
    abandoned.row(settledRow(PAID_AT, { relationId: '7' }));
    abandoned.advance(100 * DAY_MS);
    expect(abandoned.state).toContain('attribution.abandoned');

    const bound = abandoned.fork();
    bound.send({ type: 'owned', userId: 'u1', channel: 'relation-7' });
    expect(bound.state).toBe('trade.released,attribution.attributed');
    expect(bound.tells.at(-1)).toMatchObject({ to: 'balance/u1', event: { kind: 'credit', availableFen: 106 } });

    const claimed = abandoned.fork();
    claimed.send({ type: 'claim', userId: 'u2', by: 'staff:a', reason: 'screenshot' });
    expect(claimed.state).toContain('attribution.attributed');
    expect(claimed.tells.at(-1)).toMatchObject({ to: 'balance/u2', event: { availableFen: 106 } });
  });

  it('asks nobody while it knows no channel', () => {
    const order = newOrder();
    order.row(orderRow());
    expect(order.state).toContain('attribution.unattributed');
    expect(order.tells).toEqual([]);
    expect(order.waiting).toEqual([]);
  });
});

describe('the newest id', () => {
  it('counts, whichever row comes first, and an empty one never erases it', () => {
    const older = orderRow({ relationId: '7', modifiedAt: PAID_AT });
    const newer = orderRow({ relationId: '8', modifiedAt: PAID_AT + 1_000 });
    const empty = orderRow({ modifiedAt: PAID_AT + 2_000 });
    for (const rows of [
      [older, newer, empty],
      [empty, newer, older],
      [newer, empty, older],
    ]) {
      const order = newOrder();
      for (const row of rows) order.row(row);
      expect(order.context.channels.relation?.channelId).toBe('8');
      expect(order.owned('u1', 'relation-7').outcome).toBe('ignored');
      expect(order.owned('u2', 'relation-8').outcome).toBe('done');
    }
  });

  it('decides whether the owner sent with a row is believed', () => {
    const order = newOrder();
    order.row(orderRow({ relationId: '8', modifiedAt: PAID_AT + 1_000 }));
    order.row(orderRow({ relationId: '7', modifiedAt: PAID_AT }), { userId: 'u1', channel: 'relation-7' });
    expect(order.context.userId).toBeNull();
  });
});

describe('an attributed order', () => {
  it('keeps its user whatever later rows, channels or claims say', () => {
    const order = newOrder();
    order.row(orderRow({ relationId: '7' }), { userId: 'u1', channel: 'relation-7' });
    order.row(orderRow({ relationId: '8', modifiedAt: PAID_AT + DAY_MS }), { userId: 'u2', channel: 'relation-8' });
    expect(order.owned('u2', 'relation-8').outcome).toBe('ignored');
    const claim = { type: 'claim', by: 'staff:a', reason: 'says so' };
    expect(order.send({ ...claim, userId: 'u2' })).toMatchObject({
      outcome: 'refused',
      reason: { code: 'ORDER_ATTRIBUTED' },
    });
    expect(order.send({ ...claim, userId: 'u1' }).outcome).toBe('done');
    expect(order.context).toMatchObject({ userId: 'u1', foundBy: 'relation-7' });
    expect(order.posts).toHaveLength(1);
  });
});

it('refuses a claim of an order that no row has reported', () => {
  const order = newOrder();
  expect(order.send({ type: 'claim', userId: 'u1', by: 'staff:a', reason: 'typo' })).toMatchObject({
    outcome: 'refused',
    reason: { code: 'ORDER_UNKNOWN' },
  });
  expect(order.context.userId).toBeNull();
});
