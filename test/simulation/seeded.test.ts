/**
 * Many seeds, each a fleet of its own under faults of its own, checked after every commit and audited at the end.
 */
import { expect, it } from 'vitest';
import { Coverage } from './coverage.ts';
import { simulate } from './simulate.ts';

const SEED_COUNT = Number(process.env['SIM_SEEDS'] ?? 250);
const REPEAT_EVERY = 50;

it(
  `[J1–J7, I1–I17] hold after every commit of ${SEED_COUNT} seeds, and at their ends`,
  async () => {
    const coverage = new Coverage();
    const totals = { commits: 0, acknowledged: 0, faults: 0, unknowns: 0, crashes: 0 };
    const startedAt = performance.now();
    const failures: string[] = [];
    for (let seed = 1; seed <= SEED_COUNT; seed += 1) {
      const run = await simulate(String(seed), { coverage });
      totals.commits += run.commitCount;
      totals.acknowledged += run.acknowledgementCount;
      totals.faults += run.faultCount;
      totals.unknowns += run.unknownCount;
      totals.crashes += run.crashCount;
      if (run.failure !== undefined) failures.push(`SEED=${seed} npm run sim -- --seed ${seed}: ${run.failure}`);
    }
    const minutes = (performance.now() - startedAt) / 60_000;
    const perMinute = (count: number) => `${Math.round(count / minutes)}/min`;
    console.log(
      `${SEED_COUNT} seeds (${perMinute(SEED_COUNT)}), ${totals.commits} commits checked (${perMinute(totals.commits)}), ` +
        `${totals.acknowledged} acknowledgements, ${totals.faults} faults, ${totals.unknowns} unknown outcomes, ${totals.crashes} crashes`,
    );
    expect(failures).toEqual([]);
    if (SEED_COUNT >= 250) expect(coverage.missing).toEqual([]);
  },
  SEED_COUNT * 2_000,
);

it('runs the same seed to the same trace', async () => {
  for (let seed = REPEAT_EVERY; seed <= 4 * REPEAT_EVERY; seed += REPEAT_EVERY) {
    const [one, two] = [await simulate(String(seed)), await simulate(String(seed))];
    expect(two.traceHash, `seed ${seed}`).toBe(one.traceHash);
  }
}, 60_000);
