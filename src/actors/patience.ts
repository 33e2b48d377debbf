/**
 * Waiting no longer than so long, without leaving a timer behind.
 */
import type { Clock } from './ports.ts';

/** Resolves to the promise's value, or to undefined after `ms`; rejects when the promise does so first. */
export function atMost<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => resolve(undefined));
    promise.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error) => {
        cancel();
        reject(error);
      },
    );
  });
}
