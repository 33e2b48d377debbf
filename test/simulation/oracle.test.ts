/**
 * The simulator is only worth what it finds: planted bugs and planted damage must be reported.
 */
import { describe, expect, it } from 'vitest';
import { drawCanary } from './canary.ts';
import { MUTANTS } from './mutants.ts';
import { Random } from './random.ts';
import { simulate } from './simulate.ts';

const MOST_SEEDS = 60;

describe('a planted bug is found', () => {
  for (const { name, caughtBy, sabotage } of MUTANTS) {
    it(name, async () => {
      let found: unknown;
      let seed = 0;
      while (found === undefined && seed < MOST_SEEDS) {
        seed += 1;
        found = (await simulate(String(seed), { sabotage })).failure;
      }
      console.log(`${name}: seed ${seed}`);
      expect(String(found)).toMatch(caughtBy);
    }, 120_000);
  }
});

it('damage planted in durable state is reported, each time it is done', async () => {
  let planted = 0;
  for (let seed = 1; seed <= 40; seed += 1) {
    const canary = drawCanary(new Random(`canary ${seed}`));
    const { failure } = await simulate(String(seed), { sabotage: canary.sabotage });
    if (!canary.isPlanted()) continue;
    planted += 1;
    expect(failure, `seed ${seed}: ${canary.damage}`).toBeDefined();
  }
  console.log(`${planted} damages planted and reported`);
  expect(planted).toBeGreaterThan(10);
}, 120_000);
