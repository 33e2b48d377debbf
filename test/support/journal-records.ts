/**
 * Journal records for tests of the journal itself.
 */
import { createHash } from 'node:crypto';
import type { Address } from '../../src/actors/address.ts';
import type { Journal } from '../../src/actors/ports.ts';
import type { JournalRecord, RecordedMessage } from '../../src/actors/record.ts';

/** A message of a record: done, unless told otherwise. */
export function messageOf(id: string, change: Partial<RecordedMessage> = {}): RecordedMessage {
  const event = { type: 'count', by: 1 };
  return { id, event, cause: 'api:u1', edges: ['idle|count|idle'], outcome: 'done', ...change };
}

/** A record with one message of an id of its own. */
export function recordOf(actor: Address, seq: number, change: Partial<JournalRecord> = {}): JournalRecord {
  return {
    actor,
    seq,
    machine: 'counter@0123abcd',
    at: 1_768_442_400_000 + seq,
    messages: [messageOf(`m-${seq}`)],
    snapshot: { value: 'idle', context: { id: actor, count: seq }, status: 'active', since: 0, waiting: [] },
    tells: [],
    rows: [],
    node: 'node-a',
    batch: seq,
    ...change,
  };
}

/** A record whose context is this one. */
export function recordWith(actor: Address, context: JournalRecord['snapshot']['context']): JournalRecord {
  return recordOf(actor, 1, { snapshot: { value: 'idle', context, status: 'active', since: 0, waiting: [] } });
}

/** The record as money actors' are: with the hash of the one before and its own. */
export function chained(record: JournalRecord, prev?: string): JournalRecord {
  const linked = prev === undefined ? record : { ...record, prev };
  return { ...linked, hash: createHash('sha256').update(JSON.stringify(linked)).digest('base64url') };
}

/** Commits the actor's first `count` records. */
export async function fill(journal: Journal, actor: Address, count: number): Promise<void> {
  for (let seq = 1; seq <= count; seq += 1) await journal.append([recordOf(actor, seq)]);
}
