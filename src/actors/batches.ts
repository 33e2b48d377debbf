/**
 * Which of this node's batches are done with, in order.
 *
 * Owns the count of what each batch still owes. Invariant (J7): `watermark` is the greatest n such that of every batch
 * ≤ n each record is resolved, each head and row written and each tell accepted.
 */
export class Batches {
  readonly #owed = new Map<number, number>();
  readonly #openedAt = new Map<number, number>();
  #last = 0;
  #watermark = 0;
  readonly #idle: (() => void)[] = [];

  get last(): number {
    return this.#last;
  }

  get watermark(): number {
    return this.#watermark;
  }

  /** When the oldest batch was opened that still owes something. */
  get openSince(): number | undefined {
    return this.#openedAt.get(this.#watermark + 1);
  }

  /** A number for a new batch, greater than all before; owes one until `settle(number)`. */
  open(now: number): number {
    this.#last += 1;
    this.#owed.set(this.#last, 1);
    this.#openedAt.set(this.#last, now);
    return this.#last;
  }

  owe(batch: number, count = 1): void {
    this.#owed.set(batch, (this.#owed.get(batch) ?? 0) + count);
  }

  settle(batch: number, count = 1): void {
    const left = (this.#owed.get(batch) ?? 0) - count;
    if (left < 0) throw new Error(`J7: batch ${batch} settled more than it owed`);
    this.#owed.set(batch, left);
    while (this.#owed.get(this.#watermark + 1) === 0) {
      this.#watermark += 1;
      this.#owed.delete(this.#watermark);
      this.#openedAt.delete(this.#watermark);
    }
    if (this.#owed.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Resolves when nothing is owed. */
  whenIdle(): Promise<void> {
    return this.#owed.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }
}
