/**
 * `CallQueue` in process.
 *
 * Owns attempts between their commit and their end. Invariants:
 * Q1  An attempt is started at most once, also when it is added again (by the last 10,000 ids). One that is lost with the
 *     process, or still waits when the queue is stopped, is found at its due time in `waiting`.
 * Q2  At most `concurrency` attempts of one activity run at once, so a partner that hangs holds up no other.
 */
import { ActorError } from '../actors/errors.ts';
import type { Attempt, CallQueue, Clock } from '../actors/ports.ts';

interface Lane {
  readonly concurrency: number;
  readonly waiting: Attempt[];
  running: number;
}

type Run = (attempt: Attempt) => Promise<void>;

const CONCURRENCY = 16;
const REMEMBERED_IDS = 10_000;

export class MemoryCallQueue implements CallQueue {
  readonly #clock: Clock;
  readonly #concurrency: Readonly<Record<string, number>>;
  readonly #lanes = new Map<string, Lane>();
  /** Oldest first. */
  readonly #seen = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  #run: Run | undefined;
  #isStopped = false;

  /** `concurrency`: how many attempts of an activity run at once, by its name (default 16). */
  constructor({ clock }: { clock: Clock }, concurrency: Readonly<Record<string, number>> = {}) {
    this.#clock = clock;
    this.#concurrency = concurrency;
  }

  async add(attempt: Attempt): Promise<void> {
    if (this.#isStopped) throw new ActorError('QUEUE_UNAVAILABLE', 'the queue is stopped');
    if (!this.#isNew(attempt.id)) return;
    const lane = this.#laneOf(attempt.activity);
    lane.waiting.push(structuredClone(attempt));
    this.#clock.soon(() => this.#startNext(lane));
  }

  /** Attempts added before it wait for it. */
  async start(run: Run): Promise<(deadlineMs: number) => Promise<void>> {
    this.#run = run;
    this.#isStopped = false;
    for (const lane of this.#lanes.values()) this.#startNext(lane);
    return (deadlineMs) => this.#stop(deadlineMs);
  }

  #isNew(id: string): boolean {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    const [oldest] = this.#seen;
    if (this.#seen.size > REMEMBERED_IDS && oldest !== undefined) this.#seen.delete(oldest);
    return true;
  }

  #laneOf(activity: string): Lane {
    let lane = this.#lanes.get(activity);
    if (lane === undefined) {
      lane = { concurrency: this.#concurrency[activity] ?? CONCURRENCY, waiting: [], running: 0 };
      this.#lanes.set(activity, lane);
    }
    return lane;
  }

  #startNext(lane: Lane): void {
    while (this.#run !== undefined && lane.running < lane.concurrency) {
      const attempt = lane.waiting.shift();
      if (attempt === undefined) return;
      lane.running += 1;
      const running = this.#run(attempt).finally(() => {
        lane.running -= 1;
        this.#running.delete(running);
        this.#startNext(lane);
      });
      this.#running.add(running);
    }
  }

  async #stop(deadlineMs: number): Promise<void> {
    this.#run = undefined;
    this.#isStopped = true;
    for (const lane of this.#lanes.values()) lane.waiting.length = 0;
    if (this.#running.size === 0) return;
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.#clock.after(deadlineMs, resolve);
    });
    await Promise.race([Promise.all(this.#running), late]);
    cancel();
  }
}
