/**
 * Every problem a client can meet: one table, from which status, words, OpenAPI and `retryable` follow.
 * A retired code is never used again.
 */

import type { ErrorCode } from '../actors/errors.ts';
import { ACTION_PROBLEMS } from './action-problem-codes.ts';
import { CONSOLE_PROBLEMS } from './console-problem-codes.ts';
import { GOODS_PROBLEMS } from './goods-problem-codes.ts';
import { kind, type ProblemKind } from './problem-kind.ts';

const ASK_SUPPORT = ['请联系客服并提供 traceId。', 'Contact support and quote the traceId.'] as const;
const TRY_LATER = ['请稍后用同样的请求重试。', 'Send the same request again later.'] as const;

/** What the actor runtime can answer, one kind per code: a new code does not compile without its row. */
const ACTOR_PROBLEMS = {
  ADDRESS_INVALID: kind(
    400,
    ['编号格式不正确', 'Malformed id'],
    [
      '编号须为 1 至 128 个字母、数字、“_”“.”“@”“-”，且不以后三者开头。',
      'Ids are 1 to 128 letters, digits, "_", ".", "@" or "-", and do not start with the last three.',
    ],
  ),
  EVENT_INVALID: kind(
    400,
    ['请求内容不正确', 'The request cannot be taken'],
    ['请按接口文档检查请求内容。', 'Check the request against the API documentation.'],
  ),
  MESSAGE_TOO_LARGE: kind(
    413,
    ['请求内容过大', 'The request is too large'],
    ['内容不得超过 64 KiB。', 'Send at most 64 KiB.'],
  ),
  MACHINE_UNKNOWN: kind(
    404,
    ['没有这种类型', 'No such type'],
    ['请使用接口文档中列出的类型。', 'Use one of the types in the API documentation.'],
  ),
  MACHINE_REFUSED: kind(500, ['服务器配置错误', 'The server is misconfigured'], ASK_SUPPORT),
  MACHINE_VERSION_UNKNOWN: kind(503, ['正在升级', 'An upgrade is under way'], TRY_LATER),
  ACTOR_NOT_FOUND: kind(
    404,
    ['未找到', 'Not found'],
    ['请检查编号是否属于您并且存在。', 'Check that the id exists and is yours.'],
  ),
  MESSAGE_NOT_PARKED: kind(
    409,
    ['该消息不能重放', 'The message cannot be replayed'],
    ['只有被搁置的消息可以重放，且每次搁置只能重放一次。', 'Only a parked message can be replayed, once per parking.'],
  ),
  MAILBOX_FULL: kind(429, ['请求过于频繁', 'Too many requests wait'], TRY_LATER),
  TOO_MANY_UNDELIVERED: kind(503, ['系统繁忙', 'The system is busy'], TRY_LATER),
  RUNTIME_STOPPING: kind(503, ['服务器正在启动或停止', 'The server is starting or stopping'], TRY_LATER),
  STORE_UNAVAILABLE: kind(
    503,
    ['存储暂时不可用', 'The store is not available'],
    [
      '请求可能已经生效；请稍后用同样的请求（及同样的 Idempotency-Key）重试。',
      'What was asked may have happened; send the same request (with the same Idempotency-Key) again later.',
    ],
  ),
  STORE_OWNED: kind(500, ['服务器配置错误', 'The server is misconfigured'], ASK_SUPPORT),
  STORE_CORRUPT: kind(500, ['数据校验失败', 'Stored data failed its check'], ASK_SUPPORT),
  STORE_UNFIT: kind(500, ['服务器配置错误', 'The server is misconfigured'], ASK_SUPPORT),
  LEASE_UNAVAILABLE: kind(503, ['系统繁忙', 'The system is busy'], TRY_LATER),
  QUEUE_UNAVAILABLE: kind(503, ['系统繁忙', 'The system is busy'], TRY_LATER),
  DEPENDENCY_UNKNOWN: kind(
    404,
    ['没有这个依赖', 'No such dependency'],
    ['请使用依赖列表中的名称。', 'Use the names in the list of dependencies.'],
  ),
  DEPENDENCY_REFUSED: kind(
    409,
    ['无法对该依赖执行此操作', 'That cannot be done to the dependency'],
    ['请查看该依赖的当前状态与允许的时长。', 'Look at its present state and at the time allowed.'],
  ),
} as const satisfies Record<ErrorCode, ProblemKind>;

