/**
 * A `Clock` whose time moves only when told: one heap of (time, sequence), with all microtasks run between two entries.
 */
import type { Clock } from '../../src/actors/ports.ts';

/** Captured before anything could fake it. */
const realSetImmediate = setImmediate;

interface Entry {
  readonly time: number;
  readonly sequence: number;
  readonly run: () => void;
}

export class VirtualClock implements Clock {
  #now: number;
  #sequence = 0;
  readonly #entries: Entry[] = [];

  constructor(start = Date.UTC(2026, 0, 15, 2)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    this.#sequence += 1;
    const entry = { time: this.#now + Math.max(0, ms), sequence: this.#sequence, run };
    this.#entries.push(entry);
    return () => {
      const index = this.#entries.indexOf(entry);
      if (index >= 0) this.#entries.splice(index, 1);
    };
  }

  soon(run: () => void): void {
    this.after(0, run);
  }

  /** Lets time pass, running everything that falls due, in order. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (let next = this.#nextBy(until); next !== undefined; next = this.#nextBy(until)) {
      this.#entries.splice(this.#entries.indexOf(next), 1);
      this.#now = Math.max(this.#now, next.time);
      next.run();
      await settle();
    }
    this.#now = until;
  }

  /** Lets time pass until `promise` settles. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const mark = () => {
      isSettled = true;
    };
    promise.then(mark, mark);
    await settle();
    while (!isSettled) {
      const next = this.#nextBy(Number.POSITIVE_INFINITY);
      if (next === undefined) throw new Error('nothing is scheduled and the promise is not settled');
      await this.advance(next.time - this.#now);
    }
    return promise;
  }

  #nextBy(until: number): Entry | undefined {
    let next: Entry | undefined;
    for (const entry of this.#entries) {
      if (entry.time > until) continue;
      if (
        next === undefined ||
        entry.time < next.time ||
        (entry.time === next.time && entry.sequence < next.sequence)
      ) {
        next = entry;
      }
    }
    return next;
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => realSetImmediate(resolve));
}
