/**
 * Every interface between the runtime and the world, each with its contract for implementers.
 *
 * Owns: `Journal`, `Projections`, `Leases`, `CallQueue`, `Clock`, `Ids`, `Log`. Each has one contract suite in
 * `test/infra/<port>.contract.ts` which every adapter passes, the simulator's included.
 * Rules for all: an adapter throws only `ActorError`s; arguments and results are plain JSON and never shared by
 * reference with the adapter's own state; every method may be called again after any failure.
 */
import type { Address } from './address.ts';
import type { JournalRecord, Json, JsonObject, Outcome, Reason, Row, Tell } from './record.ts';
import type { TrafficCount } from './traffic.ts';

/** `inserted`: durably stored now. `duplicate`: the actor's seq or one of its message ids was already taken and nothing
 * was stored. `unknown`: may have been stored, or may still be; the same record must be sent again (J4). */
export type AppendResult = 'inserted' | 'duplicate' | 'unknown';

export interface RecordedOutcome {
  readonly seq: number;
  readonly outcome: Outcome;
  readonly reason?: Reason;
}

/** The journal: append-only, the only source of truth (J1, J2, J6). */
export interface Journal {
  /** How many `append` calls may usefully be in flight at once. */
  readonly concurrency: number;
  /** For how long (ms) turns that nobody waits for are held while it writes, so that a record covers more of them; 0: not
   * at all, where a record costs less than the turn. */
  readonly gatherMs: number;

  /**
   * Stores each record on its own: one record's refusal must not stop another's. Results are in the order given. A
   * stored record is durable (survives power loss) and visible to every later read. `(actor, seq)` and `(actor,
   * message id)` are unique for ever (J2). The batch never holds two records of one actor (J5). A record that holds one
   * message id twice is a duplicate of itself. `hash` and every byte of `textOf` come back as they were given.
   * @throws STORE_UNAVAILABLE when surely nothing was stored; any other error means `unknown` for all.
   */
  append(records: readonly JournalRecord[]): Promise<readonly AppendResult[]>;

  /** The actor's record with the greatest seq, from majority-committed data.
   * @throws STORE_UNAVAILABLE; STORE_CORRUPT, as every read, for a record whose text does not match its hash */
  last(actor: Address): Promise<JournalRecord | undefined>;

  /** The record at that seq, from majority-committed data. @throws STORE_UNAVAILABLE */
  at(actor: Address, seq: number): Promise<JournalRecord | undefined>;

  /** Up to `limit` records with seq > `after`, ascending. @throws STORE_UNAVAILABLE */
  page(actor: Address, after: number, limit: number): Promise<readonly JournalRecord[]>;

  /** The recorded outcomes of those message ids that stand in this actor's journal, from majority-committed data. */
  outcomes(actor: Address, messageIds: readonly string[]): Promise<ReadonlyMap<string, RecordedOutcome>>;

  /** Up to `limit` records that `node` committed in batches > `afterBatch`, by batch, and whole batches only, except
   * that a single batch may exceed the limit. Where redelivery after a crash starts. */
  committedBy(node: string, afterBatch: number, limit: number): Promise<readonly JournalRecord[]>;

  /** All actors' addresses after `after` in address order, for rebuild and audit. */
  actors(after: Address | undefined, limit: number): Promise<readonly Address[]>;
}

/** One row per actor, derived from its last snapshot. */
export interface Head {
  readonly actor: Address;
  readonly type: string;
  /** The machine version that made its last record. */
  readonly machine: string;
  readonly seq: number;
  readonly at: number;
  readonly state: string;
  /** When it came into that state. */
  readonly since: number;
  /** The user (or other owner) in whose lists it appears; null = in none. */
  readonly owner: string | null;
  /** Lists are newest first by this (ms or any growing number), then by address. */
  readonly sortKey: number;
  /** What a list filters by, e.g. `paid`. */
  readonly status: string;
  /** What a list row shows. */
  readonly view: JsonObject;
  /** Earliest due time in `waiting`, or null. */
  readonly nextDue: number | null;
}

export interface ListedRow extends Row {
  readonly actor: Address;
  readonly seq: number;
  readonly n: number;
  readonly at: number;
}

/** A state, and since before when an actor in it is overdue. */
export interface StateLimit {
  readonly type: string;
  readonly state: string;
  readonly before: number;
}

