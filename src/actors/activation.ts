/**
 * One actor in this node's memory, and its turns.
 *
 * Owns the numbered story of a turn: lease → state → messages → decide → insert → answer → deliver → project.
 * Invariants:
 * J1  A turn is one insert; until its fate is `committed` nobody is answered and nothing is delivered.
 * J2  A lost insert drops the cached state; its messages are looked up and taken again on the winner's state.
 * J3  Every message taken ends in a record; one that stands in the journal already is answered from there, unwritten.
 * J5  At most one turn of the actor is under way.
 */
import type { Address } from './address.ts';
import type { Fate } from './committer.ts';
import { decide, fromStored, type LiveState, parkOversized, type Turn, toStored } from './decide.ts';
import { ActorError, isActorError } from './errors.ts';
import { byMessage, type Envelope, type Lane, Mailbox, type SameMessage, type Settled } from './mailbox.ts';
import { dueMessage, LIMITS, type Message, sizeOf } from './message.ts';
import type { Node } from './node.ts';
import type { RecordedOutcome } from './ports.ts';
import {
  hashed,
  isIntact,
  type JournalRecord,
  type RecordedMessage,
  type StoredSnapshot,
  textOf,
  type Waiting,
} from './record.ts';
import type { Logic } from './registry.ts';
import type { MachineFigures } from './telemetry.ts';

interface Loaded {
  readonly seq: number;
  readonly at: number;
  readonly hash: string | undefined;
  /** Undefined before the first turn. */
  readonly live: LiveState | undefined;
  /** The ids of all messages it has ever taken, where this node has seen every one of them and they are few. */
  readonly inbox?: readonly string[];
  /** The version that wrote it, when this node's differs: the next turn says so. */
  readonly upgradedFrom?: string;
}

/** Another node's record was first; the turn is taken again on top of it (J2). */
class Collision extends Error {}

/** A version this node does not know, or a corrupt record, is for others or for a person; the rest passes. */
function isRetriable(error: unknown): boolean {
  if (error instanceof Collision) return true;
  return isActorError(error) && error.retry === 'later' && error.code !== 'MACHINE_VERSION_UNKNOWN';
}

/** Of an actor's ids, how many are kept to know without asking that a message is new. */
const MAX_INBOX = 8;
const LEASE_WAIT_MS = 250;
const OVERDUE_MS = 2_000;
const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 2_000;

export class Activation {
  readonly actor: Address;
  readonly logic: Logic;
  readonly #node: Node;
  readonly #mailbox: Mailbox;
  readonly #figures: MachineFigures;
  #loaded: Loaded | undefined;
  #running = false;
  #checkDue = false;
  /** The lists show something due, which this node may know nothing of. */
  #isSeenDue = false;
  #retries = 0;

  constructor(node: Node, actor: Address, logic: Logic) {
    this.#node = node;
    this.actor = actor;
    this.logic = logic;
    this.#mailbox = new Mailbox(node.limits.maxMailboxLength);
    this.#figures = node.telemetry.of(logic.type);
  }

  get isIdle(): boolean {
    return !this.#running && this.#mailbox.length === 0 && !this.#checkDue;
  }

  get mailboxLength(): number {
    return this.#mailbox.length;
  }

  /** When the message came that has waited longest. */
  get oldestAt(): number | undefined {
    return this.#mailbox.oldestAt;
  }

