import type { Static } from 'typebox';
import { type JournalRecord, type RecordedMessage, stateName } from '../../actors/record.ts';
import type { MachineEntry } from '../../machines/catalog.ts';
import { redact } from '../redact.ts';
import { traceIdOf } from '../trace.ts';
import { eventTitle } from './machine-words.ts';
import type { CAUSES, JournalEntry, JournalRow } from './schemas.ts';

/** The light form of a record. */
export function toJournalRow(record: JournalRecord, entry: MachineEntry): JournalRow {
  const { seq, at, messages, snapshot, tells, trace } = record;
  return {
    seq,
    at,
    state: stateName(snapshot.value),
    edges: messages.flatMap(({ edges }) => edges),
    messages: messages.map(({ event, cause, outcome, reason }) => ({
      event: event.type,
      title: eventTitle(entry, event),
      ...causeOf(cause),
      outcome,
      reason: reason?.code ?? null,
    })),
    sent: tells.length + callsOf(record).length,
    traceId: traceIdOf(trace),
  };
}

/** All of a record that people may see. */
export function toJournalEntry(record: JournalRecord, entry: MachineEntry): JournalEntry {
  const { seq, at, machine, messages, snapshot, tells, rows, node, trace, hash = null } = record;
  return {
    seq,
    at,
    machine,
    state: stateName(snapshot.value),
    messages: messages.map((message) => toMessage(message, entry)),
    tells: tells.map(({ id, to, event }) => ({ id, to, event: redact(event) })),
    calls: callsOf(record).map(({ id, name, activity, attempt, input }) => ({
      id,
      name,
      activity,
      attempt,
      input: redact(input),
    })),
    rows: rows.map(({ table, data }) => ({ table, data: redact(data) })),
    node,
    traceId: traceIdOf(trace),
    hash,
  };
}

function toMessage(message: RecordedMessage, entry: MachineEntry): Static<typeof JournalEntry>['messages'][number] {
  const { id, event, cause, edges, outcome, reason = null } = message;
  return {
    id,
    event: redact(event),
    title: eventTitle(entry, event),
    ...causeOf(cause),
    edges: [...edges],
    outcome,
    reason,
  };
}

/** The calls whose attempt this record sent out: their token names its seq. */
export function callsOf({ seq, snapshot }: JournalRecord) {
  return snapshot.waiting.filter((entry) => entry.kind === 'call').filter(({ token }) => token.startsWith(`${seq}.`));
}

type Cause = { readonly cause: (typeof CAUSES)[number]; readonly by: string | null };

/** Who made a message, from what the runtime and the faces write as its cause. */
function causeOf(cause: string): Cause {
  const [kind = '', name] = cause.split(/:(.*)/s);
  if (kind === 'api' && name !== undefined) return { cause: 'app', by: name };
  if ((kind === 'staff' || kind === 'console') && name !== undefined) return { cause: 'staff', by: name };
  if (cause === 'timer') return { cause: 'timer', by: null };
  if (cause === 'call') return { cause: 'call', by: null };
  return cause.includes('/') ? { cause: 'actor', by: cause } : { cause: 'system', by: cause };
}
