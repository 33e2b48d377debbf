import { medianMs, type TrafficCount } from '../../actors/traffic.ts';
import { Problem } from '../problem.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import { currentVersion, leavesOfGraph, leavesOfMachine, summaryOf } from './machine-counts.ts';
import type { MachineMap } from './machine-schemas.ts';
import { stateTitle } from './machine-words.ts';

const SHOWN_VERSIONS = 50;

type Deps = Pick<ConsoleRouteDeps, 'actors' | 'cards' | 'census' | 'charts' | 'traffic'>;

interface MapQuery {
  readonly version: string | undefined;
  readonly hours: 1 | 24;
}

/** One machine, of all versions by the current one's chart or of one version by its own: where its actors stand, and how
 * they moved lately. @throws VERSION_UNKNOWN for one that has neither actors nor a chart */
export async function readMap(
  deps: Deps,
  type: string,
  { version, hours }: MapQuery,
): Promise<Omit<MachineMap, 'now'>> {
  const { actors, census, traffic } = deps;
  const [counted, kept, counts] = await Promise.all([
    census.read(),
    actors.heads({ type: 'chart', status: type, limit: SHOWN_VERSIONS }),
    traffic.read(type, hours),
  ]);
  const { states = [], versions: byVersion = [] } = counted ?? {};
  const standing = byVersion.filter((one) => one.type === type);
  const current = currentVersion(deps, type);
  const versions = [...new Set([current, ...kept.map(versionOf), ...standing.map(({ machine }) => machine)])].map(
    (one) => ({
      version: one,
      isCurrent: one === current,
      hasChart: one === current || kept.some((head) => versionOf(head) === one),
      count: standing.filter(({ machine }) => machine === one).reduce((sum, { count }) => sum + count, 0),
    }),
  );
  if (version !== undefined && !versions.some((one) => one.version === version)) throw new Problem('VERSION_UNKNOWN');
  const ofVersion = standing.filter(({ machine }) => machine === version);
  const machine =
    version === undefined || version === current
      ? summaryOf(type, current, leavesOfMachine(deps, type), version === undefined ? states : ofVersion)
      : summaryOf(type, version, await leavesOfVersion(deps, type, version, ofVersion), ofVersion);
  const oldCount = versions.filter(({ isCurrent }) => !isCurrent).reduce((sum, { count }) => sum + count, 0);
  return { machine: { ...machine, oldCount }, versions, hours, ...toTraffic(counts) };
}

function versionOf({ view }: { readonly view: { readonly [key: string]: unknown } }): string {
  return String(view['version']);
}

/** The states of its chart; of one that nobody kept, those that have actors. */
async function leavesOfVersion(
  { cards, charts }: Deps,
  type: string,
  version: string,
  standing: readonly { readonly state: string }[],
) {
  const graph = await charts.graphOf(version);
  if (graph !== undefined) return leavesOfGraph(graph);
  const names = new Set(standing.flatMap(({ state }) => state.split(',')));
  return [...names].map((path) => ({ path, title: stateTitle(cards.entry(type), path), slaSeconds: 0 }));
}

function toTraffic(counts: readonly TrafficCount[]): Pick<MachineMap, 'dwells' | 'edges'> {
  const dwells = Map.groupBy(
    counts.filter(({ kind }) => kind === 'dwell'),
    ({ name }) => name,
  );
  return {
    dwells: [...dwells].map(([state, ofState]) => ({
      state,
      count: ofState.reduce((sum, { count }) => sum + count, 0),
      medianMs: medianMs(ofState),
    })),
    edges: counts
      .filter(({ kind }) => kind === 'edge')
      .map(({ name, count }) => ({ id: name, count }))
      .sort((a, b) => b.count - a.count || (a.id < b.id ? -1 : 1)),
  };
}
