/**
 * Who may call what in the console, and what is audited: one row per route. A route without a row does not start, and a row
 * without a route fails a test.
 */
import type { StaffRole } from '../../machines/meta.ts';

export interface ConsoleAccess {
  /** `public`: no session. Else a session with one of the roles. */
  readonly roles: 'public' | readonly StaffRole[];
  /** Each request leaves exactly one audit entry of this name, a refused one as well. Every route but a GET has one. */
  readonly audit?: string;
  /** A POST that only reads: a dry run, or what is asked must not stand in an address. */
  readonly isRead?: true;
}

export const ANY_STAFF: readonly StaffRole[] = ['viewer', 'operator', 'approver', 'sre', 'auditor', 'admin'];
const REVEALERS: readonly StaffRole[] = ['operator', 'approver'];
/** Who may act on actors at all; which event takes which role says its machine. */
const ACTORS: readonly StaffRole[] = ['operator', 'approver'];
const APPROVERS: readonly StaffRole[] = ['approver'];
/** Who may ask for what takes two. */
const ASKERS: readonly StaffRole[] = [...ACTORS, 'admin'];
/** Who decides what about: see `decidersOf`. */
const DECIDERS: readonly StaffRole[] = ['approver', 'admin'];
/** Who looks after what is stuck. */
const CARERS: readonly StaffRole[] = ['operator', 'approver', 'sre'];
const SRES: readonly StaffRole[] = ['sre'];
const AUDITORS: readonly StaffRole[] = ['auditor', 'admin'];
const ADMINS: readonly StaffRole[] = ['admin'];

/** Types of actors that not everybody may look at, whatever the route. */
const TYPE_ACCESS: Readonly<Record<string, readonly StaffRole[]>> = {
  audit: AUDITORS,
  staff: AUDITORS,
  desk: AUDITORS,
};

/** Which roles may look at actors of that type. */
export function lookersAt(type: string): readonly StaffRole[] {
  return Object.hasOwn(TYPE_ACCESS, type) ? (TYPE_ACCESS[type] ?? []) : ANY_STAFF;
}

