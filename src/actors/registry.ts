/**
 * The machines a runtime knows, by actor type, and the checks that make them durable.
 *
 * Owns registration: what XState offers but a committed document cannot carry is refused here, before the first turn.
 * Invariants:
 * G1  No invoke, no spawned child, no history or final state, no wildcard transition, no inline or initial action, no
 *     unknown effect name.
 * G2  A version is `<type>@<hash of the structure>`: the same chart has the same version on every node.
 */
import { createHash } from 'node:crypto';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { Chart } from './chart.ts';
import { isEffectName } from './effects.ts';
import { ActorError } from './errors.ts';
import type { JsonObject, StoredSnapshot } from './record.ts';

/** What a machine's snapshot looks like in lists. */
export interface Listing {
  readonly owner: string | null;
  readonly sortKey: number;
  readonly status: string;
  readonly view: JsonObject;
}

export interface ActorDefinition {
  /** The first half of its addresses. */
  readonly type: string;
  readonly machine: AnyStateMachine;
  /** Money actors are hash-chained and worked on under a lease. */
  readonly money?: boolean;
  /** Types of messages from other actors that nobody waits for: under load more of them are let come for one turn. */
  readonly gathers?: readonly string[];
  readonly list: (context: never, state: string, id: string) => Listing;
  /** Older versions this one can go on from: `adopt` when state and context still fit, or a function that makes them. */
  readonly upgrade?: Readonly<Record<string, 'adopt' | ((snapshot: StoredSnapshot) => StoredSnapshot)>>;
}

export interface Logic extends ActorDefinition {
  readonly version: string;
  readonly chart: Chart;
}

export class Registry {
  readonly #logics = new Map<string, Logic>();

  /** @throws MACHINE_REFUSED naming everything that is wrong (G1). */
  constructor(definitions: readonly ActorDefinition[]) {
    for (const definition of definitions) {
      if (this.#logics.has(definition.type)) {
        throw new ActorError('MACHINE_REFUSED', `${definition.type} is registered twice`);
      }
      const problems = findProblems(definition.machine);
      if (problems.length > 0) throw new ActorError('MACHINE_REFUSED', `${definition.type}: ${problems.join('; ')}`);
      this.#logics.set(definition.type, {
        ...definition,
        version: versionOf(definition),
        chart: new Chart(definition.machine),
      });
    }
  }

  /** @throws MACHINE_UNKNOWN */
  logic(type: string): Logic {
    const logic = this.#logics.get(type);
    if (!logic) throw new ActorError('MACHINE_UNKNOWN', type);
    return logic;
  }

  all(): readonly Logic[] {
    return [...this.#logics.values()];
  }
}

type ActionRef = string | { type: string; params?: unknown } | ((...args: unknown[]) => unknown);

function actionsOf(node: AnyStateNode): readonly ActionRef[] {
  const fromTransitions = [...node.transitions.values()].flat().concat(node.always ?? []);
  return [...node.entry, ...node.exit, ...fromTransitions.flatMap((transition) => transition.actions)] as ActionRef[];
}

function findProblems(machine: AnyStateMachine): string[] {
  const problems: string[] = [];
  const implementations = machine.implementations.actions as Record<string, unknown>;
  for (const node of nodesOf(machine.root)) {
    const where = `state "${node.id}"`;
    if (node.invoke.length > 0) problems.push(`${where} invokes; use the call effect`);
    if (node.type === 'history') problems.push(`${where} is a history state; keep what to return to in context`);
    if (node.type === 'final') problems.push(`${where} is final; late events would find no one, so let it be plain`);
    if (node.type === 'compound' && node.initial.actions.length > 0) {
      problems.push(`${where} has actions on its initial transition; make them entry actions`);
    }
    for (const type of node.transitions.keys()) {
      if (type === '*' || type.endsWith('.*')) problems.push(`${where} has a wildcard transition`);
    }
    for (const action of actionsOf(node))
      problems.push(...problemsOf(action, implementations).map((p) => `${where} ${p}`));
  }
  return problems;
}

function problemsOf(action: ActionRef, implementations: Record<string, unknown>): string[] {
  if (typeof action === 'function') {
    // What XState itself puts in for `after`.
    const builtin = (action as { type?: string }).type;
    return builtin === 'xstate.raise' || builtin === 'xstate.cancel'
      ? []
      : ['has an inline action; register it by name'];
  }
  const name = typeof action === 'string' ? action : action.type;
  const implementation = implementations[name] as { type?: string; resolve?: unknown } | undefined;
  if (isEffectName(name)) return [];
  if (implementation === undefined) return [`names the unknown action "${name}"`];
  if (implementation.type === 'xstate.assign') return [];
  return [`names "${name}", which is neither an effect nor an assign`];
}

export function nodesOf(root: AnyStateNode): AnyStateNode[] {
  return [root, ...Object.values(root.states).flatMap((child) => nodesOf(child as AnyStateNode))];
}

function versionOf({ type, machine }: ActorDefinition): string {
  const structure = nodesOf(machine.root).map((node) => ({
    id: node.id,
    type: node.type,
    initial: node.initial.target.map((target: AnyStateNode) => target.id),
    actions: { entry: node.entry.map(nameOf), exit: node.exit.map(nameOf) },
    transitions: [...node.transitions.values()]
      .flat()
      .concat(node.always ?? [])
      .map((t) => ({
        on: t.eventType,
        to: (t.target ?? []).map((target: AnyStateNode) => target.id),
        guard: nameOf(t.guard),
        actions: t.actions.map(nameOf),
        reenter: t.reenter,
      })),
  }));
  return `${type}@${createHash('sha256').update(JSON.stringify(structure)).digest('hex').slice(0, 12)}`;
}

function nameOf(named: unknown): string {
  if (named === undefined || named === null) return '';
  if (typeof named === 'string') return named;
  return (named as { type?: string; name?: string }).type ?? (named as { name?: string }).name ?? '';
}
