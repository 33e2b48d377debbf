/**
 * adzone/<id>: one promotion slot of the publisher, leased to one user after another, so that an order which carries
 * only the slot still finds its user: the one who held it when the order was placed.
 *
 * Leases never overlap, and between two of different users lies a rest in which orders of the earlier one may still
 * come in. So whose an order is depends on its time alone, whenever the row arrives.
 */
import { assign, setup } from 'xstate';
import { effects, type Stamped } from './effects.ts';
import type { EventMeta, StateMeta, Words } from './meta.ts';
import { on } from './narrow.ts';
import type { Rules } from './rules.ts';

/** Older ones are forgotten; with a day each that is well beyond the 90 days that an order may come late. */
const LEASES_LIMIT = 200;

/** How far the partner's clock may be behind ours: as much as it accepts the other way round. */
const CLOCK_SKEW_MS = 10 * 60_000;

export interface AdzoneLease {
  readonly userId: string;
  readonly from: number;
  /** While it is extended this moves on; after it the rest begins. */
  readonly until: number;
}

type AdzoneRules = Pick<Rules, 'adzoneLeaseMs' | 'adzoneRestMs'>;

export interface AdzoneContext extends AdzoneRules {
  readonly id: string;
  readonly seenAt: number;
  /** Oldest first. */
  readonly leases: readonly AdzoneLease[];
}

export type AdzoneEvent = Stamped & { readonly type: 'lease'; readonly userId: string };

interface Seen {
  readonly context: AdzoneContext;
  readonly event: AdzoneEvent;
}

function lastOf({ leases }: Pick<AdzoneContext, 'leases'>): AdzoneLease | undefined {
  return leases.at(-1);
}

/** Begins a lease, or extends that of the same user: from its beginning on the slot was nobody else's. */
function lease({ context, event }: Seen): Partial<AdzoneContext> {
  const last = lastOf(context);
  const until = event.at + context.adzoneLeaseMs;
  const isHolders = last !== undefined && last.userId === event.userId && event.at < restUntil(last, context);
  const next = { userId: event.userId, from: isHolders ? last.from : event.at, until };
  const earlier = isHolders ? context.leases.slice(0, -1) : context.leases;
  return { leases: [...earlier, next].slice(-LEASES_LIMIT) };
}

function restUntil({ until }: AdzoneLease, { adzoneRestMs }: AdzoneRules): number {
  return until + adzoneRestMs;
}

/**
 * The user whose order it is that was placed at `at`, or null when nobody held the slot then. The partner's times are
 * whole seconds of its own clock: what seems to be placed shortly before a lease, and in no other, is of that lease.
 */
export function leaseholderAt(context: AdzoneContext, at: number): string | null {
  const { leases } = context;
  const lease =
    leases.findLast((each) => each.from <= at && at < restUntil(each, context)) ??
    leases.find(({ from }) => from - CLOCK_SKEW_MS <= at && at < from);
  return lease?.userId ?? null;
}

function refusal({ context }: Seen): { code: string; detail: string } {
  const last = lastOf(context);
  return {
    code: 'ADZONE_TAKEN',
    detail: `leased or resting until ${last === undefined ? 0 : restUntil(last, context)}`,
  };
}

const adzone = setup({
  types: {
    context: {} as AdzoneContext,
    events: {} as AdzoneEvent,
    input: {} as { readonly id: string; readonly at: number },
    meta: {} as StateMeta,
  },
  actions: { ...effects, lease: assign(lease) },
  guards: { isHolder: on(({ context, event }: Seen) => lastOf(context)?.userId === event.userId) },
  delays: {
    leaseEnd: ({ context, event }) => Math.max(0, (lastOf(context)?.until ?? event.at) - event.at),
    restEnd: ({ context, event }) => {
      const last = lastOf(context);
      return last === undefined ? 0 : Math.max(0, restUntil(last, context) - event.at);
    },
  },
});

