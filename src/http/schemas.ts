/**
 * The shapes of the API, for validation, serialization and OpenAPI at once. Request shapes refuse unknown fields;
 * response shapes are allow-lists: what they do not name is not sent.
 *
 * Lengths are limited by patterns, which count code points: `maxLength` counts what a reader sees as one character,
 * and one such can be arbitrarily long.
 */
import { type Static, type TSchema, Type } from 'typebox';

/** What a client should send there, in both languages; validation errors quote it. */
export const rule = (zh: string, en: string) => ({ description: en, 'x-zh': zh });

/** Of text that is kept for ever and that all of the staff read: refused with personal data in it. */
export const impersonal = { 'x-impersonal': true } as const;

const MAX_FEN = Number.MAX_SAFE_INTEGER;
const Fen = Type.Integer({ minimum: -MAX_FEN, maximum: MAX_FEN, examples: [1234] });
const Time = Type.String({ description: 'RFC 3339 at +08:00', examples: ['2026-03-01T09:30:00.000+08:00'] });
const Count = Type.Integer({ minimum: 0, maximum: MAX_FEN });

export function orNull<T extends TSchema & { type: string }>(schema: T) {
  return Type.Unsafe<Static<T> | null>({ ...schema, type: [schema.type, 'null'] });
}

export const closed = { additionalProperties: false } as const;

// Requests ------------------------------------------------------------------------------------------------------------

export const text = (most: number) => `^[^\\p{C}\\p{Z}](?:[^\\p{C}]{0,${most - 2}}[^\\p{C}\\p{Z}])?$`;

export const ActorId = Type.String({
  pattern: '^[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,127}$',
  examples: ['u1'],
  ...rule(
    '编号：1 至 128 个字母、数字、“_”“.”“@”“-”，不以后三者开头',
    'an id of 1 to 128 letters, digits, "_", ".", "@" or "-", not starting with the last three',
  ),
});

export const Reason = Type.String({
  pattern: text(500),
  examples: ['身份核实通过 / identity checked'],
  ...impersonal,
  ...rule(
    '原因：1 至 500 个字符，无控制字符，首尾无空格',
    'a reason of 1 to 500 characters without control characters or outer spaces',
  ),
});

const ChannelId = Type.String({
  pattern: '^[0-9]{1,20}$',
  examples: ['2811903517'],
  ...rule('渠道编号：1 至 20 位数字的字符串', 'a channel id: a string of 1 to 20 digits'),
});

const Payee = Type.Object(
  {
    identity: Type.String({
      pattern:
        '^(?=.{1,100}$)(?:2088[0-9]{12}|1[0-9]{10}|[A-Za-z0-9._%+\\-]{1,64}@[A-Za-z0-9\\-]{1,63}(?:\\.[A-Za-z0-9\\-]{1,63}){1,4})$',
      examples: ['13800138000'],
      ...rule(
        '支付宝账号：邮箱、11 位手机号，或以 2088 开头的 16 位会员号',
        'an Alipay account: a mail address, an 11-digit mobile number, or a 16-digit member id that begins with 2088',
      ),
    }),
    name: Type.String({
      pattern: text(64),
      examples: ['张三'],
      ...rule(
        '收款人真实姓名：1 至 64 个字符，首尾无空格',
        "the payee's real name: 1 to 64 characters without outer spaces",
      ),
    }),
  },
  { ...closed, ...rule('收款账户：{identity, name}', 'the payee: {identity, name}') },
);

export const WithdrawalRequest = Type.Object(
  {
    amountFen: Type.Integer({
      maximum: MAX_FEN,
      examples: [1000],
      ...rule('金额：以分为单位的整数（JSON 数字）', 'an amount in fen: a whole JSON number'),
    }),
    account: Payee,
  },
  closed,
);

export const WithReason = Type.Object({ reason: Reason }, closed);

export const ChannelBinding = Type.Object(
  {
    relationId: Type.Optional(ChannelId),
    specialId: Type.Optional(ChannelId),
    adzoneId: Type.Optional(ChannelId),
  },
  { ...closed, minProperties: 1, ...rule('至少给出一个渠道编号', 'at least one of relationId, specialId, adzoneId') },
);

/** For commands without parameters: no body, or `{}`. */
export const NoBody = orNull(Type.Object({}, { ...closed, ...rule('不需要内容', 'nothing, or {}') }));

