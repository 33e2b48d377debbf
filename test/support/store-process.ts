/**
 * A process of its own that owns a data folder, for tests that kill it, starve it or compete with it.
 *
 * `node store-process.ts <folder> <rounds>`: opens the store, commits that many rounds (a record of `balance/u1`, its head,
 * a heartbeat with its watermark), says so line by line, then waits to be killed. An error ends it with its code.
 */
import { fileURLToPath } from 'node:url';
import { isActorError } from '../../src/actors/errors.ts';
import { openEmbeddedStore } from '../../src/infra/embedded-store.ts';
import { chained, recordOf } from './journal-records.ts';
import { headOf } from './projected.ts';

/** What the process runs, for `spawn(process.execPath, [storeProcess, folder, rounds])`. */
export const storeProcess = fileURLToPath(import.meta.url);

const ACTOR = 'balance/u1';
const node = { id: 'node-a', role: 'all', startedAt: 1 };

async function run(folder: string, rounds: number): Promise<void> {
  const { journal, projections } = await openEmbeddedStore(folder);
  const say = (text: string) => process.stdout.write(`${text}\n`);
  say('open');
  let prev = (await journal.last(ACTOR))?.hash;
  const first = ((await journal.last(ACTOR))?.seq ?? 0) + 1;
  for (let seq = first; seq < first + rounds; seq += 1) {
    const record = chained(recordOf(ACTOR, seq), prev);
    await journal.append([record]);
    prev = record.hash;
    await projections.project([headOf(ACTOR, seq)], []);
    await projections.heartbeat({ ...node, batch: seq, watermark: seq });
    say(`committed ${seq}`);
  }
  say('done');
  setInterval(() => {}, 60_000);
}

if (process.argv[1] === storeProcess) {
  const [folder = '', rounds = '0'] = process.argv.slice(2);
  run(folder, Number(rounds)).catch((error) => {
    process.stdout.write(`failed ${isActorError(error) ? error.code : 'OTHER'} ${error.message}\n`);
    process.exitCode = 3;
  });
}
