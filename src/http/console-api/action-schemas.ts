/**
 * The shapes of what staff do in the console: actions on an actor, approvals by a second person, and jobs. As in
 * `schemas.ts`, times are epoch ms, words come in both languages, and response shapes are allow-lists.
 */
import { type Static, type TSchema, Type } from 'typebox';
import { ActorId, ActorPath, closed, impersonal, orNull, rule, text } from '../schemas.ts';
import { AnyJson, AnyObject, Count, Fen, Ms, oneOf, valueOrNull, Words } from './schemas.ts';

// Requests ------------------------------------------------------------------------------------------------------------

const EventType = Type.String({
  pattern: '^[A-Za-z][A-Za-z0-9_.]{0,63}$',
  ...rule('操作名，见 actions', 'the name of an action, as "actions" lists it'),
});
export const Id = Type.String({
  pattern: '^[A-Za-z0-9_.\\-~#/:!@]{1,400}$',
  ...rule('列表中给出的编号', 'an id as the list gave it'),
});

export const ActionPath = Type.Object({ ...ActorPath.properties, event: EventType });
export const IdPath = Type.Object({ id: Id });

export const ActionReason = Type.String({
  ...impersonal,
  pattern: '^(?=.{10})[^\\p{C}\\p{Z}][^\\p{C}]{0,498}[^\\p{C}\\p{Z}]$',
  ...rule(
    '原因：10 至 500 个字符，无控制字符，首尾无空格',
    'a reason of 10 to 500 characters without control characters or outer spaces',
  ),
});
export const Ticket = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_#./\\-]{0,63}$',
  ...rule('工单号：1 至 64 个字母、数字或 _ # . / -', 'a ticket: 1 to 64 letters, digits or _ # . / -'),
});

/** What an action takes beside its reason: those fields that the action's `params` list. */
export const ActionParams = Type.Object(
  {
    userId: Type.Optional(ActorId),
    deltaFen: Type.Optional(
      Type.Integer({
        minimum: -1_000_000_000,
        maximum: 1_000_000_000,
        ...rule('金额：以分为单位的整数，负数为扣减', 'an amount in fen; a negative one takes it away'),
      }),
    ),
    voucher: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_\\-]{1,64}$',
        ...rule('支付宝转账单号：1 至 64 个字母或数字', 'the Alipay order id: 1 to 64 letters or digits'),
      }),
    ),
    evidence: Type.Optional(
      Type.String({
        pattern: text(500),
        ...impersonal,
        ...rule('凭证：1 至 500 个字符的说明或链接', 'the evidence: 1 to 500 characters of text or a link'),
      }),
    ),
  },
  closed,
);

export const PreviewRequest = Type.Object({ params: Type.Optional(ActionParams) }, closed);

export const REASON_CODES = [
  'customer_request',
  'identity_checked',
  'risk',
  'partner_confirmed',
  'partner_trouble',
  'data_correction',
  'other',
] as const;

const why = { reason: ActionReason, reasonCode: oneOf(REASON_CODES), ticket: Type.Optional(Ticket) };

export const SendRequest = Type.Object({ ...why, params: Type.Optional(ActionParams) }, closed);
/** For decisions and operations that need a reason and nothing else. */
export const DecisionRequest = Type.Object({ reason: ActionReason }, closed);

/** The second confirmation of what one person does alone: the end of the id of what it is about. */
export const BreakGlassRequest = Type.Object(
  {
    reason: ActionReason,
    ticket: Ticket,
    confirm: Type.String({
      pattern: '^[!-~]{1,4}$',
      ...rule('对象编号的最后四个字符', 'the last four characters of the id it is about'),
    }),
  },
  closed,
);

const MAX_JOB_ITEMS = 500;
const selection = {
  type: ActorPath.properties.type,
  ids: Type.Array(ActorId, {
    minItems: 1,
    maxItems: MAX_JOB_ITEMS,
    uniqueItems: true,
    ...rule(`1 至 ${MAX_JOB_ITEMS} 个不重复的编号`, `1 to ${MAX_JOB_ITEMS} ids, each once`),
  }),
  event: EventType,
};
export const JobPreviewRequest = Type.Object(selection, closed);
export const JobRequest = Type.Object(
  {
    ...selection,
    ...why,
    perSecond: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 50, default: 5, ...rule('1 至 50 的整数', 'a whole number from 1 to 50') }),
    ),
  },
  closed,
);

