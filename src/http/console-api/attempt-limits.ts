import type { Clock } from '../../actors/ports.ts';
import { Problem } from '../problem.ts';
import type { ProblemCode } from '../problem-codes.ts';

interface LimitOptions {
  readonly most: number;
  readonly windowMs: number;
  readonly code: ProblemCode;
}

interface Window {
  readonly endsAt: number;
  count: number;
}

const MAX_WINDOWS = 10_000;

/**
 * Counts attempts per key in fixed windows, in the memory of this process. An attempt counts before it is made, so many at
 * once count as many; one that succeeds can be given back.
 */
export class AttemptLimits {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #options: LimitOptions;
  /** Oldest window first. */
  readonly #windows = new Map<string, Window>();

  constructor(clock: Pick<Clock, 'now'>, options: LimitOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** @throws the limit's problem, with the time until the window ends */
  take(key: string): void {
    const now = this.#clock.now();
    const { most, windowMs, code } = this.#options;
    let window = this.#windows.get(key);
    if (window === undefined || window.endsAt <= now) {
      this.#windows.delete(key);
      this.#dropOldest();
      window = { endsAt: now + windowMs, count: 0 };
      this.#windows.set(key, window);
    }
    if (window.count >= most) throw new Problem(code, { retryAfterMs: window.endsAt - now });
    window.count += 1;
  }

  /** It was no failure after all. */
  giveBack(key: string): void {
    const window = this.#windows.get(key);
    if (window !== undefined) window.count -= 1;
  }

  #dropOldest(): void {
    if (this.#windows.size < MAX_WINDOWS) return;
    const [oldest] = this.#windows.keys();
    if (oldest !== undefined) this.#windows.delete(oldest);
  }
}
