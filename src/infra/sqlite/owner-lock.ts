/**
 * Keeps a data folder to one process, and remembers that it holds a store.
 *
 * Owns `owner.lock`, a SQLite file of its own whose exclusive lock is kept as long as it is open. The system drops the
 * lock with the process, so `kill -9` leaves nothing behind. Works on local file systems (network ones may not lock).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ActorError } from '../../actors/errors.ts';
import { isHeld, toStoreError } from './sqlite-errors.ts';

/** Time for an owner that is just ending to be gone. */
const WAIT_MS = 500;

export interface OwnerLock {
  /** Whether a store was ever made in this folder. */
  readonly isUsed: boolean;
  /** Remembers, durably, that a store was made. */
  markUsed(): void;
  release(): void;
}

/** Takes the lock of `dataDir`. @throws STORE_OWNED while another process, or this one, has it */
export function lockFolder(dataDir: string): OwnerLock {
  const path = join(dataDir, 'owner.lock');
  createPrivateFile(path);
  const lock = new DatabaseSync(path, { timeout: WAIT_MS });
  try {
    // In this mode the lock that the transaction takes is kept after it.
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT');
    const isUsed = lock.prepare('PRAGMA user_version').get()?.['user_version'] === 1;
    return { isUsed, markUsed: () => lock.exec('PRAGMA user_version = 1'), release: () => lock.close() };
  } catch (error) {
    lock.close();
    throw isHeld(error) ? ownedError(dataDir, error) : toStoreError(error, path);
  }
}

export function ownedError(dataDir: string, cause: unknown): ActorError {
  return new ActorError('STORE_OWNED', `the folder ${dataDir}`, {
    cause,
    hint: 'stop the other server, or give this one another DATA_DIR',
  });
}

/** Makes an empty file that only its owner may read. One that exists is not even opened: closing it again would drop
 * the locks this process may have on it (POSIX locks belong to the process, not to the descriptor). */
export function createPrivateFile(path: string): void {
  try {
    writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
