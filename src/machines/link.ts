/**
 * link/<code>: one promotion link that a user shares: where it leads, for whom it counts, and how often it was followed.
 *
 * The code is made of owner, channel and item, so asking again for the same link meets the same actor; its targets may
 * be renewed, its owner, channel and item never change.
 */
import { assign, setup } from 'xstate';
import { effects, type Stamped } from './effects.ts';
import type { EventMeta, StateMeta, Words } from './meta.ts';
import { on } from './narrow.ts';

/** Where a link leads: all of it made by the partner. */
export interface LinkTargets {
  readonly url: string;
  readonly shortUrl: string;
  /** The share code (淘口令) that opens the item in the Taobao app. */
  readonly tpwd: string;
}

interface Identity {
  readonly owner: string;
  /** The channel that its orders come with, as `relation-1`. */
  readonly channel: string;
  readonly itemId: string;
}

export interface LinkContext {
  readonly id: string;
  readonly owner: string | null;
  readonly channel: string;
  readonly itemId: string;
  readonly title: string;
  readonly targets: LinkTargets | null;
  readonly createdAt: number;
  readonly renewedAt: number;
  readonly clicks: number;
  readonly lastClickAt: number | null;
}

export type LinkEvent = Stamped &
  (
    | ({ readonly type: 'make'; readonly title: string; readonly targets: LinkTargets } & Identity)
    | { readonly type: 'clicked'; readonly count: number }
  );

interface Seen<T extends LinkEvent['type'] = LinkEvent['type']> {
  readonly context: LinkContext;
  readonly event: Extract<LinkEvent, { type: T }>;
}

function take({ context, event }: Seen<'make'>): Partial<LinkContext> {
  const { owner, channel, itemId, title, targets, at } = event;
  const createdAt = context.owner === null ? at : context.createdAt;
  return { owner, channel, itemId, title, targets, createdAt, renewedAt: at };
}

function count({ context, event }: Seen<'clicked'>): Partial<LinkContext> {
  return { clicks: context.clicks + event.count, lastClickAt: event.at };
}

function isSameLink({ context, event }: Seen<'make'>): boolean {
  return context.owner === event.owner && context.channel === event.channel && context.itemId === event.itemId;
}

const TAKEN = { code: 'LINK_TAKEN', detail: 'the code belongs to another link' };

const link = setup({
  types: {
    context: {} as LinkContext,
    events: {} as LinkEvent,
    input: {} as { readonly id: string; readonly at: number },
    meta: {} as StateMeta,
  },
  actions: { ...effects, take: assign(on(take)), count: assign(on(count)) },
  guards: {
    isSameLink: on(isSameLink),
    isCount: on(({ event }: Seen<'clicked'>) => Number.isSafeInteger(event.count) && event.count > 0),
  },
});

/** The machine of a link. */
export function createLinkMachine() {
  return link.createMachine({
    id: 'link',
    context: ({ input: { id, at } }) => ({
      id,
      owner: null,
      channel: '',
      itemId: '',
      title: '',
      targets: null,
      createdAt: at,
      renewedAt: at,
      clicks: 0,
      lastClickAt: null,
    }),
    initial: 'unmade',
    meta: {
      title: { zh: '推广链接', en: 'Promotion link' },
      help: {
        zh: '用户分享的一个商品链接：指向哪里、归属哪个渠道、被点击多少次。',
        en: 'A link to an item that a user shares: where it leads, whose channel it carries, how often it was followed.',
      },
      slaSeconds: 0,
    },
    states: {
      unmade: {
        meta: {
          title: { zh: '未生成', en: 'Not made' },
          help: { zh: '该短码还没有对应的链接。', en: 'There is no link behind this code yet.' },
          slaSeconds: 0,
          customer: { zh: '打开该链接时提示链接不存在。', en: 'Whoever opens the link is told that there is none.' },
          answer: {
            zh: '请在应用里重新生成链接再分享。',
            en: 'Please make the link again in the app and share that one.',
          },
        },
        on: { make: { target: 'active', actions: 'take' } },
      },
      active: {
        meta: {
          title: { zh: '可用', en: 'Active' },
          help: {
            zh: '链接可以分享；点击会计数，订单按所带的渠道归属。',
            en: 'The link can be shared: clicks are counted, orders follow the channel that it carries.',
          },
          slaSeconds: 0,
          customer: {
            zh: '链接在“我的推广链接”里，点击数约一秒后更新。',
            en: 'The link is in the list of links; its clicks show about a second later.',
          },
          answer: {
            zh: '点击已计数；通过该链接下的订单会在淘宝联盟上报后出现。',
            en: 'The clicks are counted; orders placed through it appear once Alimama reports them.',
          },
        },
        on: {
          make: [{ guard: 'isSameLink', actions: 'take' }, { actions: { type: 'refuse', params: TAKEN } }],
          clicked: { guard: 'isCount', actions: 'count' },
        },
      },
    },
  });
}

export const linkEvents: Record<LinkEvent['type'], EventMeta> = {
  make: {
    title: { zh: '生成链接', en: 'Made' },
    help: { zh: '用户生成链接，或更新它指向的地址。', en: 'The user made the link, or had its targets renewed.' },
    sentBy: [],
  },
  clicked: {
    title: { zh: '点击', en: 'Clicks' },
    help: {
      zh: '链接又被点击了若干次（每秒汇总一次）。',
      en: 'The link was followed so many more times, summed up each second.',
    },
    sentBy: [],
  },
};

export const linkGuards: Readonly<Record<string, Words>> = {
  isSameLink: { zh: '同一用户、渠道和商品', en: 'same user, channel and item' },
  isCount: { zh: '次数为正整数', en: 'a count of at least one' },
};

/** The link in its owner's list, newest first. */
export function linkListing(context: LinkContext, state: string, id: string) {
  const { owner, channel, itemId, title, targets, createdAt, clicks, lastClickAt } = context;
  const { shortUrl = '', tpwd = '' } = targets ?? {};
  const view = { code: id, channel, itemId, title, shortUrl, tpwd, clicks, createdAt, lastClickAt };
  return { owner, sortKey: createdAt, status: state, view };
}
