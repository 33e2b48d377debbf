/**
 * From an answer of a feed API to the outcome of the page: what order and refund pages have in common.
 *
 * Invariants:
 * - a page is `ok` only when every row of it that can be read is committed at its order (then the watermark may move);
 * - a row that cannot be read never holds the others back: it is counted in the outcome and logged by its field and the
 *   end of its id, and the nightly re-read brings it again;
 * - a body of another shape than the documented one is never taken for an empty page.
 */
import { type Address, toAddress } from '../../actors/address.ts';
import { isActorError } from '../../actors/errors.ts';
import type { Attempt, CallOutcome, Log } from '../../actors/ports.ts';
import type { ActorEvent, Json } from '../../actors/record.ts';
import { RowError, textField } from './row-fields.ts';
import { garbage } from './top-client.ts';
import type { TopFailure } from './top-errors.ts';
import { isTopObject, TopBodyError, type TopObject, unwrapList } from './top-json.ts';

/** What every page activity needs of the running system: the runtime's `send`, and a log. */
export interface FeedDeps {
  readonly send: (
    address: Address,
    event: ActorEvent,
    options: { readonly id: string; readonly cause: string; readonly repeatable: true },
  ) => Promise<unknown>;
  readonly log: Log;
}

/** Rows a page asks for: the most the API gives. */
export const PAGE_SIZE = 100;
const LONGEST_POSITION = 1_000;
const MOST_LOGGED = 10;

interface FeedRow {
  readonly tradeId: string;
  readonly hash: string;
}

export interface Page<T extends FeedRow> {
  readonly hasNext: boolean;
  readonly positionIndex: string | null;
  readonly rows: readonly T[];
  readonly malformed: readonly { readonly field: string; readonly tradeId: string }[];
}

/** How one feed's rows are found and read; null is a row that is of no interest. */
export interface PageFormat<T extends FeedRow> {
  readonly list: string;
  readonly id: string;
  readonly parse: (raw: TopObject) => T | null;
}

/** @throws TopBodyError when `data` is not a page. */
export function readPage<T extends FeedRow>(data: unknown, format: PageFormat<T>): Page<T> {
  if (!isTopObject(data)) throw new TopBodyError('the answer has no data');
  const raws = unwrapList(data[format.list]);
  const position = textField(data, 'position_index');
  if (position.length > LONGEST_POSITION) throw new TopBodyError('position_index is too long');
  const rows: T[] = [];
  const malformed: { field: string; tradeId: string }[] = [];
  for (const raw of raws) {
    try {
      if (!isTopObject(raw)) throw new RowError('row');
      const row = format.parse(raw);
      if (row !== null) rows.push(row);
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      malformed.push({ field: error.field, tradeId: isTopObject(raw) ? textField(raw, format.id) : '' });
    }
  }
  return { hasNext: readHasNext(data, raws.length), positionIndex: position || null, rows, malformed };
}

/** Left out, a full page has a next one: reading an empty page more is cheap, a missed page is lost money. */
function readHasNext(data: TopObject, rowCount: number): boolean {
  const value = data['has_next'];
  return value === undefined || value === null ? rowCount >= PAGE_SIZE : String(value) === 'true';
}

/**
 * Sends each row to its order and answers for the page once all sends have ended. A row sent before is the same message
 * again and costs no write. One failed send makes the page `unknown`, so it is read and sent again.
 */
export async function deliverPage<T extends FeedRow>(
  page: Page<T>,
  toEvent: (row: T) => Promise<ActorEvent>,
  feed: Pick<Attempt, 'actor'>,
  { send, log }: FeedDeps,
): Promise<CallOutcome> {
  for (const { field, tradeId } of page.malformed.slice(0, MOST_LOGGED)) {
    log.warn('a row of the feed cannot be read', { feed: feed.actor, field, tradeId: `…${tradeId.slice(-4)}` });
  }
  const sends = await Promise.allSettled(
    page.rows.map(async (row) => {
      const event = await toEvent(row);
      await send(toAddress('order', row.tradeId), event, {
        id: `${event.type}:${row.hash}`,
        cause: 'feed',
        repeatable: true,
      });
    }),
  );
  const failed = sends.find((sent) => sent.status === 'rejected');
  if (failed) {
    const detail = isActorError(failed.reason) ? failed.reason.code : 'error';
    log.warn('rows of the feed are not committed yet', { feed: feed.actor, detail });
    return { kind: 'unknown', reason: { code: 'ROWS_NOT_COMMITTED', detail } };
  }
  return {
    kind: 'ok',
    output: {
      hasNext: page.hasNext,
      positionIndex: page.positionIndex,
      rowCount: page.rows.length,
      digest: digestOf(page.rows),
      malformed: page.malformed.length,
    },
  };
}

/** The sum of the rows' hashes: the same for the same rows in any order, and pages add up to their window. */
function digestOf(rows: readonly FeedRow[]): string {
  const sum = rows.reduce((total, { hash }) => total + BigInt(`0x${hash}`), 0n);
  return BigInt.asUintN(256, sum).toString(16);
}

/** A failed call as the outcome of the page. A read may always be repeated, so nothing here is worse than "again". */
export function pageOutcome(failure: TopFailure): CallOutcome {
  switch (failure.class) {
    case 'rateLimited':
      return { kind: 'postponed', until: failure.until, reason: { code: 'RATE_LIMITED', detail: failure.detail } };
    case 'notSent':
      return { kind: 'postponed', until: failure.until, reason: { code: 'NOT_SENT', detail: failure.detail } };
    case 'transient':
      return { kind: 'unknown', reason: { code: failure.code, detail: failure.detail } };
    case 'permanent':
      return { kind: 'refused', reason: { code: failure.code, detail: failure.detail } };
  }
}

/** Runs `read`, with an answer of the wrong shape as an outcome like any other failure. */
export async function withReadableAnswer(read: () => Promise<CallOutcome>): Promise<CallOutcome> {
  try {
    return await read();
  } catch (error) {
    return pageOutcome(garbage(error));
  }
}

/** Rows are plain JSON; their interfaces only lack the index signature that would say so. */
export function asJson(row: object): Json {
  return row as unknown as Json;
}
