/**
 * A record as the tables need it: its text and the few fields that are indexed, so that nobody parses it to store it.
 */
import type { Address } from '../../actors/address.ts';
import { type JournalRecord, textOf } from '../../actors/record.ts';

/** An array, since the keys of an object would cross between threads with each record. */
export type JournalLine = readonly [
  actor: Address,
  seq: number,
  node: string,
  batch: number,
  hash: string | null,
  text: string,
  /** What it takes from the inbox: id, outcome and reason (as JSON) of each message, one after the other. */
  taken: readonly (string | null)[],
];

export function toLine(record: JournalRecord): JournalLine {
  const { actor, seq, node, batch, hash = null, messages } = record;
  const taken = messages.flatMap(({ id, outcome, reason }) => [id, outcome, reason ? JSON.stringify(reason) : null]);
  return [actor, seq, node, batch, hash, textOf(record), taken];
}
