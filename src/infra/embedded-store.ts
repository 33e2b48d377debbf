/**
 * The embedded default: every store port on one SQLite file, leases and calls in process.
 *
 * Owns the choice of adapters for a server that needs nothing but its data folder.
 */
import type { CallQueue, Clock, Journal, Leases, Projections } from '../actors/ports.ts';
import { MemoryCallQueue } from './memory-call-queue.ts';
import { LeaseTable, MemoryLeases } from './memory-leases.ts';
import type { UserKeys } from './sealing/sealer.ts';
import { openThreadedStore } from './sqlite/threaded-store.ts';

export interface Store {
  readonly journal: Journal;
  readonly projections: Projections;
  readonly leases: Leases;
  readonly queue: CallQueue;
  readonly userKeys: UserKeys;
  /** After the runtime has stopped. */
  close(): Promise<void>;
}

/** @throws STORE_OWNED, STORE_CORRUPT, STORE_UNFIT (see `openSqliteDatabase`) */
export async function openEmbeddedStore(dataDir: string, { clock }: { clock: Clock }): Promise<Store> {
  const store = await openThreadedStore(dataDir);
  return { ...store, leases: new MemoryLeases(new LeaseTable(clock)), queue: new MemoryCallQueue({ clock }) };
}
