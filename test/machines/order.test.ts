import { describe, expect, it } from 'vitest';
import { decide, fromStored } from '../../src/actors/decide.ts';
import { Registry } from '../../src/actors/registry.ts';
import { createOrderMachine, orderListing } from '../../src/machines/order.ts';
import { defaultRules, parseRelease, parseShare } from '../../src/machines/rules.ts';
import { DAY_MS } from '../../src/machines/shanghai.ts';
import { OrderDriver } from '../support/order-driver.ts';
import { orderRow, PAID_AT, refundRow, settledRow, TRADE_ID } from '../support/order-rows.ts';

const owner = { userId: 'u1', channel: 'relation-7' };
const relationId = '7';
const SETTLED_AT = PAID_AT + 10 * DAY_MS;

/** 0.7 × (180 − 18), and 0.7 × (170 − 18), rounded down. */
const ESTIMATE_FEN = 113;
const REBATE_FEN = 106;

function newOrder(): OrderDriver {
  return new OrderDriver({}, PAID_AT + DAY_MS);
}

function settledOrder(): OrderDriver {
  const order = new OrderDriver({}, SETTLED_AT + DAY_MS);
  order.row(settledRow(SETTLED_AT, { relationId }), owner);
  return order;
}

describe('the life of an order', () => {
  it('credits the estimate at payment, the difference at settlement, and releases it after the holding time', () => {
    const order = newOrder();
    order.row(orderRow({ relationId }), owner);
    expect(order.state).toBe('trade.paid,attribution.attributed');
    order.row(orderRow({ relationId, status: 14, modifiedAt: PAID_AT + 3 * DAY_MS }), owner);
    expect(order.state).toBe('trade.received,attribution.attributed');
    order.now = SETTLED_AT + DAY_MS;
    order.row(settledRow(SETTLED_AT, { relationId }), owner);
    expect(order.state).toBe('trade.settled,attribution.attributed');
    order.advance(6 * DAY_MS);
    expect(order.state).toBe('trade.released,attribution.attributed');

    expect(order.posts).toEqual([
      expect.objectContaining({ order: TRADE_ID, n: 1, kind: 'credit', pendingFen: ESTIMATE_FEN, availableFen: 0 }),
      expect.objectContaining({ n: 2, kind: 'clawback', pendingFen: REBATE_FEN - ESTIMATE_FEN, availableFen: 0 }),
      expect.objectContaining({ n: 3, kind: 'release', pendingFen: -REBATE_FEN, availableFen: REBATE_FEN }),
    ]);
    expect(order.tells.every(({ to }) => to === 'balance/u1')).toBe(true);
  });

  it('shows its user the public shape at every stage', () => {
    const order = newOrder();
    const row = orderRow({ relationId });
    order.row(row, owner);
    expect(order.listing).toEqual({
      owner: 'u1',
      sortKey: row.createdAt,
      status: 'paid',
      view: {
        tradeId: TRADE_ID,
        itemId: row.itemId,
        itemTitle: row.itemTitle,
        status: 'paid',
        paidFen: 1_980,
        rebateFen: ESTIMATE_FEN,
        rebateState: 'pending',
        paidAt: PAID_AT,
        receivedAt: null,
        settledAt: null,
        releaseAt: null,
        modifiedAt: row.modifiedAt,
        channel: owner.channel,
        netFen: 162,
      },
    });
    const receivedAt = PAID_AT + 3 * DAY_MS;
    order.row(orderRow({ relationId, status: 14, modifiedAt: receivedAt }), owner);
    expect(order.listing).toMatchObject({ status: 'received', view: { receivedAt, settledAt: null } });
    order.row(settledRow(SETTLED_AT, { relationId }), owner);
    const releaseAt = SETTLED_AT + 7 * DAY_MS;
    const times = { receivedAt, settledAt: SETTLED_AT, releaseAt };
    expect(order.listing).toMatchObject({ status: 'settled', view: { ...times, rebateState: 'pending' } });
    order.now = releaseAt;
    order.fire('holdingTime');
    expect(order.listing).toMatchObject({ status: 'settled', view: { ...times, rebateState: 'released' } });
  });

  it('is in nobody’s list before a row or a user is known', () => {
    const order = newOrder();
    order.refund(refundRow());
    expect(order.state).toBe('trade.unseen,attribution.unattributed');
    expect(order.listing).toMatchObject({ owner: null, status: 'unseen' });
    order.row(orderRow());
    expect(order.listing).toMatchObject({ owner: null, status: 'paid' });
    expect(order.posts).toEqual([]);
  });

  it('takes everything back when a newer row closes it, and gives it again when a newer one reopens it', () => {
    const order = newOrder();
    order.row(orderRow({ relationId }), owner);
    order.row(orderRow({ relationId, status: 13, modifiedAt: PAID_AT + DAY_MS }), owner);
    expect(order.state).toContain('trade.closed');
    expect(order.told).toEqual({ pendingFen: 0, availableFen: 0 });
    expect(order.listing).toMatchObject({ status: 'invalid', view: { rebateFen: 0, rebateState: 'void' } });
    order.row(orderRow({ relationId, modifiedAt: PAID_AT + 2 * DAY_MS }), owner);
    expect(order.state).toContain('trade.paid');
    expect(order.told).toEqual({ pendingFen: ESTIMATE_FEN, availableFen: 0 });
    expect(order.posts.map(({ kind }) => kind)).toEqual(['credit', 'clawback', 'adjust']);
  });

  it('takes a released rebate back when the order closes', () => {
    const order = settledOrder();
    order.advance(7 * DAY_MS);
    order.row(orderRow({ relationId, status: 13, modifiedAt: SETTLED_AT + 9 * DAY_MS }), owner);
    expect(order.posts.at(-1)).toMatchObject({ kind: 'clawback', pendingFen: 0, availableFen: -REBATE_FEN });
    expect(order.waiting).toEqual([]);
  });

  it('credits nothing for an order first seen closed, and at once what is first seen past its holding time', () => {
    const closed = newOrder();
    closed.row(orderRow({ relationId, status: 13 }), owner);
    expect(closed.posts).toEqual([]);
    const late = new OrderDriver({}, SETTLED_AT + 8 * DAY_MS);
    late.row(settledRow(SETTLED_AT, { relationId }), owner);
    expect(late.state).toContain('trade.released');
    expect(late.posts).toEqual([expect.objectContaining({ kind: 'credit', pendingFen: 0, availableFen: REBATE_FEN })]);
  });

  it('ignores the money and status of older rows, and never posts twice for the same', () => {
    const order = settledOrder();
    order.row(orderRow({ relationId, preFeeFen: 99_999 }), owner);
    order.row(settledRow(SETTLED_AT, { relationId }), owner, 'again');
    expect(order.state).toContain('trade.settled');
    expect(order.posts).toHaveLength(1);
  });

  it('keeps the terms it was born under when the server’s rules change', () => {
    const born = newOrder();
    born.row(orderRow({ relationId }), owner);
    const rules = { ...defaultRules, share: parseShare('1'), release: parseRelease('days:0') };
    const definition = { type: 'order', machine: createOrderMachine(rules), list: orderListing };
    const { tells, state } = decide({
      logic: new Registry([definition]).logic('order'),
      actor: born.actor,
      seq: 2,
      state: fromStored(definition.machine, born.stored),
      messages: [{ id: 'm', cause: 'feed', event: { type: 'row', row: { ...settledRow(SETTLED_AT) }, owner: null } }],
      now: SETTLED_AT + DAY_MS,
      fraction: 0,
    });
    expect(tells.map(({ event }) => event)).toEqual([
      expect.objectContaining({ kind: 'clawback', pendingFen: REBATE_FEN - ESTIMATE_FEN, availableFen: 0 }),
    ]);
    expect(state.waiting.map(({ dueAt }) => dueAt)).toEqual([SETTLED_AT + 7 * DAY_MS]);
  });

  it('sets a row with an impossible amount aside and stays as it was', () => {
    const order = settledOrder();
    const before = order.stored;
    const poison = settledRow(SETTLED_AT, { relationId, feeFen: 1.5, modifiedAt: SETTLED_AT + DAY_MS });
    expect(order.offer({ type: 'row', row: { ...poison }, owner }).outcome).toBe('parked');
    expect(order.stored).toEqual(before);
  });
});

