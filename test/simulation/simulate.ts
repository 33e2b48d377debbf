/**
 * Runs one seed from the profile to the audit.
 */
import type { Journal } from '../../src/actors/ports.ts';
import type { Coverage } from './coverage.ts';
import { noFaults, SeededFaults } from './faults.ts';
import { drawProfile, type Profile } from './profile.ts';
import { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { scheduleWorkload } from './workload.ts';
import { type Sabotage, World } from './world.ts';

export interface SimulateOptions {
  readonly sabotage?: Sabotage;
  readonly coverage?: Coverage;
  /** Makes what is looked for likelier. */
  readonly adjust?: (profile: Profile) => Profile;
  /** Nothing fails, on several nodes whose clocks are a day apart. */
  readonly isCalm?: boolean;
  readonly log?: (text: string) => void;
  /** Instead of one in memory. */
  readonly openJournal?: (scheduler: Scheduler) => Journal;
}

export interface RunFigures {
  readonly seed: string;
  readonly traceHash: string;
  readonly eventCount: number;
  readonly commitCount: number;
  readonly faultCount: number;
  readonly unknownCount: number;
  readonly crashCount: number;
  readonly acknowledgementCount: number;
  readonly virtualMs: number;
  readonly failure: unknown;
}

/** Never throws for what the run does: a broken invariant is in `failure`. */
export async function simulate(
  seed: string,
  { sabotage, coverage, adjust = (profile) => profile, isCalm = false, log, openJournal }: SimulateOptions = {},
): Promise<RunFigures> {
  const drawn = adjust(drawProfile(seed));
  const profile = isCalm ? calmed(drawn) : drawn;
  const faults = new SeededFaults(new Random(seed).fork('faults'), profile.faults);
  const world = new World(profile, isCalm ? noFaults : faults, {
    ...(sabotage === undefined ? {} : { sabotage }),
    ...(coverage === undefined ? {} : { coverage }),
    ...(openJournal === undefined ? {} : { openJournal }),
  });
  world.log = log;
  faults.kill = (name, withinMs) => world.kill(name, withinMs);
  scheduleWorkload(world);
  const startedAt = world.scheduler.now;
  let failure: unknown;
  try {
    await world.run();
  } catch (error) {
    failure = error;
  }
  let [faultCount, unknownCount] = [0, 0];
  for (const [name, count] of faults.counts) {
    coverage?.hit(`fault ${name}`);
    faultCount += count;
    if (/ (lookFailed|lost|late)$/.test(name)) unknownCount += count;
  }
  return {
    seed,
    traceHash: world.scheduler.traceHash,
    eventCount: world.scheduler.eventCount,
    commitCount: world.checker.facts.recordCount,
    faultCount,
    unknownCount,
    crashCount: world.crashCount,
    acknowledgementCount: world.checker.acknowledgementCount,
    virtualMs: world.scheduler.now - startedAt,
    failure,
  };
}

function calmed(profile: Profile): Profile {
  const { runtime } = profile;
  return {
    ...profile,
    clocks: [-1, 0, 1].map((days) => ({ offsetMs: days * 86_400_000, isFollowing: true })),
    areClocksWrong: false,
    runtime: { ...runtime, exclusive: false },
    upheavalMs: 0,
    nightMs: 0,
  };
}
