/** The time by the server's clock: ages and countdowns are right on a machine whose own clock is wrong. */
import { useEffect, useState } from 'preact/hooks';

let offsetMs = performance.timeOrigin;

/** Takes a time the server has just sent as its now. */
export function observeServerTime(at: number): void {
  if (Number.isFinite(at)) offsetMs = at - performance.now();
}

/** Epoch ms. */
export function now(): number {
  return offsetMs + performance.now();
}

/** Now, rendered again each `everyMs`. */
export function useNow(everyMs = 1000): number {
  const [, render] = useState({});
  useEffect(() => {
    const timer = setInterval(() => render({}), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now();
}