  /** Queues a message; the promise settles once it stands in the journal. @throws MAILBOX_FULL (door lane only) */
  put(lane: Lane, message: Message, repeatable: boolean): Promise<Settled> {
    return new Promise((settle, fail) => {
      const at = this.#node.clock.now();
      const isPatient = lane === 'inner' && this.logic.gathers?.includes(message.event.type) === true;
      this.#mailbox.put(lane, { message, bytes: sizeOf(message.event), repeatable, isPatient, at, settle, fail });
      if (!this.#running && this.#hasTurn) this.run();
    });
  }

  /** Sends itself whatever of its timers and calls is due. `isSeen`: the lists show that something is, maybe of a turn that
   * another node took and this one has not heard of. */
  checkDue(isSeen: boolean): void {
    this.#checkDue = true;
    this.#isSeenDue ||= isSeen;
    this.run();
  }

  /** Gives up: the node is fenced. Senders are told that the fate of their messages is not known here. */
  drop(error: ActorError): void {
    this.#node.gathering.forget(this);
    this.#mailbox.failAll(error);
    this.#checkDue = false;
  }

  /** Begins a turn, unless one is under way. */
  run(): void {
    if (this.#running) return;
    this.#running = true;
    this.#node.gathering.forget(this);
    void this.#work();
  }

  /** Whether there is a turn to take now; one that is held (`Gathering`) is begun by `run`. */
  get #hasTurn(): boolean {
    if (this.#checkDue) return true;
    if (this.#mailbox.length === 0) return false;
    return !(this.#mailbox.isPatient && this.#node.gathering.hold(this));
  }

  async #work(): Promise<void> {
    do {
      try {
        await this.#turn();
        this.#retries = 0;
      } catch (error) {
        if (isRetriable(error)) await this.#backOff(error);
        else this.#giveUp(error);
      }
    } while (!this.#node.isFenced && this.#hasTurn);
    this.#running = false;
    if (this.#node.isFenced) this.#mailbox.failAll(this.#node.fencedError());
    this.#node.turnedIdle(this);
  }

  async #backOff(error: unknown): Promise<void> {
    this.#loaded = undefined;
    const delayMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#retries, 10));
    this.#retries += 1;
    if (!(error instanceof Collision)) {
      this.#node.log.warn('turn will be tried again', { actor: this.actor, error });
    } else if (this.#retries === 1) return;
    await this.#node.sleep(delayMs * (0.5 + this.#node.ids.fraction()));
  }

  /** Nothing this node can do: every waiting sender hears why, tells are kept as undelivered by their senders. */
  #giveUp(error: unknown): void {
    this.#node.log.error('actor cannot take a turn on this node', { actor: this.actor, error });
    this.#loaded = undefined;
    this.#checkDue = false;
    this.#mailbox.failAll(error);
  }

  async #turn(): Promise<void> {
    const node = this.#node;
    if (this.logic.money === true && !(await node.leases.acquire(this.actor, LEASE_WAIT_MS))) {
      node.telemetry.count('leaseMissed');
    }
    const isCached = this.#loaded !== undefined;
    let loaded = await this.#state();
    // Messages find a stale state out when their record is refused (J2). What is not due in one asks for no record.
    if (this.#isSeenDue && isCached && this.#dueOf(loaded).length === 0) {
      this.#loaded = undefined;
      loaded = await this.#state();
    }
    if (this.#checkDue) this.#putDue(loaded);
    const envelopes = await this.#unanswered(loaded);
    if (envelopes.length === 0) return;
    await this.#commit(loaded, envelopes);
  }

  async #state(): Promise<Loaded> {
    this.#loaded ??= await this.#load();
    return this.#loaded;
  }

  async #load(): Promise<Loaded> {
    const startedAt = this.#node.clock.now();
    const record = await this.#node.journal.last(this.actor);
    this.#figures.activations += 1;
    this.#figures.loads.note(this.#node.clock.now() - startedAt);
    if (record === undefined) return { seq: 0, at: 0, hash: undefined, live: undefined, inbox: [] };
    if (!isIntact(record)) {
      throw new ActorError('STORE_CORRUPT', `${this.actor} seq ${record.seq} does not match its hash`);
    }
    const { seq, at, hash } = record;
    const known = this.#adopt(record);
    const live = fromStored(this.logic.machine, known);
    return record.machine === this.logic.version
      ? { seq, at, hash, live }
      : { seq, at, hash, live, upgradedFrom: record.machine };
  }

  /** The record's snapshot as this node's machine version understands it. @throws MACHINE_VERSION_UNKNOWN */
  #adopt(record: JournalRecord): StoredSnapshot {
    if (record.machine === this.logic.version) return record.snapshot;
    const upgrade = this.logic.upgrade?.[record.machine];
    if (upgrade === undefined) {
      throw new ActorError(
        'MACHINE_VERSION_UNKNOWN',
        `${this.actor} is at ${record.machine}, here ${this.logic.version}`,
      );
    }
    return upgrade === 'adopt' ? record.snapshot : upgrade(record.snapshot);
  }

  #dueOf({ live }: Loaded): readonly Waiting[] {
    const now = this.#node.clock.now();
    return (live?.waiting ?? []).filter(({ dueAt }) => dueAt <= now);
  }

