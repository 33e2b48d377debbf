/**
 * What the runtime counts, and no more: plain numbers that cost next to nothing where they are counted. Whoever shows
 * metrics reads them when asked; no exporter is known here.
 *
 * Owns the figures of each machine and of the process, all since the process started. Invariant: their number is bounded
 * whatever is sent, since event types beyond the first `MAX_EVENT_TYPES` of a machine are counted as one.
 */
import type { Outcome } from './record.ts';
import { MachineTraffic } from './traffic.ts';

export type Counter =
  | Outcome
  | 'turns'
  | 'repeated'
  | 'leaseMissed'
  | 'fencingRejected'
  | 'nodeFenced'
  | 'undeliveredStored'
  | 'timersFired'
  | 'attempts';

/** Who sends what an actor takes: a client, a member of staff, another actor, a timer, a call's outcome, or the program. */
export const SOURCES = ['api', 'staff', 'actor', 'timer', 'call', 'program'] as const;
export type Source = (typeof SOURCES)[number];

/** Upper bounds in ms; what is above the last counts in `count` only. */
export const DURATION_BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000] as const;
const MAX_EVENT_TYPES = 200;
const OTHER_EVENTS = 'other';

/** How long something took, as a histogram. */
export class Durations {
  /** How many were at most as long as each bound, but longer than the one before. */
  readonly buckets: number[] = DURATION_BOUNDS_MS.map(() => 0);
  count = 0;
  sumMs = 0;

  note(ms: number): void {
    this.count += 1;
    this.sumMs += ms;
    for (let index = 0; index < DURATION_BOUNDS_MS.length; index += 1) {
      if (ms > (DURATION_BOUNDS_MS[index] as number)) continue;
      this.buckets[index] = (this.buckets[index] as number) + 1;
      return;
    }
  }
}

/** The figures of one machine in this process. */
export class MachineFigures {
  turns = 0;
  /** Loaded from the journal into memory, and dropped again to make room. */
  activations = 0;
  evictions = 0;
  /** Another node's record was first (J2). */
  fencingRejected = 0;
  timersFired = 0;
  attempts = 0;
  readonly messages = new Map<string, Record<Outcome, number>>();
  /** Messages that stood in the journal already (J3). */
  readonly repeated: Record<Source, number> = { api: 0, staff: 0, actor: 0, timer: 0, call: 0, program: 0 };
  /** From a message's arrival to its record. */
  readonly waits = new Durations();
  readonly loads = new Durations();
  readonly traffic = new MachineTraffic();

  took(eventType: string, outcome: Outcome): void {
    const counts = this.messages.get(eventType) ?? this.#begin(eventType);
    counts[outcome] += 1;
  }

  repeats(cause: string): void {
    this.repeated[sourceOf(cause)] += 1;
  }

  #begin(eventType: string): Record<Outcome, number> {
    const type = this.messages.size < MAX_EVENT_TYPES ? eventType : OTHER_EVENTS;
    const counts = this.messages.get(type) ?? { done: 0, ignored: 0, refused: 0, parked: 0 };
    this.messages.set(type, counts);
    return counts;
  }
}

function sourceOf(cause: string): Source {
  if (cause.includes('/')) return 'actor';
  const [kind = ''] = cause.split(':', 1);
  return (SOURCES as readonly string[]).includes(kind) ? (kind as Source) : 'program';
}

export class Telemetry {
  readonly #counts = new Map<Counter, number>();
  readonly #machines = new Map<string, MachineFigures>();

  count(name: Counter, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  /** That machine's figures, for as long as the process runs. */
  of(machine: string): MachineFigures {
    let figures = this.#machines.get(machine);
    if (figures === undefined) {
      figures = new MachineFigures();
      this.#machines.set(machine, figures);
    }
    return figures;
  }

  get machines(): ReadonlyMap<string, MachineFigures> {
    return this.#machines;
  }

  /** The sums over all machines, and what belongs to none. */
  get counts(): ReadonlyMap<Counter, number> {
    const counts = new Map(this.#counts);
    const add = (name: Counter, by: number) => counts.set(name, (counts.get(name) ?? 0) + by);
    for (const { turns, fencingRejected, timersFired, attempts, repeated, messages } of this.#machines.values()) {
      add('turns', turns);
      add('fencingRejected', fencingRejected);
      add('timersFired', timersFired);
      add('attempts', attempts);
      for (const count of Object.values(repeated)) add('repeated', count);
      for (const outcomes of messages.values()) {
        for (const [outcome, count] of Object.entries(outcomes)) add(outcome as Outcome, count);
      }
    }
    return counts;
  }
}

/** What of a machine is in this process's memory now. */
export interface MachineLoad {
  active: number;
  queued: number;
  /** When the message came that has waited longest; undefined when none waits. */
  oldestAt: number | undefined;
}

/** What this process has in its hands now. */
export interface RuntimeLoad {
  readonly machines: ReadonlyMap<string, MachineLoad>;
  /** Tells on their way, and since when the oldest is. */
  readonly outbox: { readonly depth: number; readonly oldestAt: number | undefined };
  /** Tells in the durable list of all nodes, as of the last sweep. */
  readonly undelivered: number;
}
