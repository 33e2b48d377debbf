/**
 * The actor runtime of this process as metrics.
 *
 * Owns the names; the figures are the runtime's own, read at the moment of the scrape. Invariant: event types that are in
 * no machine's words are shown as `other`, so labels are a closed set whatever is sent.
 */
import type { Registry } from 'prom-client';
import type { Outcome } from '../../actors/record.ts';
import {
  Durations,
  MachineFigures,
  type MachineLoad,
  type RuntimeLoad,
  SOURCES,
  type Telemetry,
} from '../../actors/telemetry.ts';
import type { MachineFacts } from './machine-facts.ts';
import { durationSamples, registerRead, type Sample } from './read-metric.ts';

/** As much of the runtime as metrics read. */
export interface MeasuredRuntime {
  readonly telemetry: Telemetry;
  readonly backlogMs: number;
  load(): RuntimeLoad;
}

const OUTCOMES: readonly Outcome[] = ['done', 'ignored', 'refused', 'parked'];
/** The runtime's own messages, which every machine takes. */
const RUNTIME_EVENTS = ['@due', '@outcome'];
const OTHER = 'other';
const NOTHING = new MachineFigures();
const EMPTY: MachineLoad = { active: 0, queued: 0, oldestAt: undefined };

export interface ActorMetricsDeps {
  readonly registry: Registry;
  readonly runtime: MeasuredRuntime;
  readonly machines: readonly MachineFacts[];
  readonly clock: { now(): number };
}

/** Registers the metrics of every machine there is. */
export function registerActorMetrics(deps: ActorMetricsDeps): void {
  registerCounters(deps);
  registerMessages(deps);
  registerDurations(deps);
  registerLoad(deps);
  registerNode(deps);
}

function registerCounters({ registry, runtime, machines }: ActorMetricsDeps): void {
  const counters: readonly [string, string, (figures: MachineFigures) => number][] = [
    ['rebate_actor_turns_total', 'Committed turns', (figures) => figures.turns],
    ['rebate_actor_activations_total', 'Actors read from the journal into memory', (figures) => figures.activations],
    ['rebate_actor_passivations_total', 'Actors dropped from memory to make room', (figures) => figures.evictions],
    [
      'rebate_actor_fencing_rejections_total',
      'Records that another node was faster with; rare',
      (figures) => figures.fencingRejected,
    ],
    ['rebate_timer_fired_total', 'Timers that fired in time, from memory', (figures) => figures.timersFired],
    ['rebate_call_attempts_total', 'Attempts of calls to partners, handed to the queue', (figures) => figures.attempts],
  ];
  for (const [name, help, read] of counters) {
    registerRead(registry, { name, type: 'counter', labels: ['machine'], help }, () =>
      machines.map(({ type }) => ({
        labels: { machine: type },
        value: read(runtime.telemetry.machines.get(type) ?? NOTHING),
      })),
    );
  }
}

function registerMessages({ registry, runtime, machines }: ActorMetricsDeps): void {
  const messages = {
    name: 'rebate_actor_transitions_total',
    type: 'counter',
    labels: ['machine', 'event', 'outcome'],
    help: 'Messages taken, by what became of them',
  } as const;
  registerRead(registry, messages, () => machines.flatMap((facts) => messageSamples(facts, runtime.telemetry)));
  const repeats = {
    name: 'rebate_inbox_duplicates_total',
    type: 'counter',
    labels: ['source'],
    help: 'Messages that stood in the journal already, and had no second effect',
  } as const;
  registerRead(registry, repeats, () => {
    const figures = [...runtime.telemetry.machines.values()];
    return SOURCES.map((source) => ({
      labels: { source },
      value: figures.reduce((sum, { repeated }) => sum + repeated[source], 0),
    }));
  });
}

function messageSamples({ type, events }: MachineFacts, telemetry: Telemetry): Sample[] {
  const shown = new Map([...events, ...RUNTIME_EVENTS, OTHER].map((event) => [event, zeroes()]));
  for (const [event, counts] of telemetry.machines.get(type)?.messages ?? []) {
    const sums = shown.get(event) ?? shown.get(OTHER);
    for (const outcome of OUTCOMES) if (sums !== undefined) sums[outcome] += counts[outcome];
  }
  return [...shown].flatMap(([event, counts]) =>
    OUTCOMES.map((outcome) => ({ labels: { machine: type, event, outcome }, value: counts[outcome] })),
  );
}

function zeroes(): Record<Outcome, number> {
  return { done: 0, ignored: 0, refused: 0, parked: 0 };
}

function registerDurations({ registry, runtime, machines }: ActorMetricsDeps): void {
  const histograms: readonly [string, string, (figures: MachineFigures) => Durations][] = [
    ['rebate_actor_transition_seconds', "From a message's arrival to its record", (figures) => figures.waits],
    ['rebate_actor_activation_seconds', 'Reading an actor from the journal', (figures) => figures.loads],
  ];
  for (const [name, help, read] of histograms) {
    registerRead(registry, { name, type: 'histogram', labels: ['machine'], help }, () =>
      machines.flatMap(({ type }) => {
        const figures = runtime.telemetry.machines.get(type);
        return durationSamples(name, { machine: type }, figures === undefined ? new Durations() : read(figures));
      }),
    );
  }
}

function registerLoad({ registry, runtime, machines, clock }: ActorMetricsDeps): void {
  const gauges: readonly [string, string, (load: MachineLoad) => number][] = [
    ['rebate_actors_active', 'Actors in the memory of this process', ({ active }) => active],
    ['rebate_actor_mailbox_depth', 'Messages that wait for their turn', ({ queued }) => queued],
    [
      'rebate_actor_mailbox_oldest_age_seconds',
      'How long the first of them has waited',
      ({ oldestAt }) => ageSeconds(oldestAt, clock),
    ],
  ];
  for (const [name, help, read] of gauges) {
    registerRead(registry, { name, type: 'gauge', labels: ['machine'], help }, () => {
      const loads = runtime.load().machines;
      return machines.map(({ type }) => ({ labels: { machine: type }, value: read(loads.get(type) ?? EMPTY) }));
    });
  }
}

function registerNode({ registry, runtime, clock }: ActorMetricsDeps): void {
  const single = (type: 'counter' | 'gauge', name: string, help: string, read: () => number) =>
    registerRead(registry, { name, type, labels: [], help }, () => [{ labels: {}, value: read() }]);
  const counted = (name: 'leaseMissed' | 'nodeFenced' | 'undeliveredStored') => () =>
    runtime.telemetry.counts.get(name) ?? 0;
  single('gauge', 'rebate_outbox_depth', 'Tells of this process on their way', () => runtime.load().outbox.depth);
  single('gauge', 'rebate_outbox_oldest_age_seconds', 'How long the first of them is on its way', () =>
    ageSeconds(runtime.load().outbox.oldestAt, clock),
  );
  single('counter', 'rebate_outbox_undelivered_total', 'Tells that had to be put aside', counted('undeliveredStored'));
  single(
    'gauge',
    'rebate_node_watermark_lag_seconds',
    'For how long the oldest commit of this process is not delivered and listed',
    () => runtime.backlogMs / 1_000,
  );
  single('counter', 'rebate_node_fenced_total', 'Times this process lost its place as a node', counted('nodeFenced'));
  single(
    'counter',
    'rebate_turns_without_lease_total',
    'Turns of money actors without a lease',
    counted('leaseMissed'),
  );
}

function ageSeconds(at: number | undefined, clock: { now(): number }): number {
  return at === undefined ? 0 : Math.max(0, clock.now() - at) / 1_000;
}
