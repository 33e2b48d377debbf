/**
 * The effects a machine may name, as XState actions that do nothing by themselves: the runtime reads their params from
 * the pure step and commits them with the new state. Give `params` as a named function of `{context, event}`.
 */

interface Json {
  readonly [key: string]: unknown;
}

/** An event with a type; `at` (commit time, ms) and `id` (message id) are added by the runtime before a machine sees it. */
export interface Tell {
  readonly to: string;
  readonly event: Json & { readonly type: string };
}

/**
 * A call to the outside. Outcomes come back as events: `<name>.ok {output}`, `<name>.refused {reason}` and, when no
 * `retry` is given, also `<name>.unknown {reason, lost?}` and `<name>.postponed {until, reason}`; each ends the call.
 * With `retry` the runtime repeats the identical call by itself until it is ok or refused. All carry `callId`, `attempt`.
 * An outcome that arrives when the call is no longer open is `<name>.late {callId, outcome}`.
 */
export interface Call {
  readonly name: string;
  readonly activity: string;
  readonly input: Json;
  readonly timeoutMs: number;
  readonly sendWithinMs?: number;
  readonly retry?: { readonly baseMs: number; readonly maxMs: number };
}

/** A line inserted once into a list of `owner`'s. */
export interface Row {
  readonly table: string;
  readonly owner: string;
  readonly data: Json;
}

/** Spread into `setup({ actions })`. */
export const effects = {
  tell: (_: unknown, _params: Tell | readonly Tell[] | null) => {},
  call: (_: unknown, _params: Call) => {},
  /** Forget the open call of that name. */
  abandon: (_: unknown, _params: { readonly name: string }) => {},
  row: (_: unknown, _params: Row | readonly Row[] | null) => {},
  /** Record this message's outcome as refused, with the reason the sender gets. */
  refuse: (_: unknown, _params: { readonly code: string; readonly detail?: string }) => {},
};

/** What the runtime adds to every event. */
export interface Stamped {
  /** Commit time, epoch ms. */
  readonly at: number;
  /** Message id. */
  readonly id: string;
}
