/**
 * The store ports on one MongoDB database.
 *
 * Owns the order of a start: connect, check, make an empty database ready.
 */
import type { Journal, Log, Projections } from '../../actors/ports.ts';
import type { KeptState } from '../resilience/kept-state.ts';
import type { UserKeys } from '../sealing/sealer.ts';
import type { ConfiguredSecrets, Secrets } from '../secrets.ts';
import { type MongoOptions, openMongoDatabase } from './mongo-database.ts';
import { MongoJournal } from './mongo-journal.ts';
import { createMongoKeptState } from './mongo-kept-state.ts';
import { MongoProjections } from './mongo-projections.ts';
import { migrate, prepare } from './mongo-schema.ts';
import { loadMongoSecrets } from './mongo-secrets.ts';
import { createMongoUserKeys } from './mongo-user-keys.ts';

export interface MongoStore {
  readonly journal: Journal;
  readonly projections: Projections;
  readonly userKeys: UserKeys;
  readonly kept: KeptState;
  /** The servers' time when the store was opened. */
  readonly storeTime: number;
  /** Those of the database, made at the first call of any node; configured ones take precedence. */
  secrets(configured: ConfiguredSecrets): Promise<Secrets>;
  /** After the runtime has stopped. Again is fine. */
  close(): Promise<void>;
}

/** @throws STORE_UNFIT, saying what to set; STORE_UNAVAILABLE */
export async function openMongoStore(
  url: string,
  { log, ...options }: MongoOptions & { log: Log },
): Promise<MongoStore> {
  const database = await openMongoDatabase(url, options);
  try {
    await prepare(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    journal: new MongoJournal(database, log),
    projections: new MongoProjections(database),
    userKeys: createMongoUserKeys(database),
    kept: createMongoKeptState(database),
    storeTime: database.storeTime,
    secrets: (configured) => loadMongoSecrets(database, configured),
    close: () => database.close(),
  };
}

/** Makes indexes and, on a sharded cluster, shard keys; may take long on a large store. @throws STORE_UNFIT, STORE_UNAVAILABLE */
export async function migrateMongoStore(url: string, options: MongoOptions = {}): Promise<void> {
  const database = await openMongoDatabase(url, { ...options, commandTimeoutMs: 0 });
  try {
    await migrate(database);
  } finally {
    await database.close();
  }
}
