/**
 * The partners as metrics: breakers, bulkheads, retries, limits.
 *
 * Owns nothing but names: every figure is read from the `Dependencies` snapshot at the moment of the scrape, so metrics,
 * the ops endpoint and the console cannot disagree. Durations alone are gathered here, from its events.
 */
import { Counter, Histogram, type Registry } from 'prom-client';
import {
  BULKHEAD_REJECTIONS,
  CALL_OUTCOMES,
  DEPENDENCY_STATES,
  type Dependencies,
  type DependencyState,
  type DependencyView,
  type QuotaView,
  type TransitionCause,
} from '../../actors/dependencies.ts';
import { BUCKETS_SECONDS, type Labels, registerRead, type Sample } from './read-metric.ts';

/** The changes that alerts count: there at 0 before the first, or its increase would not be seen. */
const USUAL_TRANSITIONS: readonly (readonly [DependencyState, DependencyState, TransitionCause])[] = [
  ['closed', 'open', 'failures'],
  ['closed', 'open', 'slow'],
  ['open', 'probe_due', 'time'],
  ['probe_due', 'half_open', 'time'],
  ['half_open', 'open', 'probe_failed'],
  ['half_open', 'closed', 'probe_ok'],
  ['closed', 'isolated', 'operator'],
  ['isolated', 'closed', 'operator'],
];
const OUTCOMES_WITH_DURATION = ['ok', 'failed', 'ignored', 'timeout'] as const;
const ATTEMPTS = ['first', 'second', 'third_plus'] as const;

/** Registers the metrics of all policies there are. */
export function registerDependencyMetrics(registry: Registry, dependencies: Dependencies): void {
  registerBreakers(registry, dependencies);
  registerCalls(registry, dependencies);
  registerBulkheads(registry, dependencies);
  registerQuotas(registry, dependencies);
  observeDurations(registry, dependencies);
}

type Read = (view: DependencyView, labels: Labels) => readonly Sample[];

function policyLabels({ dependency, policy }: { dependency: string; policy: string }): Labels {
  return { dependency, policy };
}

function gauge(read: (view: DependencyView) => number): Read {
  return (view, labels) => [{ labels, value: read(view) }];
}

function seconds(ms: number | null): number {
  return (ms ?? 0) / 1_000;
}

class PolicyMetrics {
  readonly #registry: Registry;
  readonly #dependencies: Dependencies;

  constructor(registry: Registry, dependencies: Dependencies) {
    this.#registry = registry;
    this.#dependencies = dependencies;
  }

  add(type: 'counter' | 'gauge', name: string, help: string, read: Read, more: readonly string[] = []): void {
    const info = { name, type, help, labels: ['dependency', 'policy', ...more] };
    registerRead(this.#registry, info, () =>
      this.#dependencies.snapshot().flatMap((view) => read(view, policyLabels(view))),
    );
  }
}

function registerBreakers(registry: Registry, dependencies: Dependencies): void {
  const metrics = new PolicyMetrics(registry, dependencies);
  metrics.add(
    'gauge',
    'rebate_breaker_state',
    'What the breaker is: exactly one state of a policy is 1',
    (view, labels) =>
      DEPENDENCY_STATES.map((state) => ({ labels: { ...labels, state }, value: view.state === state ? 1 : 0 })),
    ['state'],
  );
  metrics.add('counter', 'rebate_breaker_transitions_total', 'Changes of the breaker', transitionSamples, [
    'from',
    'to',
    'cause',
  ]);
  const times: readonly [string, string, (view: DependencyView) => number | null][] = [
    ['rebate_breaker_opened_timestamp_seconds', 'Since when it is open; 0 when it is not', (view) => view.openedAt],
    ['rebate_breaker_next_probe_timestamp_seconds', 'When it may be tried; 0 when closed', (view) => view.nextProbeAt],
    ['rebate_breaker_hold_until_timestamp_seconds', "Until when a person's hold stands; 0 = none", holdUntil],
  ];
  for (const [name, help, read] of times) {
    metrics.add(
      'gauge',
      name,
      help,
      gauge((view) => seconds(read(view))),
    );
  }
  const ratios: readonly [string, string, (view: DependencyView) => number][] = [
    ['rebate_breaker_failure_ratio', 'Failures in its window, as the breaker counts', (view) => view.failureRatio],
    ['rebate_breaker_slow_ratio', 'Slow calls in its window, as the breaker counts', (view) => view.slowRatio],
    ['rebate_breaker_threshold_ratio', 'From which failure ratio on it opens', (view) => view.thresholdRatio],
  ];
  for (const [name, help, read] of ratios) metrics.add('gauge', name, help, gauge(read));
}

function holdUntil({ hold }: DependencyView): number | null {
  return hold === null ? null : hold.until;
}

function transitionSamples({ transitionCounts }: DependencyView, labels: Labels): readonly Sample[] {
  const counted = transitionCounts.map(({ from, to, cause, count }) => ({
    labels: { ...labels, from, to, cause },
    value: count,
  }));
  const isCounted = (from: string, to: string, cause: string) =>
    transitionCounts.some((one) => one.from === from && one.to === to && one.cause === cause);
  const usual = USUAL_TRANSITIONS.filter((one) => !isCounted(...one)).map(([from, to, cause]) => ({
    labels: { ...labels, from, to, cause },
    value: 0,
  }));
  return [...counted, ...usual];
}

