/**
 * One id in the partner's rows that stands for a user: a relation, special or adzone id. It has one owner for ever, and
 * answers every order that asked before it had one.
 */
import { assign, setup } from 'xstate';
import { effects, type Stamped, type Tell } from './effects.ts';
import type { EventMeta, StateMeta } from './meta.ts';
import { on } from './narrow.ts';

/** Orders kept to be answered at the binding; any further one asks again by itself. */
export const MAX_ASKERS = 1_000;

export interface ChannelContext {
  /** Kind and id, as `relation-1`. */
  readonly id: string;
  readonly seenAt: number;
  readonly owner: string | null;
  /** Trade ids of the orders that wait for an owner. */
  readonly askers: readonly string[];
}

export type ChannelEvent = Stamped &
  (
    | { readonly type: 'bind'; readonly userId: string; readonly by: string }
    | { readonly type: 'ask'; readonly order: string }
  );

interface Seen<T extends ChannelEvent['type'] = ChannelEvent['type']> {
  readonly context: ChannelContext;
  readonly event: Extract<ChannelEvent, { type: T }>;
}

function answer({ context, event }: Seen<'ask'>): Tell {
  return owned(event.order, context);
}

function answersToAll({ context }: Pick<Seen, 'context'>): readonly Tell[] {
  return context.askers.map((order) => owned(order, context));
}

function owned(order: string, { id, owner }: ChannelContext): Tell {
  return { to: `order/${order}`, event: { type: 'owned', userId: owner, channel: id } };
}

function isKeepable({ context: { askers }, event }: Seen<'ask'>): boolean {
  return askers.length < MAX_ASKERS && !askers.includes(event.order);
}

const TAKEN = { code: 'CHANNEL_TAKEN', detail: 'another user holds this channel' };

const channel = setup({
  types: {
    context: {} as ChannelContext,
    events: {} as ChannelEvent,
    input: {} as { readonly id: string; readonly at: number },
    meta: {} as StateMeta,
  },
  actions: {
    ...effects,
    takeOwner: assign(on(({ event }: Seen<'bind'>) => ({ owner: event.userId }))),
    keepAsker: assign(on(({ context, event }: Seen<'ask'>) => ({ askers: [...context.askers, event.order] }))),
    forgetAskers: assign({ askers: [] }),
  },
  guards: {
    isOwner: on(({ context, event }: Seen<'bind'>) => context.owner === event.userId),
    isKeepable: on(isKeepable),
  },
});

/** The machine of a channel. */
export function createChannelMachine() {
  return channel.createMachine({
    id: 'channel',
    context: ({ input }) => ({ id: input.id, seenAt: input.at, owner: null, askers: [] }),
    initial: 'unbound',
    meta: {
      title: { zh: '渠道', en: 'Channel' },
      help: {
        zh: '淘宝联盟的一个渠道、会员或推广位编号，以及它所属的用户。',
        en: 'A relation, special or adzone id of Taobao, and the user it stands for.',
      },
      slaSeconds: 0,
    },
    states: {
      unbound: {
        meta: {
          title: { zh: '未绑定', en: 'Unbound' },
          help: {
            zh: '还没有用户绑定该编号；绑定后，等待中的订单会自动归属。',
            en: 'Nobody holds this id yet; once it is bound the waiting orders follow by themselves.',
          },
          slaSeconds: 0,
          customer: {
            zh: '带有该编号的订单不在任何人的订单列表里。',
            en: 'Orders that carry the id are in nobody’s list.',
          },
          answer: {
            zh: '请在应用里完成淘宝授权绑定，之前的订单会自动补上。',
            en: 'Please bind your Taobao account in the app; earlier orders follow by themselves.',
          },
          awaits: { zh: '用户绑定该编号', en: 'a user to be bound to it' },
        },
        on: {
          bind: {
            target: 'bound',
            actions: ['takeOwner', { type: 'tell', params: answersToAll }, 'forgetAskers'],
          },
          // An order that asks again is waiting already; one too many asks again later.
          ask: [{ guard: 'isKeepable', actions: 'keepAsker' }, {}],
        },
      },
      bound: {
        meta: {
          title: { zh: '已绑定', en: 'Bound' },
          help: {
            zh: '该编号属于一个用户，带有该编号的订单都归该用户。',
            en: 'The id belongs to one user, and so does every order that carries it.',
          },
          slaSeconds: 0,
          customer: {
            zh: '带有该编号的订单在所属用户的订单列表里。',
            en: 'Orders that carry the id are in its user’s list.',
          },
          answer: {
            zh: '渠道已绑定，新订单会自动归到您名下。',
            en: 'The channel is bound; new orders become yours by themselves.',
          },
        },
        on: {
          bind: [{ guard: 'isOwner' }, { actions: { type: 'refuse', params: TAKEN } }],
          ask: { actions: { type: 'tell', params: answer } },
        },
      },
    },
  });
}

export const channelEvents: Record<ChannelEvent['type'], EventMeta> = {
  bind: {
    title: { zh: '绑定用户', en: 'Bind to a user' },
    help: {
      zh: '把该编号绑定给用户；已被他人绑定时会被拒绝。',
      en: 'Gives the id to a user; refused while another user holds it.',
    },
    sentBy: ['operator', 'approver'],
  },
  ask: {
    title: { zh: '订单询问', en: 'Question of an order' },
    help: { zh: '一笔订单询问该编号属于谁。', en: 'An order asked whose id this is.' },
    sentBy: [],
  },
};

/** The channel in its owner's list. */
export function channelListing(context: ChannelContext, state: string, id: string) {
  const { owner, askers, seenAt } = context;
  return { owner, sortKey: seenAt, status: state, view: { channel: id, owner, waitingOrderCount: askers.length } };
}
