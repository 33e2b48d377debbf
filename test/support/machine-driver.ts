/**
 * Drives one machine through `decide` as the runtime would, with a `now` that only the test moves.
 *
 * After every turn the state goes through JSON and back, so a machine that keeps what a journal cannot carry fails
 * here. A message id that was taken before is answered with its recorded outcome and changes nothing (J3).
 */
import { type Address, toAddress } from '../../src/actors/address.ts';
import { decide, fromStored, type LiveState, type Turn, toStored } from '../../src/actors/decide.ts';
import { dueMessage, type Message, outcomeMessage } from '../../src/actors/message.ts';
import type { CallOutcome } from '../../src/actors/ports.ts';
import {
  type ActorEvent,
  type RecordedMessage,
  type Row,
  type StoredSnapshot,
  stateName,
  type Tell,
  type Waiting,
  type WaitingCall,
} from '../../src/actors/record.ts';
import { type ActorDefinition, type Listing, type Logic, Registry } from '../../src/actors/registry.ts';

export interface Sent {
  /** Message id; a fresh one when left out. */
  readonly id?: string;
  readonly cause?: string;
}

export class MachineDriver<C = Record<string, unknown>> {
  readonly actor: Address;
  readonly #logic: Logic;
  readonly #id: string;
  readonly #answered = new Map<string, RecordedMessage>();
  #state: LiveState | undefined;
  #fresh = 0;
  now: number;
  seq = 0;
  /** Everything the machine has asked for so far, oldest first. */
  readonly tells: Tell[] = [];
  readonly rows: Row[] = [];
  readonly attempts: WaitingCall[] = [];
  /** What the last turn did. */
  last: Turn | undefined;

  /** @throws MACHINE_REFUSED when the registry would refuse the machine. */
  constructor(definition: ActorDefinition, id: string, now = Date.UTC(2026, 0, 5, 4)) {
    this.actor = toAddress(definition.type, id);
    this.#logic = new Registry([definition]).logic(definition.type);
    this.#id = id;
    this.now = now;
  }

  /** Sends one message in a turn of its own. @throws Error when its step is parked. */
  send(event: ActorEvent, sent: Sent = {}): RecordedMessage {
    const recorded = this.offer(event, sent);
    if (recorded.outcome === 'parked') throw new Error(`${event.type} parked: ${recorded.reason?.detail}`);
    return recorded;
  }

  /** As `send`, but a parked message is only returned. */
  offer(event: ActorEvent, { id = this.#freshId(), cause = 'test' }: Sent = {}): RecordedMessage {
    return this.#deliver({ id, event, cause });
  }

  /** Takes several events in one turn. */
  sendTogether(events: readonly ActorEvent[]): readonly RecordedMessage[] {
    return this.#turn(events.map((event) => ({ id: this.#freshId(), event, cause: 'test' })));
  }

  /** Gives the open call of that name its outcome. @throws Error when no such call is open. */
  answer(name: string, outcome: CallOutcome): RecordedMessage {
    const call = this.openCall(name);
    if (call === undefined) throw new Error(`no open call "${name}" in ${this.state}`);
    return this.answerAttempt(call, outcome);
  }

  /** Gives any attempt, open or long closed, its outcome; once, as a job reports once. */
  answerAttempt(call: WaitingCall, outcome: CallOutcome): RecordedMessage {
    const attempt = { id: `${call.id}~${call.attempt}`, callId: call.id, attempt: call.attempt, name: call.name };
    return this.#checked(this.#deliver(outcomeMessage(attempt, outcome)));
  }

  /** Fires the one waiting timer or call whose id or call name contains `part`, at its due time or now if that is later. */
  fire(part: string): RecordedMessage {
    const found = this.waiting.filter((entry) => (entry.kind === 'call' ? entry.name : entry.id).includes(part));
    const [entry] = found;
    if (entry === undefined || found.length > 1) {
      throw new Error(`${found.length} entries match "${part}": ${this.waiting.map((e) => e.id).join(', ')}`);
    }
    this.now = Math.max(this.now, entry.dueAt);
    return this.fireToken(entry.token);
  }

  /** Delivers the due message of a token, whether or not it still stands. */
  fireToken(token: string): RecordedMessage {
    return this.#checked(this.#deliver(dueMessage(this.actor, token)));
  }

  /** Moves the clock by `ms` and fires on the way, in order, whatever comes due. */
  advance(ms: number): void {
    const until = this.now + ms;
    for (let fired = 0; fired < 10_000; fired++) {
      const next = [...this.waiting].sort((a, b) => a.dueAt - b.dueAt)[0];
      if (next === undefined || next.dueAt > until) {
        this.now = until;
        return;
      }
      this.now = Math.max(this.now, next.dueAt);
      this.fireToken(next.token);
    }
    throw new Error('more than 10,000 firings: the machine arms timers without end');
  }

  get state(): string {
    return this.#state === undefined ? '' : stateName(this.stored.value);
  }

  get context(): C {
    return this.stored.context as C;
  }

  get waiting(): readonly Waiting[] {
    return this.#state?.waiting ?? [];
  }

  /** @throws Error before the first message. */
  get stored(): StoredSnapshot {
    if (this.#state === undefined) throw new Error(`${this.actor} has taken no message yet`);
    return toStored(this.#state);
  }

  get listing(): Listing {
    return this.#logic.list(this.context as never, this.state, this.#id);
  }

  openCall(name: string): WaitingCall | undefined {
    return this.waiting.find((entry): entry is WaitingCall => entry.kind === 'call' && entry.name === name);
  }

  /** A second driver in the same state, to try another future. */
  fork(): MachineDriver<C> {
    const copy = new MachineDriver<C>(this.#logic, this.#id, this.now);
    if (this.#state !== undefined) copy.#state = fromStored(this.#logic.machine, this.stored);
    copy.seq = this.seq;
    copy.#fresh = this.#fresh;
    for (const [id, recorded] of this.#answered) copy.#answered.set(id, recorded);
    copy.tells.push(...this.tells);
    copy.rows.push(...this.rows);
    copy.attempts.push(...this.attempts);
    return copy;
  }

  #freshId(): string {
    this.#fresh += 1;
    return `t${this.#fresh}`;
  }

  #deliver(message: Message): RecordedMessage {
    const before = this.#answered.get(message.id);
    if (before !== undefined) return before;
    return this.#turn([message])[0] as RecordedMessage;
  }

  #checked(recorded: RecordedMessage): RecordedMessage {
    if (recorded.outcome === 'parked') throw new Error(`${recorded.event.type} parked: ${recorded.reason?.detail}`);
    return recorded;
  }

  #turn(messages: readonly Message[]): readonly RecordedMessage[] {
    const turn = decide({
      logic: this.#logic,
      actor: this.actor,
      seq: this.seq + 1,
      state: this.#state,
      messages,
      now: this.now,
      fraction: 0.5,
    });
    this.seq += 1;
    this.last = turn;
    this.#state = fromStored(this.#logic.machine, JSON.parse(JSON.stringify(toStored(turn.state))) as StoredSnapshot);
    this.tells.push(...turn.tells);
    this.rows.push(...turn.rows);
    this.attempts.push(...turn.attempts);
    for (const recorded of turn.messages) this.#answered.set(recorded.id, recorded);
    return turn.messages;
  }
}