function registerCalls(registry: Registry, dependencies: Dependencies): void {
  const metrics = new PolicyMetrics(registry, dependencies);
  metrics.add(
    'counter',
    'rebate_dependency_calls_total',
    'Calls by how they ended, one per call however often it was tried',
    ({ calls }, labels) => CALL_OUTCOMES.map((outcome) => ({ labels: { ...labels, outcome }, value: calls[outcome] })),
    ['outcome'],
  );
  metrics.add(
    'counter',
    'rebate_dependency_slow_calls_total',
    'Calls slower than the policy calls slow',
    gauge(({ slowCalls }) => slowCalls),
  );
  metrics.add(
    'counter',
    'rebate_retry_attempts_total',
    'Attempts by number; amplification = the others / first',
    ({ attempts }, labels) => ATTEMPTS.map((attempt) => ({ labels: { ...labels, attempt }, value: attempts[attempt] })),
    ['attempt'],
  );
  metrics.add(
    'counter',
    'rebate_retry_exhausted_total',
    'Calls that failed although they were tried again as often as allowed',
    gauge(({ retriesExhausted }) => retriesExhausted),
  );
  const budget = {
    name: 'rebate_retry_budget_remaining_ratio',
    type: 'gauge',
    labels: ['dependency'],
    help: 'What is left of the budget for retries; 0 = none',
  } as const;
  registerRead(registry, budget, () => {
    const ratios = new Map(dependencies.snapshot().map((view) => [view.dependency, view.retryBudgetRatio]));
    return [...ratios].map(([dependency, value]) => ({ labels: { dependency }, value }));
  });
}

function registerBulkheads(registry: Registry, dependencies: Dependencies): void {
  const metrics = new PolicyMetrics(registry, dependencies);
  const gauges: readonly [string, string, (view: DependencyView) => number][] = [
    ['rebate_bulkhead_concurrency_limit', 'Calls that may be under way at once', (view) => view.limit],
    ['rebate_bulkhead_in_flight', 'Calls under way', (view) => view.inFlight],
    ['rebate_bulkhead_queue_limit', 'Calls that may wait for a place', (view) => view.queueLimit],
    ['rebate_bulkhead_queue_depth', 'Calls that wait for a place', (view) => view.queueDepth],
  ];
  for (const [name, help, read] of gauges) metrics.add('gauge', name, help, gauge(read));
  metrics.add(
    'counter',
    'rebate_bulkhead_rejections_total',
    'Calls that got no place',
    ({ bulkheadRejections }, labels) =>
      BULKHEAD_REJECTIONS.map((cause) => ({ labels: { ...labels, cause }, value: bulkheadRejections[cause] })),
    ['cause'],
  );
}

function registerQuotas(registry: Registry, dependencies: Dependencies): void {
  const metrics = new PolicyMetrics(registry, dependencies);
  const add = (name: string, help: string, read: (quota: QuotaView) => number | null) => {
    metrics.add(
      'gauge',
      name,
      help,
      ({ quotas }, labels) =>
        quotas.flatMap((quota) => {
          const value = read(quota);
          return value === null ? [] : [{ labels: { ...labels, quota: quota.name }, value }];
        }),
      ['quota'],
    );
  };
  add('rebate_quota_limit', "A partner's limit, where it is known", ({ limit }) => limit);
  add('rebate_quota_remaining', 'What is left of it', ({ remaining }) => remaining);
  add(
    'rebate_quota_banned_until_timestamp_seconds',
    'Until when the partner refuses all calls; 0 = it does not',
    (quota) => seconds(quota.bannedUntil),
  );
}

function observeDurations(registry: Registry, dependencies: Dependencies): void {
  const common = { buckets: BUCKETS_SECONDS, registers: [registry] };
  const labelNames = ['dependency', 'policy', 'outcome'] as const;
  const calls = new Histogram({
    ...common,
    name: 'rebate_dependency_call_duration_seconds',
    help: 'From the ask to the answer, retries and queueing included',
    labelNames,
  });
  const attempts = new Histogram({
    ...common,
    name: 'rebate_dependency_attempt_duration_seconds',
    help: 'One attempt',
    labelNames,
  });
  const waits = new Histogram({
    ...common,
    name: 'rebate_bulkhead_queue_wait_seconds',
    help: 'How long attempts that got a place waited for it',
    labelNames: ['dependency', 'policy'] as const,
  });
  const errors = new Counter({
    name: 'rebate_dependency_errors_total',
    help: 'Attempts that failed, by what went wrong',
    labelNames: ['dependency', 'policy', 'error_type'] as const,
    registers: [registry],
  });
  for (const view of dependencies.snapshot()) {
    const labels = policyLabels(view);
    waits.zero(labels);
    for (const outcome of OUTCOMES_WITH_DURATION) {
      calls.zero({ ...labels, outcome });
      attempts.zero({ ...labels, outcome });
    }
    errors.inc({ ...labels, error_type: 'TIMEOUT' }, 0);
  }
  dependencies.observe((event) => {
    const labels = policyLabels(event);
    const { outcome } = event;
    if (!isTimed(outcome)) return;
    (event.type === 'call' ? calls : attempts).observe({ ...labels, outcome }, event.durationMs / 1_000);
    if (event.type === 'call') return;
    waits.observe(labels, event.queueWaitMs / 1_000);
    if (event.errorType !== '') errors.inc({ ...labels, error_type: event.errorType });
  });
}

/** What was refused here took no time worth a histogram. */
function isTimed(outcome: string): outcome is (typeof OUTCOMES_WITH_DURATION)[number] {
  return (OUTCOMES_WITH_DURATION as readonly string[]).includes(outcome);
}