/** How many actors are in a state now, since when the first of them is, and how many are overdue by the limit asked for. */
export interface StateCount {
  readonly type: string;
  readonly state: string;
  readonly count: number;
  readonly oldestSince: number;
  readonly overdue: number;
}

/** The same of those whose last record is of one machine version. */
export interface VersionCount extends StateCount {
  readonly machine: string;
}

/** Where a page of heads or rows ends: the sort position of its last item. */
export type Position = readonly [number, string];

export interface NodeRow {
  readonly id: string;
  readonly role: string;
  readonly startedAt: number;
  readonly heartbeatAt: number;
  /** Last batch the node has begun. */
  readonly batch: number;
  /** Everything of batches ≤ this is delivered and projected (J7). */
  readonly watermark: number;
  /** Silent, and all that was found of it is delivered and projected. */
  readonly retired: boolean;
  /** And nothing of it can come to stand in the journal any more. */
  readonly closed: boolean;
}

/** What a node says of itself. */
export type Heartbeat = Omit<NodeRow, 'heartbeatAt' | 'retired' | 'closed'>;

/** How far the take-over of a silent node has come. */
export type Settlement = Partial<Pick<NodeRow, 'watermark' | 'retired' | 'closed'>>;

export interface UndeliveredTell extends Tell {
  readonly from: Address;
  readonly trace?: string;
  readonly since: number;
  readonly nextAt: number;
  readonly attempts: number;
}

/** What the actors of one type did within a stretch of time that begins at `slot`. */
export interface TrafficSlot {
  readonly type: string;
  readonly slot: number;
  readonly counts: readonly TrafficCount[];
}

/** Heads, rows, node watermarks, the undelivered list, and statistics of traffic. All but the last two can be rebuilt from
 * the journal (J6). */
export interface Projections {
  /** Upserts heads, each only where the stored seq is lower; inserts rows, ignoring those whose id exists (a row that comes
   * again is the same). Durable on return, as every write of this port, in this sense: no record, watermark or other
   * write that comes later survives a crash or power loss which this one does not. Heads and rows are for lists and the
   * sweeper; no decision about money reads them. `unlisted`: actors that have no head yet as far as the caller knows; it
   * may be wrong about them, a store for which an insert is cheaper than an upsert tries that first. */
  project(heads: readonly Head[], rows: readonly ListedRow[], unlisted?: ReadonlySet<Address>): Promise<void>;

  head(actor: Address): Promise<Head | undefined>;
  /** The heads that there are of up to a thousand actors, in no order: one look at the key of each. */
  headsOf(actors: readonly Address[]): Promise<readonly Head[]>;
  /** Heads of `type`, newest first by (sortKey, address), both descending; optionally of one owner, status, state, machine version;
   * strictly after `after` = [sortKey, address], whether or not a head stands there. */
  heads(query: HeadsQuery): Promise<readonly Head[]>;
  /** All heads counted by type, machine version and state; what no head has is left out. Walks an index of all heads: for
   * those who ask now and then, and share the answer. */
  countStates(limits: readonly StateLimit[]): Promise<readonly VersionCount[]>;
  /** Rows of a table and owner, newest first by (at, actor, seq, n), all descending; strictly after `after` = [at, id]. */
  rows(query: RowsQuery): Promise<readonly ListedRow[]>;
  /** Heads with nextDue ≤ now, earliest first. */
  due(now: number, limit: number): Promise<readonly { actor: Address; nextDue: number }[]>;
  /** Drops all heads and rows (only `npm run rebuild` does). */
  clear(): Promise<void>;

  /** Upserts the node's row with the store's own time as heartbeat; answers that time. Batch and watermark never go back;
   * a node that is heard of is neither retired nor closed. */
  heartbeat(node: Heartbeat): Promise<number>;
  nodes(): Promise<readonly NodeRow[]>;
  /** Moves a silent node's watermark (never back), retires it, or closes it; leaves the rest as it is. Only who takes it
   * over calls this, and the node itself when it leaves. */
  settleNode(id: string, settlement: Settlement): Promise<void>;

