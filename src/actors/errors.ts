/**
 * The one error class of the runtime and its ports, and the one table of codes.
 *
 * Owns: the codes, their retry class and what to do about each. The HTTP status of a code is the faces' business.
 * Invariant: a driver's error never crosses a port; the adapter wraps it here with `cause`.
 */

/** What the caller should do next. */
export type RetryClass = 'never' | 'again' | 'later' | 'human';

interface CodeInfo {
  readonly retry: RetryClass;
  readonly says: string;
}

/** Every code, in one place. A retired code is never used again. */
export const ERROR_CODES = {
  ADDRESS_INVALID: { retry: 'never', says: 'the address is not of the form type/id' },
  EVENT_INVALID: { retry: 'never', says: 'the event is not a plain JSON object with an allowed type' },
  MESSAGE_TOO_LARGE: { retry: 'never', says: 'the message is over 64 KiB' },
  MACHINE_UNKNOWN: { retry: 'never', says: 'no machine of that type is registered' },
  MACHINE_REFUSED: { retry: 'human', says: 'the machine uses what the runtime cannot make durable' },
  MACHINE_VERSION_UNKNOWN: {
    retry: 'later',
    says: 'the actor was written by a machine version this node does not know',
  },
  ACTOR_NOT_FOUND: { retry: 'never', says: 'no such actor' },
  MESSAGE_NOT_PARKED: { retry: 'never', says: 'only a parked message can be replayed, and only once per parking' },
  MAILBOX_FULL: { retry: 'later', says: 'too many messages wait for this actor' },
  TOO_MANY_UNDELIVERED: { retry: 'later', says: 'too many messages between actors are waiting to be delivered' },
  RUNTIME_STOPPING: { retry: 'later', says: 'the server is shutting down or not started' },
  STORE_UNAVAILABLE: { retry: 'later', says: 'the store did not answer in time; what was asked may still happen' },
  STORE_OWNED: { retry: 'human', says: 'another process owns this data folder' },
  STORE_CORRUPT: { retry: 'human', says: 'stored data does not match its checksum' },
  STORE_UNFIT: { retry: 'human', says: 'the store is not configured safely' },
  LEASE_UNAVAILABLE: { retry: 'later', says: 'the lease service did not answer' },
  QUEUE_UNAVAILABLE: { retry: 'later', says: 'the call queue did not take the attempt' },
  DEPENDENCY_UNKNOWN: { retry: 'never', says: 'no such dependency and policy' },
  DEPENDENCY_REFUSED: { retry: 'never', says: 'that cannot be done to the dependency' },
} as const satisfies Record<string, CodeInfo>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** An error with a code, a retry class and plain JSON details. `message` reads "<what the code says>: <specifics>". */
export class ActorError extends Error {
  readonly code: ErrorCode;
  readonly retry: RetryClass;
  readonly specifics: string;
  readonly retryAfterMs: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    specifics: string,
    options: { cause?: unknown; retryAfterMs?: number | undefined; hint?: string; [detail: string]: unknown } = {},
  ) {
    const { cause, retryAfterMs, ...details } = options;
    const hint = details.hint ? ` (${details.hint})` : '';
    super(`${ERROR_CODES[code].says}: ${specifics}${hint}`, cause === undefined ? undefined : { cause });
    this.name = 'ActorError';
    this.code = code;
    this.specifics = specifics;
    this.retry = ERROR_CODES[code].retry;
    this.retryAfterMs = retryAfterMs;
    this.details = details;
  }
}

/** Whether `error` is an `ActorError`, of that code when one is given. */
export function isActorError(error: unknown, code?: ErrorCode): error is ActorError {
  return error instanceof ActorError && (code === undefined || error.code === code);
}
