/**
 * The embedded default: every store port on one SQLite file, leases and calls in process.
 *
 * Owns the choice of adapters for a server that needs nothing but its data folder.
 */
import type { CallQueue, Clock, Journal, Leases, Projections } from '../actors/ports.ts';
import { MemoryCallQueue } from './memory-call-queue.ts';
import { LeaseTable, MemoryLeases } from './memory-leases.ts';
import type { UserKeys } from './sealing/sealer.ts';
import { openSqliteDatabase } from './sqlite/sqlite-database.ts';
import { SqliteJournal } from './sqlite/sqlite-journal.ts';
import { SqliteProjections } from './sqlite/sqlite-projections.ts';
import { createSqliteUserKeys } from './sqlite/sqlite-user-keys.ts';

export interface Store {
  readonly journal: Journal;
  readonly projections: Projections;
  readonly leases: Leases;
  readonly queue: CallQueue;
  readonly userKeys: UserKeys;
  /** After the runtime has stopped. */
  close(): void;
}

/** @throws STORE_OWNED, STORE_CORRUPT, STORE_UNFIT (see `openSqliteDatabase`) */
export function openEmbeddedStore(dataDir: string, { clock }: { clock: Clock }): Store {
  const database = openSqliteDatabase(dataDir);
  return {
    journal: new SqliteJournal(database),
    projections: new SqliteProjections(database, clock),
    leases: new MemoryLeases(new LeaseTable(clock)),
    queue: new MemoryCallQueue({ clock }),
    userKeys: createSqliteUserKeys(database),
    close: () => database.close(),
  };
}
