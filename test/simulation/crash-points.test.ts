/**
 * Every port call of the canonical scenarios is a point at which the process dies, or at which the call fails; in the
 * withdrawals every two of them. Polls count as calls like any other.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { CRASHES, FAILURES, type Fleet, type Tried, tryAll } from './crash-points.ts';
import { PAYOUTS, SCENARIOS, type Scenario } from './scenarios.ts';

const LIMIT_MS = 300_000;
const FLEETS: readonly Fleet[] = ['embedded', 'two nodes'];
/** All pairs of the scenarios that have many calls take minutes: only on demand. */
const IS_THOROUGH = process.env['SIM_THOROUGH'] === '1';

let runCount = 0;
afterAll(() => console.log(`${runCount} runs with a crash or another fault at a chosen call`));

function judge(what: string, tried: Tried): void {
  runCount += tried.runCount;
  console.log(`${what}: ${tried.callCount} port calls, ${tried.runCount} runs`);
  expect(tried.failures.map(({ points, failure }) => `${JSON.stringify(points)}: ${failure}`)).toEqual([]);
  expect(tried.runCount).toBeGreaterThan(tried.callCount);
}

describe.each(FLEETS)('%s: a process that dies, or a call that fails, at any one call', (fleet) => {
  it.each(SCENARIOS)(
    '[J1–J7, I1–I17] leaves "$name" right',
    async (scenario) => {
      judge(`${fleet}, ${scenario.name}`, await tryAll(scenario, fleet, [...CRASHES, ...FAILURES]));
    },
    LIMIT_MS,
  );
});

describe('a process that dies at any two calls', () => {
  const others = SCENARIOS.filter((scenario) => !PAYOUTS.includes(scenario));
  const tried: readonly (readonly [Fleet, Scenario])[] = [
    ...PAYOUTS.map((scenario) => ['embedded', scenario] as const),
    ...(IS_THOROUGH ? PAYOUTS.map((scenario) => ['two nodes', scenario] as const) : []),
    ...(IS_THOROUGH ? others.map((scenario) => ['embedded', scenario] as const) : []),
  ];
  for (const [fleet, scenario] of tried) {
    it(
      `[J1–J7, I1–I17] leaves "${scenario.name}" right (${fleet})`,
      async () => {
        judge(`pairs, ${fleet}, ${scenario.name}`, await tryAll(scenario, fleet, CRASHES, CRASHES));
      },
      LIMIT_MS,
    );
  }
});