const FACE_PROBLEMS = {
  VALIDATION_FAILED: kind(
    400,
    ['请求参数不正确', 'The request is not valid'],
    ['请按 errors 中的说明修改后再试。', 'Correct what "errors" lists and send it again.'],
  ),
  REQUEST_MALFORMED: kind(
    400,
    ['无法解析请求', 'The request cannot be read'],
    ['请检查网址编码，并发送 UTF-8 编码的合法 JSON。', 'Check the URL encoding and send well-formed JSON in UTF-8.'],
  ),
  IDEMPOTENCY_KEY_REQUIRED: kind(
    400,
    ['缺少 Idempotency-Key', 'Idempotency-Key is missing'],
    [
      '请在请求头 Idempotency-Key 中放入本次操作唯一的值（例如 UUID），重试时使用同一个值。',
      'Send the header Idempotency-Key with a value unique to this operation (a UUID, say); repeat it on retries.',
    ],
  ),
  IDEMPOTENCY_KEY_INVALID: kind(
    400,
    ['Idempotency-Key 不正确', 'Idempotency-Key is malformed'],
    ['须为一个 1 至 255 个可打印 ASCII 字符的值。', 'Send it once, with 1 to 255 printable ASCII characters.'],
  ),
  IDEMPOTENCY_KEY_REUSED: kind(
    422,
    ['Idempotency-Key 已用于另一请求', 'Idempotency-Key was used for another request'],
    [
      '同一个值只能对应同样的金额和账户；新的提现请换一个新值。',
      'One key stands for one amount and account; use a new key for a new withdrawal.',
    ],
  ),
  CURSOR_INVALID: kind(
    400,
    ['翻页游标无效', 'The cursor is not valid'],
    [
      '请原样传回同一列表的 nextCursor，或去掉 cursor 从头开始。',
      'Send back the nextCursor of the same list unchanged, or leave cursor out to start at the top.',
    ],
  ),
  TOKEN_REQUIRED: kind(
    401,
    ['需要登录', 'A token is required'],
    ['请在请求头中发送 Authorization: Bearer <令牌>。', 'Send the header Authorization: Bearer <token>.'],
  ),
  TOKEN_INVALID: kind(401, ['令牌无效', 'The token is not valid'], ['请重新登录以取得新令牌。', 'Get a new token.']),
  TOKEN_EXPIRED: kind(401, ['令牌已过期', 'The token has expired'], ['请重新登录以取得新令牌。', 'Get a new token.']),
  FORBIDDEN: kind(
    403,
    ['没有权限', 'Not allowed'],
    ['此操作需要另一种角色的令牌。', 'This needs a token of another role.'],
  ),
  NOT_FOUND: kind(
    404,
    ['未找到', 'Not found'],
    ['请检查编号是否存在并且属于您。', 'Check that the id exists and is yours.'],
  ),
  ROUTE_NOT_FOUND: kind(
    404,
    ['没有这个地址', 'No such address'],
    ['可用的地址见 /docs。', 'See /docs for what there is.'],
  ),
  METHOD_NOT_ALLOWED: kind(
    405,
    ['不支持该请求方法', 'Method not allowed'],
    ['可用的方法见响应头 Allow。', 'The response header Allow lists the methods to use.'],
  ),
  REQUEST_TIMEOUT: kind(408, ['请求超时', 'The request took too long to arrive'], TRY_LATER, true),
  BODY_TOO_LARGE: kind(
    413,
    ['请求内容过大', 'The body is too large'],
    ['内容不得超过 64 KiB。', 'Send at most 64 KiB.'],
  ),
  MEDIA_TYPE_UNSUPPORTED: kind(
    415,
    ['不支持该内容类型', 'Unsupported media type'],
    ['请以 Content-Type: application/json 发送。', 'Send it with Content-Type: application/json.'],
  ),
  AMOUNT_TOO_SMALL: kind(
    422,
    ['提现金额低于下限', 'The amount is below the minimum'],
    ['请提高金额；下限见 minimumFen（分）。', 'Ask for at least minimumFen (in fen).'],
  ),
  HEADERS_TOO_LARGE: kind(
    431,
    ['请求头过大', 'The headers are too large'],
    ['请减小请求头（含网址）后再试。', 'Send smaller headers or a shorter URL.'],
  ),
  INSUFFICIENT_FUNDS: kind(
    409,
    ['可提现余额不足', 'Not enough available funds'],
    [
      '请用新的 Idempotency-Key 提交不超过可用余额的金额。',
      'Use a new Idempotency-Key and at most the available amount.',
    ],
  ),
  ACCOUNT_FROZEN: kind(
    409,
    ['账户已冻结', 'The account is frozen'],
    ['冻结期间不能提现，请联系客服。', 'No withdrawals until it is released; contact support.'],
  ),
  HOLD_TOO_LATE: kind(
    409,
    ['未能及时冻结资金', 'The funds could not be held in time'],
    ['资金未动；请用新的 Idempotency-Key 重新提交。', 'No money has moved; ask again with a new Idempotency-Key.'],
  ),
  HOLD_CANCELED: kind(
    409,
    ['提现已取消', 'The withdrawal was canceled before the funds were held'],
    ['资金未动；如仍需提现请用新的 Idempotency-Key。', 'No money has moved; ask again with a new Idempotency-Key.'],
  ),
  TOO_MANY_HOLDS: kind(
    409,
    ['进行中的提现过多', 'Too many withdrawals are under way'],
    [
      '请等待已有提现完成后，再用新的 Idempotency-Key 提交。',
      'Wait for some to end and ask again with a new Idempotency-Key.',
    ],
  ),
  WITHDRAWAL_NOT_CANCELABLE: kind(
    409,
    ['该提现已不能取消', 'The withdrawal can no longer be canceled'],
    [
      '只有付款开始前可以取消；请刷新查看当前状态。',
      'It can be canceled only before paying begins; look again at its state.',
    ],
  ),
  WITHDRAWAL_NOT_APPROVABLE: kind(
    409,
    ['该提现不在等待人工处理', 'The withdrawal does not wait for approval'],
    [
      '只能批准待审核或转人工的提现；请刷新查看当前状态。',
      'Only one in review, or handed to a person, can be approved; look again at its state.',
    ],
  ),
  WITHDRAWAL_NOT_DENIABLE: kind(
    409,
    ['该提现不在等待人工处理', 'The withdrawal does not wait for approval'],
    [
      '只能拒绝待审核或转人工的提现；请刷新查看当前状态。',
      'Only one in review, or handed to a person, can be denied; look again at its state.',
    ],
  ),
  PAYOUT_NOT_SETTLED: kind(
    409,
    ['付款结果尚未确定', 'The payout may still have happened'],
    [
      '确认没有付款之前不能拒绝；请先重新查询。',
      'It cannot be denied before it is certain that nothing was paid; query it first.',
    ],
  ),
  WITHDRAWAL_NOT_QUERYABLE: kind(
    409,
    ['该提现没有待查询的付款', 'There is no payout to query'],
    [
      '只有付款结果未知时可以重新查询；请刷新查看当前状态。',
      'Only a payout of unknown outcome can be queried; look again at its state.',
    ],
  ),
  CHANNEL_TAKEN: kind(
    409,
    ['渠道已被其他用户绑定', 'The channel belongs to another user'],
    ['请检查 channel 中的编号是否填写正确。', 'Check the id named in "channel".'],
  ),
  REQUEST_PARKED: kind(
    500,
    ['请求已搁置，等待人工处理', 'The request was set aside for a person to look at'],
    ASK_SUPPORT,
  ),
  INTERNAL: kind(500, ['服务器内部错误', 'Internal error'], ASK_SUPPORT),
  NOT_READY: kind(503, ['服务器尚未就绪', 'The server is not ready'], TRY_LATER),
  TIMED_OUT: kind(
    503,
    ['处理超时', 'The server took too long'],
    [
      '请求可能已经生效；请稍后用同样的请求（及同样的 Idempotency-Key）重试。',
      'What was asked may have happened; send the same request (with the same Idempotency-Key) again later.',
    ],
  ),
} as const satisfies Record<string, ProblemKind>;

export const PROBLEMS = {
  ...ACTOR_PROBLEMS,
  ...FACE_PROBLEMS,
  ...CONSOLE_PROBLEMS,
  ...ACTION_PROBLEMS,
  ...GOODS_PROBLEMS,
} as const;

export type ProblemCode = keyof typeof PROBLEMS;
