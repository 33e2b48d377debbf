/**
 * What the server's thread and the store's thread say to each other.
 *
 * Records cross as lines and as their own text: cloning or parsing the objects would cost as much as writing them.
 */
import { ActorError, type ErrorCode, isActorError } from '../../actors/errors.ts';
import { type JournalRecord, recordOf, textOf } from '../../actors/record.ts';

export type StorePart = 'journal' | 'projections' | 'userKeys';

/** The methods that take long. */
export const WRITES: ReadonlySet<string> = new Set(['appendLines', 'project']);

export interface StoreRequest {
  readonly id: number;
  readonly part: StorePart;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type StoreReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: PlainError };

interface PlainError {
  readonly message: string;
  /** Of an `ActorError`. */
  readonly coded?: { readonly code: ErrorCode; readonly specifics: string; readonly details: Record<string, unknown> };
}

export type PackedRecord = readonly [text: string, hash: string | undefined];

export function packRecord(record: JournalRecord): PackedRecord {
  return [textOf(record), record.hash];
}

export function unpackRecord([text, hash]: PackedRecord): JournalRecord {
  return recordOf(text, hash);
}

export function packError(error: unknown): PlainError {
  if (!isActorError(error)) return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  const { code, specifics, details, retryAfterMs } = error;
  return { message: error.message, coded: { code, specifics, details: { ...details, retryAfterMs } } };
}

export function unpackError({ message, coded }: PlainError): Error {
  return coded === undefined ? new Error(message) : new ActorError(coded.code, coded.specifics, coded.details);
}
