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

export const ROLES = ['viewer', 'operator', 'approver', 'sre', 'auditor', 'admin'] as const;
export const Role = oneOf(ROLES);

// Session -------------------------------------------------------------------------------------------------------------

export const StaffName = Type.String({
  pattern: '^[a-z0-9][a-z0-9_.\\-]{0,31}$',
  examples: ['lin'],
  ...rule(
    '用户名：1 至 32 个小写字母、数字、“_”“.”“-”，以字母或数字开头',
    'a name of 1 to 32 of a–z, 0–9, "_", ".", "-", beginning with a letter or digit',
  ),
});

/** Any characters: a passphrase may have spaces. */
export const Password = Type.String({
  pattern: '^[^\\p{Cc}]{12,200}$',
  ...rule('密码：12 至 200 个字符', 'a password of 12 to 200 characters'),
});

export const SignIn = Type.Object(
  {
    user: Type.String({ pattern: '^[^\\p{Cc}]{1,64}$', ...rule('用户名', 'a user name') }),
    password: Type.String({ pattern: '^[^\\p{Cc}]{1,200}$', ...rule('密码', 'a password') }),
  },
  closed,
);

export const Session = Type.Object({
  user: Type.String(),
  role: Role,
  /** To be sent as `x-csrf-token` with every request that is not a GET. */
  csrfToken: Type.String(),
  /** Signed out after so long without a request. */
  idleMs: Count,
  /** Signed out then, whatever happens. */
  endsAt: Ms,
  /** `sandbox` = the partners are stood in for; nothing here is real money. */
  environment: oneOf(['sandbox', 'production']),
});

export const OwnPassword = Type.Object({ current: SignIn.properties.password, next: Password }, closed);

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

// Search --------------------------------------------------------------------------------------------------------------

export const SearchQuery = Type.Object(
  {
    q: Type.String({
      pattern: '^[^\\p{Cc}]{1,128}$',
      ...rule('要查找的编号：1 至 128 个字符', 'what to find: 1 to 128 characters'),
    }),
  },
  closed,
);

export const SearchAnswer = Type.Object({
  q: Type.String(),
  /** The one address that is meant without doubt: go there at once. */
  exact: orNull(Type.String()),
  results: Type.Array(
    Type.Object({
      ...ActorCard.properties,
      /** Why it was found: `订单号`, `支付宝流水号`, `所属用户` … */
      foundBy: Words,
    }),
  ),
  /** The kinds of number it was taken for. */
  tried: Type.Array(Words),
  /** What to do when nothing, or not the right thing, was found. */
  hint: valueOrNull(Words),
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
  /** Of a call. */
  phase: valueOrNull(oneOf(['sent', 'backoff', 'postponed'])),
  activity: orNull(Type.String()),
  isLate: Type.Boolean(),
});

/** A sentence of "what is going on". */
export const Sentence = Type.Object({
  kind: oneOf(['where', 'waits', 'customer', 'answer', 'may', 'trouble']),
  text: Words,
});

export const Undelivered = Type.Object({
  id: Type.String(),
  from: Type.String(),
  event: Type.String(),
  since: Ms,
  nextAt: Ms,
  attempts: Count,
});

export const Parked = Type.Object({
  seq: Count,
  at: Ms,
  messageId: Type.String(),
  event: Type.String(),
  reason: Type.String(),
});

export const Entity = Type.Object({
  ...ActorCard.properties,
  machine: Type.String(),
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
});

