/**
 * What the people who run the system may ask beyond the facade: what would happen, what became of a message, what is late,
 * what is stuck.
 *
 * Owns no state. Invariant: nothing here writes but `retryUndelivered`, which only moves a due time.
 */
import { type Address, typeOf } from './address.ts';
import { decide, fromStored, toStored } from './decide.ts';
import { ActorError } from './errors.ts';
import { assertMessage, LIMITS } from './message.ts';
import type {
  Clock,
  Head,
  Journal,
  ListedRow,
  Position,
  Projections,
  RecordedOutcome,
  UndeliveredTell,
} from './ports.ts';
import { PARKED } from './projector.ts';
import type { ActorEvent, JournalRecord, RecordedMessage, Row, StoredSnapshot, Tell, WaitingCall } from './record.ts';
import type { Logic, Registry } from './registry.ts';

/** What a message would do to an actor as it stands now. */
export interface Foresight {
  /** Of the last record; 0 = the message would be its first. */
  readonly seq: number;
  readonly before: StoredSnapshot | undefined;
  readonly after: StoredSnapshot;
  readonly message: RecordedMessage;
  readonly tells: readonly Tell[];
  readonly rows: readonly Row[];
  readonly attempts: readonly WaitingCall[];
}

/** A message as it stands in the journal. */
export interface JournaledMessage extends RecordedOutcome {
  readonly message: RecordedMessage;
  readonly record: JournalRecord;
}

interface OperationsDeps {
  readonly journal: Pick<Journal, 'last' | 'at' | 'outcomes'>;
  readonly projections: Pick<
    Projections,
    'due' | 'headsOf' | 'rows' | 'undeliveredDue' | 'undeliveredCount' | 'postponeUndelivered'
  >;
  readonly clock: Pick<Clock, 'now'>;
  readonly registry: Registry;
}

export class Operations {
  readonly #deps: OperationsDeps;

  constructor(deps: OperationsDeps) {
    this.#deps = deps;
  }

  /**
   * Decides the turn that `event` would make now, and writes nothing. Jitter aside it is the turn that a `send` at this
   * moment would commit; another message may come first.
   * @throws MACHINE_UNKNOWN, MACHINE_VERSION_UNKNOWN for an actor of a version this node cannot go on from, EVENT_INVALID
   */
  async preview(address: Address, event: ActorEvent): Promise<Foresight> {
    const { journal, registry, clock } = this.#deps;
    const logic = registry.logic(typeOf(address));
    assertMessage('preview', event);
    const record = await journal.last(address);
    const seq = record?.seq ?? 0;
    const turn = decide({
      logic,
      actor: address,
      seq: seq + 1,
      state: record && fromStored(logic.machine, adopted(logic, record)),
      messages: [{ id: 'preview', event, cause: 'preview' }],
      now: Math.max(clock.now(), record?.at ?? 0),
      fraction: 0.5,
    });
    const { tells, rows, attempts } = turn;
    const message = turn.messages[0] as RecordedMessage;
    return { seq, before: record?.snapshot, after: toStored(turn.state), message, tells, rows, attempts };
  }

  /** The message of that id in the actor's journal, if it was taken. @throws STORE_UNAVAILABLE */
  async find(address: Address, messageId: string): Promise<JournaledMessage | undefined> {
    const { journal } = this.#deps;
    const recorded = (await journal.outcomes(address, [messageId])).get(messageId);
    if (recorded === undefined) return undefined;
    const record = await journal.at(address, recorded.seq);
    const message = record?.messages.find(({ id }) => id === messageId);
    if (record === undefined || message === undefined) {
      throw new ActorError('STORE_CORRUPT', `${address} seq ${recorded.seq} lost ${messageId}`);
    }
    return { ...recorded, message, record };
  }

  /** Which of those messages the actor has taken, and with what outcome. @throws STORE_UNAVAILABLE */
  outcomes(address: Address, messageIds: readonly string[]): Promise<ReadonlyMap<string, RecordedOutcome>> {
    return this.#deps.journal.outcomes(address, messageIds);
  }

  /** The list rows that there are of up to a thousand actors, in no order. */
  headsOf(actors: readonly Address[]): Promise<readonly Head[]> {
    return this.#deps.projections.headsOf(actors);
  }

  /** Actors whose next timer or call is due by `until`, the earliest first. */
  due(until: number, limit: number): Promise<readonly { actor: Address; nextDue: number }[]> {
    return this.#deps.projections.due(until, limit);
  }

  /** Messages that were parked, newest first, whether or not they were replayed since. */
  parked(limit: number, after?: Position): Promise<readonly ListedRow[]> {
    return this.#deps.projections.rows({ ...PARKED, limit, ...(after === undefined ? {} : { after }) });
  }

  /** The message that a row of `parked` is about; undefined for anything else. @throws STORE_UNAVAILABLE */
  async parkedMessage(rowId: string): Promise<{ address: Address; messageId: string } | undefined> {
    const [, address, seq, n] = /^([a-z0-9]+\/[^#]+)#(\d+)\.(\d+)$/.exec(rowId) ?? [];
    if (address === undefined) return undefined;
    const record = await this.#deps.journal.at(address as Address, Number(seq));
    const message = record?.messages[Number(n) - LIMITS.effects - 1];
    return message?.outcome === 'parked' ? { address: address as Address, messageId: message.id } : undefined;
  }

  /** Messages between actors that have not arrived, those due first first. */
  undelivered(limit: number): Promise<readonly UndeliveredTell[]> {
    return this.#deps.projections.undeliveredDue(Number.MAX_SAFE_INTEGER, limit);
  }

  undeliveredCount(): Promise<number> {
    return this.#deps.projections.undeliveredCount();
  }

  /** Has the next sweep try that one again, as one more attempt. */
  retryUndelivered(id: string): Promise<void> {
    return this.#deps.projections.postponeUndelivered(id, this.#deps.clock.now());
  }
}

/** The record's snapshot as this node's machine goes on from it. @throws MACHINE_VERSION_UNKNOWN */
function adopted({ version, upgrade = {} }: Logic, { actor, machine, snapshot }: JournalRecord): StoredSnapshot {
  if (machine === version) return snapshot;
  const step = upgrade[machine];
  if (step === undefined) throw new ActorError('MACHINE_VERSION_UNKNOWN', `${actor} is at ${machine}, here ${version}`);
  return step === 'adopt' ? snapshot : step(snapshot);
}
