/**
 * member/<user id>: the channels bound to a user, and whether risk control has frozen the account.
 *
 * The balance refuses holds by what it is told from here. Messages arrive in any order, so each change is numbered and
 * the balance takes no older one.
 */
import { assign, setup } from 'xstate';
import { frozen, inOrder } from './account-words.ts';
import { effects, type Stamped, type Tell } from './effects.ts';
import type { EventMeta, StaffRole, StateMeta } from './meta.ts';
import { on } from './narrow.ts';

/** A user with more channels than this shows the latest; the channel itself knows its owner for ever. */
const CHANNELS_LIMIT = 100;

interface ChannelBoundEvent {
  readonly type: 'channelBound';
  /** `relation-…`, `special-…` or `adzone-…`. */
  readonly channel: string;
  readonly by: string;
}

interface FlagEvent {
  readonly type: 'freeze' | 'unfreeze';
  readonly by: string;
  readonly reason: string;
}

type MemberEvent = Stamped & (ChannelBoundEvent | FlagEvent);

export interface MemberContext {
  readonly id: string;
  readonly createdAt: number;
  readonly channels: readonly string[];
  readonly frozen: { readonly by: string; readonly reason: string; readonly at: number } | null;
  /** Who lifted the last freeze, and why. */
  readonly unfrozen: { readonly by: string; readonly reason: string; readonly at: number } | null;
  /** How many times it was frozen or unfrozen. */
  readonly freezeN: number;
}

interface Seen<E> {
  readonly context: MemberContext;
  readonly event: E & Stamped;
}

function noteChannel({ context, event }: Seen<ChannelBoundEvent>): Partial<MemberContext> {
  const others = context.channels.filter((channel) => channel !== event.channel);
  return { channels: [...others, event.channel].slice(-CHANNELS_LIMIT) };
}

function noteFlag({ context, event }: Seen<FlagEvent>): Partial<MemberContext> {
  const { by, reason, at } = event;
  const frozen = event.type === 'freeze' ? { by, reason, at } : null;
  return { frozen, unfrozen: frozen === null ? { by, reason, at } : null, freezeN: context.freezeN + 1 };
}

function flagTell({ context, event }: Seen<FlagEvent>): Tell {
  const { type, by, reason } = event;
  return { to: `balance/${context.id}`, event: { type, by, reason, n: context.freezeN } };
}

const memberMeta: StateMeta = {
  title: { zh: '用户', en: 'Member' },
  help: {
    zh: '一个用户绑定的渠道，以及风控是否冻结了账户。',
    en: 'The channels bound to a user, and whether risk control has frozen the account.',
  },
  slaSeconds: 0,
};

const activeMeta: StateMeta = {
  title: { zh: '正常', en: 'Active' },
  help: { zh: '账户正常，可以提现。', en: 'Nothing is wrong; withdrawals are possible.' },
  slaSeconds: 0,
  ...inOrder,
};

const frozenMeta: StateMeta = {
  title: { zh: '已冻结', en: 'Frozen' },
  help: {
    zh: '风控冻结：返利照常入账，不能发起新的提现。原因与经办人见详情。',
    en: 'Frozen by risk control: rebates are still credited, no new withdrawal is possible. The context says who and why.',
  },
  slaSeconds: 0,
  ...frozen,
};

const RISK_STAFF: readonly StaffRole[] = ['operator', 'approver', 'admin'];

export const memberEvents: Record<string, EventMeta> = {
  channelBound: {
    title: { zh: '绑定渠道', en: 'Channel bound' },
    help: { zh: '一个推广渠道归属于该用户。', en: 'A promotion channel now belongs to this user.' },
    sentBy: [],
  },
  freeze: {
    title: { zh: '冻结', en: 'Freeze' },
    help: {
      zh: '禁止新的提现；已锁定的提现继续处理。',
      en: 'Stops new withdrawals; those already held go on.',
    },
    sentBy: RISK_STAFF,
  },
  unfreeze: {
    title: { zh: '解冻', en: 'Unfreeze' },
    help: { zh: '恢复提现。', en: 'Withdrawals are possible again.' },
    sentBy: RISK_STAFF,
  },
};

const member = setup({
  types: {
    context: {} as MemberContext,
    events: {} as MemberEvent,
    input: {} as { id: string; at: number },
    meta: {} as StateMeta,
  },
  actions: { ...effects, noteChannel: assign(on(noteChannel)), noteFlag: assign(on(noteFlag)) },
});

/** A member. Freezing one that is frozen takes the newer reason. */
export function createMemberMachine() {
  return member.createMachine({
    id: 'member',
    context: ({ input: { id, at } }) => ({ id, createdAt: at, channels: [], frozen: null, unfrozen: null, freezeN: 0 }),
    initial: 'active',
    meta: memberMeta,
    on: {
      channelBound: { actions: 'noteChannel' },
      freeze: { target: '.frozen', actions: ['noteFlag', { type: 'tell', params: flagTell }] },
      unfreeze: { target: '.active', actions: ['noteFlag', { type: 'tell', params: flagTell }] },
    },
    states: { active: { meta: activeMeta }, frozen: { meta: frozenMeta } },
  });
}

/** The list row of a member. */
export function memberListing(context: MemberContext, state: string, id: string) {
  const { channels, frozen, createdAt } = context;
  return { owner: id, sortKey: createdAt, status: state, view: { channels: [...channels], frozen, createdAt } };
}
