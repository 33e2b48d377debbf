/**
 * Every single port call of the canonical scenarios is a point at which the process dies, and every pair of them in the
 * withdrawals.
 */
import { describe, expect, it } from 'vitest';
import { CRASHES, FAILURES, type Tried, tryAll } from './crash-points.ts';
import { PAYOUTS, SCENARIOS } from './scenarios.ts';

const LIMIT_MS = 300_000;

function judge(what: string, { callCount, runCount, failures }: Tried): void {
  console.log(`${what}: ${callCount} port calls, ${runCount} runs`);
  expect(failures.map(({ points, failure }) => `${JSON.stringify(points)}: ${failure}`)).toEqual([]);
  expect(runCount).toBeGreaterThan(callCount);
}

describe('a process that dies, or a call that fails, at any single point', () => {
  for (const scenario of SCENARIOS) {
    it(
      `leaves "${scenario.name}" right`,
      async () => judge(scenario.name, await tryAll(scenario, 'two nodes', [...CRASHES, ...FAILURES])),
      LIMIT_MS,
    );
  }
});

describe('a process that dies at any two points', () => {
  for (const scenario of PAYOUTS) {
    it(
      `leaves "${scenario.name}" right`,
      async () => judge(`pairs, ${scenario.name}`, await tryAll(scenario, 'embedded', CRASHES, CRASHES)),
      LIMIT_MS,
    );
  }
});
