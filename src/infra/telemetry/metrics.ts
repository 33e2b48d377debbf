/**
 * All metrics of a process, in one registry of its own.
 *
 * Owns which groups there are. Invariants: labels are closed sets and never carry an id; all that is known from the
 * configuration is there at zero before it first happens.
 */
import { prometheusPlugin } from '@bentocache/plugin-prometheus';
import type { BentoCachePlugin } from 'bentocache/types';
import { Registry } from 'prom-client';
import type { Dependencies } from '../../actors/dependencies.ts';
import type { JournalRecord } from '../../actors/record.ts';
import type { StoreFigures } from '../store.ts';
import { type MeasuredRuntime, registerActorMetrics } from './actor-metrics.ts';
import type { Census } from './census.ts';
import { registerCommitMetrics } from './commit-metrics.ts';
import { registerDependencyMetrics } from './dependency-metrics.ts';
import { type FleetMember, registerFleetMetrics } from './fleet-metrics.ts';
import { type HttpMetrics, registerHttpMetrics } from './http-metrics.ts';
import type { MachineFacts } from './machine-facts.ts';
import { type BuildInfo, registerProcessMetrics } from './process-metrics.ts';
import { registerStoreMetrics } from './store-metrics.ts';

/** The rest of a key is somebody's or something's id. */
const CACHE_KEY_GROUPS: [RegExp, string | ((match: RegExpMatchArray) => string)][] = [
  [/^([a-z]+):/, ([, group = 'other']) => group],
  [/^/, 'other'],
];

export interface MetricsDeps {
  readonly runtime: MeasuredRuntime & FleetMember & { onCommit(listener: (record: JournalRecord) => void): () => void };
  readonly dependencies: Dependencies;
  readonly census: Census;
  readonly machines: readonly MachineFacts[];
  readonly figures: () => StoreFigures | undefined;
  readonly clock: { now(): number };
  readonly build: BuildInfo;
}

export interface Metrics {
  /** Lets a cache count, by the part of its keys before the colon. */
  readonly cachePlugin: BentoCachePlugin;
  readonly http: HttpMetrics;
  /** All there are: `metrics()` is the Prometheus text. */
  readonly registry: Registry;
}

/** Begins to measure this process. */
export function createMetrics(deps: MetricsDeps): Metrics {
  const { runtime, dependencies, census, machines, figures, clock, build } = deps;
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
  const cachePlugin = prometheusPlugin({ registry, keyGroups: CACHE_KEY_GROUPS });
  return { cachePlugin, http, registry };
}
