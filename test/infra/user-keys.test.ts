import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openSqliteDatabase } from '../../src/infra/sqlite/sqlite-database.ts';
import { createSqliteUserKeys } from '../../src/infra/sqlite/sqlite-user-keys.ts';
import { openThreadedStore } from '../../src/infra/sqlite/threaded-store.ts';
import { memoryUserKeys } from '../support/memory-user-keys.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { userKeysContract } from './user-keys.contract.ts';

userKeysContract('user keys in memory', async () => {
  const keys = memoryUserKeys();
  return { keys, again: async () => keys, close: async () => {} };
});

userKeysContract('user keys in the store’s thread', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'taoke-test-'));
  let store = await openThreadedStore(folder);
  return {
    keys: store.userKeys,
    async again() {
      await store.close();
      store = await openThreadedStore(folder);
      return store.userKeys;
    },
    async close() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});

describe('a data folder of an earlier format', () => {
  it('keeps its keys and can have marks', async () => {
    const folder = temporaryFolder();
    const first = openSqliteDatabase(folder);
    await createSqliteUserKeys(first).put('u1', 'w1.a');
    first.close();
    const earlier = new DatabaseSync(join(folder, 'store.db'));
    earlier.exec('DROP INDEX user_keys_by_mark; ALTER TABLE user_keys DROP COLUMN mark; PRAGMA user_version = 3');
    earlier.close();
    const database = openSqliteDatabase(folder);
    const keys = createSqliteUserKeys(database);
    await keys.mark('u1', 'm1');
    expect([await keys.get('u1'), await keys.marked('m1', 9)]).toEqual(['w1.a', ['u1']]);
    database.close();
    openSqliteDatabase(folder).close();
  });
});
