/**
 * Something that a person has decided for a time, such as a hold.
 *
 * Owns the end of it. Invariant: it is over at its time, by itself, and `value` is null from then on.
 */
import type { Clock } from '../../actors/ports.ts';

export class Temporary<T extends { readonly until: number }> {
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  readonly #onOver: () => void;
  #value: T | null = null;
  #cancelEnd = () => {};

  /** `onOver` is called when its time has come, not when it is replaced. */
  constructor(clock: Pick<Clock, 'now' | 'after'>, onOver: () => void) {
    this.#clock = clock;
    this.#onOver = onOver;
  }

  get value(): T | null {
    return this.#value;
  }

  /** Null ends it. One whose time is over is none. */
  set(value: T | null): void {
    const now = this.#clock.now();
    this.#cancelEnd();
    this.#value = value !== null && value.until > now ? value : null;
    if (this.#value === null) return;
    this.#cancelEnd = this.#clock.after(this.#value.until - now, () => {
      this.#value = null;
      this.#onOver();
    });
  }

  stop(): void {
    this.#cancelEnd();
  }
}
