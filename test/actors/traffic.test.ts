import { beforeEach, describe, expect, it } from 'vitest';
import { setup } from 'xstate';
import { Chart } from '../../src/actors/chart.ts';
import { fromStored } from '../../src/actors/decide.ts';
import { MachineTraffic, medianMs } from '../../src/actors/traffic.ts';
import { createOrderMachine } from '../../src/machines/order.ts';
import { defaultRules } from '../../src/machines/rules.ts';
import { createWorld, startNode, type TestNode, type World } from '../support/actor-world.ts';

/** The median of these times as it is read from their buckets. */
function median(...times: number[]): number | null {
  const traffic = new MachineTraffic();
  for (const ms of times) traffic.left('s', ms);
  return medianMs(traffic.take());
}

describe('the median of counted times', () => {
  it('is that of the times to about a fifth, from milliseconds to months', () => {
    for (const ms of [2, 37, 900, 61_000, 7_200_000, 7_776_000_000]) {
      const read = median(ms, ms, ms) ?? 0;
      expect(read / ms).toBeGreaterThan(0.8);
      expect(read / ms).toBeLessThan(1.25);
    }
  });

  it('has half of them below and half above, whatever the others are', () => {
    const times = Array.from({ length: 99 }, (_, index) => (index + 1) * 100);
    expect(median(...times)).toBeGreaterThan(4_000);
    expect(median(...times)).toBeLessThan(6_000);
    expect(median(0, 0, 0, 86_400_000)).toBe(0);
    expect(median(0, 86_400_000, 86_400_000)).toBeGreaterThan(70_000_000);
  });

  it('of none is none', () => {
    expect(median()).toBeNull();
  });
});

const door = setup({ types: { events: {} as { type: string } } }).createMachine({
  id: 'door',
  initial: 'shut',
  states: {
    shut: { on: { open: 'ajar.slightly' } },
    ajar: {
      initial: 'slightly',
      on: { shut: 'shut', look: {} },
      states: { slightly: { on: { open: 'widely' } }, widely: {} },
    },
  },
});
const doors = [{ type: 'door', machine: door, list: () => ({ owner: null, sortKey: 0, status: '', view: {} }) }];

describe('a machine’s traffic', () => {
  let world: World;
  let node: TestNode;
  const start = async () => {
    node = await startNode(world, {}, doors);
  };
  beforeEach(async () => {
    world = createWorld();
    await start();
  });
  const take = () => node.runtime.telemetry.of('door').traffic.take();
  const send = (type: string) => world.clock.until(node.runtime.send('door/1', { type }, { cause: 'api:u1' }));

  it('is each transition that a commit took, and how long it stood in the states it left', async () => {
    await send('open');
    await world.clock.advance(5_000);
    await send('look');
    await world.clock.advance(3_000);
    await send('shut');
    await send('nobodyKnows');
    const counts = take();
    expect(counts.filter(({ kind }) => kind === 'edge').map(({ name, count }) => [name, count])).toEqual([
      ['door.shut|open|door.ajar.slightly', 1],
      ['door.ajar|look|', 1],
      ['door.ajar|shut|door.shut', 1],
    ]);
    const dwells = counts.filter(({ kind }) => kind === 'dwell');
    expect(dwells.map(({ name, count }) => [name, count])).toEqual([['ajar.slightly', 1]]);
    expect(medianMs(dwells)).toBeGreaterThan(6_400);
    expect(medianMs(dwells)).toBeLessThan(10_000);
    expect(take()).toEqual([]);
  });

  it('goes on from what an earlier process committed', async () => {
    await send('open');
    await start();
    await world.clock.advance(60_000);
    await send('open');
    expect(take().map(({ name }) => name)).toEqual(['door.ajar.slightly|open|door.ajar.widely', 'ajar.slightly']);
  });
});

describe('the states that a step leaves', () => {
  const machine = createOrderMachine(defaultRules);
  const chart = new Chart(machine);
  const at = (trade: string, attribution: string) =>
    fromStored(machine, { value: { trade, attribution }, context: {}, status: 'active', since: 0, waiting: [] })
      .snapshot;

  it('are the innermost ones that are not active after it, of each region on its own', () => {
    expect(chart.left(at('paid', 'asking'), at('received', 'asking'))).toEqual(['trade.paid']);
    expect(chart.left(at('paid', 'asking'), at('closed', 'attributed'))).toEqual(['trade.paid', 'attribution.asking']);
    expect(chart.left(at('paid', 'asking'), at('paid', 'asking'))).toEqual([]);
  });
});
