import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteDatabase } from '../../src/infra/sqlite/sqlite-database.ts';
import { SqliteJournal } from '../../src/infra/sqlite/sqlite-journal.ts';
import { journalContract } from './journal.contract.ts';

journalContract('SqliteJournal', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'taoke-test-'));
  let database = openSqliteDatabase(folder);
  return {
    journal: new SqliteJournal(database),
    async reopen() {
      database.close();
      database = openSqliteDatabase(folder);
      return new SqliteJournal(database);
    },
    async close() {
      database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