const paging = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100, default: 50, ...rule('1 至 100 的整数', 'a whole number from 1 to 100') }),
  ),
  cursor: Type.Optional(Type.String(rule('上一页的 nextCursor', 'the nextCursor of the page before'))),
};
export const PageQuery = Type.Object(paging, closed);
const APPROVAL_STATES = [
  'requested',
  'approved',
  'rejected',
  'withdrawn',
  'expired',
  'unreviewed',
  'reviewed',
  'objected',
] as const;
export const ApprovalsQuery = Type.Object({ ...paging, state: Type.Optional(oneOf(APPROVAL_STATES)) }, closed);

/** A write on an actor: 400 without a key, 428 without `If-Match: "<seq>"`, 412 with a stale one. */
export const WriteHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ description: '1 to 255 printable ASCII characters, unique to the action, repeated on retries' }),
  ),
  'if-match': Type.Optional(Type.String({ description: 'The seq that the decision was made on, in quotes' })),
});

// Actions -------------------------------------------------------------------------------------------------------------

export const OUTCOMES = ['done', 'ignored', 'refused', 'parked'] as const;

export function Page<T extends TSchema>(item: T) {
  return Type.Object({ data: Type.Array(item), nextCursor: orNull(Type.String()), hasMore: Type.Boolean() });
}

/** Why something is not, or was not, possible: a stable code and what to say about it. */
export const Refusal = Type.Object({ code: Type.String(), title: Words, detail: Words });

const PARAM_NAMES = ['userId', 'deltaFen', 'voucher', 'evidence'] as const;
const ActionParam = Type.Object({ name: oneOf(PARAM_NAMES), title: Words, required: Type.Boolean() });

export const Action = Type.Object({
  event: Type.String(),
  title: Words,
  help: Words,
  /** Cannot be undone: the page asks for the last four characters of the id. */
  isIrreversible: Type.Boolean(),
  isTicketRequired: Type.Boolean(),
  /** Whether a second person is asked: never, because of this actor's amount, or always. */
  secondPerson: oneOf(['no', 'amount', 'always']),
  reasonCodes: Type.Array(Type.Object({ code: oneOf(REASON_CODES), title: Words })),
  params: Type.Array(ActionParam),
  isAvailable: Type.Boolean(),
  /** Null when it is available. */
  refusal: valueOrNull(Refusal),
});
export const ActionList = Type.Object({
  seq: Count,
  state: Type.String(),
  amountFen: orNull(Fen),
  actions: Type.Array(Action),
  /** What already waits for a second person. */
  pending: Type.Array(
    Type.Object({ approval: Type.String(), event: Type.String(), requestedBy: Type.String(), requestedAt: Ms }),
  ),
});

/** What would happen if the action were sent now. Nothing is written. */
export const Preview = Type.Object({
  seq: Count,
  event: Type.String(),
  outcome: oneOf(OUTCOMES),
  refusal: valueOrNull(Refusal),
  stateBefore: Type.String(),
  stateAfter: Type.String(),
  /** Transitions that would be taken, in order, as the journal would name them. */
  edges: Type.Array(Type.String()),
  tells: Type.Array(
    Type.Object({
      to: Type.String(),
      event: AnyObject,
      /** What the receiver would make of it as it stands now; null when it does not exist yet. */
      outcome: valueOrNull(oneOf(OUTCOMES)),
      stateAfter: orNull(Type.String()),
    }),
  ),
  calls: Type.Array(Type.Object({ name: Type.String(), activity: Type.String(), title: Words })),
  timers: Type.Array(Type.Object({ id: Type.String(), dueAt: Ms })),
  /** Ledger lines that would be written, here or by a receiver. */
  ledger: Type.Array(
    Type.Object({
      address: Type.String(),
      kind: Type.String(),
      pendingFen: Fen,
      availableFen: Fen,
      heldFen: Fen,
      debtFen: Fen,
    }),
  ),
  changes: Type.Array(Type.Object({ path: Type.String(), before: AnyJson, after: AnyJson })),
  amountFen: orNull(Fen),
  needsApproval: Type.Boolean(),
});

