/**
 * What waits for one actor on this node.
 *
 * Owns the two lanes and their bound. Invariants:
 * M1  FIFO within a lane; nobody relies on order between lanes or nodes.
 * M2  The door lane is bounded and refuses (`MAILBOX_FULL`); tells, timers and outcomes have a lane of their own that
 *     never refuses, so a flood at the doors cannot stop money that is on its way. Turns take from both lanes in turn.
 */
import { ActorError } from './errors.ts';
import { LIMITS, type Message } from './message.ts';
import type { Outcome, Reason, StoredSnapshot } from './record.ts';

/** What became of a message, once it stands in the journal. */
export interface Settled {
  readonly outcome: Outcome;
  readonly reason?: Reason;
  readonly seq: number;
  readonly repeated: boolean;
  readonly snapshot: StoredSnapshot;
}

export interface Envelope {
  readonly message: Message;
  readonly bytes: number;
  /** Its id may stand in the journal already: look before taking it. */
  repeatable: boolean;
  /** When it came. */
  readonly at: number;
  readonly settle: (settled: Settled) => void;
  readonly fail: (error: unknown) => void;
}

export type Lane = 'door' | 'inner';

export class Mailbox {
  readonly #maxDoorLength: number;
  readonly #lanes: Record<Lane, Envelope[]> = { door: [], inner: [] };
  #returned: Envelope[] = [];

  constructor(maxDoorLength: number) {
    this.#maxDoorLength = maxDoorLength;
  }

  get length(): number {
    return this.#returned.length + this.#lanes.door.length + this.#lanes.inner.length;
  }

  /** When the message came that has waited longest. */
  get oldestAt(): number | undefined {
    const heads = [this.#returned[0], this.#lanes.door[0], this.#lanes.inner[0]];
    const times = heads.flatMap((envelope) => (envelope === undefined ? [] : [envelope.at]));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** @throws MAILBOX_FULL in the door lane only (M2). */
  put(lane: Lane, envelope: Envelope): void {
    if (lane === 'door' && this.#lanes.door.length >= this.#maxDoorLength) {
      throw new ActorError('MAILBOX_FULL', `${this.#maxDoorLength} are waiting`, { retryAfterMs: 1_000 });
    }
    this.#lanes[lane].push(envelope);
  }

  /** Puts messages of a lost or shortened turn back before all others, in order. */
  putBack(envelopes: readonly Envelope[]): void {
    this.#returned = [...envelopes, ...this.#returned];
  }

  /** The next turn's messages: at most 256 and about 512 KiB, at least one if any waits. */
  take(): Envelope[] {
    const taken: Envelope[] = [];
    let bytes = 0;
    const fits = (envelope: Envelope | undefined): envelope is Envelope =>
      envelope !== undefined && (taken.length === 0 || bytes + envelope.bytes <= LIMITS.turnBytes);
    const takeFrom = (queue: Envelope[], limit: number): number => {
      let index = 0;
      for (; index < limit && fits(queue[index]); index += 1) {
        const envelope = queue[index] as Envelope;
        taken.push(envelope);
        bytes += envelope.bytes;
      }
      queue.splice(0, index);
      return index;
    };
    takeFrom(this.#returned, LIMITS.turnMessages);
    if (this.#returned.length > 0) return taken;
    const { door, inner } = this.#lanes;
    const share = Math.max(LIMITS.turnMessages / 2, LIMITS.turnMessages - door.length);
    takeFrom(inner, share - taken.length);
    takeFrom(door, LIMITS.turnMessages - taken.length);
    return taken;
  }

  /** Empties the mailbox, handing every envelope to `fail`. */
  failAll(error: unknown): void {
    const all = [...this.#returned, ...this.#lanes.inner, ...this.#lanes.door];
    this.#returned = [];
    this.#lanes.door = [];
    this.#lanes.inner = [];
    for (const envelope of all) envelope.fail(error);
  }
}
