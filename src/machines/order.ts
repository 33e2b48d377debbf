/**
 * One order line of the partner: from the first row that reports it to the released rebate, and back when it is refunded.
 *
 * Two regions: `trade` follows the newest row and the holding time, `attribution` finds the user. What the user is owed
 * is one figure that follows from both; after every event the balance is told the difference to what it was told before.
 */
import { assign, setup } from 'xstate';
import { netIncomeFen } from './commission.ts';
import { effects, type Stamped, type Tell } from './effects.ts';
import type { EventMeta, StateMeta } from './meta.ts';
import { on } from './narrow.ts';
import {
  channelNames,
  isReleaseDue,
  MAX_REFUNDS,
  newOrder,
  nextPost,
  type OrderContext,
  type Owner,
  rebateOf,
  releaseAt,
  settledAt,
  withPost,
  withRefund,
  withRow,
} from './order-account.ts';
import { orderMeta } from './order-meta.ts';
import type { OrderRow, RefundRow } from './order-row.ts';
import type { Rules } from './rules.ts';
import { DAY_MS } from './shanghai.ts';

const FIRST_ASK_AGAIN_MS = 60_000;
/** How long an order looks for its user by itself; a late binding or a claim still finds it. */
const ASKING_MS = 90 * DAY_MS;

export type OrderEvent = Stamped &
  (
    | { readonly type: 'row'; readonly row: OrderRow; readonly owner: Owner | null }
    | { readonly type: 'refund'; readonly refund: RefundRow }
    | { readonly type: 'owned'; readonly userId: string; readonly channel: string }
    | { readonly type: 'claim'; readonly userId: string; readonly by: string; readonly reason: string }
  );

interface Seen<T extends OrderEvent['type'] = OrderEvent['type']> {
  readonly context: OrderContext;
  readonly event: Extract<OrderEvent, { type: T }>;
}

function post({ context }: Pick<Seen, 'context'>): Tell | null {
  const next = nextPost(context);
  return next === null ? null : { to: `balance/${context.userId}`, event: { type: 'post', ...next } };
}

function questions({ context }: Pick<Seen, 'context'>): readonly Tell[] {
  return channelNames(context).map((name) => ({ to: `channel/${name}`, event: { type: 'ask', order: context.id } }));
}

function claimRefusal({ context }: Pick<Seen, 'context'>): { code: string; detail: string } {
  return context.row === null
    ? { code: 'ORDER_UNKNOWN', detail: 'no row of this order has been reported yet' }
    : { code: 'ORDER_ATTRIBUTED', detail: 'the order belongs to another user' };
}

const REFUND_REFUSAL = { code: 'REFUND_LIMIT', detail: `an order keeps at most ${MAX_REFUNDS} disputes` };

/** Looks at the clock, tells the balance the difference that follows, and remembers having told it. */
const settleAccount = ['noteTime', { type: 'tell', params: post }, 'noteTold'] as const;

function hasNoRoomForRefund({ context: { refunds }, event }: Seen<'refund'>): boolean {
  return refunds.length >= MAX_REFUNDS && refunds.every(({ suitId }) => suitId !== event.refund.suitId);
}

function isOurAnswer({ context, event }: Seen<'owned'>): boolean {
  return context.userId === null && channelNames(context).includes(event.channel);
}

/** A channel that the last question did not go to. */
function knowsNewChannel({ context }: Pick<Seen, 'context'>): boolean {
  return channelNames(context).some((name) => !context.asked.includes(name));
}

const order = setup({
  types: {
    context: {} as OrderContext,
    events: {} as OrderEvent,
    input: {} as { readonly id: string; readonly at: number },
    meta: {} as StateMeta,
  },
  actions: {
    ...effects,
    takeRow: assign(on(({ context, event }: Seen<'row'>) => withRow(context, event.row, event.owner))),
    takeRefund: assign(on(({ context, event }: Seen<'refund'>) => withRefund(context, event.refund))),
    takeOwner: assign(on(({ event }: Seen<'owned'>) => ({ userId: event.userId, foundBy: event.channel }))),
    takeClaimant: assign(on(({ event }: Seen<'claim'>) => ({ userId: event.userId, foundBy: 'claim' }))),
    noteTime: assign(({ context, event }) => ({ isReleased: isReleaseDue(context, event.at) })),
    noteTold: assign(({ context }) => withPost(context, nextPost(context))),
    noteAsked: assign(({ context }) => ({
      asked: channelNames(context),
      askCount: knowsNewChannel({ context }) ? 1 : context.askCount + 1,
    })),
  },
  guards: {
    isUnseen: ({ context }) => context.row === null,
    isInvalid: ({ context }) => context.row?.status === 13,
    isReleased: ({ context }) => context.isReleased,
    isSettled: ({ context }) => context.row?.status === 3,
    isReceived: ({ context }) => context.row?.status === 14,
    hasNoRoomForRefund: on(hasNoRoomForRefund),
    hasUser: ({ context }) => context.userId !== null,
    isOurAnswer: on(isOurAnswer),
    isClaimable: ({ context }) => context.row !== null && context.userId === null,
    isClaimants: on(({ context, event }: Seen<'claim'>) => context.userId === event.userId),
    knowsNewChannel,
    hasAskedLongEnough: ({ context, event }) => event.at >= context.seenAt + ASKING_MS,
  },
  delays: {
    holdingTime: ({ context, event }) => (releaseAt(context) ?? event.at) - event.at,
    askAgain: ({ context }) => Math.min(DAY_MS, FIRST_ASK_AGAIN_MS * 2 ** (context.askCount - 1)),
  },
});

