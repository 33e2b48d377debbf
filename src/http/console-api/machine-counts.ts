import type { AnyStateNode } from 'xstate';
import type { MachineEntry } from '../../machines/catalog.ts';
import type { StateMeta } from '../../machines/meta.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import { typeTitle } from './machine-words.ts';
import type { MachineSummary } from './operation-schemas.ts';

type Deps = Pick<ConsoleRouteDeps, 'cards' | 'census' | 'charts'>;

/** How many actors of each machine stand where, and how many of them for too long. */
export async function readMachines(deps: Deps): Promise<MachineSummary[]> {
  const { states: counted = [] } = (await deps.census.read()) ?? {};
  return deps.cards.types.map((type) => {
    const entry = deps.cards.entry(type);
    const own = counted.filter((one) => one.type === type);
    const sum = (pick: (one: (typeof own)[number]) => number, leaf?: string) =>
      own
        .filter(({ state }) => leaf === undefined || state.split(',').includes(leaf))
        .reduce((n, one) => n + pick(one), 0);
    return {
      type,
      title: typeTitle(type),
      version: deps.charts.graph(type)?.version ?? '',
      count: sum(({ count }) => count),
      overdueCount: sum(({ overdue }) => overdue),
      states: leavesOf(entry).map(({ path, meta }) => ({
        state: path,
        title: meta?.title ?? { zh: path, en: path },
        count: sum(({ count }) => count, path),
        overdueCount: (meta?.slaSeconds ?? 0) > 0 ? sum(({ overdue }) => overdue, path) : 0,
        slaSeconds: meta?.slaSeconds ?? 0,
      })),
    };
  });
}

/** The states, as lists know them, in which a leaf is active. */
export async function statesWith({ census }: Deps, type: string, leaf: string): Promise<string[]> {
  const { states = [] } = (await census.read()) ?? {};
  return states.filter((one) => one.type === type && one.state.split(',').includes(leaf)).map(({ state }) => state);
}

function leavesOf({ machine }: MachineEntry): { path: string; meta: StateMeta | undefined }[] {
  const walk = (node: AnyStateNode): { path: string; meta: StateMeta | undefined }[] => {
    const children = Object.values(node.states) as AnyStateNode[];
    if (children.length > 0) return children.flatMap(walk);
    return [{ path: node.path.join('.'), meta: node.meta as StateMeta | undefined }];
  };
  return walk(machine.root);
}
