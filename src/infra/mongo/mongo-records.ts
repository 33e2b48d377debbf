/**
 * How a journal record is kept: its text, byte by byte, beside the fields that are asked for.
 *
 * Owns the document. Invariants:
 * M4  The text is the one that was hashed, and is checked again whenever it is read. A document would not give every
 *     value back: half of a surrogate pair, for one.
 * M5  Nothing beside it can hold such a value: addresses, ids and outcomes are plain ASCII, a reason is JSON text again.
 */
import { hash } from 'node:crypto';
import type { Address } from '../../actors/address.ts';
import { ActorError } from '../../actors/errors.ts';
import type { RecordedOutcome } from '../../actors/ports.ts';
import { type JournalRecord, type Outcome, type Reason, recordOf, textOf } from '../../actors/record.ts';

export interface StoredMessage {
  readonly id: string;
  readonly outcome: Outcome;
  readonly reason?: string;
}

export interface StoredRecord {
  readonly actor: Address;
  readonly seq: number;
  readonly node: string;
  readonly batch: number;
  readonly messages: readonly StoredMessage[];
  readonly hash?: string;
  readonly text: string;
}

export function toStored(record: JournalRecord): StoredRecord {
  const { actor, seq, node, batch, messages, hash } = record;
  return {
    actor,
    seq,
    node,
    batch,
    messages: messages.map(({ id, outcome, reason }) =>
      reason === undefined ? { id, outcome } : { id, outcome, reason: JSON.stringify(reason) },
    ),
    ...(hash === undefined ? {} : { hash }),
    text: textOf(record),
  };
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

export function toOutcome(seq: number, { outcome, reason }: StoredMessage): RecordedOutcome {
  return reason === undefined ? { seq, outcome } : { seq, outcome, reason: JSON.parse(reason) as Reason };
}

function corrupt(where: string, what: string, cause?: unknown): ActorError {
  return new ActorError('STORE_CORRUPT', `${where}: ${what}`, {
    cause,
    hint: 'stop all nodes and restore the database from a backup',
  });
}
