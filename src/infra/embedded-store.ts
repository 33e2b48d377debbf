/**
 * The embedded default: every store port on one SQLite file, leases and calls in process.
 *
 * Owns the choice of adapters for a server that needs nothing but its data folder.
 */
import { MemoryCallQueue } from './memory-call-queue.ts';
import { LeaseTable, MemoryLeases } from './memory-leases.ts';
import { createKeptStateFile } from './resilience/kept-state-file.ts';
import { loadSecrets } from './secrets.ts';
import { openThreadedStore } from './sqlite/threaded-store.ts';
import type { Store } from './store.ts';
import { SystemClock } from './system-clock.ts';

/** @throws STORE_OWNED, STORE_CORRUPT, STORE_UNFIT (see `openSqliteDatabase`) */
export async function openEmbeddedStore(dataDir: string): Promise<Store> {
  const store = await openThreadedStore(dataDir);
  const clock = new SystemClock();
  return {
    ...store,
    clock,
    isExclusive: true,
    leases: new MemoryLeases(new LeaseTable(clock)),
    queue: new MemoryCallQueue({ clock }),
    kept: createKeptStateFile(dataDir),
    figures: () => undefined,
    loadSecrets: async (configured) => loadSecrets(dataDir, configured),
  };
}
