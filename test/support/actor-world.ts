/**
 * A world for tests of the runtime: a store in memory, virtual time, a call queue the test answers by hand, and any
 * number of runtimes over them.
 */
import { assign, setup } from 'xstate';
import type { Attempt, CallOutcome, CallQueue, Journal, Leases, Log, Projections } from '../../src/actors/ports.ts';
import type { ActorDefinition } from '../../src/actors/registry.ts';
import { Runtime, type RuntimeOptions } from '../../src/actors/runtime.ts';
import { effects } from '../../src/machines/effects.ts';
import { MemoryJournal } from './memory-journal.ts';
import { MemoryProjections } from './memory-projections.ts';
import { SeededIds } from './seeded-ids.ts';
import { VirtualClock } from './virtual-clock.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Holds every attempt until the test says what it came to. */
export class ManualQueue implements CallQueue {
  readonly attempts: Attempt[] = [];
  #run: ((attempt: Attempt) => Promise<void>) | undefined;

  async add(attempt: Attempt): Promise<void> {
    this.attempts.push(attempt);
  }

  async start(run: (attempt: Attempt) => Promise<void>): Promise<() => Promise<void>> {
    this.#run = run;
    return async () => {
      this.#run = undefined;
    };
  }

  /** Runs the oldest attempt through the runtime's activities. */
  runNext(): Promise<void> {
    const attempt = this.attempts.shift();
    if (attempt === undefined || this.#run === undefined) throw new Error('no attempt waits');
    return this.#run(attempt);
  }
}

/** What a runtime without leases has: every request is granted (J2 alone keeps the suite safe). */
export const alwaysGranted: Leases = { acquire: async () => true, release: async () => {} };

export interface World {
  readonly clock: VirtualClock;
  journal: Journal;
  projections: Projections;
}

export function createWorld(): World {
  const clock = new VirtualClock();
  return { clock, journal: new MemoryJournal(), projections: new MemoryProjections(() => clock.now()) };
}

export interface TestNode {
  readonly runtime: Runtime;
  readonly queue: ManualQueue;
  /** What the activity `work` answers, in order; then ok. */
  readonly outcomes: CallOutcome[];
}

let nodeCount = 0;

export async function startNode(
  world: World,
  options: RuntimeOptions = {},
  definitions: readonly ActorDefinition[] = counters(),
  log: Log = silent,
): Promise<TestNode> {
  nodeCount += 1;
  const queue = new ManualQueue();
  const ids = new SeededIds(nodeCount, `node${nodeCount}`);
  const { clock, journal, projections } = world;
  const deps = { clock, journal, projections, ids, queue, leases: alwaysGranted, log, definitions };
  const runtime = new Runtime(deps, options);
  const outcomes: CallOutcome[] = [];
  runtime.provideActivity('work', async () => outcomes.shift() ?? { kind: 'ok', output: 'done' });
  await clock.until(runtime.start());
  return { runtime, queue, outcomes };
}

interface CounterContext {
  readonly id: string;
  readonly count: number;
  readonly by: number;
  readonly outcome: string;
  readonly text: string;
}

/** A machine that does one of everything: counts, passes on, calls, waits, refuses, throws, grows. */
export function counters(): ActorDefinition[] {
  const machine = setup({
    types: {
      context: {} as CounterContext,
      events: {} as { type: string; at: number; by?: number; to?: string; size?: number; inMs?: number },
      input: {} as { id: string; at: number },
    },
    actions: {
      ...effects,
      add: assign({ count: ({ context, event }) => context.count + (event.by ?? 1) }),
      explode: assign(() => {
        throw new Error('boom');
      }),
      grow: assign({ text: ({ event }) => 'x'.repeat(event.size ?? 0) }),
      noteOutcome: assign({ outcome: ({ event }) => event.type }),
    },
    delays: { later: ({ event }) => event.inMs ?? 1_000 },
  }).createMachine({
    id: 'counter',
    context: ({ input }) => ({ id: input.id, count: 0, by: 1, outcome: '', text: '' }),
    initial: 'idle',
    on: {
      add: { actions: ['add', { type: 'row', params: rowOf }] },
      pass: { actions: { type: 'tell', params: passOn } },
      flood: { actions: { type: 'tell', params: floodOf } },
      no: { actions: { type: 'refuse', params: { code: 'NOT_ALLOWED', detail: 'never' } } },
      boom: { actions: 'explode' },
      grow: { actions: 'grow' },
      work: { actions: { type: 'call', params: { name: 'job', activity: 'work', input: {}, timeoutMs: 1_000 } } },
      workHard: {
        actions: {
          type: 'call',
          params: {
            name: 'job',
            activity: 'work',
            input: {},
            timeoutMs: 1_000,
            retry: { baseMs: 1_000, maxMs: 8_000 },
          },
        },
      },
      'job.ok': { actions: 'noteOutcome' },
      'job.unknown': { actions: 'noteOutcome' },
      'job.refused': { actions: 'noteOutcome' },
      'job.postponed': { actions: 'noteOutcome' },
      'job.late': { actions: 'noteOutcome' },
    },
    states: {
      idle: { on: { wait: 'waiting' } },
      waiting: { on: { stop: 'idle', wait: { target: 'waiting', reenter: true } }, after: { later: 'rung' } },
      rung: { on: { wait: 'waiting' } },
    },
  });
  const list = (context: CounterContext, state: string, id: string) => ({
    owner: id,
    sortKey: context.count,
    status: state,
    view: { count: context.count },
  });
  return [
    { type: 'counter', machine, list },
    { type: 'purse', machine, list, money: true },
  ];
}

function rowOf({ context }: { context: CounterContext }) {
  return { table: 'counts', owner: context.id, data: { count: context.count } };
}

function passOn({ event }: { event: { to?: string; by?: number } }) {
  return { to: event.to ?? '', event: { type: 'add', by: event.by ?? 1 } };
}

function floodOf({ event }: { event: { to?: string; size?: number } }) {
  return Array.from({ length: event.size ?? 0 }, () => ({ to: event.to ?? '', event: { type: 'add' } }));
}
