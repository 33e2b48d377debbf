/**
 * Writes heads and rows behind the commits.
 *
 * Owns what is committed but not yet projected. Invariants:
 * P1  Only the newest head of an actor is written, and all its rows with it; a failed write is repeated until it is done.
 * P2  `done` is called once the head (or a newer one) and the rows are durable (J7).
 */
import type { Address } from './address.ts';
import { LIMITS } from './message.ts';
import type { Clock, Head, ListedRow, Log, Projections } from './ports.ts';
import { type JournalRecord, nextDue, stateName } from './record.ts';
import type { Logic } from './registry.ts';

/** Between rounds heads gather for so many times as long as the last round took: the more there is to do, the more turns of
 * an actor make one head, and lists take no more than a fifth of the store's time. */
const GATHER_TIMES = 4;
const LEAST_GATHER_MS = 10;
const MOST_GATHER_MS = 1_000;
/** Whose last turn lies within the last fourth of the gathering is likely to turn again: its head waits for one more round. */
const STIR_SHARE = 4;
/** Heads of a write: records wait behind it for some milliseconds. */
const HEADS_PER_PORTION = 250;
/** Of a backlog a write takes an eighth, up to so much: larger writes get more done, though records wait longer. */
const BACKLOG_SHARE = 8;
const MOST_PORTIONS = 8;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2_000;

interface Pending {
  readonly actor: Address;
  head: Head;
  /** Its first turn is among those that the head covers. */
  readonly isFirst: boolean;
  readonly rows: ListedRow[];
  readonly done: (() => void)[];
  hasWaited: boolean;
  isWritten: boolean;
}

export class Projector {
  readonly #projections: Projections;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #headsPerPortion: number;
  readonly #heads = new Map<Address, Pending>();
  /** What is in `#heads`, oldest first, in portions: however long it is, a write touches no more than it takes. */
  readonly #queue: Pending[][] = [];
  #writing: readonly Pending[] = [];
  #isInRound = false;
  #cancelScheduled: (() => void) | undefined;
  #isAwaited = false;
  #lastRoundMs = 0;
  #stopped = false;

  constructor(deps: { projections: Projections; clock: Clock; log: Log }, headsPerPortion = HEADS_PER_PORTION) {
    this.#projections = deps.projections;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#headsPerPortion = headsPerPortion;
  }

  /** How many heads are not written yet. */
  get pending(): number {
    return this.#heads.size + this.#writing.length;
  }

  add(logic: Logic, record: JournalRecord, done: () => void): void {
    const head = toHead(logic, record);
    const pending = this.#heads.get(record.actor) ?? this.#enqueue(head, record.seq === 1);
    if (pending.head.seq < head.seq) pending.head = head;
    pending.rows.push(...toListedRows(record));
    pending.done.push(done);
    this.#schedule();
  }

  /** Resolves when what is committed of that actor so far is in the lists; it is written at once. */
  whenWritten(actor: Address): Promise<void> {
    return this.#when(this.#heads.get(actor) ?? this.#writing.find((pending) => pending.actor === actor));
  }

  /** Resolves when all that is committed so far is in the lists; it is written at once. */
  whenAllWritten(): Promise<void> {
    return this.#when(this.#queue.at(-1)?.at(-1) ?? this.#writing.at(-1));
  }

