/**
 * The actor system in memory, for tests of the faces: the real step and the real machines, records in a map, tells
 * delivered at once. Outcomes of calls come only when a test gives them, deliveries stop while `isPaused`.
 */
import { type Address, idOf, typeOf } from '../../../src/actors/address.ts';
import { decide, fromStored, toStored } from '../../../src/actors/decide.ts';
import { ActorError } from '../../../src/actors/errors.ts';
import type { ActorSystem, Inspection, NodeView, Receipt, SendOptions } from '../../../src/actors/facade.ts';
import { assertMessage, type Message, outcomeMessage, replayId } from '../../../src/actors/message.ts';
import type {
  CallOutcome,
  Head,
  HeadsQuery,
  ListedRow,
  Position,
  RowsQuery,
  UndeliveredTell,
} from '../../../src/actors/ports.ts';
import {
  type ActorEvent,
  type JournalRecord,
  nextDue,
  type StoredSnapshot,
  stateName,
  type WaitingCall,
} from '../../../src/actors/record.ts';
import { type ActorDefinition, Registry } from '../../../src/actors/registry.ts';

export class FakeActors implements ActorSystem {
  isReady = true;
  backlogMs = 0;

  onCommit(listener: (record: JournalRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async nodes(): Promise<readonly NodeView[]> {
    return [
      {
        id: 'node-1',
        role: 'all',
        startedAt: 0,
        heartbeatAt: 1_000,
        batch: 7,
        watermark: 5,
        retired: false,
        closed: false,
        status: 'live',
      },
    ];
  }

  /** Tells stay undelivered until `resume`. */
  isPaused = false;
  /** Thrown by the next call of any method. */
  failure: Error | undefined;
  /** Every event that was sent from outside, with its options. */
  readonly sent: { address: Address; event: ActorEvent; options: SendOptions }[] = [];
  readonly late: UndeliveredTell[] = [];
  readonly #registry: Registry;
  readonly #clock: { now(): number };
  readonly #journals = new Map<Address, JournalRecord[]>();
  readonly #queue: { to: Address; message: Message }[] = [];
  readonly #listeners = new Set<(record: JournalRecord) => void>();
  #randomIds = 0;

  constructor(definitions: readonly ActorDefinition[], clock: { now(): number }) {
    this.#registry = new Registry(definitions);
    this.#clock = clock;
  }

  async send(address: Address, event: ActorEvent, options: SendOptions): Promise<Receipt> {
    // A real store answers later, so requests in flight meet each other here.
    await Promise.resolve();
    this.#fail();
    this.sent.push({ address, event, options });
    const { id = `random-${++this.#randomIds}`, cause, trace, mustExist } = options;
    assertMessage(id, event);
    if (mustExist && !this.#journals.has(address)) throw new ActorError('ACTOR_NOT_FOUND', address);
    const known = this.#recordOf(address, id);
    const message = { id, event, cause, ...(trace === undefined ? {} : { trace }) };
    const record = known ?? this.#commit(address, message);
    this.#deliver();
    const recorded = record.messages.find((one) => one.id === id);
    if (recorded === undefined) throw new Error('the message is not in its record');
    const { outcome, reason } = recorded;
    return {
      outcome,
      ...(reason === undefined ? {} : { reason }),
      seq: record.seq,
      repeated: known !== undefined,
      snapshot: this.#last(address)?.snapshot ?? record.snapshot,
    };
  }

  async inspect(address: Address): Promise<Inspection | undefined> {
    await Promise.resolve();
    this.#fail();
    const record = this.#last(address);
    if (record === undefined) return undefined;
    const { seq, at, machine, snapshot } = record;
    return { address, seq, at, machine, state: stateName(snapshot.value), snapshot };
  }

  /** Time does not pass here: what is not so now is not so when time is up. */
  waitUntil(address: Address, _ready: (snapshot: StoredSnapshot) => boolean): Promise<Inspection | undefined> {
    return this.inspect(address);
  }

  async history(address: Address, after: number, limit: number): Promise<readonly JournalRecord[]> {
    this.#fail();
    return (this.#journals.get(address) ?? []).filter(({ seq }) => seq > after).slice(0, limit);
  }

  async heads({ type, owner, status, after, limit }: HeadsQuery): Promise<readonly Head[]> {
    this.#fail();
    return [...this.#journals.keys()]
      .filter((address) => typeOf(address) === type)
      .map((address) => this.#head(address))
      .filter((head) => owner === undefined || head.owner === owner)
      .filter((head) => status === undefined || head.status === status)
      .sort((a, b) => newestFirst([a.sortKey, a.actor], [b.sortKey, b.actor]))
      .filter((head) => after === undefined || newestFirst(after, [head.sortKey, head.actor]) < 0)
      .slice(0, limit);
  }

  async rows({ table, owner, after, limit }: RowsQuery): Promise<readonly ListedRow[]> {
    this.#fail();
    return [...this.#journals.values()]
      .flat()
      .flatMap(({ actor, seq, at, rows }) => rows.map((row, n) => ({ ...row, actor, seq, n, at })))
      .filter((row) => row.table === table && row.owner === owner)
      .sort((a, b) => newestFirst([a.at, a.id], [b.at, b.id]))
      .filter((row) => after === undefined || newestFirst(after, [row.at, row.id]) < 0)
      .slice(0, limit);
  }

  async undelivered(address: Address): Promise<readonly UndeliveredTell[]> {
    this.#fail();
    return this.late.filter(({ to }) => to === address);
  }

  async replay(address: Address, messageId: string, cause: string): Promise<Receipt> {
    const parked = this.#recordOf(address, messageId)?.messages.find(({ id }) => id === messageId);
    if (parked?.outcome !== 'parked') throw new ActorError('MESSAGE_NOT_PARKED', messageId);
    return await this.send(address, parked.event, { id: replayId(messageId), cause, repeatable: true });
  }

  /** Sends what another actor would. */
  tell(to: Address, event: ActorEvent): void {
    this.#queue.push({ to, message: { id: `tell-${++this.#randomIds}`, event, cause: 'test/tell' } });
    this.#deliver();
  }

  /** Ends the actor's open call of that name. */
  outcome(address: Address, name: string, outcome: CallOutcome): void {
    const call = this.#last(address)?.snapshot.waiting.find(
      (entry): entry is WaitingCall => entry.kind === 'call' && entry.name === name,
    );
    if (call === undefined) throw new Error(`${address} has no open call ${name}`);
    const attempt = { id: `${call.id}~${call.attempt}`, callId: call.id, attempt: call.attempt, name };
    this.#queue.push({ to: address, message: outcomeMessage(attempt, outcome) });
    this.#deliver();
  }

  resume(): void {
    this.isPaused = false;
    this.#deliver();
  }

  #fail(): void {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
  }

  #last(address: Address): JournalRecord | undefined {
    return this.#journals.get(address)?.at(-1);
  }

  #recordOf(address: Address, messageId: string): JournalRecord | undefined {
    return this.#journals.get(address)?.find(({ messages }) => messages.some(({ id }) => id === messageId));
  }

  #deliver(): void {
    while (!this.isPaused) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#commit(next.to, next.message);
    }
  }

  #commit(actor: Address, message: Message): JournalRecord {
    const logic = this.#registry.logic(typeOf(actor));
    const last = this.#last(actor);
    const state = last === undefined ? undefined : fromStored(logic.machine, last.snapshot);
    const seq = (last?.seq ?? 0) + 1;
    const now = this.#clock.now();
    const turn = decide({ logic, actor, seq, state, messages: [message], now, fraction: 0 });
    const { messages, tells, rows } = turn;
    const { version: machine } = logic;
    const base = { actor, seq, machine, at: now, messages, snapshot: toStored(turn.state), tells, rows };
    const { trace } = message;
    const record = JSON.parse(
      JSON.stringify({ ...base, node: 'test', batch: seq, ...(trace === undefined ? {} : { trace }) }),
    ) as JournalRecord;
    this.#journals.set(actor, [...(this.#journals.get(actor) ?? []), record]);
    for (const listen of this.#listeners) listen(record);
    for (const { id, to, event } of tells) {
      this.#queue.push({ to, message: { id, event, cause: actor, ...(trace === undefined ? {} : { trace }) } });
    }
    return record;
  }

  #head(actor: Address): Head {
    const record = this.#last(actor);
    if (record === undefined) throw new Error(`${actor} has no record`);
    const { machine, seq, at, snapshot } = record;
    const type = typeOf(actor);
    const state = stateName(snapshot.value);
    const listing = this.#registry.logic(type).list(snapshot.context as never, state, idOf(actor));
    const { since, waiting } = snapshot;
    return { actor, type, machine, seq, at, state, since, ...listing, nextDue: nextDue(waiting) };
  }
}

function newestFirst(a: Position, b: Position): number {
  if (a[0] !== b[0]) return b[0] - a[0];
  return a[1] < b[1] ? 1 : a[1] > b[1] ? -1 : 0;
}
