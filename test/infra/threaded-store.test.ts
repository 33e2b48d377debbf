import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openThreadedStore } from '../../src/infra/sqlite/threaded-store.ts';
import { journalContract } from './journal.contract.ts';

journalContract('the journal in the store’s thread', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'taoke-test-'));
  let store = await openThreadedStore(folder);
  return {
    journal: store.journal,
    async reopen() {
      await store.close();
      store = await openThreadedStore(folder);
      return store.journal;
    },
    async close() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});

describe('the threaded store', () => {
  it('says with its code why it cannot be opened, and refuses after it is closed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'taoke-test-'));
    const store = await openThreadedStore(folder);
    try {
      await expect(openThreadedStore(folder)).rejects.toMatchObject({ code: 'STORE_OWNED', retry: 'human' });
      expect(await store.userKeys.put('u1', 'k1')).toBe('k1');
      expect(await store.userKeys.put('u1', 'k2')).toBe('k1');
      expect(await store.projections.undeliveredCount()).toBe(0);
      await Promise.all([store.close(), store.close()]);
      await expect(store.journal.last('order/1')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    } finally {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
