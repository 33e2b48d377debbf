/**
 * The shapes of who uses the console and of what they did: sessions, users, the audit log. As in `schemas.ts`, times are
 * epoch ms and response shapes are allow-lists.
 */
import { type Static, Type } from 'typebox';
import { ActorId, closed, listOf, orNull, Reason, rule } from '../schemas.ts';
import { AnyObject, Count, Ms, oneOf } from './schemas.ts';

export const ROLES = ['viewer', 'operator', 'approver', 'sre', 'auditor', 'admin'] as const;
const Role = oneOf(ROLES);

// Session -------------------------------------------------------------------------------------------------------------

const StaffName = Type.String({
  pattern: '^[a-z0-9][a-z0-9_.\\-]{0,31}$',
  examples: ['lin'],
  ...rule(
    '用户名：1 至 32 个小写字母、数字、“_”“.”“-”，以字母或数字开头',
    'a name of 1 to 32 of a–z, 0–9, "_", ".", "-", beginning with a letter or digit',
  ),
});

/** Any characters: a passphrase may have spaces. */
const Password = Type.String({
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
  /** Where else to look: at a dependency (`{dependency}`, `{policy}`) and at a trace (`{traceId}`). */
  links: Type.Object({ dependency: orNull(Type.String()), trace: orNull(Type.String()) }),
});

export const OwnPassword = Type.Object({ current: SignIn.properties.password, next: Password }, closed);

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
export const UserMade = Type.Object({
  ...User.properties,
  password: orNull(Type.String()),
  /** Of the role that was asked for: another admin has to agree first. */
  approval: orNull(Type.String()),
});
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

export type Session = Static<typeof Session>;
export type SignIn = Static<typeof SignIn>;
export type User = Static<typeof User>;
export type AuditEntry = Static<typeof AuditEntry>;
export type AuditPage = Static<typeof AuditPage>;
export type AuditCheck = Static<typeof AuditCheck>;