/** The order machine; orders born under it keep these rules' share and release. */
export function createOrderMachine({ share, release }: Pick<Rules, 'share' | 'release'>) {
  return order.createMachine({
    id: 'order',
    type: 'parallel',
    context: ({ input }) => newOrder(input.id, input.at, { share, release }),
    meta: orderMeta.order,
    states: {
      trade: {
        initial: 'unseen',
        meta: orderMeta.trade,
        on: {
          row: { target: '.weighing', actions: ['takeRow', ...settleAccount] },
          refund: [
            { guard: 'hasNoRoomForRefund', actions: { type: 'refuse', params: REFUND_REFUSAL } },
            { target: '.weighing', actions: ['takeRefund', ...settleAccount] },
          ],
          owned: { guard: 'isOurAnswer', target: '.weighing', actions: ['takeOwner', ...settleAccount] },
          claim: [
            { guard: 'isClaimable', target: '.weighing', actions: ['takeClaimant', ...settleAccount] },
            { guard: 'isClaimants' },
            { actions: { type: 'refuse', params: claimRefusal } },
          ],
        },
        states: {
          unseen: { meta: orderMeta.unseen },
          weighing: {
            meta: orderMeta.weighing,
            always: [
              { guard: 'isUnseen', target: 'unseen' },
              { guard: 'isInvalid', target: 'closed' },
              { guard: 'isReleased', target: 'released' },
              { guard: 'isSettled', target: 'settled' },
              { guard: 'isReceived', target: 'received' },
              { target: 'paid' },
            ],
          },
          paid: { meta: orderMeta.paid },
          received: { meta: orderMeta.received },
          settled: {
            meta: orderMeta.settled,
            after: { holdingTime: { target: 'weighing', actions: [...settleAccount] } },
          },
          released: { meta: orderMeta.released },
          closed: { meta: orderMeta.closed },
        },
      },
      attribution: {
        initial: 'unattributed',
        meta: orderMeta.attribution,
        states: {
          unattributed: {
            meta: orderMeta.unattributed,
            always: [
              { guard: 'hasUser', target: 'attributed' },
              { guard: 'knowsNewChannel', target: 'asking' },
            ],
          },
          asking: {
            meta: orderMeta.asking,
            entry: [{ type: 'tell', params: questions }, 'noteAsked'],
            always: [
              { guard: 'hasUser', target: 'attributed' },
              { guard: 'knowsNewChannel', target: 'asking', reenter: true },
            ],
            after: {
              askAgain: [
                { guard: 'hasAskedLongEnough', target: 'abandoned' },
                { target: 'asking', reenter: true },
              ],
            },
          },
          attributed: { meta: orderMeta.attributed },
          abandoned: {
            meta: orderMeta.abandoned,
            always: [
              { guard: 'hasUser', target: 'attributed' },
              { guard: 'knowsNewChannel', target: 'asking' },
            ],
          },
        },
      },
    },
  });
}

export const orderEvents: Record<OrderEvent['type'], EventMeta> = {
  row: {
    title: { zh: '联盟上报', en: 'Row from Taobao' },
    help: { zh: '联盟上报了订单的一次变化。', en: 'Taobao reported a change of the order.' },
    sentBy: [],
  },
  refund: {
    title: { zh: '维权退款', en: 'Refund' },
    help: { zh: '联盟上报了一次维权的进展。', en: 'Taobao reported news of a dispute about the order.' },
    sentBy: [],
  },
  owned: {
    title: { zh: '找到用户', en: 'User found' },
    help: { zh: '渠道告知订单属于哪个用户。', en: 'A channel named the user the order belongs to.' },
    sentBy: [],
  },
  claim: {
    title: { zh: '订单找回', en: 'Claim' },
    help: {
      zh: '核实后把没有归属的订单归给用户；已归属的订单不能更改。',
      en: 'Gives an order without a user to the customer who proved it; an attributed order keeps its user.',
    },
    sentBy: ['operator', 'approver'],
  },
};

const PUBLIC_STATUS = { 12: 'paid', 14: 'received', 3: 'settled', 13: 'invalid' } as const;

/** The order as its user sees it; an order no row has reported, or without a user, is in nobody's list. */
export function orderListing(context: OrderContext, _state: string, id: string) {
  const { row, receivedAt } = context;
  if (row === null) return { owner: null, sortKey: context.seenAt, status: 'unseen', view: { tradeId: id } };
  const { fullFen, keptFen } = rebateOf(context);
  const status = PUBLIC_STATUS[row.status];
  const isVoid = status === 'invalid' || (fullFen > 0 && keptFen === 0);
  const view = {
    tradeId: id,
    itemId: row.itemId,
    itemTitle: row.itemTitle,
    status,
    paidFen: row.paidFen,
    rebateFen: keptFen,
    rebateState: isVoid ? 'void' : context.isReleased ? 'released' : 'pending',
    paidAt: row.paidAt,
    receivedAt: status === 'paid' ? null : receivedAt,
    settledAt: settledAt(context),
    releaseAt: releaseAt(context),
    modifiedAt: row.modifiedAt,
    // For statistics: the channel it came by, whichever answered first, and what the partner pays.
    channel: channelNames(context)[0] ?? context.foundBy,
    netFen: row.status === 13 ? 0 : netIncomeFen(row),
  };
  return { owner: context.userId, sortKey: row.createdAt, status, view };
}
