/**
 * The `Clock` of a process that shares its store with others: the store's time, carried on by the monotonic clock.
 *
 * Invariants: T1–T2 of `system-clock.ts`. Between two heartbeats the machine's own clock plays no part, so a node whose
 * clock is a day off stamps, fires and judges like the others.
 */
import type { Clock } from '../actors/ports.ts';
import { SystemClock } from './system-clock.ts';

/** `storeTime` is the store's time now, asked for before anything is stamped. */
export function createStoreClock(storeTime: number): Clock {
  let aheadMs = storeTime - performance.now();
  const clock = new SystemClock({ wall: () => performance.now() + aheadMs, monotonic: () => performance.now() });
  return {
    now: () => clock.now(),
    after: (ms, fn) => clock.after(ms, fn),
    soon: (fn) => clock.soon(fn),
    observe(observed) {
      aheadMs = observed - performance.now();
    },
  };
}
