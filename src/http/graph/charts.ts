/**
 * The charts of all machines, each laid out once: kept by machine version, locale, direction and focus, and shared by
 * everyone who asks while it is in the making. So are those of versions that another program ran and kept.
 *
 * What can be asked is finite (the states of the machines and of their versions), so nothing is ever dropped.
 */
import type { Clock, Log } from '../../actors/ports.ts';
import { toChart, toElk } from './elk-graph.ts';
import { focusOf } from './focus.ts';
import type { Chart, ChartQuery, Charts, Direction, Locale, MachineGraph } from './graph-types.ts';
import { createLayout, type Layout } from './layout-thread.ts';
import { type ChartedMachine, graphOf as toGraph } from './machine-graph.ts';

const DIRECTIONS: readonly Direction[] = ['right', 'down'];
const LOCALES: readonly Locale[] = ['zh-CN', 'en'];

export interface ChartsDeps {
  readonly machines: readonly ChartedMachine[];
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
  /** ELK in a thread of its own when left out. */
  readonly layout?: Layout;
  /** What another program kept of a version; nothing when left out. */
  readonly readKept?: (version: string) => Promise<MachineGraph | undefined>;
}

export interface WarmCharts extends Charts {
  /** Lays out every machine whole, in the background of whatever else happens. Resolves when done, never rejects. */
  warm(): Promise<void>;
}

/** The charts of these machines; nothing is laid out before it is asked for. */
export function createCharts({
  machines,
  clock,
  log,
  layout = createLayout(clock),
  readKept = async () => undefined,
}: ChartsDeps): WarmCharts {
  const graphs = new Map(machines.map((machine) => [machine.type, toGraph(machine)]));
  const byVersion = new Map([...graphs.values()].map((graph) => [graph.version, graph]));
  const charts = new Map<string, Promise<Chart>>();

  const draw = async (graph: MachineGraph, query: ChartQuery, focus: readonly string[] | null): Promise<Chart> => {
    const part = focus === null ? graph : focusOf(graph, focus);
    return toChart(part, query, focus, await layout(toElk(part, query)));
  };

  const graphOf = async (version: string): Promise<MachineGraph | undefined> => {
    const graph = byVersion.get(version) ?? (await readKept(version));
    if (graph !== undefined) byVersion.set(version, graph);
    return graph;
  };

  const chart = async (type: string, { version, ...query }: ChartQuery): Promise<Chart> => {
    const graph = version === undefined ? graphs.get(type) : await graphOf(version);
    if (graph?.type !== type) throw new RangeError(`there is no machine "${type}" of version ${version ?? 'now'}`);
    const { direction, locale } = query;
    const focus = query.focus === undefined ? null : leavesOf(graph, query.focus);
    const key = JSON.stringify([graph.version, locale, direction, focus]);
    const known = charts.get(key);
    if (known !== undefined) return known;
    const made = draw(graph, { direction, locale }, focus);
    charts.set(key, made);
    // One that failed is tried again by the next who asks.
    made.catch(() => charts.delete(key));
    return made;
  };

  const warm = async (): Promise<void> => {
    const types = [...graphs.keys()];
    const queries = LOCALES.flatMap((locale) =>
      types.flatMap((type) => DIRECTIONS.map((direction) => ({ type, query: { locale, direction } }))),
    );
    // One after the other: what a person asks for meanwhile comes next.
    for (const { type, query } of queries) {
      await chart(type, query).catch((error: unknown) => log.error('a chart could not be laid out', { type, error }));
    }
  };

  return { graph: (type) => graphs.get(type), graphOf, chart, warm };
}

/** The innermost of these states, in the graph's order, so that one focus has one key.
 * @throws RangeError when one of them is no state of the graph. */
function leavesOf({ type, nodes }: MachineGraph, ids: readonly string[]): readonly string[] {
  const states = nodes.filter(({ kind }) => kind !== 'initial');
  const parents = new Map(states.map(({ id, parent }) => [id, parent]));
  if (ids.length === 0) throw new RangeError('a focus names at least one state');
  const enclosing = new Set<string>();
  for (const id of ids) {
    if (!parents.has(id)) throw new RangeError(`${type} has no state "${id}"`);
    for (let at = parents.get(id) ?? null; at !== null; at = parents.get(at) ?? null) enclosing.add(at);
  }
  return states.map(({ id }) => id).filter((id) => ids.includes(id) && !enclosing.has(id));
}
