/**
 * How the actors of a machine move: how often each transition is taken, and how long they stood in the states they leave.
 *
 * Owns what this process has committed and nobody has fetched yet, of one machine. It is statistics, not truth: a crash
 * loses what is not fetched, and of a record whose fate its node never heard nothing is counted. Times are those of
 * committed snapshots: a state passed through within one turn is not stood in, and beside parallel regions a state's time
 * is that since any of them last moved, so at least so long was stood there.
 * Invariant: the numbers are bounded by the machine's structure, whatever happens and however long nobody fetches them.
 */

/** `edge`: the transition of that name (`edgeOf`) was taken; its bucket is 0. `dwell`: the leaf state of that path was left
 * after a time in that bucket. */
export interface TrafficCount {
  readonly kind: 'edge' | 'dwell';
  readonly name: string;
  readonly bucket: number;
  readonly count: number;
}

export class MachineTraffic {
  #edges = new Map<string, { count: number }>();
  #dwells = new Map<string, number[]>();

  took(edge: string): void {
    const known = this.#edges.get(edge);
    if (known === undefined) this.#edges.set(edge, { count: 1 });
    else known.count += 1;
  }

  left(leaf: string, afterMs: number): void {
    let buckets = this.#dwells.get(leaf);
    if (buckets === undefined) {
      buckets = [];
      this.#dwells.set(leaf, buckets);
    }
    const bucket = bucketOf(afterMs);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }

  /** What was counted since the last time this was called. */
  take(): readonly TrafficCount[] {
    const edges = [...this.#edges].map(([name, { count }]) => ({ kind: 'edge' as const, name, bucket: 0, count }));
    const dwells = [...this.#dwells].flatMap(([name, buckets]) =>
      Object.entries(buckets).map(([bucket, count]) => ({
        kind: 'dwell' as const,
        name,
        bucket: Number(bucket),
        count,
      })),
    );
    this.#edges = new Map();
    this.#dwells = new Map();
    return [...edges, ...dwells];
  }
}

/** A bucket's end is so many times its beginning: two to a doubling, 66 for ninety days. */
const STEP = Math.SQRT2;
const STEPS_PER_DOUBLING = 2;

/** 0: under a millisecond; n: from `STEP`^(n-1) ms to `STEP`^n. */
function bucketOf(ms: number): number {
  return ms < 1 ? 0 : 1 + Math.floor(STEPS_PER_DOUBLING * Math.log2(ms));
}

/** The time that half of them stayed at most, by how many are in each bucket: exact to about a fifth. Null of none. */
export function medianMs(counts: Iterable<{ readonly bucket: number; readonly count: number }>): number | null {
  const sorted = [...counts].sort((a, b) => a.bucket - b.bucket);
  let left = sorted.reduce((sum, { count }) => sum + count, 0) / 2;
  for (const { bucket, count } of sorted) {
    if (count >= left) return bucket === 0 ? 0 : Math.round(STEP ** (bucket - 1 + left / count));
    left -= count;
  }
  return null;
}
