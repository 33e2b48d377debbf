/** Builds rows as the feed's activity would hand them to an order, with the hash of their content. */
import { createHash } from 'node:crypto';
import type { OrderRow, RefundRow } from '../../src/machines/order-row.ts';

export const TRADE_ID = '2839123456789012345';

/** Epoch ms of a time at +08:00, as `2026-01-05 10:00:00`. */
export function shanghai(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}+08:00`);
}

export const PAID_AT = shanghai('2026-01-05 10:00:00');

export function orderRow(change: Partial<Omit<OrderRow, 'hash'>> = {}): OrderRow {
  const row = {
    tradeId: TRADE_ID,
    parentId: '2839123456789000000',
    status: 12 as const,
    modifiedAt: PAID_AT + 60_000,
    createdAt: PAID_AT - 60_000,
    paidAt: PAID_AT,
    earningAt: null,
    itemId: 'P0tnUWabc-mvmePdef',
    itemTitle: '好物',
    itemImageUrl: 'https://img.example/1.jpg',
    paidFen: 1_980,
    preFeeFen: 180,
    feeFen: 0,
    techFeeFen: 18,
    relationId: null,
    specialId: null,
    adzoneId: null,
    refunded: false,
    ...change,
  };
  return { ...row, hash: hashOf(row) };
}

/** A settled row of the same order: 170 less 18 fen net. */
export function settledRow(earningAt: number, change: Partial<Omit<OrderRow, 'hash'>> = {}): OrderRow {
  return orderRow({ status: 3, modifiedAt: earningAt + 60_000, earningAt, feeFen: 170, ...change });
}

export function refundRow(change: Partial<Omit<RefundRow, 'hash'>> = {}): RefundRow {
  const refund = {
    suitId: '900001',
    tradeId: TRADE_ID,
    status: 2,
    modifiedAt: PAID_AT + 30 * 86_400_000,
    refundFen: 76,
    incomeFen: 170,
    ...change,
  };
  return { ...refund, hash: hashOf(refund) };
}

function hashOf(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
