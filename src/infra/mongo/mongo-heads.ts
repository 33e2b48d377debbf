/**
 * How heads and rows are kept.
 *
 * Owns the documents. What lists are searched and sorted by stands in fields, what they show is JSON text; a null is left
 * out, so that it is in no partial index.
 */
import type { Address } from '../../actors/address.ts';
import type { Head, HeadsQuery, ListedRow, Position, RowsQuery } from '../../actors/ports.ts';
import type { JsonObject } from '../../actors/record.ts';

export interface StoredHead extends Omit<Head, 'actor' | 'owner' | 'nextDue' | 'view'> {
  readonly _id: Address;
  readonly owner?: string;
  readonly nextDue?: number;
  readonly view: string;
}

/** Where a row stands in its list. BSON compares documents field by field, in this order. */
interface Place {
  readonly at: number;
  readonly actor: string;
  readonly seq: number;
  readonly n: number;
}

export interface StoredRow {
  readonly _id: string;
  readonly table: string;
  readonly owner: string;
  readonly place: Place;
  readonly data: string;
}

const ROW_ID = /^(.+)#(\d+)\.(\d+)$/;

export function toStoredHead({ actor, owner, nextDue, view, ...head }: Head): StoredHead {
  return {
    _id: actor,
    ...head,
    view: JSON.stringify(view),
    ...(owner === null ? {} : { owner }),
    ...(nextDue === null ? {} : { nextDue }),
  };
}

export function fromStoredHead({ _id, owner, nextDue, view, ...head }: StoredHead): Head {
  return {
    actor: _id,
    ...head,
    owner: owner ?? null,
    view: JSON.parse(view) as JsonObject,
    nextDue: nextDue ?? null,
  };
}

export function toStoredRow({ id, table, owner, data, at, actor, seq, n }: ListedRow): StoredRow {
  return { _id: id, table, owner, place: { at, actor, seq, n }, data: JSON.stringify(data) };
}

export function fromStoredRow({ _id, table, owner, place, data }: StoredRow): ListedRow {
  const { at, actor, seq, n } = place;
  return { id: _id, table, owner, data: JSON.parse(data) as JsonObject, actor: actor as Address, seq, n, at };
}

/** What a list's query means as a filter. */
export function filterOf({ type, owner, status, state, machine, after }: HeadsQuery): object {
  return {
    type,
    ...(owner === undefined ? {} : { owner }),
    ...(status === undefined ? {} : { status }),
    ...(state === undefined ? {} : { state }),
    ...(machine === undefined ? {} : { machine }),
    ...(after === undefined ? {} : headsBelow(after)),
  };
}

/** The index that has what a list's query asks for in its order. */
export function indexFor({ owner, status, state, machine }: HeadsQuery): string {
  if (owner !== undefined) return 'owner';
  if (machine !== undefined) return 'version';
  if (state !== undefined) return 'state';
  return status === undefined ? 'type' : 'status';
}

function headsBelow([sortKey, actor]: Position): object {
  return { sortKey: { $lte: sortKey }, $or: [{ sortKey: { $lt: sortKey } }, { _id: { $lt: actor } }] };
}

export function rowsFilterOf({ table, owner, after }: RowsQuery): object {
  return { table, owner, ...(after === undefined ? {} : { place: { $lt: placeOf(after) } }) };
}

function placeOf([at, id]: Position): Place {
  const [, actor = id, seq = '0', n = '0'] = ROW_ID.exec(id) ?? [];
  return { at, actor, seq: Number(seq), n: Number(n) };
}
