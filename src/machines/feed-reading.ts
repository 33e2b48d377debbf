/**
 * How a feed reads: which readings each kind makes of a window, how windows follow each other, and when what was read
 * of one is complete. All steps are pure functions of the feed's context.
 *
 * The partner's times are whole seconds and its window ends may be open, so a window begins and ends on a whole second
 * that has passed, and the next one begins before this one's end.
 */
import type { Rules } from './rules.ts';
import { DAY_MS, HOUR_MS, nextTimeOfDay } from './shanghai.ts';

/** The partner serves no start older than 90 days; a minute stays for the call itself and the clocks. */
const OLDEST_MS = 90 * DAY_MS - 60_000;
const NIGHTLY_SPAN_MS = 48 * HOUR_MS;
/** 00:30 +08:00. */
const NIGHTLY_AT_MS = HOUR_MS / 2;
/** Halving goes no further than this. */
const MIN_WINDOW_MS = 60_000;
/** The partner's last page of a window. */
export const MAX_PAGES = 100;
const MAX_PASSES = 5;

/** One way to ask for a window: by update (4, refunds 5) or creation time (1), and of which scene. */
interface Reading {
  readonly queryType: number;
  readonly scene: number | null;
}

interface FeedPlan {
  readonly activity: 'orderPage' | 'refundPage';
  readonly readings: readonly Reading[];
  /** Once a night over the last two days, or all the time from where it stopped. */
  readonly isNightly: boolean;
}

/** Ids that only a channel's orders carry are filled reliably in scene 2 alone, so both scenes are read. */
const ORDERS_PLAN: FeedPlan = {
  activity: 'orderPage',
  readings: [
    { queryType: 4, scene: 1 },
    { queryType: 4, scene: 2 },
  ],
  isNightly: false,
};

const REFUNDS_PLAN: FeedPlan = { activity: 'refundPage', readings: [{ queryType: 5, scene: null }], isNightly: false };

const NIGHTLY_PLAN: FeedPlan = {
  activity: 'orderPage',
  readings: [...ORDERS_PLAN.readings, { queryType: 1, scene: 1 }, { queryType: 1, scene: 2 }],
  isNightly: true,
};

interface Window {
  readonly startAt: number;
  readonly endAt: number;
  /** Whether it reached the present when it was opened. */
  readonly isLast: boolean;
}

/** What one pass over all pages of a reading has shown; equal passes have seen the same rows. */
interface Pass {
  readonly rowCount: number;
  /** Sum of the pages' digests, so it does not matter which row stood on which page. */
  readonly digest: string;
}

export interface Page {
  readonly hasNext: boolean;
  readonly positionIndex: string | null;
  readonly rowCount: number;
  readonly digest: string;
}

export interface FeedContext {
  readonly id: string;
  /** All before this has been read completely; null before the first start. */
  readonly watermark: number | null;
  /** Where the next window begins: before the watermark, since rows may show up late. */
  readonly cursor: number;
  /** Longest window at present; halved when the partner refuses it, doubled back with each window read. */
  readonly windowMs: number;
  readonly window: Window | null;
  readonly readingIndex: number;
  readonly pageNo: number;
  readonly positionIndex: string | null;
  readonly passCount: number;
  readonly pass: Pass;
  readonly previousPass: Pass | null;
  /** Pages in a row that did not come. */
  readonly failureCount: number;
  readonly postponedUntil: number | null;
  readonly lastError: { readonly code: string; readonly detail: string | null; readonly at: number } | null;
  /** The last stretch of time that was too old to be read. */
  readonly gap: { readonly from: number; readonly to: number; readonly at: number } | null;
}

const NOTHING_READ: Pass = { rowCount: 0, digest: '0' };

const FIRST_PAGE = { pageNo: 1, positionIndex: null, pass: NOTHING_READ } as const;
const FIRST_READING = { ...FIRST_PAGE, readingIndex: 0, passCount: 1, previousPass: null } as const;

export function newFeed(id: string, windowMs: number): FeedContext {
  return {
    id,
    watermark: null,
    cursor: 0,
    windowMs,
    window: null,
    ...FIRST_READING,
    failureCount: 0,
    postponedUntil: null,
    lastError: null,
    gap: null,
  };
}

/** The plan of a feed by its id: `refunds`, `nightly`, and any other reads orders. */
export function planOf(id: string): FeedPlan {
  if (id === 'refunds') return REFUNDS_PLAN;
  return id === 'nightly' ? NIGHTLY_PLAN : ORDERS_PLAN;
}

/** How long a feed rests once it has read up to the present. */
export function restMs(id: string, at: number, { orderPollMs }: Pick<Rules, 'orderPollMs'>): number {
  return planOf(id).isNightly ? nextTimeOfDay(at, NIGHTLY_AT_MS) - at : orderPollMs;
}

