/**
 * TOP's pages: rows of a time window in (time, key) order, continued by an opaque `position_index`.
 *
 * The position names the first and last row of its page, as the real one does, and is sealed to the query and page it
 * belongs to, so that an altered or misused one is found (error 1008). Pages continue from a row, not from a count:
 * rows that come or move away while a client reads shift nothing it has not read yet.
 * Both window ends are left out: TOP does not say which it includes, so a client must not rely on either.
 */
import { createHmac } from 'node:crypto';
import { fromShanghai, toShanghai } from './shanghai-time.ts';

export interface PageQuery {
  /** Tells this query from others: the method and all parameters that choose rows. */
  readonly scope: string;
  readonly startTime: string;
  readonly endTime: string;
  readonly pageNo: number;
  readonly pageSize: number;
  readonly position: string | undefined;
  readonly jump: 1 | -1;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly hasNext: boolean;
  readonly position: string;
}

/** A row's place: the time the query goes by, in the partner's format, and its unique key. */
export type Place = readonly [time: string, key: string];

const POSITION = /^(\d+)_([\w-]+)\|(\d+)_([\w-]+)\.([\w-]{11})$/;

/** The page asked for, or undefined when its position does not belong to this query and page. */
export function pageOf<Row>(
  rows: readonly Row[],
  placeOf: (row: Row) => Place,
  query: PageQuery,
  secret: string,
): Page<Row> | undefined {
  const inWindow = rows
    .filter((row) => query.startTime < placeOf(row)[0] && placeOf(row)[0] < query.endTime)
    .sort((left, right) => compare(placeOf(left), placeOf(right)));
  let page = inWindow.slice(0, query.pageSize);
  if (query.pageNo > 1 || query.jump === -1) {
    const from = openPosition(query, secret);
    if (from === undefined) return undefined;
    page =
      query.jump === 1
        ? inWindow.filter((row) => compare(placeOf(row), from.last) > 0).slice(0, query.pageSize)
        : inWindow.filter((row) => compare(placeOf(row), from.first) < 0).slice(-query.pageSize);
  }
  const [first, last] = [page[0], page.at(-1)];
  if (first === undefined || last === undefined) return { rows: [], hasNext: false, position: query.position ?? '' };
  return {
    rows: page,
    hasNext: inWindow.at(-1) !== last,
    position: sealPosition(query, query.pageNo, placeOf(first), placeOf(last), secret),
  };
}

function compare(left: Place, right: Place): number {
  if (left[0] !== right[0]) return left[0] < right[0] ? -1 : 1;
  return left[1] === right[1] ? 0 : left[1] < right[1] ? -1 : 1;
}

function sealPosition(query: PageQuery, pageNo: number, first: Place, last: Place, secret: string): string {
  const ends = `${placeText(first)}|${placeText(last)}`;
  const sealed = `${query.scope}\n${query.startTime}\n${query.endTime}\n${pageNo}\n${ends}`;
  return `${ends}.${createHmac('sha256', secret).update(sealed).digest('base64url').slice(0, 11)}`;
}

function openPosition(query: PageQuery, secret: string): { first: Place; last: Place } | undefined {
  const [, firstTime, firstKey, lastTime, lastKey] = POSITION.exec(query.position ?? '') ?? [];
  if (!firstTime || !firstKey || !lastTime || !lastKey) return undefined;
  const [first, last] = [placeFrom(firstTime, firstKey), placeFrom(lastTime, lastKey)];
  const expected = sealPosition(query, query.pageNo - query.jump, first, last, secret);
  return expected === query.position ? { first, last } : undefined;
}

function placeText([time, key]: Place): string {
  return `${(fromShanghai(time) ?? 0) / 1000}_${Buffer.from(key).toString('base64url')}`;
}

function placeFrom(seconds: string, key: string): Place {
  return [toShanghai(Number(seconds) * 1000), Buffer.from(key, 'base64url').toString()];
}