export const Receipt = Type.Object({
  /** `committed`: it stands in the journal at `seq`. `approval`: a second person is asked first. */
  status: oneOf(['committed', 'approval']),
  seq: Count,
  state: Type.String(),
  /** Under which id it stands in the journal. */
  messageId: Type.String(),
  approval: orNull(Type.String()),
  /** This Idempotency-Key had been used before, for the same action. */
  isReplay: Type.Boolean(),
});

// Approvals -----------------------------------------------------------------------------------------------------------

export const Approval = Type.Object({
  id: Type.String(),
  seq: Count,
  state: oneOf(APPROVAL_STATES),
  /** What it is about. */
  address: Type.String(),
  event: Type.String(),
  title: Words,
  params: AnyObject,
  amountFen: orNull(Fen),
  requestedBy: Type.String(),
  reason: Type.String(),
  reasonCode: Type.String(),
  ticket: orNull(Type.String()),
  requestedAt: Ms,
  expiresAt: Ms,
  seqAtRequest: Count,
  stateAtRequest: Type.String(),
  decidedBy: orNull(Type.String()),
  decidedAt: orNull(Ms),
  decisionReason: orNull(Type.String()),
  /** The ticket of the emergency in which one person carried it out; null when two agreed. */
  emergency: orNull(Type.String()),
  reviewedBy: orNull(Type.String()),
  reviewedAt: orNull(Ms),
  reviewReason: orNull(Type.String()),
  canDecide: Type.Boolean(),
  /** Whether this user, who asked for it, may carry it out alone. */
  canBreakGlass: Type.Boolean(),
  canReview: Type.Boolean(),
  /** Why this user may not decide or review it; null when they may. */
  refusal: valueOrNull(Refusal),
});
export const ApprovalDetail = Type.Object({
  approval: Approval,
  /** The dry run as of now; null once it is decided. */
  preview: valueOrNull(Preview),
  /** What it is about has moved on since it was asked for. */
  hasChanged: Type.Boolean(),
  /** What the approved action came to in the journal of what it is about; null until it stands there. */
  result: valueOrNull(Type.Object({ outcome: oneOf(OUTCOMES), seq: Count, refusal: valueOrNull(Refusal) })),
});
export const Approvals = Page(Approval);

// Jobs ----------------------------------------------------------------------------------------------------------------

export const JobPreview = Type.Object({
  count: Count,
  /** Ids that no actor has. */
  missing: Type.Array(Type.String()),
  amountFen: orNull(Fen),
  needsApproval: Type.Boolean(),
  samples: Type.Array(Type.Object({ id: Type.String(), preview: Preview })),
});
const JOB_STATES = ['awaiting', 'running', 'paused', 'done', 'canceled', 'rejected'] as const;
export const Job = Type.Object({
  id: Type.String(),
  seq: Count,
  state: oneOf(JOB_STATES),
  type: Type.String(),
  event: Type.String(),
  title: Words,
  createdBy: Type.String(),
  createdAt: Ms,
  reason: Type.String(),
  ticket: orNull(Type.String()),
  approval: orNull(Type.String()),
  approvedBy: orNull(Type.String()),
  amountFen: orNull(Fen),
  count: Count,
  doneCount: Count,
  /** Of the done ones: those that the actor did not carry out. */
  refusedCount: Count,
  perSecond: Count,
  endedAt: orNull(Ms),
});
export const JobDetail = Type.Object({
  job: Job,
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      outcome: valueOrNull(oneOf([...OUTCOMES, 'missing'] as const)),
      seq: orNull(Count),
      refusal: valueOrNull(Refusal),
    }),
  ),
});
export const Jobs = Page(Job);

export type Action = Static<typeof Action>;
export type ActionList = Static<typeof ActionList>;
export type ActionParams = Static<typeof ActionParams>;
export type Approval = Static<typeof Approval>;
export type ApprovalDetail = Static<typeof ApprovalDetail>;
export type Job = Static<typeof Job>;
export type JobDetail = Static<typeof JobDetail>;
export type JobPreview = Static<typeof JobPreview>;
export type JobRequest = Static<typeof JobRequest>;
export type Preview = Static<typeof Preview>;
export type Receipt = Static<typeof Receipt>;
export type Refusal = Static<typeof Refusal>;
export type SendRequest = Static<typeof SendRequest>;