/** The feed at the start of a poll: behind its watermark by the overlap, or two days back each night. */
export function withPoll(
  context: FeedContext,
  at: number,
  { orderOverlapMs }: Pick<Rules, 'orderOverlapMs'>,
): FeedContext {
  if (planOf(context.id).isNightly) {
    const from = wholeSecond(at - NIGHTLY_SPAN_MS);
    return { ...context, watermark: from, cursor: from };
  }
  return { ...context, cursor: (context.watermark ?? at) - orderOverlapMs };
}

/** A feed that begins at `from`, or as far back as the partner serves; nothing is in the future. */
export function withStart(context: FeedContext, from: number, at: number): FeedContext {
  const startAt = wholeSecond(Math.min(at, Math.max(from, at - OLDEST_MS)));
  return { ...context, watermark: startAt, cursor: startAt };
}

/** The feed with its next window open, or with none when all up to the present has been read. */
export function withWindow(
  context: FeedContext,
  at: number,
  { orderWindowMs }: Pick<Rules, 'orderWindowMs'>,
): FeedContext {
  const reachable = withoutTooOld(context, at - OLDEST_MS, at);
  const startAt = wholeSecond(reachable.cursor);
  const now = wholeSecond(at);
  const endAt = Math.min(wholeSecond(startAt + Math.min(reachable.windowMs, orderWindowMs)), now);
  const window = endAt > startAt ? { startAt, endAt, isLast: endAt >= now } : null;
  return { ...reachable, ...FIRST_READING, window };
}

/** The feed with all before `oldest` given up: what the watermark had not reached yet is noted as a gap. */
function withoutTooOld(context: FeedContext, oldest: number, at: number): FeedContext {
  const from = Math.ceil(oldest / 1_000) * 1_000;
  if (context.cursor >= from) return context;
  const { watermark } = context;
  if (watermark === null || watermark >= from) return { ...context, cursor: from };
  return { ...context, cursor: from, watermark: from, gap: { from: watermark, to: from, at } };
}

/** The feed after the partner called its window too old: on from our own limit, and always further than it was. */
export function withTooOldSkipped(context: FeedContext, at: number): FeedContext {
  const oldest = Math.max(at - OLDEST_MS, (context.window?.startAt ?? 0) + MIN_WINDOW_MS);
  return { ...withoutTooOld(context, oldest, at), window: null };
}

/** The feed once its window is read completely: only here the watermark moves. */
export function withWindowRead(
  context: FeedContext,
  { orderWindowMs, orderOverlapMs }: Pick<Rules, 'orderWindowMs' | 'orderOverlapMs'>,
): FeedContext {
  const { window, watermark } = context;
  if (window === null) return context;
  return {
    ...context,
    watermark: Math.max(watermark ?? 0, window.endAt),
    // At most half a window back, so that each window gets further than the one before.
    cursor: window.endAt - Math.min(orderOverlapMs, Math.floor(windowLengthMs(context) / 2)),
    windowMs: Math.min(context.windowMs * 2, orderWindowMs),
    window: null,
  };
}

/** The feed with windows of half the length of the one that was too much. */
export function withHalvedWindow(context: FeedContext): FeedContext {
  return { ...context, windowMs: Math.max(MIN_WINDOW_MS, Math.floor(windowLengthMs(context) / 2)) };
}

export function isWindowDivisible(context: FeedContext): boolean {
  return windowLengthMs(context) > MIN_WINDOW_MS;
}

function windowLengthMs({ window }: FeedContext): number {
  return window === null ? 0 : window.endAt - window.startAt;
}

/** The feed about to read the page after this one. */
export function withNextPage(context: FeedContext, page: Page): FeedContext {
  const { pageNo } = context;
  return { ...context, pageNo: pageNo + 1, positionIndex: page.positionIndex, pass: passWith(context, page) };
}

/** The feed about to read the same once more, because rows may have moved between its pages meanwhile. */
export function withNextPass(context: FeedContext, page: Page): FeedContext {
  return { ...context, ...FIRST_PAGE, passCount: context.passCount + 1, previousPass: passWith(context, page) };
}

/** The feed back at page 1 of the reading it was in. */
export function withReadingRestarted(context: FeedContext): FeedContext {
  return { ...context, ...FIRST_PAGE };
}

export function withNextReading(context: FeedContext): FeedContext {
  return { ...context, ...FIRST_READING, readingIndex: context.readingIndex + 1 };
}

export function hasNextReading({ id, readingIndex }: FeedContext): boolean {
  return readingIndex + 1 < planOf(id).readings.length;
}

/** Whether a pass that ends with this page leaves doubt: several pages, and not the same as the pass before. */
export function needsAnotherPass(context: FeedContext, page: Page): boolean {
  if (context.passCount >= MAX_PASSES || (context.pageNo === 1 && context.previousPass === null)) return false;
  const pass = passWith(context, page);
  return pass.rowCount !== context.previousPass?.rowCount || pass.digest !== context.previousPass.digest;
}

function passWith({ pass }: FeedContext, page: Page): Pass {
  const digest = BigInt.asUintN(256, BigInt(`0x${pass.digest}`) + BigInt(`0x${page.digest}`));
  return { rowCount: pass.rowCount + page.rowCount, digest: digest.toString(16) };
}

function wholeSecond(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000;
}
