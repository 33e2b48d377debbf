/**
 * What faces may ask of the running system. Implemented by the runtime; faces and their tests program against this.
 */
import type { Address } from './address.ts';
import type { Head, HeadsQuery, ListedRow, NodeRow, RowsQuery, UndeliveredTell } from './ports.ts';
import type { ActorEvent, JournalRecord, Outcome, Reason, StoredSnapshot } from './record.ts';

export interface SendOptions {
  /** Default: random. */
  readonly id?: string;
  readonly cause: string;
  readonly trace?: string;
  /** The id may have been sent before: look it up first. */
  readonly repeatable?: boolean;
  /** Else ACTOR_NOT_FOUND. */
  readonly mustExist?: boolean;
  /** Take it only if the actor's last record has this seq, with no other message before it in the turn; else it is refused,
   * on record like every refusal, with the code `PRECONDITION_FAILED`. */
  readonly ifSeq?: number;
  /** Also wait ≤ 500 ms for the list rows. */
  readonly awaitHead?: boolean;
  /** Default 5000; then STORE_UNAVAILABLE. */
  readonly deadlineMs?: number;
}

export interface Receipt {
  readonly outcome: Outcome;
  readonly reason?: Reason;
  readonly seq: number;
  /** Already in the journal before this send. */
  readonly repeated: boolean;
  /** The actor's state now. */
  readonly snapshot: StoredSnapshot;
}

/** An actor's last record at majority. */
export interface Inspection {
  readonly address: Address;
  readonly seq: number;
  readonly at: number;
  readonly machine: string;
  readonly state: string;
  readonly snapshot: StoredSnapshot;
}

/** `silent`: no heartbeat for so long that others take it over. `retired`: taken over for good. */
export interface NodeView extends NodeRow {
  /** `silent`: dead, and not all of it is taken over yet. */
  readonly status: 'live' | 'silent' | 'retired';
}

export interface ActorSystem {
  send(address: Address, event: ActorEvent, options: SendOptions): Promise<Receipt>;
  /** The last record at majority. */
  inspect(address: Address): Promise<Inspection | undefined>;
  /** The last seen when time is up. What led there and was committed by this process is in every process's lists then,
   * unless the lists are late by half a second. */
  waitUntil(
    address: Address,
    ready: (snapshot: StoredSnapshot) => boolean,
    timeoutMs: number,
  ): Promise<Inspection | undefined>;
  history(address: Address, after: number, limit: number): Promise<readonly JournalRecord[]>;
  heads(query: HeadsQuery): Promise<readonly Head[]>;
  rows(query: RowsQuery): Promise<readonly ListedRow[]>;
  undelivered(address: Address): Promise<readonly UndeliveredTell[]>;
  replay(address: Address, messageId: string, cause: string): Promise<Receipt>;
  /**
   * Calls `listener` with every record that this process commits from now on, soon after its commit and in the order of an
   * actor's seqs, until the returned function is called. Other processes' commits, and those of a moment of trouble, are
   * not heard of: who must not miss one reads `history` as well. The listener must be quick; what it throws is logged.
   */
  onCommit(listener: (record: JournalRecord) => void): () => void;
  /** Every process that ever joined, as the store knows it. */
  nodes(): Promise<readonly NodeView[]>;
  /** For how long the oldest commit of this process has not been fully delivered and projected, ms (J7); 0 = none waits. */
  readonly backlogMs: number;
  readonly isReady: boolean;
}