export const OrderPath = Type.Object({
  tradeId: Type.String({
    pattern: '^[0-9]{1,32}$',
    examples: ['4082390712345678901'],
    ...rule('淘宝订单号：1 至 32 位数字', 'a Taobao order number: 1 to 32 digits'),
  }),
});

export const WithdrawalPath = Type.Object({
  id: Type.String({
    pattern: '^wd_[a-z2-7]{26}$',
    examples: ['wd_mfzxg2lomf2gk4tfnzsgk5dbna'],
    ...rule('提现编号：wd_ 加 26 个小写字母或数字 2–7', 'a withdrawal id: wd_ and 26 of a–z, 2–7'),
  }),
});

export const MemberPath = Type.Object({ userId: ActorId });

export const ActorPath = Type.Object({
  type: Type.String({
    pattern: '^[a-z][a-z0-9]{0,31}$',
    examples: ['withdrawal'],
    ...rule('类型：1 至 32 个小写字母或数字，以字母开头', 'a type: 1 to 32 of a–z, 0–9, beginning with a letter'),
  }),
  id: ActorId,
});

const Limit = Type.Integer({
  minimum: 1,
  maximum: 100,
  default: 20,
  ...rule('1 至 100 的整数', 'a whole number from 1 to 100'),
});

export const ORDER_STATUSES = ['paid', 'received', 'settled', 'invalid'] as const;
const OrderStatus = Type.Unsafe<(typeof ORDER_STATUSES)[number]>({
  type: 'string',
  enum: ORDER_STATUSES,
  ...rule('paid、received、settled、invalid 之一', 'one of paid, received, settled, invalid'),
});

const paging = {
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Type.String(rule('上一页的 nextCursor', 'the nextCursor of the page before'))),
};
export const ListQuery = Type.Object(paging, closed);
export const OrdersQuery = Type.Object({ ...paging, status: Type.Optional(OrderStatus) }, closed);
export const JournalQuery = Type.Object(
  {
    after: Type.Optional(
      Type.Integer({ minimum: 0, maximum: MAX_FEN, default: 0, ...rule('不小于 0 的整数', 'a whole number from 0') }),
    ),
    limit: Type.Optional(Limit),
  },
  closed,
);

export const IdempotencyKey = Type.Object({
  'idempotency-key': Type.String({
    description: '1 to 255 printable ASCII characters, unique to the operation and repeated on retries',
    examples: ['0f6cbd7e-9b0c-4b36-8f6b-0c1a6d1f6f0e'],
  }),
});

// Responses -----------------------------------------------------------------------------------------------------------

export const Account = Type.Object({
  userId: Type.String(),
  currency: Type.Literal('CNY'),
  pendingFen: Fen,
  availableFen: Fen,
  heldFen: Fen,
  debtFen: Fen,
  seq: Count,
});

export const LEDGER_KINDS = [
  'credit',
  'release',
  'clawback',
  'hold',
  'capture',
  'unhold',
  'debtRepaid',
  'adjust',
] as const;
export const LedgerRow = Type.Object({
  seq: Count,
  at: Time,
  kind: Type.Unsafe<(typeof LEDGER_KINDS)[number]>({ type: 'string', enum: LEDGER_KINDS }),
  pendingFen: Fen,
  availableFen: Fen,
  heldFen: Fen,
  debtFen: Fen,
  orderId: Type.Optional(Type.String()),
  withdrawalId: Type.Optional(Type.String()),
  adjustmentId: Type.Optional(Type.String()),
});

export const Order = Type.Object({
  tradeId: Type.String(),
  itemId: Type.String(),
  itemTitle: Type.String(),
  status: OrderStatus,
  paidFen: Fen,
  rebateFen: Fen,
  rebateState: Type.Unsafe<'pending' | 'released' | 'void'>({ type: 'string', enum: ['pending', 'released', 'void'] }),
  paidAt: orNull(Time),
  receivedAt: orNull(Time),
  settledAt: orNull(Time),
  releaseAt: orNull(Time),
  modifiedAt: Time,
});