  #enqueue(head: Head, isFirst: boolean): Pending {
    const pending: Pending = {
      actor: head.actor,
      head,
      isFirst,
      rows: [],
      done: [],
      hasWaited: false,
      isWritten: false,
    };
    this.#heads.set(head.actor, pending);
    this.#push(pending);
    return pending;
  }

  #push(pending: Pending): void {
    const last = this.#queue.at(-1);
    if (last === undefined || last.length >= this.#headsPerPortion) this.#queue.push([pending]);
    else last.push(pending);
  }

  #when(pending: Pending | undefined): Promise<void> {
    if (pending === undefined || pending.isWritten) return Promise.resolve();
    this.#isAwaited = true;
    this.#schedule();
    return new Promise((resolve) => pending.done.push(resolve));
  }

  stop(): void {
    this.#stopped = true;
  }

  #schedule(): void {
    if (this.#isInRound) return;
    if (this.#cancelScheduled !== undefined) {
      if (!this.#isAwaited) return;
      this.#cancelScheduled();
    }
    this.#cancelScheduled = this.#clock.after(this.#isAwaited ? 0 : this.#gatherMs, () => {
      this.#cancelScheduled = undefined;
      void this.#writeRound();
    });
  }

  get #gatherMs(): number {
    return Math.min(MOST_GATHER_MS, Math.max(LEAST_GATHER_MS, GATHER_TIMES * this.#lastRoundMs));
  }

  /** Writes what is pending now; what comes meanwhile is for the next round, unless somebody waits. */
  async #writeRound(): Promise<void> {
    this.#isInRound = true;
    const startedAt = this.#clock.now();
    for (let left = this.#queue.length; left > 0 || this.#isAwaited; ) {
      const portions = this.#queue.splice(0, Math.min(MOST_PORTIONS, Math.ceil(this.#queue.length / BACKLOG_SHARE)));
      left -= portions.length;
      await this.#write(this.#withoutStirring(portions.flat()));
      if (this.#stopped) return;
      this.#isAwaited &&= this.#queue.length > 0;
    }
    this.#lastRoundMs = this.#clock.now() - startedAt;
    this.#isInRound = false;
    if (this.#queue.length > 0) this.#schedule();
  }

  /** Puts back those that are likely to turn again, once each; none while somebody waits. */
  #withoutStirring(pendings: readonly Pending[]): readonly Pending[] {
    const stirringSince = this.#clock.now() - this.#gatherMs / STIR_SHARE;
    return pendings.filter((pending) => {
      if (this.#isAwaited || pending.hasWaited || pending.head.at < stirringSince) return true;
      pending.hasWaited = true;
      this.#push(pending);
      return false;
    });
  }

  async #write(writing: readonly Pending[]): Promise<void> {
    this.#writing = writing;
    for (const { actor } of writing) this.#heads.delete(actor);
    const heads = writing.map((pending) => pending.head);
    const rows = writing.flatMap((pending) => pending.rows);
    const unlisted = new Set(writing.filter(({ isFirst }) => isFirst).map(({ actor }) => actor));
    for (let delayMs = FIRST_RETRY_MS; !this.#stopped; delayMs = Math.min(LAST_RETRY_MS, delayMs * 2)) {
      try {
        await this.#projections.project(heads, rows, unlisted);
        break;
      } catch (error) {
        this.#log.warn('heads not written; will be repeated', { heads: writing.length, error });
        await new Promise<void>((resolve) => this.#clock.after(delayMs, resolve));
      }
    }
    this.#writing = [];
    if (this.#stopped) return;
    for (const pending of writing) {
      pending.isWritten = true;
      for (const done of pending.done) done();
    }
  }
}

/** The head that a record's snapshot makes. */
export function toHead(logic: Logic, record: JournalRecord): Head {
  const { actor, machine, seq, at, snapshot } = record;
  const state = stateName(snapshot.value);
  const id = actor.slice(actor.indexOf('/') + 1);
  const { owner, sortKey, status, view } = logic.list(snapshot.context as never, state, id);
  const { since, waiting } = snapshot;
  const { type } = logic;
  return { actor, type, machine, seq, at, state, since, owner, sortKey, status, view, nextDue: nextDue(waiting) };
}

/** Under which parked messages of all actors are listed. */
export const PARKED = { table: 'parked', owner: 'all' } as const;

/** A record's rows as they stand in lists, and one for each message it parked: those count on from the most effects a turn
 * has. */
export function toListedRows(record: JournalRecord): ListedRow[] {
  const { actor, seq, at } = record;
  const rows = record.rows.map((row) => {
    return { ...row, actor, seq, n: Number(row.id.slice(row.id.lastIndexOf('.') + 1)), at };
  });
  for (const [index, { id, event, outcome, reason }] of record.messages.entries()) {
    if (outcome !== 'parked') continue;
    const n = LIMITS.effects + 1 + index;
    const data = { message: id, event: event.type, code: reason?.code ?? '', detail: reason?.detail ?? '' };
    rows.push({ id: `${actor}#${seq}.${n}`, ...PARKED, data, actor, seq, n, at });
  }
  return rows;
}
