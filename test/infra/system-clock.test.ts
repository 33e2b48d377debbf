import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from '../../src/infra/system-clock.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { clockContract } from './clock.contract.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

clockContract('SystemClock', () => ({
  clock: new SystemClock(),
  advance: async (ms) => {
    await vi.advanceTimersByTimeAsync(ms);
  },
}));

clockContract('VirtualClock', () => {
  const clock = new VirtualClock();
  return { clock, advance: (ms) => clock.advance(ms) };
});

describe('SystemClock', () => {
  const start = Date.UTC(2026, 0, 1);

  function machineAt() {
    const machine = { wallMs: start, monotonicMs: 5_000 };
    const clock = new SystemClock({ wall: () => machine.wallMs, monotonic: () => machine.monotonicMs });
    const pass = (ms: number) => {
      machine.wallMs += ms;
      machine.monotonicMs += ms;
    };
    return { machine, clock, pass };
  }

  it('keeps the machine’s time', () => {
    const { clock, pass } = machineAt();
    pass(1_234.5);
    expect(clock.now()).toBe(start + 1_234);
  });

  it('[T1] follows a clock set forward at once, as after a sleep', () => {
    const { machine, clock } = machineAt();
    machine.wallMs += 3_600_000;
    expect(clock.now()).toBe(start + 3_600_000);
  });

  it('[T1] goes on at half speed after the clock was set back, until the clock has caught up', () => {
    const { machine, clock, pass } = machineAt();
    pass(10_000);
    expect(clock.now()).toBe(start + 10_000);
    machine.wallMs -= 2_000;
    expect(clock.now()).toBe(start + 10_000);
    pass(1_000);
    expect(clock.now()).toBe(start + 10_500);
    pass(3_000);
    expect(clock.now()).toBe(start + 12_000);
    pass(1_000);
    expect(clock.now()).toBe(start + 13_000);
  });

  it('[T1] never goes back, however the clock jumps', () => {
    const { machine, clock, pass } = machineAt();
    let last = clock.now();
    for (let step = 0; step < 1_000; step += 1) {
      pass(step % 7);
      machine.wallMs += ((step * 7_919) % 86_400_000) - 43_200_000;
      const now = clock.now();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
  });

  it('[T2] measures delays apart from the machine’s clock', async () => {
    const clock = new SystemClock();
    let count = 0;
    clock.after(1_000, () => {
      count += 1;
    });
    vi.setSystemTime(Date.now() + 86_400_000);
    await vi.advanceTimersByTimeAsync(900);
    expect(count).toBe(0);
    await vi.advanceTimersByTimeAsync(200);
    expect(count).toBe(1);
  });
});