export const WITHDRAWAL_STATUSES = ['processing', 'review', 'paid', 'failed', 'denied', 'canceled'] as const;
export const Withdrawal = Type.Object({
  id: Type.String({ examples: ['wd_mfzxg2lomf2gk4tfnzsgk5dbna'] }),
  status: Type.Unsafe<(typeof WITHDRAWAL_STATUSES)[number]>({ type: 'string', enum: WITHDRAWAL_STATUSES }),
  state: Type.String({ examples: ['paying.sending'] }),
  amountFen: Fen,
  account: Type.Object({
    identity: Type.String({ examples: ['138******00'] }),
    name: Type.String({ examples: ['*三'] }),
  }),
  reason: Type.Optional(Type.String({ examples: ['INSUFFICIENT_FUNDS'] })),
  createdAt: Time,
  paidAt: Type.Optional(Time),
});

export const MemberChannels = Type.Object({
  userId: Type.String(),
  channels: Type.Array(Type.String({ examples: ['relation-2811903517'] })),
});
export const MemberFrozen = Type.Object({ userId: Type.String(), frozen: Type.Boolean() });

const AnyJson = Type.Unsafe<unknown>({});
const AnyObject = Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true });

export const ActorView = Type.Object({
  address: Type.String({ examples: ['withdrawal/wd_mfzxg2lomf2gk4tfnzsgk5dbna'] }),
  seq: Count,
  machine: Type.String(),
  state: Type.String(),
  context: AnyObject,
  waiting: Type.Array(
    Type.Object({
      id: Type.String(),
      kind: Type.Unsafe<'timer' | 'call'>({ type: 'string', enum: ['timer', 'call'] }),
      dueAt: Time,
      attempt: Count,
    }),
  ),
  undelivered: Type.Array(
    Type.Object({
      id: Type.String(),
      from: Type.String(),
      event: AnyObject,
      since: Time,
      nextAt: Time,
      attempts: Count,
    }),
  ),
});

export const JournalPage = Type.Object({
  data: Type.Array(
    Type.Object({
      seq: Count,
      at: Time,
      machine: Type.String(),
      messages: Type.Array(
        Type.Object({
          id: Type.String(),
          event: AnyObject,
          cause: Type.String(),
          edges: Type.Array(Type.String()),
          outcome: Type.Unsafe<'done' | 'ignored' | 'refused' | 'parked'>({
            type: 'string',
            enum: ['done', 'ignored', 'refused', 'parked'],
          }),
          reason: Type.Optional(Type.Object({ code: Type.String(), detail: Type.Optional(Type.String()) })),
        }),
      ),
      state: Type.String(),
      tells: Type.Array(Type.Object({ id: Type.String(), to: Type.String(), event: AnyObject })),
      traceId: orNull(Type.String()),
    }),
  ),
  hasMore: Type.Boolean(),
});

export function listOf<T extends TSchema>(item: T) {
  return Type.Object({
    data: Type.Array(item),
    nextCursor: orNull(Type.String({ description: 'Send it back as cursor for the next page; null at the end.' })),
    hasMore: Type.Boolean(),
  });
}

export const NodeList = Type.Object({
  data: Type.Array(
    Type.Object({
      id: Type.String(),
      role: Type.String({ examples: ['all'] }),
      startedAt: Time,
      heartbeatAt: Time,
      batch: Count,
      watermark: Count,
      lag: Type.Integer({ minimum: 0, description: 'Batches not yet delivered and listed' }),
      status: Type.Unsafe<'live' | 'silent' | 'retired'>({
        type: 'string',
        enum: ['live', 'silent', 'retired'],
        description: 'silent: no heartbeat, being taken over; retired: gone, and all it had begun is taken over',
      }),
    }),
  ),
});

export const Health = Type.Object({ status: Type.String({ examples: ['ok'] }) });
export const Readiness = Type.Object({
  status: Type.String({ examples: ['ready'] }),
  backlogMs: Type.Integer({ minimum: 0, description: 'Age of the oldest commit that is not delivered and listed' }),
  isLagging: Type.Boolean({ description: 'The backlog is older than a minute' }),
});
export const NotModified = Type.Null({ description: 'Unchanged since the ETag given in If-None-Match' });

export const ProblemDocument = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String(),
    retryable: Type.Boolean(),
    retryAfterMs: Type.Optional(Type.Integer()),
    traceId: Type.String({ pattern: '^[0-9a-f]{32}$' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          in: Type.Unsafe<'body' | 'path' | 'query' | 'header'>({
            type: 'string',
            enum: ['body', 'path', 'query', 'header'],
          }),
          pointer: Type.String(),
          detail: Type.String(),
        }),
      ),
    ),
  },
  { additionalProperties: AnyJson },
);
