/**
 * A feed of the partner's rows: reads window after window up to the present, rests, and begins again a little before
 * where it stopped. Rows do not pass through here: each page is an activity that sends its rows to their orders and
 * reports back once all are committed.
 *
 * Three feeds run by this chart, told apart by their id: `orders`, `refunds`, and `nightly`, which re-reads two days.
 */
import { assign, setup } from 'xstate';
import { type Call, effects, type Stamped } from './effects.ts';
import { feedMeta } from './feed-meta.ts';
import {
  type FeedContext,
  hasNextReading,
  isWindowDivisible,
  MAX_PAGES,
  needsAnotherPass,
  newFeed,
  type Page,
  planOf,
  restMs,
  withHalvedWindow,
  withNextPage,
  withNextPass,
  withNextReading,
  withPoll,
  withReadingRestarted,
  withStart,
  withTooOldSkipped,
  withWindow,
  withWindowRead,
} from './feed-reading.ts';
import type { EventMeta, StateMeta } from './meta.ts';
import { on } from './narrow.ts';
import type { Rules } from './rules.ts';

/** Long enough for the partner's answer and for a hundred orders to commit. */
const PAGE_TIMEOUT_MS = 30_000;
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 60_000;
const MIN_BLOCKED_MS = 1_000;
const MAX_BLOCKED_MS = 5 * 60_000;

interface Failure {
  readonly code: string;
  readonly detail?: string;
}

export type FeedEvent = Stamped &
  (
    | { readonly type: 'start'; readonly from: number }
    | { readonly type: 'page.ok'; readonly output: Page }
    | { readonly type: 'page.refused'; readonly reason: Failure }
    | { readonly type: 'page.postponed'; readonly until: number; readonly reason: Failure }
    | { readonly type: 'page.unknown'; readonly reason: Failure }
  );

interface Seen<T extends FeedEvent['type'] = FeedEvent['type']> {
  readonly context: FeedContext;
  readonly event: Extract<FeedEvent, { type: T }>;
}

type Unread = Seen<'page.refused' | 'page.postponed' | 'page.unknown'>;

function pageCall({ context }: Pick<Seen, 'context'>): Call {
  const { id, window, readingIndex, pageNo, positionIndex } = context;
  const { activity, readings } = planOf(id);
  const { scene = null, queryType } = readings[readingIndex] ?? {};
  const range = { startAt: window?.startAt, endAt: window?.endAt, pageNo, positionIndex, queryType };
  return {
    name: 'page',
    activity,
    input: scene === null ? range : { ...range, scene },
    timeoutMs: PAGE_TIMEOUT_MS,
  };
}

function isTooFull({ context, event }: Seen<'page.ok'>): boolean {
  return event.output.hasNext && context.pageNo >= MAX_PAGES;
}

function isRefusedAs(code: string) {
  return on(({ event }: Seen<'page.refused'>) => event.reason.code === code);
}

function noteError({ event }: Unread): Pick<FeedContext, 'lastError'> {
  const { code, detail } = event.reason;
  return { lastError: { code, detail: detail?.slice(0, 200) ?? null, at: event.at } };
}

function noteTooFull({ event }: Seen): Pick<FeedContext, 'lastError'> {
  const detail = `more than ${MAX_PAGES} pages in the shortest window`;
  return { lastError: { code: 'WINDOW_TOO_FULL', detail, at: event.at } };
}

function doubling(firstMs: number, maxMs: number, { failureCount }: FeedContext): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(30, Math.max(0, failureCount - 1)));
}

type FeedRules = Pick<Rules, 'orderPollMs' | 'orderWindowMs' | 'orderOverlapMs'>;

function feed(rules: FeedRules) {
  return setup({
    types: {
      context: {} as FeedContext,
      events: {} as FeedEvent,
      input: {} as { readonly id: string; readonly at: number },
      meta: {} as StateMeta,
    },
    actions: {
      ...effects,
      takeStart: assign(on(({ context, event }: Seen<'start'>) => withStart(context, event.from, event.at))),
      beginPoll: assign(({ context, event }) => withPoll(context, event.at, rules)),
      openWindow: assign(({ context, event }) => withWindow(context, event.at, rules)),
      closeWindow: assign(({ context }) => withWindowRead(context, rules)),
      halveWindow: assign(({ context }) => withHalvedWindow(context)),
      turnPage: assign(on(({ context, event }: Seen<'page.ok'>) => withNextPage(context, event.output))),
      readAgain: assign(on(({ context, event }: Seen<'page.ok'>) => withNextPass(context, event.output))),
      readNext: assign(({ context }) => withNextReading(context)),
      restartReading: assign(({ context }) => withReadingRestarted(context)),
      skipTooOld: assign(({ context, event }) => withTooOldSkipped(context, event.at)),
      countFailure: assign(({ context }) => ({ failureCount: context.failureCount + 1 })),
      forgetFailures: assign({ failureCount: 0, lastError: null }),
      noteError: assign(on(noteError)),
      noteTooFull: assign(noteTooFull),
      notePostponement: assign(on(({ event }: Seen<'page.postponed'>) => ({ postponedUntil: event.until }))),
    },
    guards: {
      isNightly: ({ context }) => planOf(context.id).isNightly,
      hasWindow: ({ context }) => context.window !== null,
      isLastWindow: ({ context }) => context.window?.isLast === true,
      isTooFull: on(isTooFull),
      isDivisiblyFull: on((seen: Seen<'page.ok'>) => isTooFull(seen) && isWindowDivisible(seen.context)),
      hasNextPage: on(({ event }: Seen<'page.ok'>) => event.output.hasNext),
      isInDoubt: on(({ context, event }: Seen<'page.ok'>) => needsAnotherPass(context, event.output)),
      hasNextReading: ({ context }) => hasNextReading(context),
      isTooLong: on(
        (seen: Seen<'page.refused'>) => isRefusedAs('WINDOW_TOO_LONG')(seen) && isWindowDivisible(seen.context),
      ),
      isTooOld: isRefusedAs('WINDOW_TOO_OLD'),
      isPositionInvalid: isRefusedAs('POSITION_INVALID'),
    },
    delays: {
      rest: ({ context, event }) => restMs(context.id, event.at, rules),
      backoff: ({ context }) => doubling(FIRST_BACKOFF_MS, MAX_BACKOFF_MS, context),
      postponement: ({ context, event }) => Math.max(FIRST_BACKOFF_MS, (context.postponedUntil ?? 0) - event.at),
      blockade: ({ context }) => doubling(Math.max(MIN_BLOCKED_MS, rules.orderPollMs), MAX_BLOCKED_MS, context),
    },
  });
}

