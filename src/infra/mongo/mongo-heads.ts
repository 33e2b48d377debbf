/**
 * How heads are kept.
 *
 * Owns the documents. What lists are searched and sorted by stands in fields, what they show is JSON text; a null is left
 * out, so that it is in no partial index.
 */
import type { Address } from '../../actors/address.ts';
import type { Head, HeadsQuery, Position } from '../../actors/ports.ts';
import type { JsonObject } from '../../actors/record.ts';

export interface StoredHead extends Omit<Head, 'actor' | 'owner' | 'nextDue' | 'view'> {
  readonly _id: Address;
  readonly owner?: string;
  readonly nextDue?: number;
  readonly view: string;
}

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
export function indexFor({ owner, state, machine }: HeadsQuery): string {
  if (owner !== undefined) return 'owner';
  return state === undefined && machine === undefined ? 'status' : 'state';
}

function headsBelow([sortKey, actor]: Position): object {
  return { sortKey: { $lte: sortKey }, $or: [{ sortKey: { $lt: sortKey } }, { _id: { $lt: actor } }] };
}
