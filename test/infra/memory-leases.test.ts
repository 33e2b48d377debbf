import { describe, expect, it } from 'vitest';
import { LeaseTable, MemoryLeases } from '../../src/infra/memory-leases.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { leasesContract } from './leases.contract.ts';

leasesContract('MemoryLeases', async () => {
  const clock = new VirtualClock();
  const table = new LeaseTable(clock);
  return { node: () => new MemoryLeases(table), advance: (ms) => clock.advance(ms), close: async () => {} };
});

describe('MemoryLeases', () => {
  it('[L2] serve waiters in the order in which they came', async () => {
    const clock = new VirtualClock();
    const table = new LeaseTable(clock);
    const nodes = Array.from({ length: 5 }, () => new MemoryLeases(table));
    const order: number[] = [];
    const turns = nodes.map(async (node, index) => {
      const isGranted = await node.acquire('balance/u1', index === 2 ? 10 : 1_000);
      order.push(isGranted ? index : -index);
      if (!isGranted) return;
      await new Promise<void>((resolve) => clock.after(20, resolve));
      await node.release('balance/u1');
    });
    await clock.advance(200);
    await Promise.all(turns);
    expect(order).toEqual([0, -2, 1, 3, 4]);
  });

  it('[L1] grant every request of the node whose turn has come', async () => {
    const table = new LeaseTable(new VirtualClock());
    const [first, second] = [new MemoryLeases(table), new MemoryLeases(table)];
    await first.acquire('balance/u1', 0);
    const both = Promise.all([second.acquire('balance/u1', 100), second.acquire('balance/u1', 100)]);
    await first.release('balance/u1');
    expect(await both).toEqual([true, true]);
  });
});
