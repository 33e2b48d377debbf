/**
 * The real `Clock`.
 *
 * Owns the process's idea of time. Invariants:
 * T1  `now` never goes back. It follows the machine's clock forward at once (a correction, or a sleep during which the
 *     monotonic clock stood still); while it is ahead of a clock that was set back it runs at half speed until it is not.
 * T2  Delays are measured by the monotonic clock, so a change of the machine's clock neither hastens nor holds one up.
 */
import type { Clock } from '../actors/ports.ts';

/** Longer delays overflow the platform's timer, which would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Where time comes from, in ms: the machine's clock and one that only ever counts on. */
export interface TimeSource {
  wall(): number;
  monotonic(): number;
}

const machine: TimeSource = { wall: () => Date.now(), monotonic: () => performance.now() };

export class SystemClock implements Clock {
  readonly #source: TimeSource;
  #time: number;
  #readAt: number;

  constructor(source: TimeSource = machine) {
    this.#source = source;
    this.#time = source.wall();
    this.#readAt = source.monotonic();
  }

  now(): number {
    const monotonic = this.#source.monotonic();
    const elapsedMs = monotonic - this.#readAt;
    this.#readAt = monotonic;
    this.#time = Math.max(this.#source.wall(), this.#time + elapsedMs / 2);
    return Math.floor(this.#time);
  }

  /** Takes delays of any length; the platform's timer is armed again for what is left. */
  after(ms: number, fn: () => void): () => void {
    const dueAt = performance.now() + ms;
    const arm = () => setTimeout(fire, Math.min(LONGEST_TIMER_MS, Math.max(0, dueAt - performance.now())));
    const fire = () => {
      // The platform counts in whole ms and may be a moment early.
      if (performance.now() + 1 < dueAt) timer = arm();
      else fn();
    };
    let timer = arm();
    return () => clearTimeout(timer);
  }

  soon(fn: () => void): void {
    setImmediate(fn);
  }
}
