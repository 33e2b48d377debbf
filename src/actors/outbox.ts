/**
 * Delivery of committed tells on this node.
 *
 * Owns every tell from its commit until it is *accepted*: its target's record is committed, or the tell stands in the
 * `undelivered` list. Invariants:
 * O1  A tell is at all times in the journal above the watermark, or in `undelivered`, or accepted (J7).
 * O2  A tell not accepted within `ACCEPT_WITHIN_MS` goes to `undelivered` and is tried from there with backoff, for ever.
 * At least once; the target's inbox (J3) makes it one effect.
 */
import type { Address } from './address.ts';
import type { Message } from './message.ts';
import type { Clock, Log, Projections, UndeliveredTell } from './ports.ts';
import type { Tell } from './record.ts';
import type { Telemetry } from './telemetry.ts';

const ACCEPT_WITHIN_MS = 5_000;
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 60_000;

interface Outgoing {
  readonly tell: Tell;
  readonly from: Address;
  readonly trace: string | undefined;
  readonly since: number;
  /** Refused by the target's node for now; waits for `undelivered`. */
  failed: boolean;
  stored: boolean;
  accepted: () => void;
}

export interface OutboxDeps {
  readonly projections: Projections;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Queues a message in the target's inner lane; resolves once it is in the journal. */
  readonly put: (to: Address, message: Message, repeatable: boolean) => Promise<unknown>;
}

export class Outbox {
  readonly #deps: OutboxDeps;
  /** In order of `since`. */
  readonly #outgoing = new Map<string, Outgoing>();
  #storing = false;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#outgoing.size;
  }

  /** When the oldest tell was committed that is on its way. */
  get oldestAt(): number | undefined {
    const [oldest] = this.#outgoing.values();
    return oldest?.since;
  }

  /** Delivers until accepted; `accepted` is called exactly once, unless this node is fenced first. */
  deliver(
    from: Address,
    tell: Tell,
    options: { trace?: string | undefined; repeatable: boolean },
    accepted: () => void,
  ): void {
    const known = this.#outgoing.get(tell.id);
    if (known?.stored === true) {
      accepted();
      return;
    }
    if (known !== undefined) {
      const earlier = known.accepted;
      known.accepted = () => {
        earlier();
        accepted();
      };
      return;
    }
    const since = this.#deps.clock.now();
    const outgoing: Outgoing = { tell, from, trace: options.trace, since, failed: false, stored: false, accepted };
    this.#outgoing.set(tell.id, outgoing);
    this.#send(outgoing, options.repeatable);
  }

  #send(outgoing: Outgoing, repeatable: boolean): void {
    const { tell, from, trace } = outgoing;
    const message = { id: tell.id, event: tell.event, cause: from, ...(trace === undefined ? {} : { trace }) };
    let sent: Promise<unknown>;
    try {
      sent = this.#deps.put(tell.to, message, repeatable);
    } catch (error) {
      sent = Promise.reject(error);
    }
    sent.then(
      () => this.#accept(outgoing),
      (error) => {
        this.#deps.log.warn('tell not accepted yet', { tell: tell.id, to: tell.to, error });
        outgoing.failed = true;
      },
    );
  }

  #accept(outgoing: Outgoing): void {
    if (!this.#outgoing.delete(outgoing.tell.id)) return;
    if (outgoing.stored) this.#clear(outgoing.tell.id);
    else outgoing.accepted();
  }

  /** A removal that is lost only means one more delivery, which the inbox answers. */
  #clear(tell: string): void {
    this.#deps.projections.removeUndelivered([tell]).catch((error) => {
      this.#deps.log.warn('could not clear an undelivered tell', { tell, error });
    });
  }

  /** Stores tells that wait too long (O2). Called about once a second. */
  async storeLate(): Promise<void> {
    if (this.#storing) return;
    this.#storing = true;
    try {
      const now = this.#deps.clock.now();
      const late: Outgoing[] = [];
      for (const outgoing of this.#outgoing.values()) {
        if (!outgoing.stored && (outgoing.failed || now - outgoing.since >= ACCEPT_WITHIN_MS)) late.push(outgoing);
      }
      if (late.length === 0) return;
      await this.#deps.projections.addUndelivered(late.map((outgoing) => toUndelivered(outgoing, now)));
      this.#deps.telemetry.count('undeliveredStored', late.length);
      for (const outgoing of late) {
        // Accepted while it was being stored: that has been said, only the entry is too much.
        if (this.#outgoing.get(outgoing.tell.id) !== outgoing) {
          this.#clear(outgoing.tell.id);
          continue;
        }
        outgoing.stored = true;
        outgoing.accepted();
        if (outgoing.failed) this.#outgoing.delete(outgoing.tell.id);
      }
    } catch (error) {
      this.#deps.log.warn('could not store undelivered tells; they stay above the watermark', { error });
    } finally {
      this.#storing = false;
    }
  }

  /** Tries stored tells that are due again. */
  async retryStored(limit: number): Promise<void> {
    const { projections, clock } = this.#deps;
    const now = clock.now();
    for (const stored of await projections.undeliveredDue(now, limit)) {
      const delayMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(stored.attempts, 10));
      await projections.postponeUndelivered(stored.id, now + delayMs);
      if (this.#outgoing.has(stored.id)) continue;
      const { id, to, event, from, trace } = stored;
      const outgoing: Outgoing = {
        tell: { id, to, event },
        from,
        trace,
        since: now,
        failed: false,
        stored: true,
        accepted: () => {},
      };
      this.#outgoing.set(id, outgoing);
      this.#send(outgoing, true);
      if (now - stored.since > 600_000) {
        this.#deps.log.error('a tell is undelivered for more than ten minutes', { tell: id, to, since: stored.since });
      }
    }
    for (const [id, outgoing] of this.#outgoing) if (outgoing.stored && outgoing.failed) this.#outgoing.delete(id);
  }
}

function toUndelivered({ tell, from, trace, since }: Outgoing, now: number): UndeliveredTell {
  return { ...tell, from, ...(trace === undefined ? {} : { trace }), since, nextAt: now + FIRST_RETRY_MS, attempts: 0 };
}
