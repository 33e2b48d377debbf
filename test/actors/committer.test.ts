import { expect, it } from 'vitest';
import type { Address } from '../../src/actors/address.ts';
import { Batches } from '../../src/actors/batches.ts';
import { GroupCommitter } from '../../src/actors/committer.ts';
import type { JournalRecord } from '../../src/actors/record.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { SeededIds } from '../support/seeded-ids.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };

/** A committer over a journal that notes the size of each write; `answer` lets the oldest write have its answer. */
function createCommitter(maxRecords: number) {
  const clock = new VirtualClock();
  const journal = new MemoryJournal();
  const writes: number[] = [];
  const answers: (() => void)[] = [];
  const append = journal.append.bind(journal);
  journal.append = async (records) => {
    writes.push(records.length);
    await new Promise<void>((resolve) => answers.push(resolve));
    return append(records);
  };
  const committer = new GroupCommitter(
    { journal, batches: new Batches(), clock, ids: new SeededIds(1), log, written: () => {} },
    maxRecords,
  );
  committer.renew(Number.POSITIVE_INFINITY);
  let count = 0;
  const commit = (records: number) => {
    for (let index = 0; index < records; index += 1) {
      count += 1;
      const actor: Address = `counter/${count}`;
      void committer.commit((batch) => record(actor, batch));
    }
  };
  return { clock, journal, writes, commit, answer: () => answers.shift()?.() };
}

function record(actor: Address, batch: number): JournalRecord {
  const snapshot = { value: 'on', context: {}, status: 'active', since: 1, waiting: [] } as const;
  const message = { id: `m${actor}`, event: { type: 'add' }, cause: 'test', edges: [], outcome: 'done' } as const;
  const made = { actor, seq: 1, machine: 'counter@1', at: 1, messages: [message], snapshot, tells: [], rows: [] };
  return { ...made, node: 'n1', batch };
}

it('[C1] writes what gathered within one turn of the event loop as one group', async () => {
  const { clock, writes, commit } = createCommitter(256);
  commit(10);
  expect(writes).toEqual([]);
  await clock.advance(0);
  expect(writes).toEqual([10]);
});

it('[C1] writes a group that is worth it before the event loop turns, while the journal has nothing to do', () => {
  const { writes, commit } = createCommitter(256);
  commit(100);
  expect(writes).toEqual([64]);
});

it('[C1] fills a group to its limit while the journal writes', async () => {
  const { clock, journal, writes, commit, answer } = createCommitter(256);
  commit(64);
  commit(300);
  await clock.advance(0);
  const more = journal.concurrency > 1 ? [256] : [];
  expect(writes).toEqual([64, ...more]);
  answer();
  await clock.advance(0);
  expect(writes.slice(0, 2)).toEqual([64, 256]);
});

it('[J4] knows its own record that came to a majority while it was looked for', async () => {
  const clock = new VirtualClock();
  const journal = new MemoryJournal();
  const append = journal.append.bind(journal);
  const at = journal.at.bind(journal);
  // The reply to the first write is lost, and of the reads after the second only the later one sees the record.
  const replies = ['unknown', 'duplicate', 'duplicate'] as const;
  let writes = 0;
  let looks = 0;
  journal.append = async (records) => {
    if (writes === 0) await append(records);
    return [replies[writes++] ?? 'unknown'];
  };
  journal.at = async (actor, seq) => (looks++ === 0 ? undefined : at(actor, seq));
  const batches = new Batches();
  const committer = new GroupCommitter({ journal, batches, clock, ids: new SeededIds(1), log, written: () => {} }, 256);
  committer.renew(Number.POSITIVE_INFINITY);
  const fate = committer.commit((batch) => record('counter/1', batch));
  await clock.advance(10_000);
  expect(await fate).toBe('committed');
  expect({ writes, looks, watermark: batches.watermark }).toEqual({ writes: 3, looks: 2, watermark: 1 });
});
