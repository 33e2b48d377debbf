/**
 * The embedded store's file: opened, checked, owned by this process, written in transactions.
 *
 * Owns `store.db` in the data folder, its settings and its transactions; the tables are `sqlite-schema.ts`.
 * Invariants:
 * S1  One process has the folder; `store.db` itself is locked too, so no other program can write to it or hold it up.
 * S2  A folder that was used never starts empty: a missing, emptied, cut or foreign file is STORE_CORRUPT.
 * S3  A `synced` write survives power loss once `write` has returned. An `ordered` one survives the process, and power
 *     loss takes it only together with everything written after it: both are pages of one write-ahead log, which is
 *     recovered up to a point and never with gaps (https://www.sqlite.org/wal.html).
 * S4  A write that failed is rolled back; the next one starts clean.
 */
import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { ActorError } from '../../actors/errors.ts';
import { createPrivateFile, lockFolder, type OwnerLock, ownedError } from './owner-lock.ts';
import { corrupt, isHeld, toCommitError, toStoreError } from './sqlite-errors.ts';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION, UPGRADES } from './sqlite-schema.ts';
import { assertWhole } from './whole-file.ts';

const OPEN_WAIT_MS = 500;

/** A page takes eight records of 2 kB, and a group of turns touches few of them: half the time of an append at the
 * usual 4 KiB, and a file a third smaller. */
const PAGE_BYTES = 16_384;
/** The cache holds the trees' inner pages and the recent leaves; the log is copied back in small steps (1000 pages), since
 * a longer one makes no more appends but longer pauses. */
const SETTINGS = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 1000;
PRAGMA journal_size_limit = 67108864;
PRAGMA cache_size = -131072;
PRAGMA temp_store = MEMORY;
PRAGMA trusted_schema = OFF;
`;

type Durability = 'synced' | 'ordered';

export class SqliteDatabase {
  /** For statements outside the transactions of `write`, e.g. settings. */
  readonly connection: DatabaseSync;
  readonly #path: string;
  readonly #lock: OwnerLock;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  #durability: Durability = 'synced';

  constructor(connection: DatabaseSync, path: string, lock: OwnerLock) {
    this.connection = connection;
    this.#path = path;
    this.#lock = lock;
    this.#begin = connection.prepare('BEGIN IMMEDIATE');
    this.#commit = connection.prepare('COMMIT');
  }

  prepare(sql: string): StatementSync {
    return this.connection.prepare(sql);
  }

  /** Runs `body`, which only reads. @throws STORE_UNAVAILABLE, STORE_CORRUPT */
  read<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw toStoreError(error, this.#path);
    }
  }

  /**
   * Runs `body` in one transaction: all of it is stored on return, nothing when it throws. What `body` throws of its own
   * comes back unchanged.
   * @throws STORE_UNAVAILABLE (disk full, read-only, I/O; the details say `mayBeStored` where that is not certain),
   * STORE_CORRUPT
   */
  write<T>(durability: Durability, body: () => T): T {
    let result: T;
    try {
      this.#require(durability);
      this.#begin.run();
      result = body();
    } catch (error) {
      this.#rollBack();
      throw toStoreError(error, this.#path);
    }
    try {
      this.#commit.run();
    } catch (error) {
      this.#rollBack();
      throw toCommitError(error, this.#path);
    }
    return result;
  }

  /** Closes the file and gives the folder free. Again is fine. */
  close(): void {
    if (!this.connection.isOpen) return;
    this.connection.close();
    this.#lock.release();
  }

  #require(durability: Durability): void {
    if (this.#durability === durability) return;
    this.connection.exec(`PRAGMA synchronous = ${durability === 'synced' ? 'FULL' : 'NORMAL'}`);
    this.#durability = durability;
  }

  /** SQLite rolls some errors back by itself. */
  #rollBack(): void {
    if (this.connection.isOpen && this.connection.isTransaction) this.connection.exec('ROLLBACK');
  }
}

/**
 * Opens the store of `dataDir`, making the folder (0700) and the file (0600) where there is none. What it refuses it leaves
 * as it is.
 * @throws STORE_OWNED while another process has it; STORE_CORRUPT when the file is not whole; STORE_UNFIT when a newer
 * version of this program wrote it
 */
export function openSqliteDatabase(dataDir: string): SqliteDatabase {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = lockFolder(dataDir);
  const path = join(dataDir, 'store.db');
  let connection: DatabaseSync | undefined;
  try {
    if (isUsed(path, lock)) assertWhole(path);
    else createPrivateFile(path);
    chmodSync(path, 0o600);
    connection = new DatabaseSync(path, { timeout: OPEN_WAIT_MS });
    connection.exec('PRAGMA locking_mode = EXCLUSIVE');
    const isNew = assertOurs(connection, path, lock);
    if (isNew) connection.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
    connection.exec(SETTINGS);
    if (isNew) createSchema(connection);
    else upgradeSchema(connection);
    lock.markUsed();
    return new SqliteDatabase(connection, path, lock);
  } catch (error) {
    connection?.close();
    lock.release();
    throw isHeld(error) ? ownedError(dataDir, error) : toStoreError(error, path);
  }
}

/** SQLite takes an empty file for a new database, and drops its log. @throws STORE_CORRUPT when the file is gone */
function isUsed(path: string, lock: OwnerLock): boolean {
  const sizeOf = (file: string) => (existsSync(file) ? statSync(file).size : 0);
  const isFilled = sizeOf(path) > 0;
  if (!isFilled && (lock.isUsed || sizeOf(`${path}-wal`) > 0)) {
    throw corrupt(path, 'missing or empty, though the folder was in use');
  }
  return isFilled;
}

/** Whether the database is new, with nothing in it. @throws STORE_CORRUPT, STORE_UNFIT when it is not ours to write */
function assertOurs(connection: DatabaseSync, path: string, lock: OwnerLock): boolean {
  const pragma = (name: string) => connection.prepare(`PRAGMA ${name}`).get()?.[name];
  const version = Number(pragma('user_version'));
  if (pragma('application_id') === APPLICATION_ID) {
    if (version === SCHEMA_VERSION || Object.hasOwn(UPGRADES, version)) return false;
    throw new ActorError('STORE_UNFIT', `${path} has format ${version}, this program knows ${SCHEMA_VERSION}`, {
      hint: 'start it with the version of the program that wrote it',
    });
  }
  if (lock.isUsed || pragma('schema_version') !== 0) throw corrupt(path, 'not a store of this program');
  return true;
}

function createSchema(connection: DatabaseSync): void {
  connection.exec(`BEGIN EXCLUSIVE; ${SCHEMA}
    PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
}

/** Each step in a transaction of its own: one that was cut off is done at the next start. */
function upgradeSchema(connection: DatabaseSync): void {
  for (;;) {
    const version = Number(connection.prepare('PRAGMA user_version').get()?.['user_version']);
    const upgrade = UPGRADES[version];
    if (upgrade === undefined) return;
    connection.exec(`BEGIN EXCLUSIVE; ${upgrade} PRAGMA user_version = ${version + 1}; COMMIT`);
  }
}
