/**
 * The checker's own picture of what is durable: journals, deliveries, projections and watermarks, kept up to date by
 * each change. Nothing here knows the code under test; records are read as the plain documents they are.
 */
import type { Head, ListedRow, UndeliveredTell } from '../../../src/actors/ports.ts';
import type { JournalRecord, RecordedMessage, Tell } from '../../../src/actors/record.ts';

/** A broken invariant; the message begins with its number. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export function assert(holds: boolean, says: () => string): asserts holds {
  if (!holds) throw new Violation(says());
}

export interface Recorded {
  readonly record: JournalRecord;
  readonly message: RecordedMessage;
}

export class Facts {
  readonly journals = new Map<string, JournalRecord[]>();
  /** By actor, then message id. */
  readonly messages = new Map<string, Map<string, Recorded>>();
  readonly tells = new Map<string, { readonly tell: Tell; readonly record: JournalRecord }>();
  /** Tells that stand in no target's journal yet. */
  readonly outstanding = new Set<string>();
  readonly undelivered = new Set<string>();
  readonly headSeqs = new Map<string, number>();
  readonly rowIds = new Set<string>();
  /** Rows of records that stand in no list yet. */
  readonly missingRows = new Set<string>();
  readonly byNode = new Map<string, JournalRecord[]>();
  /** When each came to stand in its journal. */
  readonly landedAt = new Map<JournalRecord, number>();
  recordCount = 0;

  add(record: JournalRecord, landedAt: number): void {
    this.recordCount += 1;
    this.landedAt.set(record, landedAt);
    append(this.journals, record.actor, record);
    append(this.byNode, record.node, record);
    const known = this.messages.get(record.actor) ?? new Map<string, Recorded>();
    this.messages.set(record.actor, known);
    for (const message of record.messages) {
      known.set(message.id, { record, message });
      this.outstanding.delete(message.id);
    }
    for (const { id } of record.rows) if (!this.rowIds.has(id)) this.missingRows.add(id);
    for (const tell of record.tells) {
      this.tells.set(tell.id, { tell, record });
      this.outstanding.add(tell.id);
    }
  }

  projected(heads: readonly Head[], rows: readonly ListedRow[]): void {
    for (const { actor, seq } of heads) this.headSeqs.set(actor, Math.max(seq, this.headSeqs.get(actor) ?? 0));
    for (const { id } of rows) {
      this.rowIds.add(id);
      this.missingRows.delete(id);
    }
  }

  undeliveredAdded(tells: readonly UndeliveredTell[]): void {
    for (const { id } of tells) this.undelivered.add(id);
  }

  last(actor: string): JournalRecord | undefined {
    return this.journals.get(actor)?.at(-1);
  }

  recorded(actor: string, messageId: string): Recorded | undefined {
    return this.messages.get(actor)?.get(messageId);
  }

  /** All actors of a type with their journals, in order of their first record. */
  *ofType(type: string): Generator<readonly [id: string, journal: readonly JournalRecord[]]> {
    for (const [actor, journal] of this.journals) {
      if (actor.startsWith(`${type}/`)) yield [actor.slice(type.length + 1), journal];
    }
  }
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/** The leaves of a state value, as `paying.sending`. */
export function leafOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return Object.entries(value as Record<string, unknown>)
    .map(([key, inner]) => `${key}.${leafOf(inner)}`)
    .join(',');
}
