/**
 * What the driver's errors mean to a caller of the ports.
 *
 * Owns the mapping to `ActorError`s. Errors that are not the driver's are bugs and pass unchanged.
 */
import { MongoError, MongoServerError, MongoServerSelectionError } from 'mongodb';
import { ActorError } from '../../actors/errors.ts';

const DUPLICATE_KEY = 11_000;
const NAMESPACE_NOT_FOUND = 26;
const NAMESPACE_EXISTS = 48;
const UNAUTHORIZED = 13;
const AUTHENTICATION_FAILED = 18;

/** Of a server's error, or of one statement's within a reply. */
export function isDuplicateKey({ code }: { readonly code?: unknown }): boolean {
  return code === DUPLICATE_KEY;
}

export function isNoSuchCollection(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === NAMESPACE_NOT_FOUND;
}

export function isCollectionThere(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === NAMESPACE_EXISTS;
}

export function isForbidden(error: unknown): boolean {
  return error instanceof MongoServerError && [UNAUTHORIZED, AUTHENTICATION_FAILED].includes(Number(error.code));
}

/**
 * Whether the command surely never left this process: no server was chosen, or no connection to it. Holds only while the
 * driver repeats no writes, since a repetition chooses a server again. A pool cleared under a command that was already
 * sent has an error of another name.
 */
export function isUnsent(error: unknown): boolean {
  if (!(error instanceof MongoError)) return false;
  return (
    error instanceof MongoServerSelectionError ||
    ['MongoWaitQueueTimeoutError', 'MongoPoolClearedError', 'MongoTopologyClosedError'].includes(error.name)
  );
}

/** What `error`, thrown by the driver, is to a caller. */
export function toStoreError(error: unknown): unknown {
  if (!(error instanceof MongoError) && !isBrokenSocket(error) && !isGivenUp(error)) return error;
  return new ActorError('STORE_UNAVAILABLE', `MongoDB: ${error.message}`, { cause: error, retryAfterMs: 1_000 });
}

/** The driver passes on what a socket says that broke while it was written to. */
function isBrokenSocket(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return /^(E[A-Z]+|ERR_(STREAM|SOCKET)_.*)$/.test(String((error as NodeJS.ErrnoException).code));
}

/** What ended it was a time limit of ours. */
function isGivenUp(error: unknown): error is DOMException {
  return error instanceof DOMException && error.name === 'TimeoutError';
}

/** Waits for what the driver does. @throws STORE_UNAVAILABLE for any error of its own */
export async function answered<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toStoreError(error);
  }
}

export function unfit(what: string, hint: string, cause?: unknown): ActorError {
  return new ActorError('STORE_UNFIT', what, { cause, hint });
}
