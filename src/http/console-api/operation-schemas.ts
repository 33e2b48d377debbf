/**
 * The shapes of what operations works from: incidents, timers, dead letters, dependencies, notes and the start page.
 * As in `schemas.ts`, times are epoch ms, words come in both languages, and response shapes are allow-lists.
 */
import { type Static, Type } from 'typebox';
import { closed, impersonal, orNull, rule } from '../schemas.ts';
import { ActionReason, Approval, Id, Job, OUTCOMES, Page, Refusal, Ticket } from './action-schemas.ts';
import { ActorCard, Count, Fen, Ms, oneOf, valueOrNull, Words } from './schemas.ts';

// Requests ------------------------------------------------------------------------------------------------------------

export const SnoozeRequest = Type.Object(
  {
    reason: ActionReason,
    minutes: Type.Integer({ minimum: 5, maximum: 10_080, ...rule('5 至 10080 的整数', 'a whole number, 5 to 10080') }),
  },
  closed,
);

export const NoteRequest = Type.Object(
  {
    text: Type.String({
      ...impersonal,
      pattern: '^(?=[^]*[^\\p{Z}\\p{C}])(?:[^\\p{C}]|\\n){1,2000}$',
      ...rule('备注：1 至 2000 个字符', 'a note of 1 to 2000 characters'),
    }),
    ticket: Type.Optional(Ticket),
    /** The note that this is a newer version of. */
    edits: Type.Optional(Id),
  },
  closed,
);

const PolicyName = Type.String({
  pattern: '^[A-Za-z][A-Za-z0-9_.\\-]{0,63}$',
  ...rule('依赖或策略的名称', 'the name of a dependency or policy, as the list has it'),
});
export const PolicyPath = Type.Object({ dependency: PolicyName, policy: PolicyName });
const TtlMinutes = Type.Integer({
  minimum: 1,
  maximum: 1_440,
  ...rule('1 至 1440 的整数', 'a whole number, 1 to 1440'),
});
export const HoldRequest = Type.Object({ reason: ActionReason, ttlMinutes: TtlMinutes }, closed);
export const LimitRequest = Type.Object(
  {
    reason: ActionReason,
    /** Its most is the policy's own. */
    limit: Type.Integer({ ...rule('同时调用数：整数', 'how many calls at once: a whole number') }),
    ttlMinutes: TtlMinutes,
  },
  closed,
);

export const ReplayRequest = Type.Object(
  {
    ids: Type.Array(Id, { minItems: 1, maxItems: 100, uniqueItems: true, ...rule('1 至 100 个编号', '1 to 100 ids') }),
    reason: ActionReason,
  },
  closed,
);

// Incidents -----------------------------------------------------------------------------------------------------------

/** Actors in the same trouble. It is over when none is left, and open again when one is that its owner had not seen. */
export const Incident = Type.Object({
  id: Type.String(),
  type: Type.String(),
  state: Type.String(),
  stateTitle: Words,
  cause: oneOf(['overdue', 'failing', 'paid_after_release']),
  /** Code of what goes wrong. */
  errorClass: orNull(Type.String()),
  dependency: orNull(Type.String()),
  /** The worst breaker of that dependency; null without one. */
  breaker: valueOrNull(Type.Object({ state: Type.String(), isHeld: Type.Boolean() })),
  count: Count,
  /** Only so many of the oldest were looked at: there may be more. */
  isCountLeast: Type.Boolean(),
  amountFen: orNull(Fen),
  oldestAt: Ms,
  newestAt: Ms,
  status: oneOf(['open', 'acknowledged', 'snoozed', 'cleared']),
  owner: orNull(Type.String()),
  reason: orNull(Type.String()),
  snoozedUntil: orNull(Ms),
  /** How many were in it, in each half hour of the last day, oldest first; the last is now. */
  trend: Type.Array(Count),
  /** When it was found to be over and closed by itself. */
  clearedAt: orNull(Ms),
});
/** `cleared` ones are those of the last day that are over. */
export const Incidents = Type.Object({ now: Ms, data: Type.Array(Incident) });
export const IncidentDetail = Type.Object({ now: Ms, incident: Incident, items: Type.Array(ActorCard) });

// Timers, dead letters ------------------------------------------------------------------------------------------------

export const Timers = Type.Object({
  now: Ms,
  /** The earliest due first, of the next hour. */
  data: Type.Array(
    Type.Object({
      address: Type.String(),
      dueAt: Ms,
      /** Due for longer than a sweep takes to notice. */
      isLate: Type.Boolean(),
      entries: Type.Array(
        Type.Object({
          kind: oneOf(['timer', 'call']),
          name: Type.String(),
          title: Words,
          dueAt: Ms,
          attempt: Count,
        }),
      ),
    }),
  ),
});

/** What waits to be taken and told: of the process that answers, and how far each is behind. */
export const Backlog = Type.Object({
  now: Ms,
  /** Messages that wait for their turn, by type of actor; those without any are left out. */
  queued: Type.Array(Type.Object({ type: Type.String(), title: Words, count: Count, oldestAt: Ms })),
  /** Messages to other actors that are not taken yet. */
  outbox: Type.Object({ count: Count, oldestAt: orNull(Ms) }),
  /** Of all processes, without those that are gone and owe nothing. */
  processes: Type.Array(
    Type.Object({
      id: Type.String(),
      role: Type.String(),
      status: oneOf(['live', 'silent']),
      heartbeatAt: Ms,
      /** Commits whose messages and lists are not all done. */
      behind: Count,
    }),
  ),
});

