/**
 * What waits for one actor on this node.
 *
 * Owns the two lanes and their bound. Invariants:
 * M1  FIFO within a lane; nobody relies on order between lanes or nodes.
 * M2  The door lane is bounded and refuses (`MAILBOX_FULL`); tells, timers and outcomes have a lane of their own that
 *     never refuses, so a flood at the doors cannot stop money that is on its way. Turns take from both lanes in turn.
 * M3  It knows at any time whether all that waits is patient, so that the turn may be held (`gathering.ts`).
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
  /** Nobody waits for it: it may be held until more of its kind have come. */
  readonly isPatient: boolean;
  /** When it came. */
  readonly at: number;
  readonly settle: (settled: Settled) => void;
  readonly fail: (error: unknown) => void;
}

/** Envelopes of one message: it came more than once before its turn. */
export type SameMessage = [Envelope, ...Envelope[]];

export type Lane = 'door' | 'inner';

export class Mailbox {
  readonly #maxDoorLength: number;
  readonly #lanes: Record<Lane, Envelope[]> = { door: [], inner: [] };
  #returned: Envelope[] = [];
  /** How many wait in the inner lane that are not patient. */
  #pressing = 0;

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

  /** Whether what waits may be held: a full turn of it may not, nor what another turn gave back. */
  get isPatient(): boolean {
    const { door, inner } = this.#lanes;
    return this.#pressing + this.#returned.length + door.length === 0 && inner.length < LIMITS.turnMessages;
  }

  /** @throws MAILBOX_FULL in the door lane only (M2). */
  put(lane: Lane, envelope: Envelope): void {
    if (lane === 'door' && this.#lanes.door.length >= this.#maxDoorLength) {
      throw new ActorError('MAILBOX_FULL', `${this.#maxDoorLength} are waiting`, { retryAfterMs: 1_000 });
    }
    this.#lanes[lane].push(envelope);
    if (lane === 'inner' && !envelope.isPatient) this.#pressing += 1;
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
    const takeFrom = (queue: Envelope[], limit: number): void => {
      let index = 0;
      for (; index < limit && fits(queue[index]); index += 1) {
        const envelope = queue[index] as Envelope;
        taken.push(envelope);
        bytes += envelope.bytes;
      }
      queue.splice(0, index);
    };
    takeFrom(this.#returned, LIMITS.turnMessages);
    if (this.#returned.length > 0) return taken;
    const { door, inner } = this.#lanes;
    const share = Math.max(LIMITS.turnMessages / 2, LIMITS.turnMessages - door.length);
    const before = taken.length;
    takeFrom(inner, share - taken.length);
    for (const { isPatient } of taken.slice(before)) if (!isPatient) this.#pressing -= 1;
    takeFrom(door, LIMITS.turnMessages - taken.length);
    return taken;
  }

  /** Empties the mailbox, handing every envelope to `fail`. */
  failAll(error: unknown): void {
    const all = [...this.#returned, ...this.#lanes.inner, ...this.#lanes.door];
    this.#returned = [];
    this.#pressing = 0;
    this.#lanes.door = [];
    this.#lanes.inner = [];
    for (const envelope of all) envelope.fail(error);
  }
}

export function byMessage(envelopes: readonly Envelope[]): SameMessage[] {
  const groups = new Map<string, SameMessage>();
  for (const envelope of envelopes) {
    const same = groups.get(envelope.message.id);
    if (same === undefined) groups.set(envelope.message.id, [envelope]);
    else same.push(envelope);
  }
  return [...groups.values()];
}
