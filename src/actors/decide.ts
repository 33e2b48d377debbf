/**
 * The pure step: a snapshot and the messages of one turn in, the next snapshot and its effects out.
 *
 * Owns the translation between XState and our plain format, the collection of effects and the judgement of each
 * message's outcome. No I/O, no clock, no randomness: `now` and `fraction` are arguments.
 *
 * Invariants:
 * D1  One message's failure (a throw, a broken limit) undoes that message alone and is recorded as `parked`.
 * D2  The same arguments give the same turn, so a turn can be decided again after a lost insert.
 * D3  Only settled snapshots leave this file (a macrostep is never cut).
 */
import type { AnyMachineSnapshot, AnyStateMachine, StateValue } from 'xstate';
import type { Address } from './address.ts';
import { idOf } from './address.ts';
import type { Chart, Step } from './chart.ts';
import {
  type AbandonEffect,
  type CallEffect,
  checkedCall,
  checkedTell,
  listOf,
  type RowEffect,
  type TellEffect,
} from './effects.ts';
import { isActorError } from './errors.ts';
import { LIMITS, type Message, OUTDATED, sizeOf } from './message.ts';
import type { CallOutcome } from './ports.ts';
import {
  type ActorEvent,
  type Json,
  type Reason,
  type RecordedMessage,
  type Row,
  type StoredSnapshot,
  stateName,
  type Tell,
  type Waiting,
  type WaitingCall,
} from './record.ts';
import type { Logic } from './registry.ts';
import { nextAttempt, openCall, postponedCall, reactToDue, retriedCall } from './waiting.ts';

export interface LiveState {
  readonly snapshot: AnyMachineSnapshot;
  /** When it came into the state it is in. */
  readonly since: number;
  readonly waiting: readonly Waiting[];
}

export interface Turn {
  /** One for each message taken: the first so many of those given. A turn ends early rather than break the effect limit. */
  readonly messages: readonly RecordedMessage[];
  readonly state: LiveState;
  readonly tells: readonly Tell[];
  readonly rows: readonly Row[];
  /** Attempts to dispatch once the turn is committed; each also stands in `waiting`. */
  readonly attempts: readonly WaitingCall[];
}

export interface TurnInput {
  readonly logic: Logic;
  readonly actor: Address;
  readonly seq: number;
  /** Undefined for an actor's first turn. */
  readonly state: LiveState | undefined;
  readonly messages: readonly Message[];
  readonly now: number;
  /** In [0, 1), for backoff jitter. */
  readonly fraction: number;
}

/** Decides one turn. Never throws for what a message does (D1), only when the machine has no initial state. */
export function decide(input: TurnInput): Turn {
  const draft = new Draft(input);
  return draft.run();
}

class TooManyEffects extends Error {}

class Draft {
  readonly #input: TurnInput;
  readonly #chart: Chart;
  #snapshot: AnyMachineSnapshot | undefined;
  #waiting: readonly Waiting[];
  readonly #tells: Tell[] = [];
  readonly #rows: Row[] = [];
  readonly #attempts: WaitingCall[] = [];
  #effectCount = 0;
  #refusal: Reason | undefined;
  #edges: string[] = [];

  constructor(input: TurnInput) {
    this.#input = input;
    this.#chart = input.logic.chart;
    this.#snapshot = input.state?.snapshot;
    this.#waiting = input.state?.waiting ?? [];
  }

  run(): Turn {
    const messages: RecordedMessage[] = [];
    for (const message of this.#input.messages) {
      const taken = this.#isOutdated(message, messages.length)
        ? outdated(message)
        : this.#take(message, messages.length > 0);
      if (taken === undefined) break;
      messages.push(taken);
    }
    // Attempts whose call was closed again by a later message of the same turn are not sent.
    const open = new Set(this.#waiting.map((entry) => entry.token));
    const snapshot = this.#current();
    return {
      messages,
      state: { snapshot, since: this.#since(snapshot), waiting: this.#waiting },
      tells: this.#tells,
      rows: this.#rows,
      attempts: this.#attempts.filter((call) => open.has(call.token)),
    };
  }

  #since(after: AnyMachineSnapshot): number {
    const { state, now } = this.#input;
    return state !== undefined && isSameState(state.snapshot.value, after.value) ? state.since : now;
  }

  /** The snapshot, made by the machine's initial step at the first need. */
  #current(): AnyMachineSnapshot {
    if (this.#snapshot === undefined) {
      const { actor, now } = this.#input;
      this.#adopt(this.#chart.begin({ id: idOf(actor), at: now }));
    }
    return this.#snapshot as AnyMachineSnapshot;
  }

