/**
 * What one seed draws: fleet, clocks, faults, orders, users. Rules and runtime limits are shortened so that everything
 * worth seeing happens within minutes of virtual time.
 */
import type { RuntimeOptions } from '../../src/actors/runtime.ts';
import { defaultRules, type Rules } from '../../src/machines/rules.ts';
import type { SeededFaultsOptions } from './faults.ts';
import type { HistoryOptions } from './history.ts';
import type { PayoutBookOptions } from './payout-book.ts';
import { Random } from './random.ts';
import type { ClockError } from './sim-node.ts';
import type { TaobaoBookOptions } from './taobao-book.ts';

const DAY_MS = 86_400_000;
/** 2026-01-05 12:00 +08:00. */
export const START = Date.UTC(2026, 0, 5, 4);
const OVERLAP_MS = 30_000;

export const RUNTIME: RuntimeOptions = {
  heartbeatMs: 1_000,
  sweepMs: 1_000,
  nodeDeadMs: 3_000,
  nodeRetireMs: 6_000,
  nodeCloseMs: 30_000,
};

export interface Profile {
  readonly seed: string;
  readonly clocks: readonly ClockError[];
  readonly runtime: RuntimeOptions;
  readonly isQueueShared: boolean;
  readonly faults: SeededFaultsOptions;
  /** Mean time between crashes and stand-stills that no call causes; 0 = none. */
  readonly upheavalMs: number;
  /** Faults end after this. */
  readonly safetyMs: number;
  /** The whole fleet is down for so long at some time. */
  readonly nightMs: number;
  readonly rules: Rules;
  readonly history: HistoryOptions;
  readonly taobao: TaobaoBookOptions;
  readonly payout: PayoutBookOptions;
  /** Longest time a payout request travels. */
  readonly arrivalMs: number;
  readonly isGatewayLawless: boolean;
  /** Feeds that run, and must have read everything in the end. */
  readonly feeds: readonly string[];
  /** Clocks are a day off and stay so. */
  readonly areClocksWrong: boolean;
  /** How long a dead node stays down; drawn when left out. */
  readonly restartMs?: number;
  readonly users: readonly string[];
  readonly withdrawalCount: number;
}

export function drawProfile(seed: string): Profile {
  const random = new Random(seed).fork('profile');
  const isExclusive = random.chance(0.12);
  const nodeCount = isExclusive ? 1 : random.pick([2, 2, 2, 3]);
  const payoutTimeoutMs = 4_000;
  const isGatewayLawless = random.chance(0.2);
  const bounds = isGatewayLawless ? { arrivalMs: 40_000, invisibleMs: 40_000 } : { arrivalMs: 3_000, invisibleMs: 900 };
  const releaseDays = random.pick([0, 0, 1, 7]);
  const areClocksWrong = random.chance(0.1);
  const users = Array.from({ length: random.between(1, 3) }, (_, index) => `u${index + 1}`);
  const spanMs = random.pick([10_000, 20_000, 30_000]);
  const safetyMs = spanMs + random.pick([10_000, 25_000, 50_000]);
  return {
    seed,
    clocks: drawClocks(random, nodeCount, areClocksWrong),
    runtime: { ...RUNTIME, ...drawLimits(random), exclusive: isExclusive },
    isQueueShared: random.chance(0.5) && !isExclusive,
    faults: {
      nodes: Array.from({ length: nodeCount }, (_, index) => `n${index + 1}`),
      startAt: START,
      endAt: START + safetyMs,
      maxLateMs: 18_000,
      maxPauseMs: 50_000,
      intensity: random.pick([0, 0.05, 0.1, 0.2, 0.4, 0.8]),
      stormCount: random.pick([0, 0, 1, 3, 6]),
      payoutDoubt: random.pick([0, 0.2, 0.6]),
      doubtKills: random.pick([0, 0, 0.3]),
    },
    upheavalMs: random.pick([0, 0, 5_000, 20_000]),
    safetyMs,
    nightMs: random.chance(0.06) ? random.between(60_000, 15 * 60_000) : 0,
    rules: {
      ...defaultRules,
      release:
        releaseDays === 0 && random.chance(0.2) ? { kind: 'monthly', day: 1 } : { kind: 'days', days: releaseDays },
      withdrawReviewFen: 9_000,
      payoutTimeoutMs,
      payoutQueryMs: random.pick([200, 1_000]),
      payoutAlertMs: random.pick([4_000, 15_000, 60_000]),
      orderPollMs: 5_000,
      orderWindowMs: 120_000,
      orderOverlapMs: OVERLAP_MS,
      orderStart: START - 5_000,
    },
    history: {
      startAt: START,
      spanMs,
      orderCount: random.between(2, 10),
      earlyCount: random.between(1, 3),
      channels: ['relation-11', 'relation-12', 'special-21', 'adzone-31'],
      releaseDays,
      maxLagMs: OVERLAP_MS / 3,
    },
    taobao: {
      pageSize: random.pick([1, 2, 3, 100]),
      maxWindowMs: random.pick([Number.POSITIVE_INFINITY, 70_000]),
      hidesChannels: random.chance(0.5),
      staleRate: random.pick([0, 0.3]),
      errorRate: random.pick([0, 0.03, 0.1]),
    },
    payout: {
      invisibleMs: bounds.invisibleMs,
      dealingMs: 10_000,
      busyRate: random.pick([0, 0.2]),
      ...(isGatewayLawless ? { manners: { refusesAtFirst: 3, pays: 1 } } : {}),
    },
    arrivalMs: bounds.arrivalMs,
    isGatewayLawless,
    // By a wrong clock a feed's window ends in the future, and what comes later is missed: rows come by hand there.
    feeds: areClocksWrong ? [] : ['orders', 'refunds'],
    areClocksWrong,
    users,
    withdrawalCount: random.between(1, 10),
  };
}

/** Small limits make evictions, full mailboxes and many batches ordinary. */
function drawLimits(random: Random): RuntimeOptions {
  return {
    maxActivations: random.pick([2, 10_000]),
    maxBatchRecords: random.pick([1, 3, 256]),
    maxMailboxLength: random.pick([2, 1_000]),
  };
}

/** Raw clocks are a day apart; nearly all adapters follow the store's time, as the distributed one does. */
function drawClocks(random: Random, nodeCount: number, areWrong: boolean): readonly ClockError[] {
  const isApart = areWrong || random.chance(0.6);
  return Array.from({ length: nodeCount }, (_, index) => ({
    offsetMs: isApart ? (index - 1) * DAY_MS : 0,
    isFollowing: !areWrong,
  }));
}