export const DeadLetter = Type.Object({
  id: Type.String(),
  /** `parked`: the receiver's step failed. `undelivered`: it has not reached the receiver. */
  kind: oneOf(['parked', 'undelivered']),
  to: Type.String(),
  from: Type.String(),
  event: Type.String(),
  title: Words,
  reason: valueOrNull(Type.Object({ code: Type.String(), detail: Type.String() })),
  at: Ms,
  nextAt: orNull(Ms),
  attempts: Count,
  /** Of a parked message: what its replay came to. */
  replay: valueOrNull(oneOf(OUTCOMES)),
});
export const DeadLetters = Type.Object({ now: Ms, undeliveredCount: Count, data: Type.Array(DeadLetter) });
export const ReplayResults = Type.Object({
  data: Type.Array(
    Type.Object({ id: Type.String(), outcome: valueOrNull(oneOf(OUTCOMES)), refusal: valueOrNull(Refusal) }),
  ),
});

// Dependencies --------------------------------------------------------------------------------------------------------

export const Dependency = Type.Object({
  dependency: Type.String(),
  policy: Type.String(),
  state: Type.String(),
  isShadow: Type.Boolean(),
  openedAt: orNull(Ms),
  nextProbeAt: orNull(Ms),
  failureRatio: Type.Number(),
  slowRatio: Type.Number(),
  thresholdRatio: Type.Number(),
  slowThresholdRatio: Type.Number(),
  slowMs: Type.Number(),
  limit: Count,
  configuredLimit: Count,
  mostLimit: Count,
  limitChange: valueOrNull(Type.Object({ limit: Count, by: Type.String(), reason: Type.String(), until: Ms })),
  inFlight: Count,
  queueLimit: Count,
  queueDepth: Count,
  /** Attempts of the last minute, on the process that answers; null without any. */
  pace: valueOrNull(
    Type.Object({ perSecond: Type.Number(), p50Ms: Type.Number(), p95Ms: Type.Number(), p99Ms: Type.Number() }),
  ),
  /** What the breaker is on each process. */
  instances: Type.Array(
    Type.Object({
      id: Type.String(),
      role: Type.String(),
      state: Type.String(),
      isSilent: Type.Boolean(),
      isSelf: Type.Boolean(),
    }),
  ),
  retryBudgetRatio: Type.Number(),
  calls: Type.Unsafe<Record<string, number>>({ type: 'object', additionalProperties: { type: 'number' } }),
  quotas: Type.Array(
    Type.Object({
      name: Type.String(),
      limit: orNull(Type.Number()),
      remaining: orNull(Type.Number()),
      resetsAt: orNull(Ms),
      bannedUntil: orNull(Ms),
    }),
  ),
  hold: valueOrNull(Type.Object({ by: Type.String(), reason: Type.String(), until: Ms })),
  /** The last 20, oldest first. */
  transitions: Type.Array(Type.Object({ at: Ms, from: Type.String(), to: Type.String(), cause: Type.String() })),
  /** Actors in states that need it to get on. */
  waiting: Type.Array(Type.Object({ type: Type.String(), state: Type.String(), title: Words, count: Count })),
});
export const DependencyList = Type.Object({ now: Ms, data: Type.Array(Dependency) });
/** `outcome` of a probe: what the call came to, or `due` when the next call finds out. */
export const Steered = Type.Object({ dependency: Dependency, outcome: orNull(Type.String()) });

// Notes, home ---------------------------------------------------------------------------------------------------------

export const Note = Type.Object({
  id: Type.String(),
  by: Type.String(),
  at: Ms,
  text: Type.String(),
  ticket: orNull(Type.String()),
  edits: orNull(Type.String()),
  /** Members of staff whom it names. */
  mentions: Type.Array(Type.String()),
});
export const Notes = Page(Note);

export const Home = Type.Object({
  now: Ms,
  /** As they are now, those followed last first. */
  followed: Type.Array(ActorCard),
  /** Those that this user may decide first. */
  approvals: Type.Array(Approval),
  /** Done by one person in an emergency, to be reviewed by this user or somebody like them. */
  reviews: Type.Array(Approval),
  incidents: Type.Array(Incident),
  /** Those under way. */
  jobs: Type.Array(Job),
  /** The processes that live, and those that fell silent, started last first. */
  processes: Type.Array(
    Type.Object({ id: Type.String(), role: Type.String(), startedAt: Ms, status: oneOf(['live', 'silent']) }),
  ),
  overdue: Type.Array(Type.Object({ type: Type.String(), state: Type.String(), title: Words, count: Count })),
  dependencies: Type.Array(
    Type.Object({ dependency: Type.String(), policy: Type.String(), state: Type.String(), isHeld: Type.Boolean() }),
  ),
});

export type DeadLetter = Static<typeof DeadLetter>;
export type DeadLetters = Static<typeof DeadLetters>;
export type Dependency = Static<typeof Dependency>;
export type Home = Static<typeof Home>;
export type Incident = Static<typeof Incident>;
export type IncidentDetail = Static<typeof IncidentDetail>;
export type Incidents = Static<typeof Incidents>;
export type Note = Static<typeof Note>;
export type Backlog = Static<typeof Backlog>;
export type Timers = Static<typeof Timers>;