  /** What came before it in this turn has changed the actor as much as another record would have. */
  #isOutdated({ ifSeq }: Message, place: number): boolean {
    return ifSeq !== undefined && (ifSeq !== this.#input.seq - 1 || place > 0);
  }

  /** Undefined when the message must wait for a turn of its own. */
  #take(message: Message, mayWait: boolean): RecordedMessage | undefined {
    const before = {
      snapshot: this.#snapshot,
      waiting: this.#waiting,
      tells: this.#tells.length,
      rows: this.#rows.length,
      attempts: this.#attempts.length,
      effectCount: this.#effectCount,
    };
    this.#refusal = undefined;
    this.#edges = [];
    const { id, event, cause } = message;
    try {
      this.#current();
      this.#edges = [];
      const moved = this.#react(message);
      const edges = this.#edges;
      if (this.#refusal !== undefined) return { id, event, cause, edges, outcome: 'refused', reason: this.#refusal };
      return { id, event, cause, edges, outcome: moved ? 'done' : 'ignored' };
    } catch (error) {
      this.#snapshot = before.snapshot;
      this.#waiting = before.waiting;
      this.#tells.length = before.tells;
      this.#rows.length = before.rows;
      this.#attempts.length = before.attempts;
      this.#effectCount = before.effectCount;
      if (mayWait && error instanceof TooManyEffects) return undefined;
      return { id, event, cause, edges: [], outcome: 'parked', reason: toReason(error) };
    }
  }

  /** Whether anything took the message. */
  #react(message: Message): boolean {
    const { event } = message;
    if (event.type === '@due') return this.#due(message);
    if (event.type === '@outcome') return this.#outcome(message);
    return this.#step(event, message);
  }

  #step(event: ActorEvent, message: Message): boolean {
    const step = this.#chart.step(this.#current(), { ...event, at: this.#input.now, id: message.id });
    this.#adopt(step);
    return step.edges.length > 0;
  }

  #adopt({ snapshot, effects, edges }: Step): void {
    this.#snapshot = snapshot;
    this.#edges.push(...edges);
    for (const { type, params } of effects) this.#apply(type, params);
  }

  #due(message: Message): boolean {
    const token = message.event['token'];
    const entry = this.#waiting.find((waiting) => waiting.token === token);
    if (entry === undefined) return false;
    const reaction = reactToDue(entry);
    if (reaction.kind === 'again') {
      this.#replace(nextAttempt(reaction.call, this.#nextToken(), this.#input.now), true);
      return true;
    }
    this.#waiting = this.#waiting.filter((waiting) => waiting !== entry);
    this.#step(reaction.event, message);
    return true;
  }

  #outcome(message: Message): boolean {
    const {
      call: callId,
      attempt,
      name,
    } = message.event as ActorEvent & { call: string; attempt: number; name: string };
    const outcome = message.event['outcome'] as unknown as CallOutcome;
    const call = this.#waiting.find((entry): entry is WaitingCall => entry.kind === 'call' && entry.id === callId);
    const about = { callId, attempt };
    if (call === undefined) return this.#step({ type: `${name}.late`, ...about, outcome: outcome as never }, message);
    const ends = outcome.kind === 'ok' || outcome.kind === 'refused' || call.retry === undefined;
    if (ends) {
      this.#waiting = this.#waiting.filter((entry) => entry !== call);
      const { kind, ...rest } = outcome;
      this.#step({ type: `${call.name}.${kind}`, ...about, ...(rest as object) }, message);
      return true;
    }
    // An earlier attempt's half-news says nothing about the one that is out now.
    if (attempt !== call.attempt) return false;
    const { now, fraction } = this.#input;
    this.#replace(
      outcome.kind === 'postponed'
        ? postponedCall(call, this.#nextToken(), Math.max(outcome.until, now))
        : retriedCall(call, this.#nextToken(), now, fraction),
      false,
    );
    return true;
  }

  #replace(call: WaitingCall, dispatch: boolean): void {
    this.#waiting = this.#waiting.map((entry) => (entry.kind === 'call' && entry.id === call.id ? call : entry));
    if (dispatch) this.#attempts.push(call);
  }

  #nextToken(): string {
    this.#countEffect();
    return `${this.#input.seq}.${this.#effectCount}`;
  }

  #countEffect(): void {
    this.#effectCount += 1;
    if (this.#effectCount > LIMITS.effects) throw new TooManyEffects(`more than ${LIMITS.effects} effects`);
  }

  #apply(type: string, params: unknown): void {
    const { actor, now } = this.#input;
    switch (type) {
      case 'tell':
        for (const effect of listOf(params as TellEffect | TellEffect[])) {
          const checked = checkedTell(effect);
          if (sizeOf(checked.event) > LIMITS.messageBytes) throw new Error(`a tell to ${checked.to} is over 64 KiB`);
          this.#tells.push({ id: `${actor}#${this.#nextToken()}`, ...checked });
        }
        return;
      case 'call':
        for (const effect of listOf(params as CallEffect | CallEffect[])) {
          const checked = checkedCall(effect);
          const token = this.#nextToken();
          const call = openCall(`${actor}#${token}`, token, now, checked);
          this.#waiting = [...this.#waiting.filter((e) => e.kind !== 'call' || e.name !== call.name), call];
          this.#attempts.push(call);
        }
        return;
      case 'abandon':
        for (const { name } of listOf(params as AbandonEffect | AbandonEffect[])) {
          this.#waiting = this.#waiting.filter((entry) => entry.kind !== 'call' || entry.name !== name);
        }
        return;
      case 'row':
        for (const { table, owner, data } of listOf(params as RowEffect | RowEffect[])) {
          this.#rows.push({ id: `${actor}#${this.#nextToken()}`, table, owner, data });
        }
        return;
      case 'refuse':
        this.#refusal = params as Reason;
        return;
      case 'xstate.raise': {
        const { event, id, delay } = params as { event: ActorEvent; id: string; delay: number };
        const token = this.#nextToken();
        if (!Number.isFinite(delay)) throw new Error(`timer ${id} has no delay`);
        const dueAt = now + Math.max(0, Math.ceil(delay));
        const timer: Waiting = { kind: 'timer', id, dueAt, token, attempt: 0, event };
        this.#waiting = [...this.#waiting.filter((entry) => entry.id !== id), timer];
        return;
      }
      case 'xstate.cancel': {
        const { sendId } = params as { sendId: string };
        this.#waiting = this.#waiting.filter((entry) => entry.id !== sendId);
        return;
      }
      default:
        throw new Error(`"${type}" is no effect of this runtime`);
    }
  }
}

