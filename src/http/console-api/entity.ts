import { type Address, typeOf } from '../../actors/address.ts';
import type { ActorSystem, Inspection } from '../../actors/facade.ts';
import type { UndeliveredTell } from '../../actors/ports.ts';
import type { Waiting as StoredWaiting } from '../../actors/record.ts';
import { type JournalRecord, type StoredSnapshot, stateName } from '../../actors/record.ts';
import type { MachineEntry } from '../../machines/catalog.ts';
import { activeIds } from '../graph/machine-graph.ts';
import type { Cards } from './cards.ts';
import { changedPaths, toFields } from './fields.ts';
import { eventTitle, stateMeta, stateTitle } from './machine-words.ts';
import { relatedTo } from './related.ts';
import type { Entity, Sentence, StateAt, Waiting } from './schemas.ts';

/** How many of the last records are looked through for messages that were set aside. */
const PARKED_WITHIN = 50;
const LATE_MS = 60_000;

/** What tells the sentences about an actor; the console's are `describe` of the graph. */
export type Describe = (about: {
  readonly entry: MachineEntry;
  readonly address: Address;
  readonly state: string;
  readonly snapshot: StoredSnapshot;
  readonly isNow: boolean;
}) => readonly Sentence[];

interface EntityDeps {
  readonly actors: ActorSystem;
  readonly cards: Cards;
  readonly clock: { now(): number };
  readonly describe: Describe;
}

/** All that the page of one actor shows at first. */
export async function toEntity(deps: EntityDeps, found: Inspection): Promise<Entity> {
  const { actors, cards, clock, describe } = deps;
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
  return {
    ...card,
    machine,
    activeNodes: activeNodesOf(entry, snapshot),
    isFinal: snapshot.status === 'done',
    help: meta?.help ?? stateTitle(entry, state),
    createdAt: first[0]?.at ?? found.at,
    stateSince: snapshot.since,
    slaSeconds: meta?.slaSeconds ?? 0,
    sentences: [...describe({ entry, address, state, snapshot, isNow: true })],
    fields: toFields(entry.type, snapshot.context),
    waiting: snapshot.waiting.map((one) => toWaiting(one, entry, now)),
    undelivered: undelivered.map(toUndelivered),
    parked: latest.flatMap(parkedIn),
    related,
    now,
  };
}

/** How an actor stood after `record`; `before` is the record before that, if there is one. */
export function toStateAt(
  { cards, describe }: Pick<EntityDeps, 'cards' | 'describe'>,
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
    state,
    stateTitle: stateTitle(entry, state),
    activeNodes: activeNodesOf(entry, snapshot),
    edges: messages.flatMap(({ edges }) => edges),
    fields,
    changed: changedPaths(before === undefined ? [] : toFields(entry.type, before.snapshot.context), fields),
    waiting: snapshot.waiting.map((one) => toWaiting(one, entry, at)),
    sentences: [...describe({ entry, address: actor, state, snapshot, isNow: false })],
  };
}

/** A state that this version of the machine no longer has lights nothing. */
function activeNodesOf({ machine }: MachineEntry, { value }: StoredSnapshot): string[] {
  try {
    return [...activeIds(machine, value)];
  } catch {
    return [];
  }
}

function toWaiting(one: StoredWaiting, entry: MachineEntry, now: number): Waiting {
  const { id, kind, dueAt, attempt } = one;
  const isCall = one.kind === 'call';
  return {
    id,
    kind,
    title: isCall ? callTitle(entry, one.name) : eventTitle(entry, { type: '@due' }),
    dueAt,
    attempt,
    phase: isCall ? one.phase : null,
    activity: isCall ? one.activity : null,
    isLate: now > dueAt + LATE_MS,
  };
}

function callTitle(entry: MachineEntry, name: string) {
  return entry.events[`${name}.ok`]?.title ?? { zh: name, en: name };
}

function toUndelivered({ id, from, event, since, nextAt, attempts }: UndeliveredTell): Entity['undelivered'][number] {
  return { id, from, event: event.type, since, nextAt, attempts };
}

function parkedIn({ seq, at, messages }: JournalRecord): Entity['parked'] {
  return messages
    .filter(({ outcome }) => outcome === 'parked')
    .map(({ id, event, reason }) => ({
      seq,
      at,
      messageId: id,
      event: event.type,
      reason: reason?.detail ?? reason?.code ?? '',
    }));
}
