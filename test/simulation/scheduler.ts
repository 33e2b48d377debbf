/**
 * Virtual time: one heap of (time, sequence). One event runs, then every microtask it set free, then the next event.
 * While something real is asked, such as a database, virtual time stands still.
 */
import { hash32 } from './random.ts';

/** Captured before anything could fake it. */
const realSetImmediate = setImmediate;

interface Entry {
  readonly time: number;
  readonly sequence: number;
  run: (() => void) | undefined;
}

export class Scheduler {
  #now: number;
  #sequence = 0;
  #heap: Entry[] = [];
  #trace = 0;
  #outside: Promise<unknown> = Promise.resolve();
  eventCount = 0;

  constructor(start: number) {
    this.#now = start;
  }

  get now(): number {
    return this.#now;
  }

  /** The same for two runs that did the same things at the same times. */
  get traceHash(): string {
    return `${this.eventCount}-${this.#trace.toString(16)}`;
  }

  note(text: string): void {
    this.#trace = hash32(text, this.#trace ^ (this.#now % 0x7fffffff));
  }

  /** Runs `run` at `time`, or now if that has passed; after everything scheduled for that time before. */
  at(time: number, run: () => void): () => void {
    const entry: Entry = { time: Math.max(Math.ceil(time), this.#now), sequence: this.#sequence, run };
    this.#sequence += 1;
    this.#push(entry);
    return () => {
      entry.run = undefined;
    };
  }

  after(ms: number, run: () => void): () => void {
    return this.at(this.#now + ms, run);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Waits for what happens outside of virtual time. Answers come in the order of the questions, each after all that follows
   * from the one before, so that the same seed makes the same run. */
  async outside<T>(ask: () => Promise<T>): Promise<T> {
    const answered = Promise.allSettled([this.#outside, ask()]);
    this.#outside = answered.then(settle);
    const [, answer] = await answered;
    if (answer.status === 'rejected') throw answer.reason;
    return answer.value;
  }

  /** Runs the next event and its microtasks. False when nothing is scheduled. */
  async step(): Promise<boolean> {
    let entry = this.#pop();
    while (entry !== undefined && entry.run === undefined) entry = this.#pop();
    if (entry?.run === undefined) return false;
    this.#now = entry.time;
    this.eventCount += 1;
    entry.run();
    let awaited: Promise<unknown> | undefined;
    while (awaited !== this.#outside) {
      awaited = this.#outside;
      await awaited;
      await settle();
    }
    return true;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!isBefore(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      const below = heap[child] as Entry;
      if (!isBefore(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}

/** Lets all microtasks run. */
function settle(): Promise<void> {
  return new Promise((resolve) => realSetImmediate(resolve));
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.time < b.time || (a.time === b.time && a.sequence < b.sequence);
}
