/**
 * What an order knows and what follows from it: the newest row, who it belongs to, and the difference between what it
 * is worth to its user now and what the user's balance has been told so far.
 *
 * Everything here is a function of the greatest row, the greatest row per channel kind, the greatest report per
 * dispute and the least time of receipt, so rows and refunds may come in any order, any number of times.
 */
import { keptRebateFen, netIncomeFen, rebateFen, releaseTime, takenBackFen } from './commission.ts';
import { compareRefunds, compareRows, type OrderRow, type RefundRow, type Stamp } from './order-row.ts';
import type { Release, Share } from './rules.ts';

export const MAX_REFUNDS = 50;

/** Fixed when the order is first heard of; later rules are for later orders. */
interface Terms {
  readonly share: Share;
  readonly release: Release;
}

/** The newest row, without the ids that are merged apart. */
type KeptRow = Omit<OrderRow, 'tradeId' | 'relationId' | 'specialId' | 'adzoneId' | 'itemImageUrl'>;

/** An id together with the place in time of the row it was read from. */
interface ChannelMark extends Stamp {
  readonly channelId: string;
}

type ChannelKind = 'relation' | 'special' | 'adzone';

type RefundMark = Pick<RefundRow, 'suitId' | 'status' | 'modifiedAt' | 'refundFen' | 'hash'>;

export interface Owner {
  readonly userId: string;
  /** The channel that proved it, as `relation-1`. */
  readonly channel: string;
}

/** The user's money as far as this order goes. */
interface Credit {
  readonly pendingFen: number;
  readonly availableFen: number;
}

export interface OrderContext {
  /** The partner's trade id. */
  readonly id: string;
  readonly seenAt: number;
  readonly terms: Terms;
  readonly row: KeptRow | null;
  readonly receivedAt: number | null;
  readonly channels: { readonly [K in ChannelKind]: ChannelMark | null };
  readonly userId: string | null;
  /** How the user was found: a channel, or `claim`; null while there is none. */
  readonly foundBy: string | null;
  readonly refunds: readonly RefundMark[];
  /** Whether the holding time was over at the last look at the clock. */
  readonly isReleased: boolean;
  /** What the balance has been told, and by how many numbered differences. */
  readonly credited: Credit;
  readonly differenceCount: number;
  /** The channels of the last question for an owner, and how often they were asked. */
  readonly asked: readonly string[];
  readonly askCount: number;
}

export interface Post extends Credit {
  readonly order: string;
  readonly n: number;
  readonly kind: 'credit' | 'release' | 'clawback' | 'adjust';
}

export function newOrder(id: string, at: number, terms: Terms): OrderContext {
  return {
    id,
    seenAt: at,
    terms,
    row: null,
    receivedAt: null,
    channels: { relation: null, special: null, adzone: null },
    userId: null,
    foundBy: null,
    refunds: [],
    isReleased: false,
    credited: { pendingFen: 0, availableFen: 0 },
    differenceCount: 0,
    asked: [],
    askCount: 0,
  };
}

/** The order after one more row, and after its owner as the sender knew it. */
export function withRow(context: OrderContext, row: OrderRow, owner: Owner | null): OrderContext {
  const { tradeId: _tradeId, relationId, specialId, adzoneId, itemImageUrl: _itemImageUrl, ...kept } = row;
  const { channels } = context;
  const merged = {
    ...context,
    row: context.row === null || compareRows(kept, context.row) > 0 ? kept : context.row,
    receivedAt: earliest(context.receivedAt, receiptSeenIn(row)),
    channels: {
      relation: newest(channels.relation, relationId, row),
      special: newest(channels.special, specialId, row),
      adzone: newest(channels.adzone, adzoneId, row),
    },
  };
  const isFound = owner !== null && merged.userId === null && channelNames(merged).includes(owner.channel);
  return isFound ? { ...merged, userId: owner.userId, foundBy: owner.channel } : merged;
}

/** The order after one more report about a dispute. */
export function withRefund(context: OrderContext, refund: RefundRow): OrderContext {
  const { suitId, status, modifiedAt, refundFen, hash } = refund;
  const known = context.refunds.find((mark) => mark.suitId === suitId);
  if (known !== undefined && compareRefunds(refund, known) <= 0) return context;
  const others = context.refunds.filter((mark) => mark !== known);
  return { ...context, refunds: [...others, { suitId, status, modifiedAt, refundFen, hash }] };
}

/** The channels that may know the order's user, by the newest id of each kind. */
export function channelNames({ channels }: Pick<OrderContext, 'channels'>): readonly string[] {
  return (['relation', 'special', 'adzone'] as const).flatMap((kind) => {
    const mark = channels[kind];
    return mark === null ? [] : [`${kind}-${mark.channelId}`];
  });
}

export function settledAt({ row }: OrderContext): number | null {
  return row?.status === 3 ? (row.earningAt ?? row.modifiedAt) : null;
}

export function releaseAt(context: OrderContext): number | null {
  const settled = settledAt(context);
  return settled === null ? null : releaseTime(settled, context.terms.release);
}

/** Whether the holding time is over. */
export function isReleaseDue(context: OrderContext, at: number): boolean {
  const due = releaseAt(context);
  return due !== null && at >= due;
}

/** The rebate at the newest row's figures, before and after what refunds took back; nothing for an invalid order. */
export function rebateOf({ row, refunds, terms }: OrderContext): { fullFen: number; keptFen: number } {
  if (row === null || row.status === 13) return { fullFen: 0, keptFen: 0 };
  const netFen = netIncomeFen(row);
  const fullFen = rebateFen(netFen, terms.share);
  const refundFen = refunds.reduce((sum, refund) => sum + takenBackFen(refund), 0);
  return { fullFen, keptFen: keptRebateFen(fullFen, netFen, refundFen) };
}

/** The next difference to tell the balance, or null when it has been told all. */
export function nextPost(context: OrderContext): Post | null {
  const { credited, differenceCount, id } = context;
  const target = targetOf(context);
  const pendingFen = target.pendingFen - credited.pendingFen;
  const availableFen = target.availableFen - credited.availableFen;
  if (pendingFen === 0 && availableFen === 0) return null;
  const n = differenceCount + 1;
  return { order: id, n, kind: kindOf(n, pendingFen, availableFen), pendingFen, availableFen };
}

/** The order once that difference is on its way. */
export function withPost(context: OrderContext, post: Post | null): OrderContext {
  return post === null ? context : { ...context, credited: targetOf(context), differenceCount: post.n };
}

function targetOf(context: OrderContext): Credit {
  const fen = context.userId === null ? 0 : rebateOf(context).keptFen;
  return context.isReleased ? { pendingFen: 0, availableFen: fen } : { pendingFen: fen, availableFen: 0 };
}

function kindOf(n: number, pendingFen: number, availableFen: number): Post['kind'] {
  if (n === 1) return 'credit';
  if (pendingFen < 0 && availableFen > 0) return 'release';
  return pendingFen <= 0 && availableFen <= 0 ? 'clawback' : 'adjust';
}

/** A row's word about when the goods were received: the partner names no time, so the earliest sign of it counts. */
function receiptSeenIn({ status, modifiedAt, earningAt }: OrderRow): number | null {
  if (status === 14) return modifiedAt;
  return status === 3 ? earliest(modifiedAt, earningAt) : null;
}

function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

function newest(known: ChannelMark | null, channelId: string | null, row: OrderRow): ChannelMark | null {
  if (channelId === null || (known !== null && compareRows(row, known) <= 0)) return known;
  return { channelId, modifiedAt: row.modifiedAt, status: row.status, hash: row.hash };
}
