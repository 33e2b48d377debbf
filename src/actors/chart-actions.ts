/**
 * The actions and guards of a statechart as plain functions.
 *
 * Owns what each kind of action the registry admits does to a context; effects are collected, never done.
 */
import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode } from 'xstate';
import type { JsonObject } from './record.ts';

/** An event as a machine sees it. */
export interface Happening {
  readonly type: string;
  readonly [key: string]: unknown;
}

export interface Effect {
  readonly type: string;
  readonly params: unknown;
}

/** A transition as XState formats it. */
export interface Transition {
  readonly source: AnyStateNode;
  readonly eventType: string;
  readonly target: readonly AnyStateNode[] | undefined;
  readonly guard?: Guard;
  readonly actions: readonly unknown[];
  readonly reenter: boolean;
}

interface Collector {
  readonly effects: Effect[];
  readonly raised: Happening[];
}

/** Returns the context after the action. */
export type Act = (context: JsonObject, event: Happening, collector: Collector) => JsonObject;

interface Args {
  readonly context: JsonObject;
  readonly event: Happening;
}

type Expression = (args: Args, params: unknown) => unknown;

/** XState's own actions are functions that carry what they were made with. */
interface Builtin {
  readonly type?: string;
  readonly assignment?: Expression | Readonly<Record<string, unknown>>;
  readonly event?: unknown;
  readonly id?: string;
  readonly delay?: unknown;
  readonly sendId?: unknown;
}

type Guard = string | { readonly type: string; readonly params?: unknown } | GuardFunction;

interface GuardFunction {
  (args: Args, params: unknown): boolean;
  /** Of `and`, `or`, `not` and `stateIn`. */
  check?(snapshot: AnyMachineSnapshot, args: Args, guard: GuardFunction): boolean;
}

/** @throws what the guard throws; an error for a guard nobody implements. */
export function holds(
  guard: Guard,
  machine: AnyStateMachine,
  context: JsonObject,
  event: Happening,
  snapshot: () => AnyMachineSnapshot,
): boolean {
  const implementation = typeof guard === 'function' ? guard : implementationOf(machine, 'guards', nameOf(guard));
  if (typeof implementation !== 'function') {
    return holds(implementation as Guard, machine, context, event, snapshot);
  }
  const args = { context, event };
  const check = implementation as GuardFunction;
  if (check.check !== undefined) return check.check(snapshot(), args, check);
  return check(args, typeof guard === 'object' ? resolved(guard.params, args) : undefined);
}

/** The action as XState keeps it: a name, a name with params, or one of its own functions. */
export function compileAction(action: unknown, machine: AnyStateMachine): Act {
  const builtin = typeof action === 'function' ? (action as Builtin) : undefined;
  const name = builtin === undefined ? nameOf(action as string | { type: string }) : '';
  const params = typeof action === 'object' ? (action as { params?: unknown }).params : undefined;
  const made = builtin ?? (machine.implementations.actions[name] as Builtin | undefined);
  switch (made?.type) {
    case 'xstate.assign':
      return assigning(made.assignment, params);
    case 'xstate.raise':
      return raising(made, params, machine);
    case 'xstate.cancel':
      return (context, event, { effects }) => {
        const args = { context, event };
        effects.push({
          type: 'xstate.cancel',
          params: { sendId: resolved(made.sendId, args, resolved(params, args)) },
        });
        return context;
      };
    default:
      return (context, event, { effects }) => {
        effects.push({ type: name, params: resolved(params, { context, event }) });
        return context;
      };
  }
}

function assigning(assignment: Builtin['assignment'], params: unknown): Act {
  return (context, event) => {
    const args = { context, event };
    const given = resolved(params, args);
    const changes =
      typeof assignment === 'function'
        ? assignment(args, given)
        : Object.fromEntries(
            Object.entries(assignment ?? {}).map(([key, value]) => [key, resolved(value, args, given)]),
          );
    return Object.assign({}, context, changes);
  };
}

/** Without a delay the event is taken within the step; with one it is an effect. */
function raising({ event: raised, id, delay }: Builtin, params: unknown, machine: AnyStateMachine): Act {
  const named = typeof delay === 'string' ? implementationOf(machine, 'delays', delay) : delay;
  return (context, event, { effects, raised: queue }) => {
    const args = { context, event };
    const given = resolved(params, args);
    const what = resolved(raised, args, given) as Happening;
    const delayMs = resolved(named, args, given);
    if (typeof delayMs === 'number')
      effects.push({ type: 'xstate.raise', params: { event: what, id, delay: delayMs } });
    else queue.push(what);
    return context;
  };
}

function resolved(given: unknown, args: Args, params?: unknown): unknown {
  return typeof given === 'function' ? (given as Expression)(args, params) : given;
}

function nameOf(named: string | { readonly type: string }): string {
  return typeof named === 'string' ? named : named.type;
}

function implementationOf(machine: AnyStateMachine, kind: 'guards' | 'delays', name: string): unknown {
  const found = (machine.implementations[kind] as Record<string, unknown>)[name];
  if (found === undefined) throw new Error(`"${name}" is not among the machine's ${kind}`);
  return found;
}
