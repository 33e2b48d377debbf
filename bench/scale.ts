/**
 * What many actors cost: memory of one that rests, and the speed of a turn when there are a million orders.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { firstSights, lifecycles } from './scenarios.ts';
import { type BenchWorld, openBenchWorld } from './world.ts';

const RESTING = 10_000;
const USERS = 500;
const IN_FLIGHT = 512;
const SAMPLE = 10_000;

/** `orders`: how many there are in the end. Takes about two minutes for a million. */
export async function scaleFigures(orders: number) {
  const bytesPerRestingActor = await memoryOfOne();
  const world = await openBenchWorld();
  await sample(world, '33');
  const before = await median(world, '34');
  const filler = Math.max(0, orders - 7 * SAMPLE);
  await firstSights(world, filler, Math.ceil(filler / 20), IN_FLIGHT, '30');
  const after = await median(world, '35');
  await world.close();
  return {
    bytesPerRestingActor,
    orders,
    lifecyclesPerSecond: { before, after },
    slowedBy: Math.round((1 - after / before) * 100) / 100,
  };
}

export function scaleLines(figures: Awaited<ReturnType<typeof scaleFigures>>): string[] {
  const { bytesPerRestingActor, orders, lifecyclesPerSecond, slowedBy } = figures;
  return [
    `resting actor      ${bytesPerRestingActor} bytes of heap each, of ${RESTING}`,
    `${orders} orders     ${lifecyclesPerSecond.after} lifecycles/s, before them ${lifecyclesPerSecond.before}/s: ${Math.round(slowedBy * 100)} % slower`,
  ];
}

async function memoryOfOne(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const world = await openBenchWorld();
  await lifecycles(world, 500, USERS, IN_FLIGHT, '31');
  const rest = async () => {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await rest();
  await lifecycles(world, RESTING - 2 * USERS - 500, USERS, IN_FLIGHT, '32');
  const after = await rest();
  await world.close();
  return Math.round((after - before) / (RESTING - USERS - 500));
}

function sample(world: BenchWorld, series: string): Promise<number> {
  return lifecycles(world, SAMPLE, USERS, IN_FLIGHT, series).then(({ perSecond }) => perSecond);
}

async function median(world: BenchWorld, series: string): Promise<number> {
  const rates = [];
  for (const round of ['1', '2', '3']) rates.push(await sample(world, series + round));
  return rates.sort((a, b) => a - b)[1] as number;
}
