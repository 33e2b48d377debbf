/**
 * The contract of `Clock`: every adapter passes it, virtual ones included.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/actors/ports.ts';

export interface ClockHarness {
  readonly clock: Clock;
  /** Lets that much time pass, running what falls due in order. */
  advance(ms: number): Promise<void>;
}

const DAY_MS = 86_400_000;

/** Runs the contract on clocks that `open` makes. */
export function clockContract(title: string, open: () => ClockHarness): void {
  describe(`${title} as a Clock`, () => {
    let clock: Clock;
    let advance: (ms: number) => Promise<void>;

    beforeEach(() => {
      ({ clock, advance } = open());
    });

    it('tells epoch ms as integers that never go back', async () => {
      let last = clock.now();
      expect(last).toBeGreaterThan(Date.UTC(2020, 0));
      for (let step = 0; step < 20; step += 1) {
        await advance(step % 3);
        const now = clock.now();
        expect(Number.isInteger(now)).toBe(true);
        expect(now).toBeGreaterThanOrEqual(last);
        last = now;
      }
    });

    it('runs a function once, when its time has come and not before', async () => {
      let count = 0;
      clock.after(100, () => {
        count += 1;
      });
      await advance(99);
      expect(count).toBe(0);
      await advance(2);
      expect(count).toBe(1);
      await advance(1_000);
      expect(count).toBe(1);
    });

    it('runs functions in the order in which they fall due', async () => {
      const order: string[] = [];
      clock.after(30, () => order.push('c'));
      clock.after(10, () => order.push('a'));
      clock.after(20, () => order.push('b'));
      await advance(40);
      expect(order).toEqual(['a', 'b', 'c']);
    });

    it('runs a function after no time at all, but not at once', async () => {
      const order: string[] = [];
      clock.after(0, () => order.push('later'));
      order.push('now');
      await advance(2);
      expect(order).toEqual(['now', 'later']);
    });

    it('does not run what was called off, which may be said twice and too late', async () => {
      let count = 0;
      const cancel = clock.after(10, () => {
        count += 1;
      });
      cancel();
      cancel();
      const other = clock.after(5, () => {
        count += 10;
      });
      await advance(50);
      other();
      expect(count).toBe(10);
    });

    it('runs functions set by functions', async () => {
      let isDone = false;
      clock.after(10, () => {
        clock.after(10, () => {
          isDone = true;
        });
      });
      await advance(30);
      expect(isDone).toBe(true);
    });

    it('holds delays of 60 days, longer than the platform’s timers', async () => {
      let count = 0;
      clock.after(60 * DAY_MS, () => {
        count += 1;
      });
      await advance(59 * DAY_MS);
      expect(count).toBe(0);
      await advance(DAY_MS + 10);
      expect(count).toBe(1);
    });

    it('runs soon what is to follow the running code and its microtasks', async () => {
      const order: string[] = [];
      clock.soon(() => order.push('soon'));
      await Promise.resolve();
      await Promise.resolve();
      order.push('microtasks');
      await advance(0);
      expect(order).toEqual(['microtasks', 'soon']);
    });
  });
}
