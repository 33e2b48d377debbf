/**
 * `Ids` that are the same in every run with the same seed.
 */
import type { Ids } from '../../src/actors/ports.ts';

export class SeededIds implements Ids {
  #state: number;
  #count = 0;
  readonly #name: string;

  constructor(seed = 1, name = 'id') {
    this.#state = seed >>> 0;
    this.#name = name;
  }

  random(): string {
    this.#count += 1;
    return `${this.#name}-${String(this.#count).padStart(12, '0')}-${Math.floor(this.fraction() * 1e6)}`;
  }

  /** mulberry32 */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
}
