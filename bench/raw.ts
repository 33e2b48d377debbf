/**
 * What SQLite itself does with equal records: group commits of the same mean size, the same durability, no runtime.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { JournalRecord } from '../src/actors/record.ts';
import { perSecond } from './world.ts';

/** `bare`: a table and (actor, seq). `keyed`: also what a journal must keep, unique message ids and the batches. */
const SCHEMAS = {
  bare: 'CREATE TABLE record (actor TEXT, seq INTEGER, node TEXT, batch INTEGER, body TEXT, UNIQUE (actor, seq));',
  keyed: `CREATE TABLE record (actor TEXT, seq INTEGER, node TEXT, batch INTEGER, body TEXT, UNIQUE (actor, seq));
    CREATE INDEX by_batch ON record (node, batch);
    CREATE TABLE inbox (actor TEXT, id TEXT, seq INTEGER, PRIMARY KEY (actor, id)) WITHOUT ROWID;`,
} as const;

/** Inserts the records' JSON in transactions of `groupSize`; serialising them is part of it. SQLite's own page size unless
 * another is given. Returns inserts a second. */
export function rawInserts(
  records: readonly JournalRecord[],
  groupSize: number,
  keys: keyof typeof SCHEMAS,
  pageBytes = 4_096,
): number {
  const dir = mkdtempSync(join(tmpdir(), 'taoke-raw-'));
  const db = new DatabaseSync(join(dir, 'raw.db'));
  try {
    db.exec(
      `PRAGMA page_size=${pageBytes}; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-262144; ${SCHEMAS[keys]}`,
    );
    const insert = db.prepare('INSERT INTO record VALUES (?, ?, ?, ?, ?)');
    const take = keys === 'keyed' ? db.prepare('INSERT INTO inbox VALUES (?, ?, ?)') : undefined;
    const startedAt = performance.now();
    for (let from = 0; from < records.length; from += groupSize) {
      db.exec('BEGIN');
      for (const record of records.slice(from, from + groupSize)) {
        const { actor, seq, node, batch, messages } = record;
        insert.run(actor, seq, node, batch, JSON.stringify(record));
        for (const { id } of take === undefined ? [] : messages) take?.run(actor, id, seq);
      }
      db.exec('COMMIT');
    }
    return perSecond(records.length, performance.now() - startedAt);
  } finally {
    db.close();
    rmSync(dir, { recursive: true, force: true });
  }
}
