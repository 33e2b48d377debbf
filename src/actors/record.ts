/**
 * The journal record: the one document a turn commits.
 *
 * Owns the persisted shapes, the byte-exact text that is hashed, and the hash chain. How a turn comes to a record is
 * `decide.ts`; where it is written is a `Journal` adapter.
 *
 * Invariants:
 * R1  A record is plain JSON: what `JSON.parse(JSON.stringify(record))` gives back is equal to it (no undefined, no
 *     dates, no NaN). Adapters may store it as text or as a document.
 * R2  `hash` = SHA-256(text of the record without `hash`), and `prev` is the hash of the record before, so in a chained
 *     (money) actor a flipped byte, a missing and a swapped record are all found.
 */
import { createHash } from 'node:crypto';
import type { Address } from './address.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };
export type JsonObject = { readonly [key: string]: Json | undefined };

/** An event: plain JSON with a `type`. The runtime adds `at` (ms) and `id` (message id) before a machine sees it. */
export interface ActorEvent extends JsonObject {
  readonly type: string;
}

/** `done`: taken by a transition. `ignored`: no transition for it here. `refused`: the machine said no, with a reason.
 * `parked`: its step threw or broke a limit; state unchanged, waits for an operator's replay. */
export type Outcome = 'done' | 'ignored' | 'refused' | 'parked';

export interface Reason {
  readonly code: string;
  readonly detail?: string;
}

export interface RecordedMessage {
  readonly id: string;
  readonly event: ActorEvent;
  /** Who sent it: `api:<user>`, `staff:<name>`, an actor's address, `timer`, `call`, `feed`. */
  readonly cause: string;
  /** Transitions taken, in order, by their names (`edgeOf`): `<source state>|<event>|<target states>[|<guard>]`. */
  readonly edges: readonly string[];
  readonly outcome: Outcome;
  readonly reason?: Reason;
}

/** A durable timer: at `dueAt` the sweeper or an armed timer sends `<address>!<token>`, and `event` is raised. */
interface WaitingTimer {
  readonly kind: 'timer';
  readonly id: string;
  readonly dueAt: number;
  readonly token: string;
  readonly attempt: 0;
  readonly event: ActorEvent;
}

/** How a call is tried again by the runtime itself; without it every outcome ends the call and is the machine's to judge. */
export interface RetryPolicy {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** An open call: one attempt is out (`sent`) or the next is due (`backoff`, `postponed`). */
export interface WaitingCall {
  readonly kind: 'call';
  /** `<address>#<seq>.<n>`, for all its attempts; a job and its outcome are `<id>~<attempt>`. */
  readonly id: string;
  readonly dueAt: number;
  readonly token: string;
  readonly attempt: number;
  readonly phase: 'sent' | 'backoff' | 'postponed';
  readonly name: string;
  readonly activity: string;
  readonly input: JsonObject;
  /** An attempt is not started later than this (ms after its commit) … */
  readonly sendWithinMs: number;
  /** … and counts as lost this long after that. */
  readonly timeoutMs: number;
  readonly retry?: RetryPolicy;
  /** Outcomes in a row that were not `ok`, for the backoff. */
  readonly failures: number;
}

export type Waiting = WaitingTimer | WaitingCall;

export interface StoredSnapshot {
  readonly value: Json;
  readonly context: JsonObject;
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  readonly history?: { readonly [stateId: string]: readonly string[] };
  /** When it came into the state it is in; entering the same again does not count. */
  readonly since: number;
  readonly waiting: readonly Waiting[];
}

/** A message to another actor, with its id `<address>#<seq>.<n>`. */
export interface Tell {
  readonly id: string;
  readonly to: Address;
  readonly event: ActorEvent;
}

/** A fact for a list, inserted once under `<address>#<seq>.<n>` (a ledger line, say). */
export interface Row {
  readonly id: string;
  readonly table: string;
  /** Whose list it belongs to. */
  readonly owner: string;
  readonly data: JsonObject;
}

export interface JournalRecord {
  readonly actor: Address;
  readonly seq: number;
  readonly machine: string;
  readonly at: number;
  readonly messages: readonly RecordedMessage[];
  readonly snapshot: StoredSnapshot;
  readonly tells: readonly Tell[];
  readonly rows: readonly Row[];
  readonly node: string;
  readonly batch: number;
  readonly trace?: string;
  readonly prev?: string;
  readonly hash?: string;
}

/** Where a record made by this process keeps its text, since the size check, the hash and a text store all need it. Not
 * enumerable, so it is in no copy and no JSON. (A WeakMap beside the records cost a tenth of all time in collections.) */
const TEXT = Symbol('text');

/** The text of a record without its hash: what is hashed, and what a text store keeps. */
export function textOf(record: JournalRecord & { readonly [TEXT]?: string }): string {
  const known = record[TEXT];
  if (known !== undefined) return known;
  const text = JSON.stringify(record.hash === undefined ? record : { ...record, hash: undefined });
  keepText(record, text);
  return text;
}

/** The record that `textOf` gave the text of. */
export function recordOf(text: string, hash: string | undefined): JournalRecord {
  const record = JSON.parse(text) as JournalRecord;
  return keepText(hash === undefined ? record : { ...record, hash }, text);
}

function keepText(record: JournalRecord, text: string): JournalRecord {
  return Object.defineProperty(record, TEXT, { value: text });
}

/** Returns the record with its hash (R2); its `prev` is the hash of the record before, absent in the first only. */
export function hashed(record: JournalRecord): JournalRecord {
  const text = textOf(record);
  return keepText({ ...record, hash: createHash('sha256').update(text).digest('base64url') }, text);
}

/** Whether the record's bytes are those that were hashed. Records of unchained actors have no hash and always pass. */
export function isIntact(record: JournalRecord): boolean {
  if (record.hash === undefined) return true;
  return createHash('sha256').update(textOf(record)).digest('base64url') === record.hash;
}

/** The leaf states of a state value as one string: `paying.sending`, parallel regions joined by `,`. */
export function stateName(value: Json): string {
  if (typeof value === 'string') return value;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return '';
  return Object.entries(value as JsonObject)
    .map(([key, inner]) => {
      const below = inner === undefined ? '' : stateName(inner);
      return below === ''
        ? key
        : below
            .split(',')
            .map((leaf) => `${key}.${leaf}`)
            .join(',');
    })
    .join(',');
}

/** The earliest due time in `waiting`, or null. */
export function nextDue(waiting: readonly Waiting[]): number | null {
  let due: number | null = null;
  for (const entry of waiting) if (due === null || entry.dueAt < due) due = entry.dueAt;
  return due;
}
