/**
 * How many attempts of one policy there are, and how long they take.
 *
 * Owns the counting: a ring of histograms, one for each slice of time. What is told is of the last whole minute before the
 * slice that is being filled, so it changes from slice to slice and not with every look. Its memory is bounded.
 */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { PaceView } from '../../actors/dependencies.ts';
import type { Clock } from '../../actors/ports.ts';

interface Slice {
  readonly index: number;
  readonly histogram: RecordableHistogram;
}

const SLICE_MS = 5_000;
const SLICES = 12;
const WINDOW_SECONDS = (SLICES * SLICE_MS) / 1_000;
/** What takes longer counts as that long. */
const LONGEST_MS = 600_000;

export class Pace {
  readonly #clock: Pick<Clock, 'now'>;
  /** One more than is told of: the one being filled. */
  readonly #ring: (Slice | undefined)[] = Array.from({ length: SLICES + 1 });
  #told: { readonly index: number; readonly pace: PaceView | null } = { index: -1, pace: null };

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  note(durationMs: number): void {
    const index = this.#currentIndex();
    const place = index % this.#ring.length;
    let slice = this.#ring[place];
    if (slice?.index !== index) {
      const histogram = slice?.histogram ?? newHistogram();
      histogram.reset();
      slice = { index, histogram };
      this.#ring[place] = slice;
    }
    slice.histogram.record(Math.min(LONGEST_MS, Math.max(1, Math.round(durationMs))));
  }

  /** Null when there was no attempt in that minute. */
  view(): PaceView | null {
    const index = this.#currentIndex();
    if (this.#told.index !== index) this.#told = { index, pace: this.#sumUp(index) };
    return this.#told.pace;
  }

  #sumUp(current: number): PaceView | null {
    const slices = this.#ring.filter(
      (slice) => slice !== undefined && slice.index < current && slice.index >= current - SLICES,
    ) as readonly Slice[];
    if (slices.length === 0) return null;
    const all = newHistogram();
    for (const { histogram } of slices) all.add(histogram);
    return {
      perSecond: all.count / WINDOW_SECONDS,
      p50Ms: all.percentile(50),
      p95Ms: all.percentile(95),
      p99Ms: all.percentile(99),
    };
  }

  #currentIndex(): number {
    return Math.floor(this.#clock.now() / SLICE_MS);
  }
}

/** To two digits, so within 1 % of the truth. */
function newHistogram(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: LONGEST_MS, figures: 2 });
}
