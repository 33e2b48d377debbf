/**
 * Rebate arithmetic: integers of fen, exact, always rounded down for the user.
 *
 * An amount that is no safe integer throws, so that the message carrying it is set aside instead of moving money.
 */
import type { OrderRow, RefundRow } from './order-row.ts';
import type { Release, Share } from './rules.ts';
import { DAY_MS, dayOfNextMonth } from './shanghai.ts';

/** What the partner will really pay for the order: its income less the technical fee, never below 0. */
export function netIncomeFen(row: Pick<OrderRow, 'status' | 'preFeeFen' | 'feeFen' | 'techFeeFen'>): number {
  const incomeFen = row.status === 3 ? row.feeFen : row.preFeeFen;
  return Math.max(0, checked(incomeFen) - checked(row.techFeeFen));
}

/** The user's share of the net income. */
export function rebateFen(netFen: number, share: Share): number {
  return floorOf(netFen, share.numerator, share.denominator);
}

/** A part of the price: 15.5 % is 155000 / 1000000. */
export interface IncomeRate {
  readonly numerator: number;
  readonly denominator: number;
}

/** The technical service fee that the partner deducts from a commission: 10 %, as live orders show it. */
const TECH_FEE = { numerator: 1, denominator: 10 };

/**
 * What an order of an item at this price would bring its user, reckoned as the order itself will be. The fee is taken
 * of all of the income and rounded up, so that the order brings this or a little more.
 */
export function estimatedRebateFen(priceFen: number, rate: IncomeRate, share: Share): number {
  const incomeFen = floorOf(priceFen, rate.numerator, rate.denominator);
  const techFeeFen = incomeFen - floorOf(incomeFen, TECH_FEE.denominator - TECH_FEE.numerator, TECH_FEE.denominator);
  return rebateFen(netIncomeFen({ status: 12, preFeeFen: incomeFen, feeFen: 0, techFeeFen }), share);
}

/** What is left of the rebate after the partner has taken `refundFen` of the net income back; 0 when it took all. */
export function keptRebateFen(fullFen: number, netFen: number, refundFen: number): number {
  const keptFen = checked(netFen) - Math.max(0, checked(refundFen));
  return keptFen <= 0 ? 0 : floorOf(fullFen, keptFen, netFen);
}

/** What one dispute takes back: all of its amount once it succeeded (2) or is taken from us (12, 13), else nothing. */
export function takenBackFen(refund: Pick<RefundRow, 'status' | 'refundFen'>): number {
  const isTaken = refund.status === 2 || refund.status === 12 || refund.status === 13;
  return isTaken ? Math.max(0, checked(refund.refundFen)) : 0;
}

/** When the rebate of an order settled at `settledAt` becomes available. */
export function releaseTime(settledAt: number, release: Release): number {
  return release.kind === 'days' ? settledAt + release.days * DAY_MS : dayOfNextMonth(settledAt, release.day);
}

/** ⌊amount × numerator / denominator⌋ for amounts ≥ 0; the product may pass 2^53. */
function floorOf(amountFen: number, numerator: number, denominator: number): number {
  return Number((BigInt(checked(amountFen)) * BigInt(numerator)) / BigInt(denominator));
}

function checked(fen: number): number {
  if (!Number.isSafeInteger(fen)) throw new RangeError(`${fen} is no whole number of fen`);
  return fen;
}
