/**
 * A bulkhead: so many calls of one policy at once, and so many more in a line.
 *
 * Owns the places. Invariants:
 * B1  Nobody is let in while `limit` places or more are taken, and never more than `queueLimit` callers wait.
 * B2  First come, first served: a place that becomes free goes to the longest waiting, at once; nobody overtakes.
 * B3  Who gives up or waits too long leaves the line at once and takes nothing with it.
 */
import type { BulkheadRejection } from '../../actors/dependencies.ts';
import type { Clock } from '../../actors/ports.ts';

export interface Place {
  readonly waitedMs: number;
  /** Again is fine. */
  leave(): void;
}

interface Waiter {
  readonly admit: () => void;
}

export interface BulkheadLimits {
  readonly limit: number;
  readonly queueLimit: number;
}

export class Bulkhead {
  readonly #clock: Clock;
  readonly #queueLimit: number;
  readonly #onChange: () => void;
  /** Oldest first. */
  readonly #line = new Set<Waiter>();
  #limit: number;
  #inFlight = 0;

  constructor(clock: Clock, { limit, queueLimit }: BulkheadLimits, onChange: () => void = () => {}) {
    this.#clock = clock;
    this.#limit = limit;
    this.#queueLimit = queueLimit;
    this.#onChange = onChange;
  }

  get limit(): number {
    return this.#limit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get queueDepth(): number {
    return this.#line.size;
  }

  /** So many places from now on. Those who have one keep it, also when they are more. */
  setLimit(limit: number): void {
    this.#limit = limit;
    for (const waiter of this.#line) {
      if (this.#inFlight >= limit) break;
      this.#inFlight += 1;
      waiter.admit();
    }
    this.#onChange();
  }

  /** A place, once it is this caller's turn, or why there is none. Waits no longer than until `deadline`. */
  enter(
    options: { readonly signal?: AbortSignal; readonly deadline?: number } = {},
  ): Promise<Place | BulkheadRejection> {
    if (options.signal?.aborted) return Promise.resolve('aborted');
    if (this.#inFlight < this.#limit) {
      this.#inFlight += 1;
      this.#onChange();
      return Promise.resolve(this.#place(0));
    }
    if (this.#line.size >= this.#queueLimit) return Promise.resolve('full');
    return this.#wait(options);
  }

  #wait({ signal, deadline }: { readonly signal?: AbortSignal; readonly deadline?: number }) {
    const since = this.#clock.now();
    return new Promise<Place | BulkheadRejection>((resolve) => {
      const end = (result: Place | BulkheadRejection) => {
        this.#line.delete(waiter);
        signal?.removeEventListener('abort', abort);
        cancelTimer();
        this.#onChange();
        resolve(result);
      };
      const waiter: Waiter = { admit: () => end(this.#place(this.#clock.now() - since)) };
      const abort = () => end('aborted');
      const cancelTimer =
        deadline === undefined ? () => {} : this.#clock.after(deadline - since, () => end('timeout_in_queue'));
      signal?.addEventListener('abort', abort, { once: true });
      this.#line.add(waiter);
      this.#onChange();
    });
  }

  #place(waitedMs: number): Place {
    let isTaken = true;
    const leave = () => {
      if (!isTaken) return;
      isTaken = false;
      const [next] = this.#line;
      // The place is handed over, never free in between, unless it is one too many.
      if (next !== undefined && this.#inFlight <= this.#limit) {
        next.admit();
      } else {
        this.#inFlight -= 1;
        this.#onChange();
      }
    };
    return { waitedMs, leave };
  }
}
