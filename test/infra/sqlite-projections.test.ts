import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteDatabase } from '../../src/infra/sqlite/sqlite-database.ts';
import { SqliteProjections } from '../../src/infra/sqlite/sqlite-projections.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { projectionsContract } from './projections.contract.ts';

projectionsContract('SqliteProjections', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'taoke-test-'));
  const clock = new VirtualClock();
  let database = openSqliteDatabase(folder);
  return {
    projections: new SqliteProjections(database, clock),
    advance: (ms) => clock.advance(ms),
    async reopen() {
      database.close();
      database = openSqliteDatabase(folder);
      return new SqliteProjections(database, clock);
    },
    async close() {
      database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
