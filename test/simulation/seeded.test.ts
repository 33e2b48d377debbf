/**
 * Many seeds, each a fleet of its own under faults of its own, checked after every commit and audited at the end.
 */
import { expect, it } from 'vitest';
import { drawCanary } from './canary.ts';
import { Coverage } from './coverage.ts';
import { Random } from './random.ts';
import { type RunFigures, simulate } from './simulate.ts';
import { withTripwires } from './tripwires.ts';

const SEED_COUNT = Number(process.env['SIM_SEEDS'] ?? 300);
/** From here on other seeds than those of every other run. */
const FIRST_SEED = Number(process.env['SIM_FIRST'] ?? 1);
const CANARY_EVERY = 12;
const REPEAT_EVERY = 50;
const seeds = Array.from({ length: SEED_COUNT }, (_, index) => String(FIRST_SEED + index));

function print(runs: readonly RunFigures[], cpuMs: number): void {
  const total = (pick: (run: RunFigures) => number) => runs.reduce((sum, run) => sum + pick(run), 0);
  const figures: Record<string, number> = {
    seeds: runs.length,
    'commits checked': total((run) => run.commitCount),
    events: total((run) => run.eventCount),
    faults: total((run) => run.faultCount),
    'unknown outcomes': total((run) => run.unknownCount),
    crashes: total((run) => run.crashCount),
    acknowledgements: total((run) => run.acknowledgementCount),
  };
  for (const [name, count] of Object.entries(figures)) {
    console.log(`${name}: ${count}, ${Math.round((count * 60_000) / cpuMs)} per core-minute`);
  }
}

it(
  `[J1–J7, I1–I19] hold after every commit of ${SEED_COUNT} seeds and at the end of each`,
  async () => {
    const coverage = new Coverage();
    const runs: RunFigures[] = [];
    const startedAt = process.cpuUsage();
    for (const seed of seeds) runs.push(await simulate(seed, { coverage }));
    const { user, system } = process.cpuUsage(startedAt);
    print(runs, (user + system) / 1_000);
    const failed = runs.filter(({ failure }) => failure !== undefined);
    expect(failed.map(({ seed, failure }) => `SEED=${seed}, npm run sim -- --seed ${seed}: ${failure}`)).toEqual([]);
    if (SEED_COUNT >= 300) expect(coverage.missing(SEED_COUNT), 'reached by no seed').toEqual([]);
  },
  60_000 + SEED_COUNT * 1_000,
);

it(`[I1–I10] damage planted in one seed in ${CANARY_EVERY} is reported, each time`, async () => {
  let planted = 0;
  for (const [index, seed] of seeds.entries()) {
    if (index % CANARY_EVERY !== 0) continue;
    const canary = drawCanary(new Random(`canary ${seed}`));
    const { failure } = await simulate(seed, { sabotage: canary.sabotage });
    if (!canary.isPlanted()) continue;
    planted += 1;
    expect(failure, `SEED=${seed}: ${canary.damage}`).toBeDefined();
  }
  console.log(`${planted} damages planted, all reported`);
  expect(planted).toBeGreaterThan(SEED_COUNT / CANARY_EVERY / 2);
}, 120_000);

it('the same seed makes the same trace', async () => {
  for (const [index, seed] of seeds.entries()) {
    if (index % REPEAT_EVERY !== 0) continue;
    const [one, two] = [await simulate(seed), await simulate(seed)];
    expect(two.traceHash, `SEED=${seed}`).toBe(one.traceHash);
  }
}, 120_000);

it('nothing under test knows time, chance or the network but by its ports', async () => {
  await withTripwires(async () => {
    for (const seed of seeds.slice(0, 20)) expect((await simulate(seed)).failure, `SEED=${seed}`).toBeUndefined();
  });
}, 60_000);

it('[J2, J7] nodes whose clocks are a day apart vouch for themselves while nothing fails', async () => {
  for (let seed = 1; seed <= 15; seed += 1) {
    const coverage = new Coverage();
    const { failure } = await simulate(`calm ${seed}`, { coverage, isCalm: true });
    expect(failure).toBeUndefined();
    expect(coverage.counts.has('runtime nodeFenced'), `SEED=calm ${seed}: a node gave itself up`).toBe(false);
  }
}, 60_000);
