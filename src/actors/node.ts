/**
 * One incarnation of a runtime in a process: its id, its activations, and everything between a commit and its effects.
 *
 * Owns the activations of this incarnation, group commit, fast-path delivery, armed timers and watchers. An incarnation
 * that could not renew its heartbeat is fenced: it inserts nothing more and is dropped whole; the runtime then makes a
 * new one under a new id (DESIGN: nodes).
 */
import { Activation } from './activation.ts';
import { type Address, typeOf } from './address.ts';
import { Batches } from './batches.ts';
import type { CommitListeners } from './commit-listeners.ts';
import { type Fate, GroupCommitter } from './committer.ts';
import type { Turn } from './decide.ts';
import { ActorError } from './errors.ts';
import { Gathering } from './gathering.ts';
import type { Lane, Settled } from './mailbox.ts';
import type { Message } from './message.ts';
import { Outbox } from './outbox.ts';
import type { CallQueue, Clock, Ids, Journal, Leases, Log, Projections } from './ports.ts';
import { Projector } from './projector.ts';
import { type JournalRecord, nextDue, type WaitingCall } from './record.ts';
import type { Registry } from './registry.ts';
import type { MachineLoad, Telemetry } from './telemetry.ts';

export interface NodeDeps {
  readonly journal: Journal;
  readonly projections: Projections;
  readonly leases: Leases;
  readonly queue: CallQueue;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly registry: Registry;
  readonly telemetry: Telemetry;
  readonly listeners: CommitListeners;
}

export interface NodeLimits {
  readonly maxMailboxLength: number;
  readonly maxBatchRecords: number;
  readonly maxActivations: number;
}

/** Timers due sooner than this are armed in memory; the sweeper finds the others. */
const ARM_WITHIN_MS = 60_000;
/** A batch that owes something for so long is told of. */
const HELD_UP_MS = 60_000;

export class Node {
  readonly id: string;
  readonly batches = new Batches();
  readonly projector: Projector;
  readonly outbox: Outbox;
  readonly gathering: Gathering;
  readonly limits: NodeLimits;
  readonly #deps: NodeDeps;
  readonly #committer: GroupCommitter;
  /** Least recently used first. */
  readonly #activations = new Map<Address, Activation>();
  readonly #armed = new Map<Address, { dueAt: number; cancel: () => void }>();
  readonly #watchers = new Map<Address, Set<(record: JournalRecord) => void>>();
  #fenced = false;
  #toldBatch = 0;
  #wakeFenced = () => {};
  /** Resolves once this incarnation is fenced: what waits for its deliveries waits in vain. */
  readonly whenFenced = new Promise<void>((resolve) => {
    this.#wakeFenced = resolve;
  });