  #putDue(loaded: Loaded): void {
    this.#checkDue = false;
    this.#isSeenDue = false;
    const now = this.#node.clock.now();
    for (const entry of this.#dueOf(loaded)) {
      const message = dueMessage(this.actor, entry.token);
      const ignore = () => {};
      // Long overdue: it may have been taken and parked, which leaves the entry standing.
      const repeatable = now - entry.dueAt > OVERDUE_MS;
      this.#mailbox.put('inner', {
        message,
        bytes: 100,
        repeatable,
        isPatient: false,
        at: now,
        settle: ignore,
        fail: ignore,
      });
    }
  }

  /** Takes the next messages, answers those the journal knows, and returns the rest without doubles (J3). */
  async #unanswered(loaded: Loaded): Promise<Envelope[]> {
    const envelopes = this.#mailbox.take();
    // Should the inbox be that of a stale state, the record is refused and its messages are looked up then (J2).
    const mayBeKnown = (id: string) => loaded.inbox?.includes(id) ?? true;
    const suspects = envelopes.filter(({ repeatable, message }) => repeatable && mayBeKnown(message.id));
    if (suspects.length === 0) return envelopes;
    let recorded: ReadonlyMap<string, RecordedOutcome>;
    try {
      recorded = await this.#node.journal.outcomes(this.actor, [...new Set(suspects.map((e) => e.message.id))]);
    } catch (error) {
      this.#mailbox.putBack(envelopes);
      throw error;
    }
    // The journal knows more than this activation: it is stale, and its answers would be.
    if ([...recorded.values()].some((outcome) => outcome.seq > loaded.seq)) {
      this.#mailbox.putBack(envelopes);
      throw new Collision();
    }
    const fresh: Envelope[] = [];
    for (const envelope of envelopes) {
      const known = recorded.get(envelope.message.id);
      if (known === undefined) fresh.push(envelope);
      else this.#answer(envelope, { ...known, repeated: true }, toStored(loaded.live as LiveState));
    }
    return fresh;
  }

  #answer(envelope: Envelope, recorded: RecordedOutcome & { repeated: boolean }, snapshot: StoredSnapshot): void {
    if (recorded.repeated) this.#figures.repeats(envelope.message.cause);
    envelope.settle({ ...recorded, snapshot });
  }

  async #commit(loaded: Loaded, envelopes: Envelope[]): Promise<void> {
    const groups = byMessage(envelopes);
    const messages = groups.map(([first]) => first.message);
    let made: { turn: Turn; record: JournalRecord } | undefined;
    let fate: Fate;
    try {
      fate = await this.#node.commit((batch) => {
        made = this.#make(loaded, messages, batch);
        return made.record;
      });
    } catch (error) {
      // Deciding failed: the machine itself is broken for this actor. Nothing was written.
      for (const envelope of envelopes) envelope.fail(error);
      throw error;
    }
    if (fate !== 'committed') return this.#notCommitted(fate, envelopes);
    const { turn, record } = made as { turn: Turn; record: JournalRecord };
    const inbox = withIds(loaded.inbox, record.messages);
    this.#loaded = { seq: record.seq, at: record.at, hash: record.hash, live: turn.state, ...(inbox && { inbox }) };
    if (turn.messages.length < groups.length) this.#mailbox.putBack(groups.slice(turn.messages.length).flat());
    this.#settleTaken(groups, turn.messages, record);
    this.#figures.turns += 1;
    this.#countTraffic(loaded.live, turn, record.at);
    this.#node.committed(this, record, turn);
  }

  #countTraffic(before: LiveState | undefined, { messages, state }: Turn, at: number): void {
    const { traffic } = this.#figures;
    for (const { edges } of messages) for (const edge of edges) traffic.took(edge);
    if (before === undefined) return;
    for (const leaf of this.logic.chart.left(before.snapshot, state.snapshot)) traffic.left(leaf, at - before.since);
  }

  /** A turn takes the first so many of what it was given. */
  #settleTaken(
    groups: readonly SameMessage[],
    messages: readonly RecordedMessage[],
    { seq, snapshot }: JournalRecord,
  ): void {
    const now = this.#node.clock.now();
    for (const [index, { id, event, outcome, reason }] of messages.entries()) {
      const [first, ...doubles] = groups[index] as SameMessage;
      this.#figures.took(event.type, outcome);
      this.#figures.waits.note(now - first.at);
      if (outcome === 'parked') {
        this.#node.log.error('message parked', { actor: this.actor, seq, message: id, reason });
      }
      const recorded = reason === undefined ? { outcome, seq } : { outcome, seq, reason };
      this.#answer(first, { ...recorded, repeated: false }, snapshot);
      for (const double of doubles) this.#answer(double, { ...recorded, repeated: true }, snapshot);
    }
  }

  #notCommitted(fate: Exclude<Fate, 'committed'>, envelopes: Envelope[]): void {
    if (fate === 'fenced') {
      for (const envelope of envelopes) envelope.fail(this.#node.fencedError());
      return;
    }
    this.#figures.fencingRejected += 1;
    for (const envelope of envelopes) envelope.repeatable = true;
    this.#mailbox.putBack(envelopes);
    throw new Collision();
  }

  /** Decides the turn and builds its record. A context that outgrew its limit is blamed on one message: the turn is then
   * decided for its first message alone. */
  #make(loaded: Loaded, messages: Message[], batch: number): { turn: Turn; record: JournalRecord } {
    const now = Math.max(this.#node.clock.now(), loaded.at);
    const fraction = this.#node.ids.fraction();
    const about = { logic: this.logic, actor: this.actor, seq: loaded.seq + 1, state: loaded.live, now, fraction };
    const build = (turn: Turn) => ({ turn, record: this.#record(loaded, turn, now, batch, messages) });
    let made = build(decide({ ...about, messages }));
    if (isOversized(made.record) && messages.length > 1)
      made = build(decide({ ...about, messages: messages.slice(0, 1) }));
    if (isOversized(made.record) && loaded.live !== undefined)
      made = build(parkOversized(messages[0] as Message, loaded.live));
    return made;
  }

  #record(loaded: Loaded, turn: Turn, at: number, batch: number, messages: Message[]): JournalRecord {
    const trace = messages.find((message) => message.trace !== undefined)?.trace;
    const upgraded: RecordedMessage[] =
      loaded.upgradedFrom === undefined
        ? []
        : [
            {
              id: `upgrade:${this.logic.version}:${loaded.seq + 1}`,
              event: { type: '@upgrade', from: loaded.upgradedFrom },
              cause: 'runtime',
              edges: [],
              outcome: 'done',
            },
          ];
    const record: JournalRecord = {
      actor: this.actor,
      seq: loaded.seq + 1,
      machine: this.logic.version,
      at,
      messages: [...upgraded, ...turn.messages],
      snapshot: toStored(turn.state),
      tells: turn.tells,
      rows: turn.rows,
      node: this.#node.id,
      batch,
      ...(trace === undefined ? {} : { trace }),
    };
    if (this.logic.money !== true) return record;
    return hashed(loaded.hash === undefined ? record : { ...record, prev: loaded.hash });
  }
}

function withIds(inbox: Loaded['inbox'], messages: readonly RecordedMessage[]): Loaded['inbox'] {
  if (inbox === undefined || inbox.length + messages.length > MAX_INBOX) return undefined;
  return [...inbox, ...messages.map(({ id }) => id)];
}

function isOversized(record: JournalRecord): boolean {
  if (textOf(record).length <= LIMITS.contextBytes) return false;
  return JSON.stringify(record.snapshot.context).length > LIMITS.contextBytes;
}
