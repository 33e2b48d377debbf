/**
 * How many retries a dependency can bear: a tenth of its calls, saved up to ten.
 *
 * Owns the account. Without it, retries multiply the load of a partner that is failing because of its load.
 */
const CAPACITY = 10;
const SAVED_PER_CALL = 0.1;
/** Sums of tenths are a hair off. */
const HAIR = 1e-9;

export class RetryBudget {
  #tokens = CAPACITY;

  /** A call is made for the first time. */
  save(): void {
    this.#tokens = Math.min(CAPACITY, this.#tokens + SAVED_PER_CALL);
  }

  /** Whether one may be made again, which uses a token up. */
  spend(): boolean {
    if (this.#tokens + HAIR < 1) return false;
    this.#tokens = Math.max(0, this.#tokens - 1);
    return true;
  }

  /** 0 = none left. */
  get ratio(): number {
    return this.#tokens / CAPACITY;
  }
}
