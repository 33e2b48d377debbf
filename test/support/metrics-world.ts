/**
 * A process whose metrics are under test: the real runtime and machines on stores in memory, real pipelines with a
 * partner that answers as told, virtual time, and switches for what can go wrong.
 */
import type { Journal, Projections } from '../../src/actors/ports.ts';
import type { ActorEvent, JournalRecord } from '../../src/actors/record.ts';
import { Runtime, type RuntimeOptions } from '../../src/actors/runtime.ts';
import type { StoreFigures } from '../../src/infra/store.ts';
import { Census } from '../../src/infra/telemetry/census.ts';
import { factsOf, machinesHash } from '../../src/infra/telemetry/machine-facts.ts';
import { createMetrics } from '../../src/infra/telemetry/metrics.ts';
import { createCatalog } from '../../src/machines/catalog.ts';
import { defaultRules } from '../../src/machines/rules.ts';
import { ManualQueue } from './actor-world.ts';
import { MemoryJournal } from './memory-journal.ts';
import { MemoryProjections } from './memory-projections.ts';
import { resilienceWorld } from './resilience-world.ts';
import { SeededIds } from './seeded-ids.ts';
import type { VirtualClock } from './virtual-clock.ts';

const SETTINGS =
  'taobao/orders.minCalls=4, taobao/orders.openMs=1000, taobao/orders.concurrency=1, taobao/orders.queue=1';
const catalog = createCatalog({ ...defaultRules, orderStart: 0 });

export type MetricsWorld = Awaited<ReturnType<typeof metricsWorld>>;
type Changeable<T> = { -readonly [K in keyof T]: Changeable<T[K]> };

interface MetricsWorldOptions extends RuntimeOptions {
  readonly settings?: string;
  readonly taobaoOrdersPerSecond?: number;
  /** A second process on the stores of this one. */
  readonly beside?: {
    readonly clock: VirtualClock;
    readonly journal: MemoryJournal;
    readonly projections: MemoryProjections;
  };
}

export async function metricsWorld(options: MetricsWorldOptions = {}) {
  const { settings = SETTINGS, taobaoOrdersPerSecond = 1_000, beside, ...runtimeOptions } = options;
  const limits = { settings, taobaoOrdersPerSecond, taobaoCallsPerDay: 100 };
  const partners = resilienceWorld(beside === undefined ? limits : { ...limits, clock: beside.clock, seed: 2 });
  const { clock, log, resilience } = partners;
  /** Records of these actors are not written before the switch is off. */
  const trouble = { stuck: '', isSilent: false, hasLeases: true };
  const journal: MemoryJournal = beside?.journal ?? new MemoryJournal();
  const projections: MemoryProjections = beside?.projections ?? new MemoryProjections(() => clock.now());
  const queue = new ManualQueue();
  const deps = { clock, log, definitions: catalog, projections: switched(projections, trouble) };
  const leases = { acquire: async () => trouble.hasLeases, release: async () => {} };
  const runtime = new Runtime(
    { ...deps, journal: stickable(journal, trouble), ids: new SeededIds(beside ? 2 : 1), queue, leases },
    runtimeOptions,
  );
  runtime.provideActivity('orderPage', async () => ({
    kind: 'postponed',
    until: clock.now() + 2_000,
    reason: { code: 'LIMITED' },
  }));
  await clock.until(runtime.start());
  const facts = factsOf(catalog);
  const cacheStats = { memoryHits: 0, redisHits: 0, staleHits: 0, misses: 0 };
  const figures: { current: Changeable<StoreFigures> | undefined } = { current: undefined };
  let hear: (record: JournalRecord) => void = () => {};
  const metrics = createMetrics({
    runtime: {
      telemetry: runtime.telemetry,
      get nodeId() {
        return runtime.nodeId;
      },
      get backlogMs() {
        return runtime.backlogMs;
      },
      load: () => runtime.load(),
      nodes: () => runtime.nodes(),
      onCommit: (listener) => {
        hear = listener;
        return runtime.onCommit(listener);
      },
    },
    dependencies: resilience,
    census: new Census({ projections, clock, log }, facts),
    machines: facts,
    figures: () => figures.current,
    cacheStats: () => ({ product: { ...cacheStats } }),
    clock,
    build: { version: '0.0.0', machinesHash: machinesHash(runtime.registry.all()) },
  });
  return {
    ...partners,
    runtime,
    queue,
    metrics,
    figures,
    cacheStats,
    trouble,
    journal,
    projections,
    /** As if a machine had committed it. */
    hear: (record: JournalRecord) => hear(record),
    send: (to: `${string}/${string}`, event: ActorEvent, id?: string) =>
      clock.until(runtime.send(to, event, { cause: 'api:u1', ...(id !== undefined && { id, repeatable: true }) })),
    /** Sends and waits for nothing: what it waits for is stuck. */
    post: (to: `${string}/${string}`, event: ActorEvent) => {
      runtime.send(to, event, { cause: 'api:u1', deadlineMs: 3_600_000 }).catch(() => {});
    },
    async another(): Promise<Runtime> {
      const other = new Runtime({ ...deps, journal, ids: new SeededIds(3, 'other'), queue: new ManualQueue(), leases });
      await clock.until(other.start());
      return other;
    },
    async read(): Promise<Map<string, number>> {
      return seriesOf(await metrics.registry.metrics());
    },
  };
}

/** Every series and its value. */
export function seriesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

function stickable(journal: MemoryJournal, trouble: { stuck: string }): Journal {
  const append: Journal['append'] = async (records) => {
    const isStuck = records.map(({ actor }) => trouble.stuck !== '' && actor.startsWith(trouble.stuck));
    const free = await journal.append(records.filter((_, index) => !isStuck[index]));
    let next = 0;
    return records.map((_, index) => {
      if (isStuck[index] === true) return 'unknown';
      next += 1;
      return free[next - 1] ?? 'unknown';
    });
  };
  return new Proxy(journal, {
    get: (target, name) => {
      if (name === 'append') return append;
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  }) as unknown as Journal;
}

function switched(projections: MemoryProjections, trouble: { isSilent: boolean }): Projections {
  const heartbeat: Projections['heartbeat'] = async (node) => {
    if (trouble.isSilent) throw new Error('the store does not answer');
    return projections.heartbeat(node);
  };
  return new Proxy(projections, {
    get: (target, name) => {
      if (name === 'heartbeat') return heartbeat;
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  }) as unknown as Projections;
}
