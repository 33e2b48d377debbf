/**
 * How rows are kept, and a page of them found.
 *
 * Owns the documents. A document costs the servers as much as many rows do, so what is written of one list together and lies
 * close together makes one. Invariants:
 * M9  A document's id is where its oldest row stands in the list and a digest of what it holds: the same rows again are
 *     the same document, and others are another one.
 * M10 None of its rows is more than `SPAN_MS` younger than the oldest, so a page is complete once documents are reached that
 *     begin so much earlier. A row may stand in several documents, since another node may have written it again among
 *     others; a page has it once.
 */
import { hash } from 'node:crypto';
import { MaxKey } from 'mongodb';
import type { Address } from '../../actors/address.ts';
import type { ListedRow, Position, RowsQuery } from '../../actors/ports.ts';
import type { JsonObject } from '../../actors/record.ts';

/** Where a row stands in its list. */
interface Place {
  readonly at: number;
  readonly actor: string;
  readonly seq: number;
  readonly n: number;
}

/** BSON compares documents field by field, in the order in which they are written here. */
interface RowsKey extends Place {
  readonly table: string;
  readonly owner: string;
  readonly digest: string;
}

export interface StoredRows {
  readonly _id: RowsKey;
  /** JSON of `StoredRow[]`, oldest first. */
  readonly rows: string;
}

type StoredRow = readonly [at: number, actor: string, seq: number, n: number, data: JsonObject];

const SPAN_MS = 2_000;
const MOST_ROWS = 50;
const ROW_ID = /^(.+)#(\d+)\.(\d+)$/;

/** The documents that hold these rows, in any order. */
export function toStoredRows(rows: readonly ListedRow[]): StoredRows[] {
  const lists = Map.groupBy(rows, ({ table, owner }) => `${table} ${owner}`);
  return [...lists.values()].flatMap((list) => cut(list.length === 1 ? list : list.toSorted(byPlace)).map(toStored));
}

function cut(sorted: readonly ListedRow[]): ListedRow[][] {
  const parts: ListedRow[][] = [];
  for (const row of sorted) {
    const part = parts.at(-1);
    const first = part?.[0];
    if (part === undefined || first === undefined || part.length >= MOST_ROWS || row.at > first.at + SPAN_MS) {
      parts.push([row]);
    } else part.push(row);
  }
  return parts;
}

function toStored(sorted: readonly ListedRow[]): StoredRows {
  const { table, owner, at, actor, seq, n } = sorted[0] as ListedRow;
  const rows = JSON.stringify(sorted.map(({ at, actor, seq, n, data }): StoredRow => [at, actor, seq, n, data]));
  return { _id: { table, owner, at, actor, seq, n, digest: hash('sha256', rows, 'base64url').slice(0, 16) }, rows };
}

function byPlace(a: Place, b: Place): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.actor !== b.actor) return a.actor < b.actor ? -1 : 1;
  return a.seq - b.seq || a.n - b.n;
}

/** The documents that may hold rows of a page, or those of them below a document's id. The owner by itself tells a sharded
 * cluster which shard to ask. */
export function rowsFilter({ table, owner, after }: RowsQuery, below?: RowsKey): object {
  const end = { table, owner, ...(below ?? (after === undefined ? { at: new MaxKey() } : placeOf(after))) };
  return { '_id.owner': owner, _id: { $gt: { table, owner }, $lt: end } };
}

function placeOf([at, id]: Position): Place {
  const [, actor = id, seq = '0', n = '0'] = ROW_ID.exec(id) ?? [];
  return { at, actor, seq: Number(seq), n: Number(n) };
}

/** The rows of one page, gathered from documents that come newest first. */
export class RowsPage {
  readonly #query: RowsQuery;
  readonly #below: Place | undefined;
  #rows: ListedRow[] = [];
  #oldestBegin = Number.POSITIVE_INFINITY;

  constructor(query: RowsQuery) {
    this.#query = query;
    this.#below = query.after && placeOf(query.after);
  }

  add({ _id: { table, owner, at: begin }, rows }: StoredRows): void {
    this.#oldestBegin = begin;
    for (const [at, actor, seq, n, data] of JSON.parse(rows) as readonly StoredRow[]) {
      const row = { id: `${actor}#${seq}.${n}`, table, owner, data, actor: actor as Address, seq, n, at };
      if (this.#below === undefined || byPlace(row, this.#below) < 0) this.#rows.push(row);
    }
  }

  /** Newest first. */
  get rows(): readonly ListedRow[] {
    const sorted = this.#rows.sort((a, b) => byPlace(b, a));
    this.#rows = sorted.filter((row, index) => index === 0 || byPlace(row, sorted[index - 1] as ListedRow) !== 0);
    return this.#rows.slice(0, this.#query.limit);
  }

  /** Whether no document that was not added yet can hold one of its rows. */
  get isComplete(): boolean {
    const last = this.rows[this.#query.limit - 1];
    return last !== undefined && last.at > this.#oldestBegin + SPAN_MS;
  }
}
