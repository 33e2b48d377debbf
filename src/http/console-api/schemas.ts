/**
 * The shapes of the console's API. The page is written against these types.
 *
 * Times are epoch ms, since the page shows them in three ways. Words for people come in both languages, so that switching
 * the language asks for nothing again. Amounts are integer fen. Personal data is masked in every shape but `Revealed`.
 */
import { type Static, type TSchema, Type } from 'typebox';
import { ActorId, ActorPath, closed, listOf, orNull, Reason, rule } from '../schemas.ts';

export const Ms = Type.Integer({ description: 'Epoch ms', examples: [1_772_328_600_000] });
export const Count = Type.Integer({ minimum: 0 });
export const Fen = Type.Integer({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });
export const Words = Type.Object({ zh: Type.String(), en: Type.String() });
export const AnyJson = Type.Unsafe<unknown>({});
export const AnyObject = Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true });

export function oneOf<const T extends readonly string[]>(values: T) {
  return Type.Unsafe<T[number]>({
    type: 'string',
    enum: values,
    ...rule(`${values.join('、')} 之一`, `one of ${values.join(', ')}`),
  });
}

/** A value of the shape, or null; for plain strings and numbers `orNull` is shorter. */
export function valueOrNull<T extends TSchema>(schema: T) {
  return Type.Unsafe<Static<T> | null>({ anyOf: [schema, { type: 'null' }] });
}

// Cards: one line about an actor --------------------------------------------------------------------------------------

export const ActorCard = Type.Object({
  address: Type.String({ examples: ['order/4082390712345678901'] }),
  type: Type.String(),
  id: Type.String(),
  typeTitle: Words,
  state: Type.String(),
  stateTitle: Words,
  /** What lists filter by, e.g. `paid`. */
  status: Type.String(),
  owner: orNull(Type.String()),
  amountFen: orNull(Fen),
  /** When its last record was committed. */
  at: Ms,
  seq: Count,
  /** Its earliest timer or call is due later than it should be, or it has stood longer than its state allows. */
  isOverdue: Type.Boolean(),
});

// One actor -----------------------------------------------------------------------------------------------------------

/** How the page is to show a value of the context. */
const FIELD_KINDS = ['text', 'fen', 'time', 'duration', 'flag', 'json', 'masked', 'actor'] as const;

export const Field = Type.Object({
  /** Place in the context, `account.identity`. */
  path: Type.String(),
  label: Words,
  kind: oneOf(FIELD_KINDS),
  value: AnyJson,
  /** Name to ask for in `POST …/reveal`; null when there is nothing behind what is shown. */
  reveal: orNull(Type.String()),
  /** For `actor`: what it leads to. */
  address: orNull(Type.String()),
});

export const Waiting = Type.Object({
  id: Type.String(),
  kind: oneOf(['timer', 'call']),
  title: Words,
  dueAt: Ms,
  attempt: Count,
  /** Of the record that began it, or sent its last attempt. */
  seq: Count,
  /** Of a call. */
  phase: valueOrNull(oneOf(['sent', 'backoff', 'postponed'])),
  activity: orNull(Type.String()),
  isLate: Type.Boolean(),
});

/** A sentence of "what is going on". */
const Sentence = Type.Object({
  kind: oneOf(['where', 'waits', 'customer', 'answer', 'may', 'trouble']),
  text: Words,
});

const Undelivered = Type.Object({
  id: Type.String(),
  from: Type.String(),
  event: Type.String(),
  since: Ms,
  nextAt: Ms,
  attempts: Count,
});

const Parked = Type.Object({
  seq: Count,
  at: Ms,
  messageId: Type.String(),
  event: Type.String(),
  reason: Type.String(),
});

export const Entity = Type.Object({
  ...ActorCard.properties,
  /** The version that made its last record. */
  machine: Type.String(),
  /** Another one than this program runs. */
  isOtherVersion: Type.Boolean(),
  /** The active states, those that enclose others first, as node ids of the chart: `withdrawal.paying.sending`. */
  activeNodes: Type.Array(Type.String()),
  isFinal: Type.Boolean(),
  help: Words,
  createdAt: Ms,
  /** When it came into its state. */
  stateSince: Ms,
  /** 0 = it may stay for ever. */
  slaSeconds: Count,
  sentences: Type.Array(Sentence),
  fields: Type.Array(Field),
  waiting: Type.Array(Waiting),
  undelivered: Type.Array(Undelivered),
  /** Messages that a person has to look at, of the last records. */
  parked: Type.Array(Parked),
  related: Type.Array(Type.Object({ ...ActorCard.properties, relation: Words })),
  /** The server's clock, for ages and countdowns. */
  now: Ms,
});

