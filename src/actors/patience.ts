/**
 * Waiting no longer than so long, without leaving a timer behind.
 */
import type { Clock } from './ports.ts';

/** Resolves to the promise's value, or to undefined after `ms`; rejects when the promise does so first. */
export async function atMost<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | undefined> {
  let cancel = () => {};
  const late = new Promise<undefined>((resolve) => {
    cancel = clock.after(ms, () => resolve(undefined));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    cancel();
  }
}
