import type { Position } from '../actors/ports.ts';
import type { Cursors } from './cursor.ts';

export const DEFAULT_LIMIT = 20;

export interface Page<T> {
  data: T[];
  nextCursor: string | null;
  hasMore: boolean;
}

interface PageRequest<Item> {
  readonly query: { readonly limit?: number | undefined; readonly cursor?: string | undefined };
  readonly cursors: Cursors;
  /** What its cursors are bound to: route, owner, filter. */
  readonly scope: readonly string[];
  /** At most `limit` items strictly after the position, newest first. */
  readonly fetch: (range: { readonly after?: Position; readonly limit: number }) => Promise<readonly Item[]>;
  readonly positionOf: (item: Item) => Position;
}

/**
 * Returns one page of a list. One item more than asked for is read, so `hasMore` needs no count.
 * @throws CURSOR_INVALID
 */
export async function readPage<Item, View>(
  request: PageRequest<Item>,
  toView: (item: Item) => View,
): Promise<Page<View>> {
  const { query, cursors, scope, fetch, positionOf } = request;
  const limit = query.limit ?? DEFAULT_LIMIT;
  const after = query.cursor === undefined ? {} : { after: cursors.decode(query.cursor, scope) };
  const items = await fetch({ ...after, limit: limit + 1 });
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = items.length > limit;
  return {
    data: shown.map(toView),
    nextCursor: hasMore && last !== undefined ? cursors.encode(positionOf(last), scope) : null,
    hasMore,
  };
}
