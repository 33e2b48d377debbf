/**
 * What the partner reports about one order line and about one refund of it, and which of two reports is the newer.
 *
 * Both comparisons are total orders (equal only for the same content), so "the greatest seen" does not depend on the
 * order in which rows arrive.
 */

/** 12 paid, 14 received, 3 settled, 13 invalid. */
export type OrderStatus = 12 | 14 | 3 | 13;

/** One row of the order feed. Amounts in fen, times in epoch ms, ids as text; empty values are null. */
export interface OrderRow {
  readonly tradeId: string;
  readonly parentId: string;
  readonly status: OrderStatus;
  readonly modifiedAt: number;
  readonly createdAt: number;
  readonly paidAt: number | null;
  readonly earningAt: number | null;
  readonly itemId: string;
  readonly itemTitle: string;
  readonly itemImageUrl: string;
  readonly paidFen: number;
  /** Estimated income at payment. */
  readonly preFeeFen: number;
  /** Income at settlement. */
  readonly feeFen: number;
  /** Technical service fee that the partner deducts when it pays out. */
  readonly techFeeFen: number;
  readonly relationId: string | null;
  readonly specialId: string | null;
  readonly adzoneId: string | null;
  /** The partner's mark that a refund exists; what it takes back comes as refund rows. */
  readonly refunded: boolean;
  /** SHA-256 (hex) of the row's canonical content. */
  readonly hash: string;
}

/** One row of the refund feed: the newest word about one dispute. */
export interface RefundRow {
  readonly suitId: string;
  readonly tradeId: string;
  /** 4 opened, 11 several pending, 3 failed, 14/15 on the seller's side, 2 succeeded, 12 to be taken, 13 taken. */
  readonly status: number;
  readonly modifiedAt: number;
  /** Commission and subsidy to give back, without fees. */
  readonly refundFen: number;
  readonly incomeFen: number;
  readonly hash: string;
}

/** A row's place in time: what is compared, and all that has to be kept of a row to compare again. */
export interface Stamp {
  readonly modifiedAt: number;
  readonly status: number;
  readonly hash: string;
}

/** Later stages last: the partner's times are whole seconds, so two stages can share one. */
const ORDER_STAGES: readonly number[] = [12, 14, 3, 13];
const REFUND_STAGES: readonly number[] = [4, 11, 3, 14, 15, 2, 12, 13];

/** Negative when `a` is the older report of an order, positive when it is the newer, 0 for the same content. */
export function compareRows(a: Stamp, b: Stamp): number {
  return compareStamps(a, b, ORDER_STAGES);
}

/** The same for two reports of one dispute. */
export function compareRefunds(a: Stamp, b: Stamp): number {
  return compareStamps(a, b, REFUND_STAGES);
}

function compareStamps(a: Stamp, b: Stamp, stages: readonly number[]): number {
  if (a.modifiedAt !== b.modifiedAt) return a.modifiedAt - b.modifiedAt;
  const stageDifference = stages.indexOf(a.status) - stages.indexOf(b.status);
  if (stageDifference !== 0) return stageDifference;
  if (a.hash === b.hash) return 0;
  return a.hash < b.hash ? -1 : 1;
}
