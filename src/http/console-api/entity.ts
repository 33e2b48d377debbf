import { typeOf } from '../../actors/address.ts';
import type { Dependencies } from '../../actors/dependencies.ts';
import type { ActorSystem, Inspection } from '../../actors/facade.ts';
import { replayId } from '../../actors/message.ts';
import type { UndeliveredTell } from '../../actors/ports.ts';
import type { Waiting as StoredWaiting } from '../../actors/record.ts';
import { type JournalRecord, stateName } from '../../actors/record.ts';
import type { MachineEntry } from '../../machines/catalog.ts';
import type { StaffRole } from '../../machines/meta.ts';
import { activeIds } from '../graph/active-ids.ts';
import { describe } from '../graph/describe.ts';
import { waitingTitle } from '../graph/describe-waiting.ts';
import type { Charts } from '../graph/graph-types.ts';
import type { Cards } from './cards.ts';
import { changedPaths, toFields } from './fields.ts';
import { slaSecondsOf, stateMeta, stateTitle } from './machine-words.ts';
import { relatedTo } from './related.ts';
import type { Entity, StateAt, Waiting } from './schemas.ts';

/** How many of the last records are looked through for messages that were set aside. */
const PARKED_WITHIN = 50;
const LATE_MS = 60_000;

interface EntityDeps {
  readonly actors: ActorSystem;
  readonly cards: Cards;
  readonly charts: Pick<Charts, 'graph'>;
  readonly clock: { now(): number };
  readonly dependencies: Pick<Dependencies, 'snapshot'>;
}

/** All that the page of one actor shows at first, to somebody of that role. */
export async function toEntity(deps: EntityDeps, found: Inspection, role: StaffRole): Promise<Entity> {
  const { actors, cards, clock, dependencies } = deps;
  const { address, seq, machine, state, snapshot } = found;
  const entry = cards.entry(typeOf(address));
  const card = cards.ofInspection(found);
  const meta = stateMeta(entry, state);
  const now = clock.now();
  const [first, latest, undelivered, related] = await Promise.all([
    actors.history(address, 0, 1),
    actors.history(address, Math.max(0, seq - PARKED_WITHIN), PARKED_WITHIN),
    actors.undelivered(address),
    relatedTo(actors, cards, card, found),
  ]);
  const parked = parkedIn(latest);
  const live = { role, dependencies: dependencies.snapshot(), undelivered, parkedCount: parked.length };
  return {
    ...card,
    machine,
    isOtherVersion: isOther(deps, entry.type, machine),
    activeNodes: [...activeIds(entry.machine.id, state)],
    isFinal: snapshot.status === 'done',
    help: meta?.help ?? stateTitle(entry, state),
    createdAt: first[0]?.at ?? found.at,
    stateSince: snapshot.since,
    slaSeconds: slaSecondsOf(entry, state),
    sentences: [...describe({ entry, snapshot, now, live })],
    fields: toFields(entry.type, snapshot.context),
    waiting: snapshot.waiting.map((one) => toWaiting(one, entry, now)),
    undelivered: undelivered.map(toUndelivered),
    parked,
    related,
    now,
  };
}

/** How an actor stood after `record`; `before` is the record before that, if there is one. */
export function toStateAt(
  { cards, charts }: Pick<EntityDeps, 'cards' | 'charts'>,
  record: JournalRecord,
  before: JournalRecord | undefined,
  lastSeq: number,
): StateAt {
  const { actor, seq, at, machine, snapshot, messages } = record;
  const entry = cards.entry(typeOf(actor));
  const state = stateName(snapshot.value);
  const fields = toFields(entry.type, snapshot.context);
  return {
    seq,
    at,
    lastSeq,
    machine,
    isOtherVersion: isOther({ charts }, entry.type, machine),
    state,
    stateTitle: stateTitle(entry, state),
    activeNodes: [...activeIds(entry.machine.id, state)],
    edges: messages.flatMap(({ edges }) => edges),
    fields,
    changed: changedPaths(before === undefined ? [] : toFields(entry.type, before.snapshot.context), fields),
    waiting: snapshot.waiting.map((one) => toWaiting(one, entry, at)),
    sentences: [...describe({ entry, snapshot, now: at, live: null })],
  };
}

function isOther({ charts }: Pick<EntityDeps, 'charts'>, type: string, version: string): boolean {
  return version !== (charts.graph(type)?.version ?? version);
}

function toWaiting(one: StoredWaiting, entry: MachineEntry, now: number): Waiting {
  const { id, kind, dueAt, attempt, token } = one;
  const isCall = one.kind === 'call';
  return {
    id,
    kind,
    title: waitingTitle(one, entry),
    dueAt,
    attempt,
    seq: Number.parseInt(token, 10),
    phase: isCall ? one.phase : null,
    activity: isCall ? one.activity : null,
    isLate: now > dueAt + LATE_MS,
  };
}

function toUndelivered({ id, from, event, since, nextAt, attempts }: UndeliveredTell): Entity['undelivered'][number] {
  return { id, from, event: event.type, since, nextAt, attempts };
}

/** What was set aside and not replayed since. */
function parkedIn(records: readonly JournalRecord[]): Entity['parked'] {
  const taken = new Set(records.flatMap(({ messages }) => messages.map(({ id }) => id)));
  return records.flatMap(({ seq, at, messages }) =>
    messages
      .filter(({ id, outcome }) => outcome === 'parked' && !taken.has(replayId(id)))
      .map(({ id, event, reason }) => ({
        seq,
        at,
        messageId: id,
        event: event.type,
        reason: reason?.detail ?? reason?.code ?? '',
      })),
  );
}