  constructor(deps: NodeDeps, limits: NodeLimits) {
    this.#deps = deps;
    this.limits = limits;
    this.id = deps.ids.random();
    const written = () => this.gathering.written();
    this.#committer = new GroupCommitter({ ...deps, batches: this.batches, written }, limits.maxBatchRecords);
    this.gathering = new Gathering(deps, () => this.#committer.isIdle);
    this.projector = new Projector(deps);
    this.outbox = new Outbox({ ...deps, put: (to, message, repeatable) => this.put(to, 'inner', message, repeatable) });
  }

  get journal(): Journal {
    return this.#deps.journal;
  }
  get leases(): Leases {
    return this.#deps.leases;
  }
  get clock(): Clock {
    return this.#deps.clock;
  }
  get ids(): Ids {
    return this.#deps.ids;
  }
  get log(): Log {
    return this.#deps.log;
  }
  get telemetry(): Telemetry {
    return this.#deps.telemetry;
  }
  get isFenced(): boolean {
    return this.#fenced;
  }
  get activationCount(): number {
    return this.#activations.size;
  }

  /** Whether any actor has work under way. */
  get isBusy(): boolean {
    for (const activation of this.#activations.values()) if (!activation.isIdle) return true;
    return false;
  }

  /** What is in memory, by machine. Walks every activation: for who asks now and then. */
  load(): ReadonlyMap<string, MachineLoad> {
    const machines = new Map<string, MachineLoad>();
    for (const activation of this.#activations.values()) {
      const { type } = activation.logic;
      const load = machines.get(type) ?? { active: 0, queued: 0, oldestAt: undefined };
      machines.set(type, load);
      load.active += 1;
      if (activation.mailboxLength === 0) continue;
      load.queued += activation.mailboxLength;
      load.oldestAt = Math.min(
        activation.oldestAt ?? Number.POSITIVE_INFINITY,
        load.oldestAt ?? Number.POSITIVE_INFINITY,
      );
    }
    return machines;
  }

  fencedError(): ActorError {
    return new ActorError('STORE_UNAVAILABLE', `node ${this.id} lost its place and starts again`, {
      retryAfterMs: 1_000,
    });
  }

  /** The store knows this node and has heard of it; it may write until then. */
  renew(until: number): void {
    this.#committer.renew(until);
  }

  /** Says once of each batch that holds up the watermark for long what there is that it may wait for. */
  tellIfHeldUp(): void {
    const { watermark, openSince } = this.batches;
    const heldUpMs = this.clock.now() - (openSince ?? this.clock.now());
    if (heldUpMs < HELD_UP_MS || this.#toldBatch > watermark) return;
    this.#toldBatch = watermark + 1;
    const waitsFor = { records: this.#committer.unresolved, heads: this.projector.pending, tells: this.outbox.size };
    this.log.error('a batch is not done with for a minute', { node: this.id, batch: watermark + 1, ...waitsFor });
  }

  /** Queues a message; settles once it stands in the journal. @throws MACHINE_UNKNOWN, MAILBOX_FULL (door lane) */
  put(to: Address, lane: Lane, message: Message, repeatable: boolean): Promise<Settled> {
    if (this.#fenced) return Promise.reject(this.fencedError());
    return this.#activation(to).put(lane, message, repeatable);
  }

  /** Makes the actor look at what is due among its own timers and calls; `isSeen`: the lists show that something is. */
  checkDue(actor: Address, isSeen: boolean): void {
    if (!this.#fenced) this.#activation(actor).checkDue(isSeen);
  }

  #activation(actor: Address): Activation {
    let activation = this.#activations.get(actor);
    if (activation === undefined) {
      activation = new Activation(this, actor, this.#deps.registry.logic(typeOf(actor)));
      this.#activations.set(actor, activation);
    } else {
      this.#activations.delete(actor);
      this.#activations.set(actor, activation);
    }
    return activation;
  }

  /** Commits a record; its batch owes one for the head and one for each tell from the moment it has a number (J7). */
  async commit(make: (batch: number) => JournalRecord): Promise<Fate> {
    let made: JournalRecord | undefined;
    const fate = await this.#committer.commit((batch) => {
      made = make(batch);
      this.batches.owe(batch, 1 + made.tells.length);
      return made;
    });
    if (made !== undefined && fate !== 'committed' && fate !== 'fenced') {
      this.batches.settle(made.batch, 1 + made.tells.length);
    }
    return fate;
  }

  /** After the commit, in the order of DESIGN §3: deliver, then project. Nothing here is needed for correctness. */
  committed(activation: Activation, record: JournalRecord, turn: Turn): void {
    if (this.#fenced) return;
    const { actor, batch, trace } = record;
    for (const tell of turn.tells) {
      this.outbox.deliver(actor, tell, { trace, repeatable: false }, () => this.batches.settle(batch));
    }
    for (const call of turn.attempts) this.#dispatch(actor, call, record);
    this.#arm(actor, nextDue(turn.state.waiting));
    this.projector.add(activation.logic, record, () => this.batches.settle(batch));
    for (const watch of this.#watchers.get(actor) ?? []) watch(record);
    this.#deps.listeners.tell(record);
  }

  #dispatch(actor: Address, call: WaitingCall, record: JournalRecord): void {
    const { id: callId, attempt, name, activity, input } = call;
    const sendBy = record.at + call.sendWithinMs;
    const trace = record.trace === undefined ? {} : { trace: record.trace };
    this.telemetry.of(typeOf(actor)).attempts += 1;
    this.#deps.queue
      .add({ id: `${callId}~${attempt}`, callId, actor, attempt, name, activity, input, sendBy, ...trace })
      .catch((error) =>
        this.log.warn('attempt not queued; it will be found overdue', { call: callId, attempt, error }),
      );
  }

  #arm(actor: Address, dueAt: number | null): void {
    const armed = this.#armed.get(actor);
    if (armed?.dueAt === dueAt) return;
    armed?.cancel();
    this.#armed.delete(actor);
    const inMs = dueAt === null ? Number.POSITIVE_INFINITY : dueAt - this.clock.now();
    if (dueAt === null || inMs > ARM_WITHIN_MS) return;
    const cancel = this.clock.after(Math.max(0, inMs), () => {
      this.#armed.delete(actor);
      if (this.#fenced) return;
      // Timers of the platform may fire a moment early.
      if (this.clock.now() < dueAt) return this.#arm(actor, dueAt);
      this.telemetry.of(typeOf(actor)).timersFired += 1;
      this.checkDue(actor, false);
    });
    this.#armed.set(actor, { dueAt, cancel });
  }

  /** Calls `watch` with each record of the actor that this node commits, until the returned function is called. */
  watch(actor: Address, watch: (record: JournalRecord) => void): () => void {
    const watchers = this.#watchers.get(actor) ?? new Set();
    this.#watchers.set(actor, watchers.add(watch));
    return () => {
      watchers.delete(watch);
      if (watchers.size === 0 && this.#watchers.get(actor) === watchers) this.#watchers.delete(actor);
    };
  }

  turnedIdle(activation: Activation): void {
    if (activation.logic.money === true) void this.leases.release(activation.actor);
    if (this.#activations.size <= this.limits.maxActivations) return;
    for (const [actor, candidate] of this.#activations) {
      if (!candidate.isIdle) continue;
      this.#activations.delete(actor);
      this.telemetry.of(candidate.logic.type).evictions += 1;
      if (this.#activations.size <= this.limits.maxActivations) return;
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, resolve));
  }

  /** Inserts nothing more, drops every activation and forgets what it would deliver: whoever takes over does that. */
  fence(): void {
    if (this.#fenced) return;
    this.#fenced = true;
    this.#wakeFenced();
    this.telemetry.count('nodeFenced');
    this.#committer.fence();
    this.projector.stop();
    for (const { cancel } of this.#armed.values()) cancel();
    this.#armed.clear();
    const error = this.fencedError();
    for (const activation of this.#activations.values()) activation.drop(error);
    this.#activations.clear();
  }
}
