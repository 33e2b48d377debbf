/**
 * How the attempts of the last while ended, for one breaker.
 *
 * Owns the counting: a ring of slices, so that what is older than the window falls out slice by slice. Invariant: it says
 * nothing (`verdict` null) before it has seen `minCalls` attempts.
 */
import type { Clock } from '../../actors/ports.ts';
import type { PolicySettings } from './policies.ts';

interface Slice {
  index: number;
  total: number;
  failed: number;
  slow: number;
}

type WindowSettings = Pick<PolicySettings, 'windowMs' | 'minCalls' | 'failurePercent' | 'slowPercent'>;

const SLICES = 10;

export class OutcomeWindow {
  readonly #clock: Clock;
  readonly #settings: WindowSettings;
  #slices: Slice[] = [];

  constructor(clock: Clock, settings: WindowSettings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  note({ hasFailed, isSlow }: { readonly hasFailed: boolean; readonly isSlow: boolean }): void {
    const index = this.#currentIndex();
    this.#dropOld(index);
    let slice = this.#slices.at(-1);
    if (slice?.index !== index) {
      slice = { index, total: 0, failed: 0, slow: 0 };
      this.#slices.push(slice);
    }
    slice.total += 1;
    slice.failed += hasFailed ? 1 : 0;
    slice.slow += isSlow ? 1 : 0;
  }

  /** Why the breaker has to open, or null. */
  verdict(): 'failures' | 'slow' | null {
    const { total, failureRatio, slowRatio } = this.#measure();
    if (total < this.#settings.minCalls) return null;
    if (failureRatio * 100 >= this.#settings.failurePercent) return 'failures';
    return slowRatio * 100 >= this.#settings.slowPercent ? 'slow' : null;
  }

  ratios(): { readonly failureRatio: number; readonly slowRatio: number } {
    const { failureRatio, slowRatio } = this.#measure();
    return { failureRatio, slowRatio };
  }

  clear(): void {
    this.#slices = [];
  }

  #measure() {
    this.#dropOld(this.#currentIndex());
    const sum = (count: (slice: Slice) => number) => this.#slices.reduce((all, slice) => all + count(slice), 0);
    const total = sum((slice) => slice.total);
    const ratio = (count: number) => (total === 0 ? 0 : count / total);
    return { total, failureRatio: ratio(sum((slice) => slice.failed)), slowRatio: ratio(sum((slice) => slice.slow)) };
  }

  #currentIndex(): number {
    return Math.floor(this.#clock.now() / (this.#settings.windowMs / SLICES));
  }

  #dropOld(index: number): void {
    while (this.#slices[0] !== undefined && this.#slices[0].index <= index - SLICES) this.#slices.shift();
  }
}
