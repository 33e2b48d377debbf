/**
 * All metrics of a process, in one registry of its own.
 *
 * Owns which groups there are. Invariants: labels are closed sets and never carry an id; all that is known from the
 * configuration is there at zero before it first happens.
 */
import type { BentoCachePlugin } from 'bentocache/types';
import { Registry } from 'prom-client';
import type { Dependencies } from '../../actors/dependencies.ts';
import type { JournalRecord } from '../../actors/record.ts';
import type { CacheStats } from '../cache/tiered-cache.ts';
import type { StoreFigures } from '../store.ts';
import { type MeasuredRuntime, registerActorMetrics } from './actor-metrics.ts';
import { registerCacheMetrics } from './cache-metrics.ts';
import type { Census } from './census.ts';
import { registerCommitMetrics } from './commit-metrics.ts';
import { registerDependencyMetrics } from './dependency-metrics.ts';
import { type FleetMember, registerFleetMetrics } from './fleet-metrics.ts';
import { type HttpMetrics, registerHttpMetrics } from './http-metrics.ts';
import type { MachineFacts } from './machine-facts.ts';
import { type BuildInfo, registerProcessMetrics } from './process-metrics.ts';
import { registerStoreMetrics } from './store-metrics.ts';

export interface MetricsDeps {
  readonly runtime: MeasuredRuntime & FleetMember & { onCommit(listener: (record: JournalRecord) => void): () => void };
  readonly dependencies: Dependencies;
  readonly census: Census;
  readonly machines: readonly MachineFacts[];
  readonly figures: () => StoreFigures | undefined;
  readonly cacheStats: () => Readonly<Record<string, CacheStats>>;
  readonly clock: { now(): number };
  readonly build: BuildInfo;
}

export interface Metrics {
  /** For the cache. */
  readonly cachePlugin: BentoCachePlugin;
  readonly http: HttpMetrics;
  /** All there are: `metrics()` is the Prometheus text. */
  readonly registry: Registry;
}

/** Begins to measure this process. */
export function createMetrics(deps: MetricsDeps): Metrics {
  const { runtime, dependencies, census, machines, figures, cacheStats, clock, build } = deps;
  const registry = new Registry();
  const http = registerHttpMetrics(registry);
  registerDependencyMetrics(registry, dependencies);
  registerActorMetrics({ registry, runtime, machines, clock });
  registerFleetMetrics({
    registry,
    fleet: runtime,
    census,
    machines,
    undelivered: () => runtime.load().undelivered,
    clock,
  });
  registerStoreMetrics(registry, figures);
  registerCommitMetrics({ registry, onCommit: (listener) => runtime.onCommit(listener) });
  registerProcessMetrics(registry, build);
  const cachePlugin = registerCacheMetrics(registry, cacheStats);
  return { cachePlugin, http, registry };
}
