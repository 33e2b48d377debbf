/**
 * Metrics whose values are read where they stand when somebody asks, instead of being counted twice.
 *
 * Owns the form in which prom-client's registry takes them. Invariant: nothing is kept here, so a figure that is shown is
 * the figure there is.
 */
import type { Metric, Registry } from 'prom-client';
import { DURATION_BOUNDS_MS, type Durations } from '../../actors/telemetry.ts';

/** A metric as people and tools know it. */
export interface MetricInfo {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
}

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** With the suffix of a histogram's series. */
  readonly metricName?: string;
}

/** Registers a metric whose samples `read` gives. */
export function registerRead(
  registry: Registry,
  info: MetricInfo,
  read: () => readonly Sample[] | Promise<readonly Sample[]>,
): void {
  const { name, help, type, labels: labelNames } = info;
  const metric = { name, help, type, labelNames, get: async () => ({ name, help, type, values: await read() }) };
  registry.registerMetric(metric as unknown as Metric);
}

/** The series of one histogram, in seconds. */
export function durationSamples(name: string, labels: Labels, { buckets, count, sumMs }: Durations): Sample[] {
  let below = 0;
  const samples: Sample[] = DURATION_BOUNDS_MS.map((bound, index) => {
    below += buckets[index] ?? 0;
    return { labels: { ...labels, le: String(bound / 1_000) }, value: below, metricName: `${name}_bucket` };
  });
  samples.push(
    { labels: { ...labels, le: '+Inf' }, value: count, metricName: `${name}_bucket` },
    { labels, value: sumMs / 1_000, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  );
  return samples;
}

/** Upper bounds in seconds for the histograms that prom-client itself keeps. */
export const BUCKETS_SECONDS = DURATION_BOUNDS_MS.map((ms) => ms / 1_000);
