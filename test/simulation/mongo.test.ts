/**
 * Seeded runs of several nodes with the real MongoDB adapter behind the journal port, judged by the same checker.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NOWHERE, needsService } from '../support/services.ts';
import { MongoJournals } from './mongo-journals.ts';
import { drawProfile } from './profile.ts';
import { type RunFigures, simulate } from './simulate.ts';

const SEED_COUNT = Number(process.env['SIM_MONGO_SEEDS'] ?? 30);
const seeds = Array.from({ length: SEED_COUNT * 2 }, (_, index) => `mongo ${index + 1}`)
  .filter((seed) => drawProfile(seed).runtime.exclusive !== true)
  .slice(0, SEED_COUNT);

const url = needsService('mongodb');
let journals: MongoJournals;
/** A skipped file runs the hooks at its top. */
const isThere = url !== NOWHERE;

beforeAll(async () => {
  if (isThere) journals = await MongoJournals.connect(url, 'test-simulation');
});
afterAll(() => (isThere ? journals.remove() : undefined));

async function run(seed: string): Promise<RunFigures> {
  await journals.empty();
  return simulate(seed, { openJournal: journals.open });
}

it(`[J1–J7, I1–I19] hold on MongoDB after every commit of ${SEED_COUNT} seeds and at the end of each`, {
  timeout: 60_000 + SEED_COUNT * 20_000,
}, async () => {
  const runs: RunFigures[] = [];
  for (const seed of seeds) runs.push(await run(seed));
  const total = (pick: (run: RunFigures) => number) => runs.reduce((sum, run) => sum + pick(run), 0);
  console.log(
    `${runs.length} seeds, ${total(({ commitCount }) => commitCount)} commits checked, ` +
      `${total(({ faultCount }) => faultCount)} faults, ${total(({ unknownCount }) => unknownCount)} unknown outcomes, ` +
      `${total(({ crashCount }) => crashCount)} crashes`,
  );
  const failed = runs.filter(({ failure }) => failure !== undefined);
  expect(failed.map(({ seed, failure }) => `npm run sim -- --store mongo --seed '${seed}': ${failure}`)).toEqual([]);
  expect(total(({ crashCount }) => crashCount)).toBeGreaterThan(0);
});

it('the same seed makes the same trace on MongoDB', { timeout: 120_000 }, async () => {
  const [seed = ''] = seeds;
  const [one, two] = [await run(seed), await run(seed)];
  expect(two.traceHash).toBe(one.traceHash);
});