  /** Inserts; an id that exists stays as it is. */
  addUndelivered(tells: readonly UndeliveredTell[]): Promise<void>;
  undeliveredDue(now: number, limit: number): Promise<readonly UndeliveredTell[]>;
  /** Those waiting for one target, oldest first, for support. */
  undeliveredTo(actor: Address, limit: number): Promise<readonly UndeliveredTell[]>;
  /** Sets when it is due next and counts an attempt. */
  postponeUndelivered(id: string, nextAt: number): Promise<void>;
  removeUndelivered(ids: readonly string[]): Promise<void>;
  undeliveredCount(): Promise<number>;

  /** Adds to what all processes have counted in these slots; sent again it is added again. */
  addTraffic(slots: readonly TrafficSlot[]): Promise<void>;
  /** The sums over the slots of `type` that begin at `since` or later, in no order. */
  traffic(type: string, since: number): Promise<readonly TrafficCount[]>;
  /** Drops the slots of all types that begin before that. */
  dropTraffic(before: number): Promise<void>;
}

export interface HeadsQuery {
  readonly type: string;
  readonly owner?: string;
  readonly status?: string;
  readonly state?: string;
  /** With a state only, and for lists of staff: has an index together with it. */
  readonly machine?: string;
  readonly after?: Position;
  readonly limit: number;
}

export interface RowsQuery {
  readonly table: string;
  readonly owner: string;
  readonly after?: Position;
  readonly limit: number;
}

/** Keeps two nodes from working on one actor at once, most of the time. Safety never rests on it (J2). */
export interface Leases {
  /** Answers within `waitMs`: true when this node holds the lease (kept until `release` or its expiry), false otherwise. A
   * node that holds it is granted it again at once. */
  acquire(actor: Address, waitMs: number): Promise<boolean>;
  /** Best effort, bounded, never throws. */
  release(actor: Address): Promise<void>;
}

/** One attempt of a call. `id` is `<call id>~<attempt>`. */
export interface Attempt {
  readonly id: string;
  readonly callId: string;
  readonly actor: Address;
  readonly attempt: number;
  /** The machine's own word for the call; its outcome events are `<name>.ok` and so on. */
  readonly name: string;
  readonly activity: string;
  readonly input: JsonObject;
  /** Not to be started after this time. */
  readonly sendBy: number;
  readonly trace?: string;
}

/** Runs each attempt at most once, soon, on some node. It may lose attempts (the due time in `waiting` finds out) and
 * must not repeat one it has started. */
export interface CallQueue {
  /** Returns once handed over, within a second; an attempt that was added before is not run again.
   * @throws QUEUE_UNAVAILABLE */
  add(attempt: Attempt): Promise<void>;
  /** Begins to hand attempts to `run`; the returned function stops taking new ones and waits for those running, up to
   * `deadlineMs`. `run` never throws. */
  start(run: (attempt: Attempt) => Promise<void>): Promise<(deadlineMs: number) => Promise<void>>;
}

export interface Clock {
  /** Epoch ms; never goes back within a process. */
  now(): number;
  /** Runs `fn` once after `ms` (of any length), unless the returned function was called before. */
  after(ms: number, fn: () => void): () => void;
  /** Runs `fn` after what is running now and its microtasks: the moment at which a group commit gathers. */
  soon(fn: () => void): void;
  /** Tells the clock the store's own time, as of now; adapters may follow it or not. */
  observe?(storeTime: number): void;
}

export interface Ids {
  /** A new random id: 16 or more characters of `A–Z a–z 0–9 _ -`. */
  random(): string;
  /** A number in [0, 1), for jitter. */
  fraction(): number;
}

/** Structured, redacted logging. Never receives personal data, but must not print it if it does. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/**
 * What an attempt came to. `ok`: done. `refused`: a definite no about this request, by the partner's word. `postponed`:
 * certainly not done, send the identical request at `until`. `unknown`: may have happened.
 */
export type CallOutcome =
  | { readonly kind: 'ok'; readonly output: Json }
  | { readonly kind: 'refused'; readonly reason: Reason }
  | { readonly kind: 'postponed'; readonly until: number; readonly reason: Reason }
  | { readonly kind: 'unknown'; readonly reason: Reason };

/** Work in the outside world. Must settle within the attempt's time; a thrown error counts as `unknown`. */
export type Activity = (
  input: JsonObject,
  attempt: { readonly id: string; readonly number: number; readonly sendBy: number; readonly actor: Address },
) => Promise<CallOutcome>;
