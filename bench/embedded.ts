/**
 * The figures of the embedded default.
 */
import type { Peers } from './postgres.ts';
import { rawInserts } from './raw.ts';
import { hotAccount, lifecycles, readRecords, turns, withdrawals } from './scenarios.ts';
import { openBenchWorld } from './world.ts';

const ROUNDS = 5;

/** `scale` 1 takes about two minutes. */
export async function embeddedFigures(scale: number, peers: Peers | undefined) {
  const times = (count: number) => Math.max(100, Math.round(count * scale));
  const { median: compared, byHand } = await compare(times(10_000), peers);
  const world = await openBenchWorld();
  await turns(world, times(5_000), 64);
  const latencies = [];
  for (const inFlight of [1, 16, 64, 256])
    latencies.push(await turns(world, times(inFlight === 1 ? 3_000 : 20_000), inFlight));
  const hot = await hotAccount(world, times(30_000), 500);
  const paid = await withdrawals(world, times(3_000), 128);
  await world.close();
  const byEngine = (await peers?.byEngine(times(1_000))) ?? null;
  return {
    lifecycle: {
      ordersPerSecond: compared.life.perSecond,
      recordsPerLifecycle: Math.round(compared.recordsPerLifecycle * 100) / 100,
      turnsPerSecond: compared.turnsPerSecond,
      groupSize: compared.groupSize,
      rawInsertsPerSecond: compared.bare,
      ratio: toRatio(compared.turnsPerSecond, compared.bare),
      rawKeyedInsertsPerSecond: compared.keyed,
      keyedRatio: toRatio(compared.turnsPerSecond, compared.keyed),
      rawOnOurPagesPerSecond: compared.onOurPages,
      onOurPagesRatio: toRatio(compared.turnsPerSecond, compared.onOurPages),
    },
    peers: peers && {
      postgres: peers.postgres,
      engine: peers.engine,
      ...byHand,
      byEnginePerSecond: byEngine,
      timesByEngine: toRatio(compared.life.perSecond, byEngine ?? Number.NaN),
    },
    turns: latencies,
    hotAccount: hot,
    withdrawals: paid,
  };
}

export function embeddedLines(figures: Awaited<ReturnType<typeof embeddedFigures>>): string[] {
  const { lifecycle, hotAccount: hot, withdrawals: paid } = figures;
  return [
    `order lifecycles   ${lifecycle.ordersPerSecond}/s = ${lifecycle.turnsPerSecond} turns/s (${lifecycle.recordsPerLifecycle} records each)`,
    `raw SQLite inserts ${lifecycle.rawInsertsPerSecond}/s of the same records in groups of ${lifecycle.groupSize}; ratio ${lifecycle.ratio}`,
    `… with unique message ids and batches ${lifecycle.rawKeyedInsertsPerSecond}/s; ratio ${lifecycle.keyedRatio}`,
    `… and on pages of 16 KiB, as ours  ${lifecycle.rawOnOurPagesPerSecond}/s; ratio ${lifecycle.onOurPagesRatio}`,
    ...figures.turns.map(
      (row) =>
        `turns, ${String(row.inFlight).padStart(3)} in flight  ${row.perSecond}/s, p50 ${row.p50Ms} ms, p99 ${row.p99Ms} ms`,
    ),
    `hot account        ${hot.perSecond} messages/s, p99 ${hot.p99Ms} ms at ${hot.inFlight} in flight`,
    `withdrawals        ${paid.perSecond}/s from request to paid`,
    ...peerLines(figures.peers),
  ];
}

function peerLines(peers: Awaited<ReturnType<typeof embeddedFigures>>['peers']): readonly string[] {
  if (peers === undefined)
    return ['peers              not measured: PostgreSQL is not installed (apt-get install postgresql)'];
  const { postgres, byHandPerSecond, timesByHand, byEnginePerSecond, engine, timesByEngine } = peers;
  return [
    `by hand            ${byHandPerSecond}/s lifecycles in transactions on ${postgres}: we do ${timesByHand} times as many`,
    `durable execution  ${byEnginePerSecond}/s lifecycles by ${engine} on the same: we do ${timesByEngine} times as many`,
  ];
}

interface Round {
  readonly life: Awaited<ReturnType<typeof lifecycles>>;
  readonly groupSize: number;
  readonly bare: number;
  readonly keyed: number;
  readonly onOurPages: number;
  readonly byHand: number;
  readonly recordsPerLifecycle: number;
  readonly turnsPerSecond: number;
}

/** Lifecycles, the raw rate of the very records they made, and the same written by hand, several times in turn; of each
 * ratio the median counts. */
async function compare(orders: number, peers: Peers | undefined) {
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const world = await openBenchWorld();
    const life = await lifecycles(world, orders, 500, 512);
    const records = await readRecords(world, world.runtime.nodeId);
    await world.close();
    const batches = new Set(records.map((record) => record.batch)).size;
    const groupSize = Math.max(1, Math.round(records.length / batches));
    const [bare, keyed] = [rawInserts(records, groupSize, 'bare'), rawInserts(records, groupSize, 'keyed')];
    const onOurPages = rawInserts(records, groupSize, 'keyed', 16_384);
    const byHand = (await peers?.byHand(orders / 5)) ?? Number.NaN;
    const recordsPerLifecycle = records.length / life.orders;
    const turnsPerSecond = Math.round(life.perSecond * recordsPerLifecycle);
    rounds.push({ life, groupSize, bare, keyed, onOurPages, byHand, recordsPerLifecycle, turnsPerSecond });
  }
  const medianBy = (ratio: (round: Round) => number) =>
    rounds.toSorted((a, b) => ratio(a) - ratio(b))[Math.floor(ROUNDS / 2)] as Round;
  const beside = medianBy(({ life, byHand }) => life.perSecond / byHand);
  return {
    median: medianBy(({ turnsPerSecond, bare }) => turnsPerSecond / bare),
    byHand: { byHandPerSecond: beside.byHand, timesByHand: toRatio(beside.life.perSecond, beside.byHand) },
  };
}

function toRatio(rate: number, raw: number): number {
  return Math.round((rate / raw) * 100) / 100;
}
