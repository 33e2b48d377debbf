/**
 * Keeps a sandbox folder to one process: two gateways over one book would each pay the same transfer.
 *
 * The lock is SQLite's own on an empty file: the system drops it with the process, so `kill -9` leaves nothing behind.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ActorError } from '../../actors/errors.ts';

/**
 * Owns `dir` (made if missing) until the returned function is called or the process ends.
 * @throws STORE_OWNED when another process, or another sandbox of this one, owns it
 */
export function ownFolder(dir: string): () => void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(join(dir, 'owner.lock'));
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new ActorError('STORE_OWNED', `the sandbox folder ${dir}`, { cause, hint: 'stop the other sandbox first' });
  }
  return () => lock.close();
}
