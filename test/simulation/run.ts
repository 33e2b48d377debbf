/**
 * `npm run sim -- --seed N` replays one seed and prints what happened; `--seeds N [--from M]` runs many; with
 * `--store mongo` on the real replica set at `MONGODB_URL` instead of a journal in memory.
 */
import { parseArgs } from 'node:util';
import { createCatalog } from '../../src/machines/catalog.ts';
import { defaultRules } from '../../src/machines/rules.ts';
import { Coverage } from './coverage.ts';
import { MongoJournals } from './mongo-journals.ts';
import { simulate } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    store: { type: 'string', default: 'memory' },
    verbose: { type: 'boolean', default: false },
  },
});

const { seed, verbose } = values;
const from = Number(values.from);
const seeds = seed === undefined ? Array.from({ length: Number(values.seeds) }, (_, i) => String(from + i)) : [seed];
const log = verbose ? (text: string) => console.log(text) : undefined;

const journals = values.store === 'mongo' ? await openMongo() : undefined;
let failed = 0;
const startedAt = process.hrtime.bigint();
const coverage = new Coverage();
const totals = { commits: 0, events: 0, faults: 0, unknowns: 0, crashes: 0, virtualMs: 0 };
for (const each of seeds) {
  await journals?.empty();
  const run = await simulate(each, { coverage, ...(log && { log }), ...(journals && { openJournal: journals.open }) });
  totals.commits += run.commitCount;
  totals.events += run.eventCount;
  totals.faults += run.faultCount;
  totals.unknowns += run.unknownCount;
  totals.crashes += run.crashCount;
  totals.virtualMs += run.virtualMs;
  if (seed !== undefined) console.log(run);
  if (run.failure === undefined) continue;
  failed += 1;
  console.log(`SEED=${each} ${run.failure instanceof Error ? run.failure.stack : run.failure}`);
}
await journals?.remove();
const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
console.log(`${seeds.length} seeds, ${failed} failed, ${seconds.toFixed(1)} s`, totals);
console.log(
  Object.fromEntries([...coverage.counts].sort()),
  'transitions',
  coverage.transitions(createCatalog(defaultRules) as never),
  'never reached',
  coverage.missing(seeds.length),
);

function openMongo(): Promise<MongoJournals> {
  const url = process.env['MONGODB_URL'];
  if (url === undefined) throw new Error('MONGODB_URL is not set: npm run services -- npm run sim -- --store mongo');
  return MongoJournals.connect(url, 'sim');
}
