/**
 * The closed set of effects a machine may name, and their checks.
 *
 * Owns what `tell`, `call`, `abandon`, `row` and `refuse` carry. Machines name them as registered actions with params;
 * the runtime collects them in the pure step and commits them with the new state (J1). Nothing here acts.
 */
import type { Address } from './address.ts';
import { parseAddress } from './address.ts';
import type { ActorEvent, JsonObject, RetryPolicy } from './record.ts';

const EFFECT_NAMES = ['tell', 'call', 'abandon', 'row', 'refuse'] as const;
export type EffectName = (typeof EFFECT_NAMES)[number];

/** A message to another actor. */
export interface TellEffect {
  readonly to: string;
  readonly event: ActorEvent;
}

/** Work outside: at most one call of a name is open; a new one of the same name takes its place. */
export interface CallEffect {
  readonly name: string;
  readonly activity: string;
  readonly input: JsonObject;
  readonly sendWithinMs?: number;
  readonly timeoutMs: number;
  readonly retry?: RetryPolicy;
}

/** Forget the open call of that name; an outcome that still comes is the machine's as `<name>.late`. */
export interface AbandonEffect {
  readonly name: string;
}

/** A line in a list of `owner`'s. */
export interface RowEffect {
  readonly table: string;
  readonly owner: string;
  readonly data: JsonObject;
}

const CALL_NAME = /^[a-z][A-Za-z0-9]{0,31}$/;

export function isEffectName(name: string): name is EffectName {
  return (EFFECT_NAMES as readonly string[]).includes(name);
}

/** Params may be one, a list, or null for none. */
export function listOf<T>(params: T | readonly T[] | null | undefined): readonly T[] {
  if (params === null || params === undefined) return [];
  return Array.isArray(params) ? params : [params as T];
}

/** @throws ADDRESS_INVALID or TypeError: the turn's message is then parked. */
export function checkedTell(effect: TellEffect): { to: Address; event: ActorEvent } {
  parseAddress(effect.to);
  if (typeof effect.event?.type !== 'string') throw new TypeError('tell needs an event with a type');
  return { to: effect.to as Address, event: effect.event };
}

/** @throws TypeError: the turn's message is then parked. */
export function checkedCall(effect: CallEffect): Required<Omit<CallEffect, 'retry'>> & { retry?: RetryPolicy } {
  if (!CALL_NAME.test(effect.name)) throw new TypeError(`call name "${effect.name}"`);
  if (!(effect.timeoutMs > 0)) throw new TypeError(`call ${effect.name} needs timeoutMs`);
  return { sendWithinMs: 5_000, ...effect };
}
