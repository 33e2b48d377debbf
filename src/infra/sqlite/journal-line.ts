/**
 * A record as the tables need it: its text and the few fields that are indexed, so that nobody parses it to store it.
 */
import type { Address } from '../../actors/address.ts';
import { type JournalRecord, type Outcome, textOf } from '../../actors/record.ts';

export interface JournalLine {
  readonly actor: Address;
  readonly seq: number;
  readonly node: string;
  readonly batch: number;
  readonly hash: string | null;
  readonly text: string;
  /** What it takes from the inbox: id, outcome, reason as JSON. */
  readonly taken: readonly (readonly [id: string, outcome: Outcome, reason: string | null])[];
}

export function toLine(record: JournalRecord): JournalLine {
  const { actor, seq, node, batch, hash = null, messages } = record;
  const taken = messages.map(
    ({ id, outcome, reason }) => [id, outcome, reason === undefined ? null : JSON.stringify(reason)] as const,
  );
  return { actor, seq, node, batch, hash, text: textOf(record), taken };
}
