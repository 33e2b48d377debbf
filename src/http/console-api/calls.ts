/**
 * The calls to the outside that an actor has made, attempt by attempt, as its journal tells them.
 */
import { typeOf } from '../../actors/address.ts';
import type { ActorSystem, Inspection } from '../../actors/facade.ts';
import type { JournalRecord, RecordedMessage } from '../../actors/record.ts';
import { nodesOf } from '../../actors/registry.ts';
import { activityWords } from '../../machines/activity-words.ts';
import { waitingTitle } from '../graph/describe-waiting.ts';
import type { Cards } from './cards.ts';
import { callsOf } from './journal-views.ts';
import { eventTitle, type KnownMachine } from './machine-words.ts';
import type { CallAttempt } from './schemas.ts';

/** Of the last records; who wants more reads the timeline. */
const READ_RECORDS = 200;
const SHOWN_ATTEMPTS = 50;

/** The latest attempts, the newest first, each with what came of it. */
export async function readCalls(
  { actors, cards }: { readonly actors: Pick<ActorSystem, 'history'>; readonly cards: Cards },
  { address, seq, snapshot }: Inspection,
): Promise<CallAttempt[]> {
  const entry = cards.entry(typeOf(address));
  // What never calls, such as a busy account, is not read for it.
  if (!mayCall(entry)) return [];
  const records = await actors.history(address, Math.max(0, seq - READ_RECORDS), READ_RECORDS);
  const answers = answersIn(records, entry);
  const open = new Set(snapshot.waiting.map(({ id, attempt }) => `${id}~${attempt}`));
  return records
    .flatMap((record) => callsOf(record).map((call) => ({ record, call })))
    .reverse()
    .slice(0, SHOWN_ATTEMPTS)
    .map(({ record, call }) => {
      const key = `${call.id}~${call.attempt}`;
      const answer = answers.get(key) ?? null;
      return {
        id: call.id,
        attempt: activityWords[call.activity]?.tryOf?.(record.snapshot.context) ?? call.attempt,
        activity: call.activity,
        title: waitingTitle(call, entry),
        seq: record.seq,
        at: record.at,
        isOpen: answer === null && open.has(key),
        answer,
      };
    });
}

function answersIn(records: readonly JournalRecord[], entry: KnownMachine): Map<string, CallAttempt['answer']> {
  const told = ({ seq, at }: JournalRecord, { event }: RecordedMessage) => {
    const { kind, reason } = event['outcome'] as { kind: string; reason?: { code: string } };
    return { seq, at, kind, title: eventTitle(entry, event), code: reason?.code ?? null };
  };
  return new Map(
    records.flatMap((record) =>
      record.messages
        .filter(({ event }) => event.type === '@outcome')
        .map((message) => [`${message.event['call']}~${message.event['attempt']}`, told(record, message)] as const),
    ),
  );
}

function mayCall({ machine }: Pick<KnownMachine, 'machine'>): boolean {
  return nodesOf(machine.root).some(({ entry, exit, transitions, always = [] }) => {
    const taken = [...[...transitions.values()].flat(), ...always].flatMap(({ actions }) => actions);
    return [...entry, ...exit, ...taken].some((action) => (action as { readonly type?: string }).type === 'call');
  });
}
