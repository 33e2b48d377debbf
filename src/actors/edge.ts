/**
 * The name of a transition, by which records say which way an actor went and charts draw it.
 *
 * Owns the form `<source state>|<event>|<target states>`, with `|<guard>` when it has one. Invariant: within a machine two
 * transitions that can both be taken never share a name (a second one of equal source, event, target and guard is never
 * reached), and a change elsewhere in the chart does not rename it.
 */

/** What XState's transition definitions hold, as far as names need it. */
export interface NamedTransition {
  readonly source: { readonly id: string };
  readonly eventType: string;
  readonly target?: readonly { readonly id: string }[] | undefined;
  readonly guard?: unknown;
}

/** The transition's name; in a record's `edges` as in the machine's graph. */
export function edgeOf({ source, eventType, target, guard }: NamedTransition): string {
  const targets = target === undefined ? '' : target.map(({ id }) => id).join(',');
  const edge = `${source.id}|${eventType}|${targets}`;
  return guard === undefined ? edge : `${edge}|${guardName(guard)}`;
}

/** A guard's name with its params: `isEnough`, `willBe(canceled)`, `not(isEnough)`. */
export function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  // XState's `not`, `and`, `or` are functions that carry their guards.
  const { type, params, guards, name } = guard as {
    readonly type?: string;
    readonly params?: unknown;
    readonly guards?: readonly unknown[];
    readonly name?: string;
  };
  if (guards !== undefined) return `${name}(${guards.map(guardName).join(',')})`;
  const isStated = params !== undefined && typeof params !== 'function';
  return isStated ? `${type}(${typeof params === 'string' ? params : JSON.stringify(params)})` : (type ?? name ?? '');
}
