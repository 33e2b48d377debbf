/**
 * What an actor waits for: timers and open calls as entries of its snapshot.
 *
 * Owns the life of a call entry: sent → (backoff | postponed → sent)* → gone.
 * Invariants:
 * W1  Each arming has its own token; a due message whose token stands nowhere does nothing.
 * W2  An attempt number is dispatched by exactly one committed record; a postponement does not count as a failure.
 */
import type { CallEffect } from './effects.ts';
import type { ActorEvent, RetryPolicy, Waiting, WaitingCall } from './record.ts';

type CheckedCall = Required<Omit<CallEffect, 'retry'>> & { retry?: RetryPolicy };

/** A call's first attempt, out from now. */
export function openCall(id: string, token: string, now: number, effect: CheckedCall): WaitingCall {
  const { name, activity, input, sendWithinMs, timeoutMs, retry } = effect;
  return {
    kind: 'call',
    id,
    dueAt: now + sendWithinMs + timeoutMs,
    token,
    attempt: 1,
    phase: 'sent',
    name,
    activity,
    input,
    sendWithinMs,
    timeoutMs,
    ...(retry === undefined ? {} : { retry }),
    failures: 0,
  };
}

/** The next attempt, out from now. */
export function nextAttempt(call: WaitingCall, token: string, now: number): WaitingCall {
  const dueAt = now + call.sendWithinMs + call.timeoutMs;
  return { ...call, dueAt, token, attempt: call.attempt + 1, phase: 'sent' };
}

/** Surely not done and to be sent again at `until`, without counting as a failure. */
export function postponedCall(call: WaitingCall, token: string, until: number): WaitingCall {
  return { ...call, dueAt: until, token, phase: 'postponed' };
}

/** To be tried again after a backoff: base × 2^failures up to max, of which a random half is kept. */
export function retriedCall(call: WaitingCall, token: string, now: number, fraction: number): WaitingCall {
  const { baseMs, maxMs } = call.retry ?? { baseMs: 1_000, maxMs: 60_000 };
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(call.failures, 30));
  return {
    ...call,
    dueAt: now + Math.ceil(full * (0.5 + fraction / 2)),
    token,
    phase: 'backoff',
    failures: call.failures + 1,
  };
}

/** What a due entry asks for: the machine's own event, or another attempt. */
export function reactToDue(
  entry: Waiting,
): { kind: 'event'; event: ActorEvent } | { kind: 'again'; call: WaitingCall } {
  if (entry.kind === 'timer') return { kind: 'event', event: entry.event };
  if (entry.phase !== 'sent') return { kind: 'again', call: entry };
  if (entry.retry !== undefined) return { kind: 'again', call: { ...entry, failures: entry.failures + 1 } };
  const event = {
    type: `${entry.name}.unknown`,
    callId: entry.id,
    attempt: entry.attempt,
    lost: true,
    reason: { code: 'ATTEMPT_LOST', detail: 'no outcome was recorded in time' },
  };
  return { kind: 'event', event };
}
