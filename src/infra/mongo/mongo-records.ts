/**
 * How a journal record is kept: its text, byte by byte, beside the fields that are asked for.
 *
 * Owns the document. Invariants:
 * M4  The text is the one that was hashed, and is checked again whenever it is read. A document would not give every
 *     value back: half of a surrogate pair, for one.
 * M5  Nothing beside it can hold such a value: addresses and ids are plain ASCII.
 */
import { hash } from 'node:crypto';
import type { Address } from '../../actors/address.ts';
import { ActorError } from '../../actors/errors.ts';
import { type JournalRecord, recordOf, textOf } from '../../actors/record.ts';

export interface StoredRecord {
  /** Of whom and in which batch: a node's records stand together, in the order of their batches. */
  readonly _id: string;
  readonly actor: Address;
  readonly seq: number;
  /** The ids of its messages. */
  readonly inbox: readonly string[];
  readonly hash?: string;
  readonly text: string;
}

export function toStored(record: JournalRecord): StoredRecord {
  const { actor, seq, node, batch, messages, hash } = record;
  return {
    _id: `${batchKey(node, batch)}${actor}`,
    actor,
    seq,
    inbox: messages.map(({ id }) => id),
    ...(hash === undefined ? {} : { hash }),
    text: textOf(record),
  };
}

/** What the ids of a batch's records begin with, and those of no other: a batch has one record of an actor (J5). */
export function batchKey(node: string, batch: number): string {
  return `${node}.${batch.toString(36).padStart(9, '0')}.`;
}

/** @throws STORE_CORRUPT when the text is not the one that was stored there */
export function fromStored({ actor, seq, hash: expected, text }: StoredRecord): JournalRecord {
  const where = `${actor} seq ${seq}`;
  if (expected !== undefined && hash('sha256', text, 'base64url') !== expected) {
    throw corrupt(where, 'its hash does not match');
  }
  let record: JournalRecord;
  try {
    record = recordOf(text, expected);
  } catch (error) {
    throw corrupt(where, 'its text is not JSON', error);
  }
  if (record.actor !== actor || record.seq !== seq) throw corrupt(where, 'another record stands in its place');
  return record;
}

function corrupt(where: string, what: string, cause?: unknown): ActorError {
  return new ActorError('STORE_CORRUPT', `${where}: ${what}`, {
    cause,
    hint: 'stop all nodes and restore the database from a backup',
  });
}
