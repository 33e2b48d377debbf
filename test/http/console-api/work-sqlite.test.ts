import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteDatabase } from '../../../src/infra/sqlite/sqlite-database.ts';
import { SqliteJournal } from '../../../src/infra/sqlite/sqlite-journal.ts';
import { SqliteProjections } from '../../../src/infra/sqlite/sqlite-projections.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { workStoresContract } from './work-stores.contract.ts';

workStoresContract('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'taoke-test-'));
  const database = openSqliteDatabase(folder);
  return {
    journal: new SqliteJournal(database),
    projections: new SqliteProjections(database, new VirtualClock()),
    async close() {
      database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