describe('refunds', () => {
  it('take the refunded proportion back, rounded in the platform’s favour', () => {
    const order = settledOrder();
    order.refund(refundRow({ refundFen: 51 }));
    // ⌊106 × (152 − 51) / 152⌋
    expect(order.told).toEqual({ pendingFen: 70, availableFen: 0 });
    expect(order.posts.at(-1)).toMatchObject({ kind: 'clawback', pendingFen: 70 - REBATE_FEN });
    expect(order.listing).toMatchObject({ view: { rebateFen: 70, rebateState: 'pending' } });
  });

  it('add up over several disputes and never take more than the rebate', () => {
    const order = settledOrder();
    order.advance(7 * DAY_MS);
    order.refund(refundRow({ suitId: 'a', refundFen: 76 }));
    expect(order.told).toEqual({ pendingFen: 0, availableFen: 53 });
    order.refund(refundRow({ suitId: 'b', refundFen: 70, status: 12 }));
    expect(order.told).toEqual({ pendingFen: 0, availableFen: 4 });
    order.refund(refundRow({ suitId: 'c', refundFen: 70, status: 13 }));
    expect(order.told).toEqual({ pendingFen: 0, availableFen: 0 });
    expect(order.listing).toMatchObject({ status: 'settled', view: { rebateFen: 0, rebateState: 'void' } });
  });

  it('count once a dispute, by its newest report, and are undone when it fails', () => {
    const order = settledOrder();
    const at = SETTLED_AT + DAY_MS;
    const report = (status: number, modifiedAt: number) => refundRow({ status, modifiedAt });
    order.refund(report(4, at));
    expect(order.told.pendingFen).toBe(REBATE_FEN);
    order.refund(report(2, at + 1_000));
    order.refund(report(12, at + 2_000));
    order.refund(report(13, at + 3_000));
    expect(order.told.pendingFen).toBe(53);
    order.refund(report(4, at + 500));
    expect(order.told.pendingFen).toBe(53);
    order.refund(report(3, at + 4_000));
    expect(order.told.pendingFen).toBe(REBATE_FEN);
    expect(order.posts.map(({ kind }) => kind)).toEqual(['credit', 'clawback', 'adjust']);
  });

  it('before the first row are applied when it comes', () => {
    const order = newOrder();
    order.refund(refundRow());
    order.row(settledRow(SETTLED_AT, { relationId }), owner);
    expect(order.told.pendingFen).toBe(53);
  });

  it('are refused past fifty disputes, while known ones are still updated', () => {
    const order = settledOrder();
    for (let n = 0; n < 50; n++) order.refund(refundRow({ suitId: `s${n}`, refundFen: 1 }));
    expect(order.refund(refundRow({ suitId: 'one-more' }))).toMatchObject({
      outcome: 'refused',
      reason: { code: 'REFUND_LIMIT' },
    });
    const failed = refundRow({ suitId: 's0', status: 3, modifiedAt: SETTLED_AT + 60 * DAY_MS });
    expect(order.refund(failed).outcome).toBe('done');
    expect(order.context.refunds).toHaveLength(50);
  });
});
