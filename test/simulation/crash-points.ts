/**
 * Every point at which a process can die in a scenario: before and after each of its port calls, alone and in pairs, and
 * after any other fault.
 */
import { type CallInfo, type Draw, type Fault, type FaultPlan, POSSIBLE } from './faults.ts';
import { drawProfile, type Profile, RUNTIME } from './profile.ts';
import type { Scenario } from './scenarios.ts';
import { World } from './world.ts';

/** A fault at the `call`-th port call, counted over the fleet from the scenario's first act. */
interface FaultPoint {
  readonly call: number;
  readonly fault: Fault;
}

/** One process that owns its store, or two on a shared one. */
export type Fleet = 'embedded' | 'two nodes';

interface ScenarioRun {
  /** Port calls made, polls included. */
  readonly callCount: number;
  readonly commitCount: number;
  readonly failure: unknown;
}

/** A late call is done after its caller has been taken over. */
const LATER_MS = 13_000;

class CrashPlan implements FaultPlan {
  readonly #points: readonly FaultPoint[];
  callCount = 0;
  isCounting = false;

  constructor(points: readonly FaultPoint[]) {
    this.#points = points;
  }

  draw({ kind }: CallInfo): Draw {
    const smooth = { fault: undefined, sendMs: 0, replyMs: 0, laterMs: LATER_MS, coin: 0.9 };
    if (!this.isCounting) return smooth;
    this.callCount += 1;
    const fault = this.#points.find(({ call }) => call === this.callCount)?.fault;
    return fault !== undefined && POSSIBLE[kind].includes(fault) ? { ...smooth, fault } : smooth;
  }
}

/** Polls are crash points too, but only so many are worth having. */
const SLOW_POLLS = {
  heartbeatMs: 4_000,
  sweepMs: 4_000,
  nodeDeadMs: 12_000,
  nodeRetireMs: 24_000,
  nodeCloseMs: 60_000,
};

function profileOf(scenario: Scenario, fleet: Fleet): Profile {
  const base = drawProfile('scenario');
  const isEmbedded = fleet === 'embedded';
  const nodeCount = isEmbedded ? 1 : 2;
  return {
    ...base,
    clocks: Array.from({ length: nodeCount }, () => ({ offsetMs: 0, isFollowing: true })),
    runtime: isEmbedded ? { ...SLOW_POLLS, exclusive: true } : RUNTIME,
    isQueueShared: false,
    isGatewayLawless: false,
    restartMs: 50,
    rules: { ...base.rules, release: { kind: 'days', days: 0 }, payoutAlertMs: 3_600_000, withdrawReviewFen: 5_000 },
    taobao: { pageSize: 2, maxWindowMs: Number.POSITIVE_INFINITY, hidesChannels: true, staleRate: 0, errorRate: 0 },
    payout: { invisibleMs: 0, dealingMs: 2_000, busyRate: 0, manners: { [scenario.manner ?? 'pays']: 1 } },
    feeds: scenario.feeds ?? [],
  };
}

/** Runs the scenario to its end with these crashes on the way. Never throws for what the run does. */
async function runScenario(scenario: Scenario, fleet: Fleet, points: readonly FaultPoint[]): Promise<ScenarioRun> {
  const plan = new CrashPlan(points);
  const history = { orders: [], refunds: [], ...scenario.history };
  const world = new World(profileOf(scenario, fleet), plan, { history });
  let failure: unknown;
  try {
    await world.prepare(() => scenario.prepare(world));
    plan.isCounting = true;
    scenario.act(world);
    await world.finish();
  } catch (error) {
    failure = error;
  }
  return { callCount: plan.callCount, commitCount: world.checker.facts.recordCount, failure };
}

export const CRASHES: readonly Fault[] = ['crashBefore', 'crashAfter'];
export const FAILURES: readonly Fault[] = ['reject', 'lookFailed', 'lost', 'late', 'crashLate'];

/** These faults at every call after `after`. */
function pointsOf(faults: readonly Fault[], callCount: number, after = 0): FaultPoint[] {
  const calls = Array.from({ length: Math.max(0, callCount - after) }, (_, index) => after + index + 1);
  return calls.flatMap((call) => faults.map((fault) => ({ call, fault })));
}

export interface Tried {
  /** Port calls of the scenario without faults. */
  readonly callCount: number;
  readonly runCount: number;
  /** How to see a failure again, and what it was. */
  readonly failures: readonly { readonly points: readonly FaultPoint[]; readonly failure: unknown }[];
}

/** Tries each of `first` at every call; with `then`, each of those at every call after it, too. */
export async function tryAll(
  scenario: Scenario,
  fleet: Fleet,
  first: readonly Fault[],
  then: readonly Fault[] = [],
): Promise<Tried> {
  const base = await runScenario(scenario, fleet, []);
  const failures: { points: FaultPoint[]; failure: unknown }[] = [];
  let runCount = 1;
  const attempt = async (...points: FaultPoint[]) => {
    const run = await runScenario(scenario, fleet, points);
    runCount += 1;
    if (run.failure !== undefined) failures.push({ points, failure: run.failure });
    return run;
  };
  if (base.failure !== undefined) failures.push({ points: [], failure: base.failure });
  for (const point of pointsOf(first, base.callCount)) {
    const { callCount } = await attempt(point);
    for (const next of pointsOf(then, callCount, point.call)) await attempt(point, next);
  }
  return { callCount: base.callCount, runCount, failures };
}
