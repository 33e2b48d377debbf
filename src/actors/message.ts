/**
 * The message envelope: what waits in a mailbox.
 *
 * Owns message validation and the ids the runtime itself sends under. The event types that begin with `@` are the
 * runtime's own and `xstate.` is XState's; nobody outside can send either (a forged completion would pay twice).
 */
import type { Address } from './address.ts';
import { ActorError } from './errors.ts';
import type { CallOutcome } from './ports.ts';
import type { ActorEvent, Json } from './record.ts';

export const LIMITS = {
  messageBytes: 64 * 1024,
  turnMessages: 256,
  turnBytes: 512 * 1024,
  contextBytes: 256 * 1024,
  effects: 1024,
} as const;

export interface Message {
  readonly id: string;
  readonly event: ActorEvent;
  readonly cause: string;
  readonly trace?: string;
  /** Refused unless the actor stands at just this record when it is taken. */
  readonly ifSeq?: number;
}

/** Why a message is refused whose sender decided on what the actor no longer is. */
export const OUTDATED = 'PRECONDITION_FAILED';

const MESSAGE_ID = /^[\x21-\x7e]{1,400}$/;
const EVENT_TYPE = /^[A-Za-z][A-Za-z0-9_.]{0,63}$/;

/**
 * Checks an event from outside the runtime.
 * @throws EVENT_INVALID for a reserved or malformed type, a value JSON cannot carry or a malformed message id;
 * MESSAGE_TOO_LARGE over 64 KiB.
 */
export function assertMessage(id: string, event: ActorEvent): void {
  if (!MESSAGE_ID.test(id)) {
    throw new ActorError('EVENT_INVALID', 'a message id is 1 to 400 printable ASCII characters without spaces');
  }
  if (typeof event?.type !== 'string' || !EVENT_TYPE.test(event.type) || event.type.startsWith('xstate.')) {
    throw new ActorError('EVENT_INVALID', `event type "${String(event?.type).slice(0, 64)}"`);
  }
  const bytes = sizeOf(event);
  if (bytes > LIMITS.messageBytes) {
    throw new ActorError('MESSAGE_TOO_LARGE', `${event.type} has about ${bytes} bytes`);
  }
}

/**
 * About how many bytes `value` takes as JSON, never less than its characters.
 * @throws EVENT_INVALID for what JSON cannot carry (functions, bigint, NaN, class instances, cycles or depth over 64).
 */
export function sizeOf(value: unknown, depth = 0): number {
  if (value === null || value === undefined) return 4;
  switch (typeof value) {
    case 'string':
      return value.length + 2;
    case 'boolean':
      return 5;
    case 'number':
      if (!Number.isFinite(value)) throw new ActorError('EVENT_INVALID', `${value} is no JSON number`);
      return 12;
    case 'object':
      break;
    default:
      throw new ActorError('EVENT_INVALID', `a ${typeof value} is not JSON`);
  }
  if (depth > 64) throw new ActorError('EVENT_INVALID', 'nested deeper than 64');
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const item of value) bytes += 1 + sizeOf(item, depth + 1);
    return bytes;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new ActorError('EVENT_INVALID', 'only plain objects are JSON');
  }
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw new ActorError('EVENT_INVALID', 'a key may not be "__proto__"');
    bytes += key.length + 4 + sizeOf((value as Record<string, unknown>)[key], depth + 1);
  }
  return bytes;
}

/** The message a due timer or call attempt is sent as; whoever notices it first, it has the same id. */
export function dueMessage(actor: Address, token: string): Message {
  return { id: `${actor}!${token}`, event: { type: '@due', token }, cause: 'timer' };
}

/** The message an attempt's outcome comes back as. */
export function outcomeMessage(
  attempt: { id: string; callId: string; attempt: number; name: string; trace?: string },
  outcome: CallOutcome,
): Message {
  return {
    id: attempt.id,
    event: {
      type: '@outcome',
      call: attempt.callId,
      attempt: attempt.attempt,
      name: attempt.name,
      outcome: outcome as unknown as Json,
    },
    cause: 'call',
    ...(attempt.trace === undefined ? {} : { trace: attempt.trace }),
  };
}

const REPLAY = /~r(\d+)$/;

/** The id of the next replay of a parked message: `<id>~r1`, then `~r2`, so two operators make one. */
export function replayId(parkedId: string): string {
  const match = REPLAY.exec(parkedId);
  return match ? `${parkedId.slice(0, match.index)}~r${Number(match[1]) + 1}` : `${parkedId}~r1`;
}