// Journal -------------------------------------------------------------------------------------------------------------

export const JournalQuery = Type.Object(
  {
    after: Type.Optional(Type.Integer({ minimum: 0, ...rule('不小于 0 的整数', 'a whole number from 0') })),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 2_000, ...rule('1 至 2000 的整数', 'a whole number from 1 to 2000') }),
    ),
  },
  closed,
);

const OUTCOMES = ['done', 'ignored', 'refused', 'parked'] as const;
/** Who made it happen: the app, a person of the staff, a timer, a partner's answer, another actor, the runtime itself. */
export const CAUSES = ['app', 'staff', 'timer', 'call', 'actor', 'system'] as const;

/** One record, light: enough for the timeline and for lighting the chart. */
export const JournalRow = Type.Object({
  seq: Count,
  at: Ms,
  /** State after it. */
  state: Type.String(),
  /** Edges of the chart that were taken, in order. */
  edges: Type.Array(Type.String()),
  messages: Type.Array(
    Type.Object({
      event: Type.String(),
      title: Words,
      cause: oneOf(CAUSES),
      /** Who in particular: a user, a member of staff, an address. */
      by: orNull(Type.String()),
      outcome: oneOf(OUTCOMES),
      /** Code of a refusal, or of why it was parked. */
      reason: orNull(Type.String()),
    }),
  ),
  /** How many messages to others and calls it sent. */
  sent: Count,
  traceId: orNull(Type.String()),
});

export const JournalPage = Type.Object({
  data: Type.Array(JournalRow),
  hasMore: Type.Boolean(),
  /** The last seq there is. */
  lastSeq: Count,
});

/** The latest attempts of calls to the outside, the newest first. */
export const CallAttempts = Type.Object({
  data: Type.Array(
    Type.Object({
      /** Of the call, the same for all its attempts. */
      id: Type.String(),
      /** As the machine counts them, where it does. */
      attempt: Count,
      activity: Type.String(),
      title: Words,
      /** The record that sent it out. */
      seq: Count,
      at: Ms,
      /** Its answer may still come; else, without one, none was heard of in time. */
      isOpen: Type.Boolean(),
      answer: valueOrNull(
        Type.Object({ seq: Count, at: Ms, kind: Type.String(), title: Words, code: orNull(Type.String()) }),
      ),
    }),
  ),
});

export const SeqPath = Type.Object({
  ...ActorPath.properties,
  seq: Type.String({ pattern: '^[1-9][0-9]{0,15}$', ...rule('从 1 开始的序号', 'a seq, from 1') }),
});

/** One record, whole (sealed values cut). */
export const JournalEntry = Type.Object({
  seq: Count,
  at: Ms,
  machine: Type.String(),
  state: Type.String(),
  messages: Type.Array(
    Type.Object({
      id: Type.String(),
      event: AnyObject,
      title: Words,
      cause: oneOf(CAUSES),
      by: orNull(Type.String()),
      edges: Type.Array(Type.String()),
      outcome: oneOf(OUTCOMES),
      reason: valueOrNull(Type.Object({ code: Type.String(), detail: Type.Optional(Type.String()) })),
    }),
  ),
  tells: Type.Array(Type.Object({ id: Type.String(), to: Type.String(), event: AnyObject })),
  /** Attempts of calls that this record sent out. */
  calls: Type.Array(
    Type.Object({ id: Type.String(), name: Type.String(), activity: Type.String(), attempt: Count, input: AnyObject }),
  ),
  rows: Type.Array(Type.Object({ table: Type.String(), data: AnyObject })),
  node: Type.String(),
  traceId: orNull(Type.String()),
  hash: orNull(Type.String()),
});

/** How it stood after the record of that seq. */
export const StateAt = Type.Object({
  seq: Count,
  at: Ms,
  lastSeq: Count,
  machine: Type.String(),
  isOtherVersion: Type.Boolean(),
  state: Type.String(),
  stateTitle: Words,
  activeNodes: Type.Array(Type.String()),
  /** Edges that this record took. */
  edges: Type.Array(Type.String()),
  fields: Type.Array(Field),
  /** Paths of fields that this record changed. */
  changed: Type.Array(Type.String()),
  waiting: Type.Array(Waiting),
  sentences: Type.Array(Sentence),
});

