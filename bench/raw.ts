/**
 * What SQLite itself does with equal records: one table, group commits of the same mean size, the same durability.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { JournalRecord } from '../src/actors/record.ts';
import { perSecond } from './world.ts';

/** Inserts the records' JSON under (actor, seq) in transactions of `groupSize`; serialising them is part of it. */
export function rawInserts(records: readonly JournalRecord[], groupSize: number) {
  const dir = mkdtempSync(join(tmpdir(), 'taoke-raw-'));
  const db = new DatabaseSync(join(dir, 'raw.db'));
  try {
    db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-262144');
    db.exec('CREATE TABLE record (actor TEXT, seq INTEGER, body TEXT, UNIQUE (actor, seq))');
    const insert = db.prepare('INSERT INTO record VALUES (?, ?, ?)');
    const startedAt = performance.now();
    for (let from = 0; from < records.length; from += groupSize) {
      db.exec('BEGIN');
      for (const record of records.slice(from, from + groupSize)) {
        insert.run(record.actor, record.seq, JSON.stringify(record));
      }
      db.exec('COMMIT');
    }
    return { records: records.length, groupSize, perSecond: perSecond(records.length, performance.now() - startedAt) };
  } finally {
    db.close();
    rmSync(dir, { recursive: true, force: true });
  }
}
