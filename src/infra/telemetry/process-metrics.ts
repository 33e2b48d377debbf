/**
 * The process itself as metrics: prom-client's own, and the event loop under OpenTelemetry's names.
 *
 * Owns the observers, which live as long as the process.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { collectDefaultMetrics, type Registry } from 'prom-client';
import { registerRead } from './read-metric.ts';

export interface BuildInfo {
  readonly version: string;
  /** Of all machines' structures together: nodes that differ in it run different charts. */
  readonly machinesHash: string;
}

const NANOSECONDS = 1e9;

/** Registers them and begins to observe. */
export function registerProcessMetrics(registry: Registry, { version, machinesHash }: BuildInfo): void {
  collectDefaultMetrics({ register: registry });
  const delays = monitorEventLoopDelay();
  delays.enable();
  let loop = performance.eventLoopUtilization();
  const single = (name: string, help: string, read: () => number) =>
    registerRead(registry, { name, type: 'gauge', labels: [], help }, () => [{ labels: {}, value: read() }]);
  single('nodejs_eventloop_delay_p99_seconds', 'How late the event loop was, since the last scrape', () => {
    const p99 = delays.count === 0 ? 0 : delays.percentile(99) / NANOSECONDS;
    delays.reset();
    return p99;
  });
  single('nodejs_eventloop_utilization_ratio', 'How busy the event loop was, since the last scrape', () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, loop);
    loop = now;
    return utilization;
  });
  const build = {
    name: 'rebate_build_info',
    type: 'gauge',
    labels: ['version', 'node', 'machines_hash'],
    help: 'What runs here',
  } as const;
  registerRead(registry, build, () => [
    { labels: { version, node: process.versions.node, machines_hash: machinesHash }, value: 1 },
  ]);
}