function outdated({ id, event, cause, ifSeq }: Message): RecordedMessage {
  const reason = { code: OUTDATED, detail: `it was meant for seq ${ifSeq}` };
  return { id, event, cause, edges: [], outcome: 'refused', reason };
}

function isSameState(before: StateValue, after: StateValue): boolean {
  if (before === after) return true;
  return (
    typeof before !== 'string' && typeof after !== 'string' && stateName(before as Json) === stateName(after as Json)
  );
}

function toReason(error: unknown): Reason {
  const detail = error instanceof Error ? error.message : String(error);
  return { code: isActorError(error) ? error.code : 'STEP_FAILED', detail: detail.slice(0, 500) };
}

/** Our plain format of a live state (R1). */
export function toStored({ snapshot, since, waiting }: LiveState): StoredSnapshot {
  return {
    value: snapshot.value as StoredSnapshot['value'],
    context: snapshot.context as StoredSnapshot['context'],
    status: snapshot.status,
    since,
    waiting,
  };
}

/**
 * A live state from our plain format; no effect runs and nothing starts.
 * @throws when the state value does not exist in this machine.
 */
export function fromStored(machine: AnyStateMachine, stored: StoredSnapshot): LiveState {
  const snapshot = machine.resolveState({
    value: stored.value as never,
    context: stored.context as never,
    status: stored.status as never,
  });
  return { snapshot: snapshot as AnyMachineSnapshot, since: stored.since, waiting: stored.waiting };
}

/** The turn that takes one message as parked: its context would be too large to store. The state stays what it was. */
export function parkOversized({ id, event, cause }: Message, state: LiveState): Turn {
  const reason = { code: 'CONTEXT_TOO_LARGE', detail: `over ${LIMITS.contextBytes} bytes after this message` };
  const parked: RecordedMessage = { id, event, cause, edges: [], outcome: 'parked', reason };
  return { messages: [parked], state, tells: [], rows: [], attempts: [] };
}
