/**
 * How heads and rows are kept.
 *
 * Owns the documents. What lists are searched and sorted by stands in fields, what they show is JSON text; a null is left
 * out, so that it is in no partial index.
 */
import { MaxKey } from 'mongodb';
import type { Address } from '../../actors/address.ts';
import type { Head, HeadsQuery, ListedRow, Position, RowsQuery } from '../../actors/ports.ts';
import type { JsonObject } from '../../actors/record.ts';

export interface StoredHead extends Omit<Head, 'actor' | 'owner' | 'nextDue' | 'view'> {
  readonly _id: Address;
  readonly owner?: string;
  readonly nextDue?: number;
  readonly view: string;
}

/** Its list and where it stands there: a row's id in the order that lists are read in, so that no other index is needed.
 * BSON compares documents field by field, in the order in which they are written here. */
interface RowKey {
  readonly table: string;
  readonly owner: string;
  readonly at: number;
  readonly actor: string;
  readonly seq: number;
  readonly n: number;
}

export interface StoredRow {
  readonly _id: RowKey;
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

export function toStoredRow({ table, owner, data, at, actor, seq, n }: ListedRow): StoredRow {
  return { _id: { table, owner, at, actor, seq, n }, data: JSON.stringify(data) };
}

export function fromStoredRow({ _id, data }: StoredRow): ListedRow {
  const { table, owner, at, actor, seq, n } = _id;
  const id = `${actor}#${seq}.${n}`;
  return { id, table, owner, data: JSON.parse(data) as JsonObject, actor: actor as Address, seq, n, at };
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
  if (state !== undefined || machine !== undefined) return 'state';
  return status === undefined ? 'type' : 'status';
}

function headsBelow([sortKey, actor]: Position): object {
  return { sortKey: { $lte: sortKey }, $or: [{ sortKey: { $lt: sortKey } }, { _id: { $lt: actor } }] };
}

/** The owner by itself tells a sharded cluster which shard to ask. */
export function rowsFilterOf({ table, owner, after }: RowsQuery): object {
  const end = after === undefined ? { at: new MaxKey() } : placeOf(after);
  return { '_id.owner': owner, _id: { $gt: { table, owner }, $lt: { table, owner, ...end } } };
}

function placeOf([at, id]: Position): Omit<RowKey, 'table' | 'owner'> {
  const [, actor = id, seq = '0', n = '0'] = ROW_ID.exec(id) ?? [];
  return { at, actor, seq: Number(seq), n: Number(n) };
}
