/**
 * Which of this node's batches are done with, in order.
 *
 * Owns the count of what each batch still owes. Invariant (J7): `watermark` is the greatest n such that of every batch
 * ≤ n each record is resolved, each head and row written and each tell accepted.
 */
export class Batches {
  readonly #owed = new Map<number, number>();
  #last = 0;
  #watermark = 0;
  readonly #idle: (() => void)[] = [];

  get last(): number {
    return this.#last;
  }

  get watermark(): number {
    return this.#watermark;
  }

  /** A number for a new batch, greater than all before; owes one until `settle(number)`. */
  open(): number {
    this.#last += 1;
    this.#owed.set(this.#last, 1);
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
    }
    if (this.#owed.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Resolves when nothing is owed. */
  whenIdle(): Promise<void> {
    return this.#owed.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }
}
