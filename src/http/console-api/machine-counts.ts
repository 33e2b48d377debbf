import type { AnyStateNode } from 'xstate';
import type { StateCount } from '../../actors/ports.ts';
import type { StateMeta, Words } from '../../machines/meta.ts';
import type { MachineGraph } from '../graph/graph-types.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import type { MachineSummary } from './machine-schemas.ts';
import { typeTitle } from './machine-words.ts';

type Deps = Pick<ConsoleRouteDeps, 'cards' | 'census' | 'charts'>;

/** A leaf state of a chart. */
interface Leaf {
  readonly path: string;
  readonly title: Words;
  /** 0 = they may stay for ever. */
  readonly slaSeconds: number;
}

/** How many actors of each machine stand where, and how many of them for too long. */
export async function readMachines(deps: Deps): Promise<MachineSummary[]> {
  const { states = [], versions = [] } = (await deps.census.read()) ?? {};
  return deps.cards.types.map((type) => {
    const current = currentVersion(deps, type);
    const old = versions.filter((one) => one.type === type && one.machine !== current);
    const oldCount = old.reduce((sum, { count }) => sum + count, 0);
    return { ...summaryOf(type, current, leavesOfMachine(deps, type), states), oldCount };
  });
}

/** The version of that machine which this program runs. */
export function currentVersion({ charts }: Pick<Deps, 'charts'>, type: string): string {
  return charts.graph(type)?.version ?? '';
}

/** Where those of `counts` that are of this type stand among these states. */
export function summaryOf(
  type: string,
  version: string,
  leaves: readonly Leaf[],
  counts: readonly StateCount[],
): Omit<MachineSummary, 'oldCount'> {
  const own = counts.filter((one) => one.type === type);
  const sum = (pick: (one: StateCount) => number, leaf?: string) =>
    own
      .filter(({ state }) => leaf === undefined || state.split(',').includes(leaf))
      .reduce((n, one) => n + pick(one), 0);
  return {
    type,
    title: typeTitle(type),
    version,
    count: sum(({ count }) => count),
    overdueCount: sum(({ overdue }) => overdue),
    states: leaves.map(({ path, title, slaSeconds }) => ({
      state: path,
      title,
      count: sum(({ count }) => count, path),
      overdueCount: slaSeconds > 0 ? sum(({ overdue }) => overdue, path) : 0,
      slaSeconds,
    })),
  };
}

/** The states, as lists know them, in which a leaf is active: of all versions, or of one. */
export async function statesWith({ census }: Deps, type: string, leaf: string, version?: string): Promise<string[]> {
  const { states = [], versions = [] } = (await census.read()) ?? {};
  const counted = version === undefined ? states : versions.filter(({ machine }) => machine === version);
  return counted.filter((one) => one.type === type && one.state.split(',').includes(leaf)).map(({ state }) => state);
}

export function leavesOfMachine({ cards }: Pick<Deps, 'cards'>, type: string): readonly Leaf[] {
  const walk = (node: AnyStateNode): Leaf[] => {
    const children = Object.values(node.states) as AnyStateNode[];
    if (children.length > 0) return children.flatMap(walk);
    const path = node.path.join('.');
    const { title = { zh: path, en: path }, slaSeconds = 0 } = (node.meta ?? {}) as Partial<StateMeta>;
    return [{ path, title, slaSeconds }];
  };
  return walk(cards.entry(type).machine.root);
}

export function leavesOfGraph({ nodes }: MachineGraph): readonly Leaf[] {
  const parents = new Set(nodes.map(({ parent }) => parent));
  return nodes
    .filter(({ id, kind }) => kind !== 'initial' && !parents.has(id))
    .map(({ id, title, slaSeconds }) => ({ path: id.slice(id.indexOf('.') + 1), title, slaSeconds }));
}