/** `HEAD` goes by the row of its `GET`. */
export const CONSOLE_ACCESS: Readonly<Record<string, ConsoleAccess>> = {
  'GET /console': { roles: 'public' },
  'GET /console/*': { roles: 'public' },
  'GET /console/assets/*': { roles: 'public' },

  'POST /console/api/session': { roles: 'public', audit: 'session.signIn' },
  'GET /console/api/session': { roles: ANY_STAFF },
  'DELETE /console/api/session': { roles: ANY_STAFF, audit: 'session.signOut' },
  'POST /console/api/session/password': { roles: ANY_STAFF, audit: 'session.password' },

  'POST /console/api/search': { roles: ANY_STAFF, isRead: true },
  'GET /console/api/actors/:type/:id': { roles: ANY_STAFF },
  'GET /console/api/actors/:type/:id/journal': { roles: ANY_STAFF },
  'GET /console/api/actors/:type/:id/journal/:seq': { roles: ANY_STAFF },
  'GET /console/api/actors/:type/:id/at/:seq': { roles: ANY_STAFF },
  'GET /console/api/actors/:type/:id/calls': { roles: ANY_STAFF },
  'GET /console/api/actors/:type/:id/graph': { roles: ANY_STAFF },
  'GET /console/api/actors/:type/:id/export': { roles: AUDITORS, audit: 'actor.export' },
  'POST /console/api/actors/:type/:id/reveal': { roles: REVEALERS, audit: 'reveal' },
  'GET /console/api/accounts/:userId': { roles: ANY_STAFF },
  'GET /console/api/accounts/:userId/orders': { roles: ANY_STAFF },
  'GET /console/api/accounts/:userId/withdrawals': { roles: ANY_STAFF },
  'GET /console/api/accounts/:userId/ledger': { roles: ANY_STAFF },
  'GET /console/api/stream': { roles: ANY_STAFF },

  'GET /console/api/actors/:type/:id/actions': { roles: ANY_STAFF },
  'POST /console/api/actors/:type/:id/events/:event/preview': { roles: ACTORS, isRead: true },
  'POST /console/api/actors/:type/:id/events/:event': { roles: ACTORS, audit: 'event' },
  'GET /console/api/approvals': { roles: ANY_STAFF },
  'GET /console/api/approvals/:id': { roles: ANY_STAFF },
  'POST /console/api/approvals/:id/approve': { roles: DECIDERS, audit: 'approval.approve' },
  'POST /console/api/approvals/:id/reject': { roles: DECIDERS, audit: 'approval.reject' },
  'POST /console/api/approvals/:id/break-glass': { roles: APPROVERS, audit: 'approval.breakGlass' },
  'POST /console/api/approvals/:id/agree': { roles: APPROVERS, audit: 'approval.agree' },
  'POST /console/api/approvals/:id/object': { roles: APPROVERS, audit: 'approval.object' },
  'POST /console/api/approvals/:id/withdraw': { roles: ASKERS, audit: 'approval.withdraw' },
  'POST /console/api/jobs/preview': { roles: ACTORS, isRead: true },
  'POST /console/api/jobs': { roles: ACTORS, audit: 'job.create' },
  'GET /console/api/jobs': { roles: ANY_STAFF },
  'GET /console/api/jobs/:id': { roles: ANY_STAFF },
  'POST /console/api/jobs/:id/pause': { roles: ACTORS, audit: 'job.pause' },
  'POST /console/api/jobs/:id/resume': { roles: ACTORS, audit: 'job.resume' },
  'POST /console/api/jobs/:id/cancel': { roles: ACTORS, audit: 'job.cancel' },

  'GET /console/api/home': { roles: ANY_STAFF },
  'GET /console/api/actors/:type/:id/notes': { roles: ANY_STAFF },
  'POST /console/api/actors/:type/:id/notes': { roles: ANY_STAFF, audit: 'note' },
  'GET /console/api/desk': { roles: ANY_STAFF },
  'GET /console/api/colleagues': { roles: ANY_STAFF },
  'POST /console/api/actors/:type/:id/follow': { roles: ANY_STAFF, audit: 'follow' },
  'POST /console/api/actors/:type/:id/unfollow': { roles: ANY_STAFF, audit: 'unfollow' },
  'POST /console/api/desk/views': { roles: ANY_STAFF, audit: 'view.save' },
  'POST /console/api/desk/views/remove': { roles: ANY_STAFF, audit: 'view.remove' },
  'POST /console/api/desk/mentions/seen': { roles: ANY_STAFF, audit: 'mention.seen' },
  'GET /console/api/incidents': { roles: ANY_STAFF },
  'GET /console/api/incidents/:id': { roles: ANY_STAFF },
  'POST /console/api/incidents/:id/acknowledge': { roles: CARERS, audit: 'incident.acknowledge' },
  'POST /console/api/incidents/:id/snooze': { roles: CARERS, audit: 'incident.snooze' },
  'GET /console/api/machines': { roles: ANY_STAFF },
  'GET /console/api/machines/:type/map': { roles: ANY_STAFF },
  'GET /console/api/machines/:type/actors': { roles: ANY_STAFF },
  'GET /console/api/machines/:type/graph': { roles: ANY_STAFF },
  'GET /console/api/timers': { roles: ANY_STAFF },
  'GET /console/api/backlog': { roles: ANY_STAFF },
  'GET /console/api/deadletters': { roles: ANY_STAFF },
  'POST /console/api/deadletters/replay': { roles: CARERS, audit: 'deadletter.replay' },
  'GET /console/api/dependencies': { roles: ANY_STAFF },
  'POST /console/api/dependencies/:dependency/:policy/hold': { roles: SRES, audit: 'dependency.hold' },
  'POST /console/api/dependencies/:dependency/:policy/release': { roles: SRES, audit: 'dependency.release' },
  'POST /console/api/dependencies/:dependency/:policy/probe': { roles: SRES, audit: 'dependency.probe' },
  'POST /console/api/dependencies/:dependency/:policy/limit': { roles: SRES, audit: 'dependency.limit' },
  'POST /console/api/dependencies/:dependency/:policy/restore': { roles: SRES, audit: 'dependency.restore' },

  'GET /console/api/users': { roles: AUDITORS },
  'POST /console/api/users': { roles: ADMINS, audit: 'user.add' },
  'POST /console/api/users/:name/role': { roles: ADMINS, audit: 'user.role' },
  'POST /console/api/users/:name/password': { roles: ADMINS, audit: 'user.password' },
  'POST /console/api/users/:name/disable': { roles: ADMINS, audit: 'user.disable' },
  'POST /console/api/users/:name/enable': { roles: ADMINS, audit: 'user.enable' },

  'GET /console/api/audit': { roles: AUDITORS },
  'GET /console/api/audit/verify': { roles: AUDITORS },
  'GET /console/api/audit/export': { roles: AUDITORS, audit: 'audit.export' },
};

/** @throws Error for a route without a row, or a write that is not audited: the server does not start with it. */
export function consoleAccessOf(method: string, url: string): ConsoleAccess {
  const row = `${method === 'HEAD' ? 'GET' : method} ${url}`;
  const access = Object.hasOwn(CONSOLE_ACCESS, row) ? CONSOLE_ACCESS[row] : undefined;
  if (access === undefined) throw new Error(`the route "${row}" has no row in src/http/console-api/access.ts`);
  if (access.audit === undefined && access.isRead !== true && !row.startsWith('GET '))
    throw new Error(`the route "${row}" is not audited`);
  return access;
}
