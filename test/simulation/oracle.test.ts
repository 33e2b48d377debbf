/**
 * The simulator is only worth what it finds: every planted bug must be reported within few seeds.
 */
import { describe, expect, it } from 'vitest';
import { MUTANTS } from './mutants.ts';
import { simulate } from './simulate.ts';

const MOST_SEEDS = 150;

describe('a planted bug is found', () => {
  for (const { name, caughtBy, sabotage, adjust } of MUTANTS) {
    it(`${name}`, async () => {
      let found: unknown;
      let seed = 0;
      while (found === undefined && seed < MOST_SEEDS) {
        seed += 1;
        found = (await simulate(String(seed), { sabotage, ...(adjust === undefined ? {} : { adjust }) })).failure;
      }
      console.log(`${name}: at seed ${seed}, ${String(found).split('\n')[0]?.slice(0, 120)}`);
      expect(String(found)).toMatch(caughtBy);
    }, 120_000);
  }
});