/** Of a machine, as records name it. */
export const Version = Type.String({
  pattern: '^[a-z][a-z0-9]{0,31}@[0-9a-f]{12}$',
  ...rule('流程版本，如 order@0123456789ab', 'a version of the machine, such as order@0123456789ab'),
});

/** Of the machine's chart, the current version's when none is named; `focus` = ids of active states, joined by commas, for
 * only what is around them. */
export const GraphQuery = Type.Object(
  {
    version: Type.Optional(Version),
    direction: Type.Optional(oneOf(['right', 'down'])),
    locale: Type.Optional(oneOf(['zh-CN', 'en'])),
    focus: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_.,\\-]{1,1000}$',
        ...rule('以逗号分隔的状态', 'ids of states, joined by commas'),
      }),
    ),
  },
  closed,
);

export const Reveal = Type.Object(
  {
    field: Type.String({
      pattern: '^[A-Za-z][A-Za-z0-9.]{0,63}$',
      ...rule('fields 中某项的 reveal', 'the "reveal" of one of the fields'),
    }),
    reason: Reason,
  },
  closed,
);

export const Revealed = Type.Object({
  field: Type.String(),
  value: Type.String(),
  /** The page hides it again then. */
  hideAt: Ms,
});

// Account -------------------------------------------------------------------------------------------------------------

export const UserPath = Type.Object({ userId: ActorId });

export const AccountPage = Type.Object({
  userId: Type.String(),
  pendingFen: Fen,
  availableFen: Fen,
  heldFen: Fen,
  debtFen: Fen,
  /** The holds and the sums disagree: call an engineer. */
  isImbalanced: Type.Boolean(),
  seq: Count,
  frozen: valueOrNull(Type.Object({ by: Type.String(), reason: Type.String(), at: Ms })),
  channels: Type.Array(Type.String()),
  holds: Type.Array(Type.Object({ withdrawal: Type.String(), amountFen: Fen })),
  now: Ms,
});

/** Of a user's orders or withdrawals, the newest first. */
export const CardPage = listOf(ActorCard);

export const LedgerLine = Type.Object({
  seq: Count,
  at: Ms,
  kind: Type.String(),
  pendingFen: Fen,
  availableFen: Fen,
  heldFen: Fen,
  debtFen: Fen,
  /** What caused it. */
  address: orNull(Type.String()),
  /** The sums after it. */
  after: Type.Object({ pendingFen: Fen, availableFen: Fen, heldFen: Fen, debtFen: Fen }),
});
export const LedgerPage = listOf(LedgerLine);

// Live updates --------------------------------------------------------------------------------------------------------

export const StreamQuery = Type.Object(
  {
    /** Joined by commas: `actor:<type>/<id>` and the names of lists (`counts`, `dependencies`, `approvals` …). */
    topics: Type.String({
      pattern: '^[A-Za-z0-9_.@/:,\\-]{1,4000}$',
      ...rule('以逗号分隔的主题', 'topics, joined by commas'),
    }),
  },
  closed,
);

/**
 * What comes over the stream, as SSE `event` and `data`:
 * `row` one journal row of a watched actor; `list` the state of a list topic; `resync` too much was missed: ask for the
 * topic again by GET; `end` the session is over, do not reconnect.
 */
export interface StreamEvents {
  readonly row: { readonly topic: string; readonly address: string; readonly row: Static<typeof JournalRow> };
  readonly list: { readonly topic: string; readonly data: unknown };
  readonly resync: { readonly topic: string };
  readonly end: { readonly code: string };
}

export type ActorCard = Static<typeof ActorCard>;
export type Entity = Static<typeof Entity>;
export type Field = Static<typeof Field>;
export type Waiting = Static<typeof Waiting>;
export type Sentence = Static<typeof Sentence>;
export type JournalRow = Static<typeof JournalRow>;
export type JournalPage = Static<typeof JournalPage>;
export type JournalEntry = Static<typeof JournalEntry>;
export type CallAttempt = Static<typeof CallAttempts>['data'][number];
export type StateAt = Static<typeof StateAt>;
export type Revealed = Static<typeof Revealed>;
export type AccountPage = Static<typeof AccountPage>;
export type LedgerLine = Static<typeof LedgerLine>;
