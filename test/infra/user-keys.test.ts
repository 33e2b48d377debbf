import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openThreadedStore } from '../../src/infra/sqlite/threaded-store.ts';
import { memoryUserKeys } from '../support/memory-user-keys.ts';
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
