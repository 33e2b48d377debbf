/**
 * What is true of all processes together, as metrics: actors by state, what is overdue, nodes.
 *
 * Owns who exports them. Invariant: one process does, the oldest live one, so that sums over instances are right; with
 * the others these metrics have no series.
 */
import type { Registry } from 'prom-client';
import type { NodeView } from '../../actors/facade.ts';
import type { Census } from './census.ts';
import type { MachineFacts } from './machine-facts.ts';
import { registerRead, type Sample } from './read-metric.ts';

export interface FleetMember {
  readonly nodeId: string;
  nodes(): Promise<readonly NodeView[]>;
}

interface FleetMetricsDeps {
  readonly registry: Registry;
  readonly fleet: FleetMember;
  readonly census: Pick<Census, 'read'>;
  readonly machines: readonly MachineFacts[];
  readonly undelivered: () => number;
  readonly clock: { now(): number };
}

/** Registers them; which process shows them is decided at each scrape. */
export function registerFleetMetrics({
  registry,
  fleet,
  census,
  machines,
  undelivered,
  clock,
}: FleetMetricsDeps): void {
  const nodesNow = sharedFor(1_000, clock, () => nodesOf(fleet));
  const add = (name: string, labels: readonly string[], help: string, read: () => Promise<readonly Sample[]>) =>
    registerRead(registry, { name, type: 'gauge', labels, help }, async () =>
      isOldestLive(fleet.nodeId, await nodesNow()) ? read() : [],
    );
  const byState = async (value: (type: string, state: string) => number, isShown = (_slaSeconds: number) => true) =>
    machines.flatMap(({ type, states }) =>
      states
        .filter(({ slaSeconds }) => isShown(slaSeconds))
        .map(({ name }) => ({ labels: { machine: type, state: name }, value: value(type, name) })),
    );
  const counts = async () => {
    const reading = await census.read();
    return new Map(reading?.states.map((one) => [`${one.type} ${one.state}`, one]));
  };

  add('rebate_actors', ['machine', 'state'], 'Actors by state', async () => {
    const known = await counts();
    return byState((type, state) => known.get(`${type} ${state}`)?.count ?? 0);
  });
  add('rebate_actors_overdue', ['machine', 'state'], 'Actors longer in a state than they should be', async () => {
    const known = await counts();
    return byState(
      (type, state) => known.get(`${type} ${state}`)?.overdue ?? 0,
      (slaSeconds) => slaSeconds > 0,
    );
  });
  add('rebate_timer_lag_seconds', [], 'How long the oldest due timer or call is overdue', async () => {
    const oldestDueAt = (await census.read())?.oldestDueAt ?? null;
    return [{ labels: {}, value: oldestDueAt === null ? 0 : Math.max(0, clock.now() - oldestDueAt) / 1_000 }];
  });
  add('rebate_outbox_undelivered', [], 'Tells put aside that still wait for their target', async () => [
    { labels: {}, value: undelivered() },
  ]);
  add('rebate_nodes', ['status'], 'Processes of this system', async () => {
    const nodes = await nodesNow();
    return (['live', 'silent'] as const).map((status) => ({
      labels: { status },
      value: nodes.filter((node) => node.status === status).length,
    }));
  });
}

/** All metrics of one scrape read the same answer. */
function sharedFor<T>(ms: number, clock: { now(): number }, read: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly answer: Promise<T> } | undefined;
  return () => {
    const at = clock.now();
    if (last === undefined || at - last.at >= ms) last = { at, answer: read() };
    return last.answer;
  };
}

/** A store that does not answer leaves them out: a gap shows in a graph, a wrong zero does not. */
async function nodesOf(fleet: FleetMember): Promise<readonly NodeView[]> {
  try {
    return await fleet.nodes();
  } catch {
    return [];
  }
}

function isOldestLive(id: string, nodes: readonly NodeView[]): boolean {
  const [oldest] = nodes
    .filter(({ status }) => status === 'live')
    .sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
  return oldest?.id === id;
}
