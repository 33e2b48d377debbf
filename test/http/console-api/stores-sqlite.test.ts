import { openSqliteDatabase } from '../../../src/infra/sqlite/sqlite-database.ts';
import { SqliteJournal } from '../../../src/infra/sqlite/sqlite-journal.ts';
import { SqliteProjections } from '../../../src/infra/sqlite/sqlite-projections.ts';
import { tempFolder } from '../../support/server-process.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { consoleStoresContract } from './console-stores.contract.ts';
import { workStoresContract } from './work-stores.contract.ts';

for (const contract of [consoleStoresContract, workStoresContract]) {
  contract('SQLite', async () => {
    const folder = tempFolder();
    const database = openSqliteDatabase(folder.path);
    return {
      journal: new SqliteJournal(database),
      projections: new SqliteProjections(database, new VirtualClock()),
      async close() {
        database.close();
        folder.remove();
      },
    };
  });
}
