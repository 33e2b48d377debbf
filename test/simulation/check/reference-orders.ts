/**
 * What each order is worth to its user, worked out again from the rows, refunds and answers its journal took (I4).
 */
import type { JournalRecord, RecordedMessage } from '../../../src/actors/record.ts';
import type { Release, Share } from '../../../src/machines/rules.ts';
import { assert } from './facts.ts';

/** A row or refund report, as far as its place in time goes. */
interface Report {
  readonly modifiedAt: number;
  readonly status: number;
  readonly hash: string;
}

interface Row extends Report {
  readonly earningAt: number | null;
  readonly preFeeFen: number;
  readonly feeFen: number;
  readonly techFeeFen: number;
  readonly relationId: string | null;
  readonly specialId: string | null;
  readonly adzoneId: string | null;
}

interface Refund extends Report {
  readonly suitId: string;
  readonly refundFen: number;
}

const ROW_RANK = [12, 14, 3, 13];
const REFUND_RANK = [4, 11, 3, 14, 15, 2, 12, 13];
const CHANNELS = ['relation', 'special', 'adzone'] as const;
const TAKES_BACK = [2, 12, 13];
const DAY_MS = 86_400_000;
const SHANGHAI_MS = 8 * 3_600_000;

export interface Worth {
  readonly totalFen: number;
  /** When all of it becomes available; null while it is not settled. */
  readonly availableFrom: number | null;
}

export interface Terms {
  readonly share: Share;
  readonly release: Release;
}

/** The worth of an order by its newest facts; nothing for an order that is closed. */
export function worthOf(
  row: Pick<Row, 'status' | 'preFeeFen' | 'feeFen' | 'techFeeFen' | 'earningAt' | 'modifiedAt'>,
  refunds: readonly { status: number; refundFen: number }[],
  { share, release }: Terms,
): Worth {
  if (row.status === 13) return { totalFen: 0, availableFrom: null };
  const isSettled = row.status === 3;
  const netFen = Math.max(0, (isSettled ? row.feeFen : row.preFeeFen) - row.techFeeFen);
  const fullFen = Math.floor((netFen * share.numerator) / share.denominator);
  const backFen = refunds.filter(({ status }) => TAKES_BACK.includes(status)).reduce((sum, r) => sum + r.refundFen, 0);
  const totalFen = backFen >= netFen ? 0 : Math.floor((fullFen * (netFen - backFen)) / netFen);
  const settledAt = row.earningAt ?? row.modifiedAt;
  return { totalFen, availableFrom: isSettled ? releaseTime(settledAt, release) : null };
}

function releaseTime(settledAt: number, release: Release): number {
  if (release.kind === 'days') return settledAt + release.days * DAY_MS;
  const local = new Date(settledAt + SHANGHAI_MS);
  return Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, release.day) - SHANGHAI_MS;
}

export class OrderView {
  row: Row | undefined;
  readonly refunds = new Map<string, Refund>();
  readonly #channels = new Map<string, { id: string; by: Row }>();
  userId: string | null = null;
  /** Told to the balance so far. */
  pendingFen = 0;
  availableFen = 0;
  differenceCount = 0;

  take({ event, outcome }: RecordedMessage): void {
    if (outcome !== 'done') return;
    if (event.type === 'row') {
      const row = event['row'] as unknown as Row;
      if (this.row === undefined || isNewer(row, this.row, ROW_RANK)) this.row = row;
      this.#note('relation', row.relationId, row);
      this.#note('special', row.specialId, row);
      this.#note('adzone', row.adzoneId, row);
      const owner = event['owner'] as { userId: string; channel: string } | null;
      if (owner !== null) this.#attribute(owner.userId, owner.channel);
    } else if (event.type === 'refund') {
      const refund = event['refund'] as unknown as Refund;
      const known = this.refunds.get(refund.suitId);
      if (known === undefined || isNewer(refund, known, REFUND_RANK)) this.refunds.set(refund.suitId, refund);
    } else if (event.type === 'owned') this.#attribute(event['userId'] as string, event['channel'] as string);
    else if (event.type === 'claim' && this.row !== undefined) this.userId ??= event['userId'] as string;
  }

  channelNames(): readonly string[] {
    return CHANNELS.flatMap((kind) => {
      const known = this.#channels.get(kind);
      return known === undefined ? [] : [`${kind}-${known.id}`];
    });
  }

  #note(kind: string, id: string | null, by: Row): void {
    if (id === null) return;
    const known = this.#channels.get(kind);
    if (known === undefined || isNewer(by, known.by, ROW_RANK)) this.#channels.set(kind, { id, by });
  }

  #attribute(userId: string, channel: string): void {
    if (this.userId === null && this.channelNames().includes(channel)) this.userId = userId;
  }
}

function isNewer(a: Report, b: Report, rank: readonly number[]): boolean {
  if (a.modifiedAt !== b.modifiedAt) return a.modifiedAt > b.modifiedAt;
  if (a.status !== b.status) return rank.indexOf(a.status) > rank.indexOf(b.status);
  return a.hash > b.hash;
}

export class ReferenceOrders {
  readonly orders = new Map<string, OrderView>();
  readonly #terms: Terms;

  constructor(terms: Terms) {
    this.#terms = terms;
  }

  /** I4 after each record: what the balance has been told of the order is what the order is worth. */
  check(record: JournalRecord): void {
    const id = record.actor.slice('order/'.length);
    const where = `${record.actor} seq ${record.seq}`;
    const order = this.orders.get(id) ?? new OrderView();
    this.orders.set(id, order);
    const ownerBefore = order.userId;
    for (const message of record.messages) {
      assert(message.outcome !== 'parked', () => `I21 ${where} parked ${message.id}: ${message.reason?.detail}`);
      order.take(message);
    }
    const owner = record.snapshot.context['userId'] as string | null;
    assert(owner === order.userId, () => `I4 ${where} belongs to ${owner}, the rows say ${order.userId}`);
    assert(ownerBefore === null || ownerBefore === owner, () => `I4 ${where} changed hands`);
    for (const { to, event } of record.tells) {
      if (event.type !== 'post') continue;
      order.differenceCount += 1;
      assert(to === `balance/${owner}`, () => `I4 ${where} credits ${to}`);
      assert(
        event['order'] === id && event['n'] === order.differenceCount,
        () => `I4 ${where} numbers a difference twice`,
      );
      order.pendingFen += event['pendingFen'] as number;
      order.availableFen += event['availableFen'] as number;
    }
    const worthFen = this.worth(order)?.totalFen ?? 0;
    const toldFen = order.pendingFen + order.availableFen;
    assert(toldFen === worthFen, () => `I4 ${where} has told ${toldFen} fen, it is worth ${worthFen}`);
  }

  /** Null while it has no user or no row. */
  worth(order: OrderView): Worth | null {
    if (order.row === undefined || order.userId === null) return null;
    return worthOf(order.row, [...order.refunds.values()], this.#terms);
  }
}
