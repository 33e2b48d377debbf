/**
 * The real `Ids`: the one place that draws randomness for the runtime.
 */
import { randomFillSync } from 'node:crypto';
import type { Ids } from '../actors/ports.ts';

const ID_BYTES = 16;

export class RandomIds implements Ids {
  /** Drawn in one go for many ids, which each take their own part of it. */
  readonly #drawn = Buffer.alloc(256 * ID_BYTES);
  #used = this.#drawn.length;

  /** 128 random bits, 22 characters. */
  random(): string {
    if (this.#used === this.#drawn.length) {
      randomFillSync(this.#drawn);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += ID_BYTES;
    return this.#drawn.toString('base64url', from, this.#used);
  }

  fraction(): number {
    return Math.random();
  }
}
