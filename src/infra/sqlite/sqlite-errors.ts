/**
 * What SQLite's errors mean to a caller of the ports.
 *
 * Owns the mapping from SQLite's result codes (https://www.sqlite.org/rescode.html) to `ActorError`s. Errors that are
 * not SQLite's are bugs and pass unchanged.
 */
import { ActorError, isActorError } from '../../actors/errors.ts';

const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const CONSTRAINT = 19;
const NOT_A_DATABASE = 26;
const IOERR_WRITE = 10 | (3 << 8);

interface SqliteError extends Error {
  readonly code: string;
  /** The extended result code; its low byte is the class. */
  readonly errcode?: number;
}

function isSqliteError(error: unknown): error is SqliteError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ERR_SQLITE_ERROR' || code === 'ERR_INVALID_STATE';
}

function classOf(error: SqliteError): number {
  return (error.errcode ?? 0) & 0xff;
}

/** Whether a unique key was already taken. */
export function isConflict(error: unknown): boolean {
  return isSqliteError(error) && classOf(error) === CONSTRAINT;
}

/** Whether another connection holds the file. */
export function isHeld(error: unknown): boolean {
  return isSqliteError(error) && [BUSY, LOCKED].includes(classOf(error));
}

/** What `error`, thrown while `file` was used, is to a caller. */
export function toStoreError(error: unknown, file: string): unknown {
  if (!isSqliteError(error)) return error;
  if ([CORRUPT, NOT_A_DATABASE].includes(classOf(error))) return corrupt(file, error.message, error);
  return new ActorError('STORE_UNAVAILABLE', `${file}: ${error.message}`, { cause: error, retryAfterMs: 1_000 });
}

/** As `toStoreError`, for an error of COMMIT itself: only some of those say that surely nothing is stored. */
export function toCommitError(error: unknown, file: string): unknown {
  if (!isSqliteError(error)) return error;
  // A commit whose last page was not written never happened; one that was not synced may be found after a power cut.
  const isUndone = [BUSY, READONLY, FULL].includes(classOf(error)) || error.errcode === IOERR_WRITE;
  return isUndone
    ? toStoreError(error, file)
    : new ActorError('STORE_UNAVAILABLE', `${file}: ${error.message}`, { cause: error, mayBeStored: true });
}

/** Whether the write that failed with `error` may be found stored later. */
export function mayBeStored(error: unknown): boolean {
  return isActorError(error) && error.details['mayBeStored'] === true;
}

export function corrupt(file: string, what: string, cause?: unknown): ActorError {
  return new ActorError('STORE_CORRUPT', `${file}: ${what}`, {
    cause,
    hint: 'keep the folder as it is and restore it from a backup',
  });
}
