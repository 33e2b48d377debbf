/**
 * `npm run bench [-- --json] [-- --quick]`: the figures of the embedded default, side by side in one run. Compare ratios, not absolute
 * numbers from different machines or days.
 */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { rawInserts } from './raw.ts';
import { hotAccount, lifecycles, readRecords, turns, withdrawals } from './scenarios.ts';
import { openBenchWorld } from './world.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean' }, quick: { type: 'boolean' } } });
const scale = values.quick === true ? 0.1 : 1;
const times = (count: number) => Math.max(100, Math.round(count * scale));

/** Lifecycles and the raw rate of the very records they made, several times in turn; the medians are compared. */
async function compareWithRaw() {
  const rounds = [];
  for (let round = 0; round < 3; round += 1) {
    const world = await openBenchWorld();
    const life = await lifecycles(world, times(10_000), 500, 512);
    const records = await readRecords(world, world.runtime.nodeId);
    await world.close();
    const batches = new Set(records.map((record) => record.batch)).size;
    const raw = rawInserts(records, Math.max(1, Math.round(records.length / batches)));
    const recordsPerLifecycle = records.length / life.orders;
    const turnsPerSecond = Math.round(life.perSecond * recordsPerLifecycle);
    rounds.push({ life, raw, recordsPerLifecycle, turnsPerSecond, ratio: turnsPerSecond / raw.perSecond });
  }
  rounds.sort((a, b) => a.ratio - b.ratio);
  return rounds[1] as (typeof rounds)[number];
}

const compared = await compareWithRaw();
const world = await openBenchWorld();
await turns(world, times(5_000), 64);
const latencies = [];
for (const inFlight of [1, 16, 64, 256])
  latencies.push(await turns(world, times(inFlight === 1 ? 3_000 : 20_000), inFlight));
const hot = await hotAccount(world, times(30_000), 500);
const paid = await withdrawals(world, times(3_000), 128);
await world.close();

const result = {
  commit: describeCommit(),
  node: process.version,
  cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  lifecycle: {
    ordersPerSecond: compared.life.perSecond,
    recordsPerLifecycle: Math.round(compared.recordsPerLifecycle * 100) / 100,
    turnsPerSecond: compared.turnsPerSecond,
    rawInsertsPerSecond: compared.raw.perSecond,
    groupSize: compared.raw.groupSize,
    ratio: Math.round(compared.ratio * 100) / 100,
  },
  turns: latencies,
  hotAccount: hot,
  withdrawals: paid,
};

const { lifecycle } = result;
const lines = [
  `taoke-rebate ${result.commit}, Node ${result.node}, ${result.cpu}`,
  `order lifecycles   ${lifecycle.ordersPerSecond}/s = ${lifecycle.turnsPerSecond} turns/s (${lifecycle.recordsPerLifecycle} records each)`,
  `raw SQLite inserts ${lifecycle.rawInsertsPerSecond}/s of the same records in groups of ${lifecycle.groupSize}; ratio ${lifecycle.ratio}`,
  ...latencies.map(
    (row) =>
      `turns, ${String(row.inFlight).padStart(3)} in flight  ${row.perSecond}/s, p50 ${row.p50Ms} ms, p99 ${row.p99Ms} ms`,
  ),
  `hot account        ${hot.perSecond} messages/s, p99 ${hot.p99Ms} ms at ${hot.inFlight} in flight`,
  `withdrawals        ${paid.perSecond}/s from request to paid`,
];
process.stdout.write(`${lines.join('\n')}\n`);
if (values.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);

function describeCommit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
  } catch {
    return 'outside a checkout';
  }
}