/** The machine of all feeds; a running feed follows the rules of the server it runs on. */
export function createFeedMachine(rules: FeedRules) {
  return feed(rules).createMachine({
    id: 'feed',
    context: ({ input }) => newFeed(input.id, rules.orderWindowMs),
    initial: 'unstarted',
    meta: feedMeta.feed,
    states: {
      unstarted: {
        meta: feedMeta.unstarted,
        on: {
          start: [
            { guard: 'isNightly', target: 'idle', actions: 'takeStart' },
            { target: 'opening', actions: 'takeStart' },
          ],
        },
      },
      idle: { meta: feedMeta.idle, after: { rest: { target: 'opening', actions: 'beginPoll' } } },
      opening: {
        meta: feedMeta.opening,
        entry: 'openWindow',
        always: [{ guard: 'hasWindow', target: 'reading' }, { target: 'idle' }],
      },
      reading: {
        meta: feedMeta.reading,
        entry: { type: 'call', params: pageCall },
        on: {
          // A page that another process was reading when it ended is asked for again at once: reading twice is harmless.
          start: { target: 'reading', reenter: true },
          'page.ok': [
            { guard: 'isDivisiblyFull', target: 'opening', actions: 'halveWindow' },
            { guard: 'isTooFull', target: 'blocked', actions: ['countFailure', 'noteTooFull'] },
            { guard: 'hasNextPage', target: 'reading', reenter: true, actions: ['forgetFailures', 'turnPage'] },
            { guard: 'isInDoubt', target: 'reading', reenter: true, actions: ['forgetFailures', 'readAgain'] },
            { guard: 'hasNextReading', target: 'reading', reenter: true, actions: ['forgetFailures', 'readNext'] },
            { guard: 'isLastWindow', target: 'idle', actions: ['forgetFailures', 'closeWindow'] },
            { target: 'opening', actions: ['forgetFailures', 'closeWindow'] },
          ],
          'page.refused': [
            { guard: 'isTooLong', target: 'opening', actions: 'halveWindow' },
            { guard: 'isTooOld', target: 'backingOff', actions: ['countFailure', 'noteError', 'skipTooOld'] },
            {
              guard: 'isPositionInvalid',
              target: 'backingOff',
              actions: ['countFailure', 'noteError', 'restartReading'],
            },
            { target: 'blocked', actions: ['countFailure', 'noteError'] },
          ],
          'page.postponed': { target: 'postponed', actions: ['noteError', 'notePostponement'] },
          'page.unknown': { target: 'backingOff', actions: ['countFailure', 'noteError'] },
        },
      },
      backingOff: {
        meta: feedMeta.backingOff,
        after: { backoff: [{ guard: 'hasWindow', target: 'reading' }, { target: 'opening' }] },
      },
      postponed: { meta: feedMeta.postponed, after: { postponement: 'reading' } },
      // Whoever starts the server again has perhaps set right what was refused.
      blocked: { meta: feedMeta.blocked, on: { start: 'opening' }, after: { blockade: 'opening' } },
    },
  });
}

export const feedEvents: Record<FeedEvent['type'], EventMeta> = {
  start: {
    title: { zh: '启动', en: 'Start' },
    help: {
      zh: '服务每次启动时发送：第一次开始同步，之后重新读取中断的那一页。',
      en: 'Sent at each start of the server: the first begins, later ones go on with the page that was interrupted.',
    },
    sentBy: [],
  },
  'page.ok': {
    title: { zh: '读到一页', en: 'Page read' },
    help: { zh: '一页已读取，其中的订单都已入账。', en: 'A page was read and every row of it has been taken in.' },
    sentBy: [],
  },
  'page.refused': {
    title: { zh: '被拒绝', en: 'Page refused' },
    help: { zh: '联盟明确拒绝了这次请求。', en: 'Taobao refused the request for good.' },
    sentBy: [],
  },
  'page.postponed': {
    title: { zh: '被限流', en: 'Page postponed' },
    help: { zh: '联盟要求稍后再来。', en: 'Taobao wants to be asked later.' },
    sentBy: [],
  },
  'page.unknown': {
    title: { zh: '没有结果', en: 'No usable answer' },
    help: { zh: '网络错误或应答无法识别，会自动重试。', en: 'A transport error or garbage; the page is tried again.' },
    sentBy: [],
  },
};

/** The feed in the staff's list. */
export function feedListing(context: FeedContext, state: string, _id: string) {
  const { watermark, window, windowMs, failureCount, lastError, gap } = context;
  return {
    owner: null,
    sortKey: watermark ?? 0,
    status: state,
    view: { watermark, window: window === null ? null : { ...window }, windowMs, failureCount, lastError, gap },
  };
}