export const JournalPage = Type.Object({
  data: Type.Array(JournalRow),
  hasMore: Type.Boolean(),
  /** The last seq there is. */
  lastSeq: Count,
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

/** Of the machine's chart; `focus` = ids of active states, joined by commas, for only what is around them. */
export const GraphQuery = Type.Object(
  {
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
  orders: Type.Array(ActorCard),
  withdrawals: Type.Array(ActorCard),
  now: Ms,
});

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

// Users ---------------------------------------------------------------------------------------------------------------

export const User = Type.Object({
  name: Type.String(),
  role: Role,
  isDisabled: Type.Boolean(),
  /** Made by the sandbox; cannot sign in elsewhere. */
  isDemo: Type.Boolean(),
  createdAt: Ms,
  createdBy: Type.String(),
  lastSignInAt: orNull(Ms),
});
export const UserList = Type.Object({ data: Type.Array(User) });
export const UserPathName = Type.Object({ name: StaffName });
/** Without a password one is made and told once, in the answer. */
export const NewUser = Type.Object(
  { name: StaffName, role: Role, password: Type.Optional(Password), reason: Reason },
  closed,
);
export const UserMade = Type.Object({ ...User.properties, password: orNull(Type.String()) });
export const NewRole = Type.Object({ role: Role, reason: Reason }, closed);
export const NewPassword = Type.Object({ password: Type.Optional(Password), reason: Reason }, closed);
export const BecauseOf = Type.Object({ reason: Reason }, closed);

// Audit ---------------------------------------------------------------------------------------------------------------

const AUDIT_OUTCOMES = ['done', 'refused', 'unknown'] as const;

export const AuditEntry = Type.Object({
  /** Place in the log's journal. */
  seq: Count,
  id: Type.String(),
  at: Ms,
  by: Type.String(),
  role: orNull(Type.String()),
  /** What was done: `user.add`, `reveal`, `event.approve` … */
  action: Type.String(),
  /** Mostly an address. */
  subject: orNull(Type.String()),
  /** `unknown`: begun, and no end recorded (a crash, or the store did not answer). */
  outcome: oneOf(AUDIT_OUTCOMES),
  /** Of the refusal. */
  code: orNull(Type.String()),
  reason: orNull(Type.String()),
  ticket: orNull(Type.String()),
  detail: AnyObject,
  traceId: orNull(Type.String()),
  /** Where the request came from. */
  ip: orNull(Type.String()),
});

const auditFilters = {
  by: Type.Optional(ActorId),
  action: Type.Optional(
    Type.String({ pattern: '^[a-zA-Z][a-zA-Z.]{0,63}$', ...rule('操作名', 'an action such as reveal') }),
  ),
  subject: Type.Optional(Type.String({ pattern: '^[!-~]{1,200}$', ...rule('对象，如 order/1', 'an address') })),
  outcome: Type.Optional(oneOf(AUDIT_OUTCOMES)),
  from: Type.Optional(Type.Integer({ minimum: 0, ...rule('毫秒时间戳', 'epoch ms') })),
  to: Type.Optional(Type.Integer({ minimum: 0, ...rule('毫秒时间戳', 'epoch ms') })),
};

export const AuditQuery = Type.Object(
  {
    ...auditFilters,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, ...rule('1 至 200 的整数', '1 to 200') })),
    cursor: Type.Optional(Type.String(rule('上一页的 nextCursor', 'the nextCursor of the page before'))),
  },
  closed,
);
export const AuditPage = listOf(AuditEntry);

export const ExportQuery = Type.Object({ ...auditFilters, reason: Reason }, closed);

/** The chain is intact from the first record to `seq`; or the first record that does not fit. */
export const AuditCheck = Type.Object({
  isIntact: Type.Boolean(),
  seq: Count,
  /** Hash of the last record: to be kept elsewhere. */
  hash: orNull(Type.String()),
  brokenAt: orNull(Count),
  checkedMs: Count,
});

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

export type Session = Static<typeof Session>;
export type SignIn = Static<typeof SignIn>;
export type ActorCard = Static<typeof ActorCard>;
export type SearchAnswer = Static<typeof SearchAnswer>;
export type Entity = Static<typeof Entity>;
export type Field = Static<typeof Field>;
export type Waiting = Static<typeof Waiting>;
export type Sentence = Static<typeof Sentence>;
export type JournalRow = Static<typeof JournalRow>;
export type JournalPage = Static<typeof JournalPage>;
export type JournalEntry = Static<typeof JournalEntry>;
export type StateAt = Static<typeof StateAt>;
export type Revealed = Static<typeof Revealed>;
export type AccountPage = Static<typeof AccountPage>;
export type LedgerLine = Static<typeof LedgerLine>;
export type User = Static<typeof User>;
export type AuditEntry = Static<typeof AuditEntry>;
export type AuditPage = Static<typeof AuditPage>;
export type AuditCheck = Static<typeof AuditCheck>;
