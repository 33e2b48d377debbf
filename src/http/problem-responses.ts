import { PROBLEMS, type ProblemCode } from './problem-codes.ts';
import { ProblemDocument } from './schemas.ts';

const COMMON = {
  /** Any route. */
  open: ['REQUEST_MALFORMED', 'INTERNAL', 'RUNTIME_STOPPING', 'TIMED_OUT'],
  /** A route that wants a token and reads. */
  read: ['VALIDATION_FAILED', 'TOKEN_REQUIRED', 'TOKEN_INVALID', 'TOKEN_EXPIRED', 'FORBIDDEN', 'STORE_UNAVAILABLE'],
  /** A route that also sends a message to an actor. */
  send: ['BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED', 'MAILBOX_FULL', 'TOO_MANY_UNDELIVERED', 'REQUEST_PARKED'],
} as const satisfies Record<string, readonly ProblemCode[]>;

/** The refusals in a route's `response`, by status: those of every route of its sort, and its own. */
export function problemsOf(sort: keyof typeof COMMON, ...own: readonly ProblemCode[]) {
  const sorts = { open: COMMON.open, read: [...COMMON.open, ...COMMON.read] };
  const common = sort === 'send' ? [...sorts.read, ...COMMON.send] : sorts[sort];
  const byStatus = Object.groupBy([...common, ...own], (code) => String(PROBLEMS[code].status));
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, codes = []]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\` ${PROBLEMS[code].title.en}`).join('; '),
        content: { 'application/problem+json': { schema: ProblemDocument } },
      },
    ]),
  );
}