/** The machine of a slot; a slot first leased under these rules keeps their times. */
export function createAdzoneMachine({ adzoneLeaseMs, adzoneRestMs }: AdzoneRules) {
  const extend = [
    { guard: 'isHolder', target: 'leased', reenter: true, actions: 'lease' },
    { actions: { type: 'refuse', params: refusal } },
  ] as const;
  return adzone.createMachine({
    id: 'adzone',
    context: ({ input: { id, at } }) => ({ id, seenAt: at, leases: [], adzoneLeaseMs, adzoneRestMs }),
    initial: 'free',
    meta: {
      title: { zh: '推广位', en: 'Ad zone' },
      help: {
        zh: '一个推广位，轮流租给没有渠道编号的用户，用来识别他们的订单。',
        en: 'A slot that users without a channel id hold in turn, by which their orders are known.',
      },
      slaSeconds: 0,
    },
    states: {
      free: {
        meta: {
          title: { zh: '空闲', en: 'Free' },
          help: { zh: '可以租给任何用户。', en: 'Any user can have it.' },
          slaSeconds: 0,
          customer: { zh: '用户看不到空闲的推广位。', en: 'Customers see nothing of a free slot.' },
          answer: { zh: '没有租用，无需处理。', en: 'Nobody holds it; nothing is to be done.' },
        },
        on: { lease: { target: 'leased', actions: 'lease' } },
      },
      leased: {
        meta: {
          title: { zh: '已租出', en: 'Leased' },
          help: {
            zh: '归一个用户使用；租期内下的、带有该推广位的订单归该用户。',
            en: 'One user holds it; orders placed meanwhile that carry it are that user’s.',
          },
          slaSeconds: 0,
          customer: {
            zh: '用户的推广链接带有该推广位，订单会归到该用户名下。',
            en: 'The user’s links carry it, and the orders that it brings are in the user’s list.',
          },
          answer: {
            zh: '链接正常可用；绑定淘宝账号后归属更稳定。',
            en: 'Your links work; with a Taobao account bound they are yours for good.',
          },
        },
        on: { lease: [...extend] },
        after: { leaseEnd: 'resting' },
      },
      resting: {
        meta: {
          title: { zh: '静置', en: 'Resting' },
          help: {
            zh: '租期已过，等待迟到的订单；原用户可以续租，其他用户还不能租用。',
            en: 'The lease is over and late orders may still come: its last user can have it again, nobody else yet.',
          },
          slaSeconds: 0,
          customer: {
            zh: '此前通过该推广位下的订单仍会归到原用户名下。',
            en: 'Orders still coming in from it are in its last user’s list.',
          },
          answer: {
            zh: '再次生成推广链接即可继续使用该推广位。',
            en: 'Make a link again to go on with the same slot.',
          },
        },
        on: { lease: [...extend] },
        after: { restEnd: 'free' },
      },
    },
  });
}

export const adzoneEvents: Record<AdzoneEvent['type'], EventMeta> = {
  lease: {
    title: { zh: '租用', en: 'Lease' },
    help: {
      zh: '一个用户为推广链接租用该推广位；被他人占用时拒绝。',
      en: 'A user asked for it for a promotion link; refused while it is another’s.',
    },
    sentBy: [],
  },
};

export const adzoneGuards: Readonly<Record<string, Words>> = {
  isHolder: { zh: '是当前或上一位使用者', en: 'the user who holds it or held it last' },
};

export const adzoneDelays: Readonly<Record<string, Words>> = {
  leaseEnd: { zh: '租期结束', en: 'end of the lease' },
  restEnd: { zh: '静置期结束', en: 'end of the rest' },
};

/** The slot in its holder's list. */
export function adzoneListing(context: AdzoneContext, state: string, id: string) {
  const last = lastOf(context);
  const owner = state === 'free' ? null : (last?.userId ?? null);
  const view = { adzone: id, holder: owner, until: last?.until ?? null, leaseCount: context.leases.length };
  return { owner, sortKey: context.seenAt, status: state, view };
}
