/**
 * Who may call what: one row per route. A route without a row does not start, and a row without a route fails a test.
 */
import type { StaffRole } from '../machines/meta.ts';

/** `public`: no token. `user`: a token without a role, about its own things only. Else: a token with one of the roles. */
export type Access = 'public' | 'user' | readonly StaffRole[];

const ANY_STAFF: readonly StaffRole[] = ['viewer', 'operator', 'approver', 'sre', 'auditor', 'admin'];
const BINDING: readonly StaffRole[] = ['operator', 'approver'];
const FREEZING: readonly StaffRole[] = ['operator', 'approver', 'admin'];
const PAYOUT_DECISIONS: readonly StaffRole[] = ['approver'];

/** `HEAD` goes by the row of its `GET`. */
export const ACCESS: Readonly<Record<string, Access>> = {
  'GET /livez': 'public',
  'GET /readyz': 'public',
  'GET /openapi.json': 'public',
  'GET /docs': 'public',
  'GET /docs/': 'public',
  'GET /docs/json': 'public',
  'GET /docs/yaml': 'public',
  'GET /docs/static/*': 'public',
  'GET /docs/static/index.html': 'public',
  'GET /docs/static/swagger-initializer.js': 'public',
  'GET /r/:code': 'public',
  'GET /taobao/callback': 'public',
  'GET /v1/products': 'user',
  'GET /v1/products/:itemId': 'user',
  'POST /v1/links': 'user',
  'GET /v1/links': 'user',
  'GET /v1/links/statistics': 'user',
  'POST /v1/taobao/authorization': 'user',
  'POST /v1/taobao/authorization/complete': 'user',
  'GET /v1/account': 'user',
  'GET /v1/account/ledger': 'user',
  'GET /v1/orders': 'user',
  'GET /v1/orders/:tradeId': 'user',
  'POST /v1/withdrawals': 'user',
  'GET /v1/withdrawals': 'user',
  'GET /v1/withdrawals/:id': 'user',
  'POST /v1/withdrawals/:id/cancel': 'user',
  'PUT /v1/staff/members/:userId/channel': BINDING,
  'GET /v1/staff/members/:userId/statistics': ANY_STAFF,
  'POST /v1/staff/members/:userId/freeze': FREEZING,
  'POST /v1/staff/members/:userId/unfreeze': FREEZING,
  'POST /v1/staff/withdrawals/:id/approve': PAYOUT_DECISIONS,
  'POST /v1/staff/withdrawals/:id/deny': PAYOUT_DECISIONS,
  'POST /v1/staff/withdrawals/:id/requery': PAYOUT_DECISIONS,
  'GET /v1/staff/nodes': ANY_STAFF,
  'GET /v1/staff/actors/:type/:id': ANY_STAFF,
  'GET /v1/staff/actors/:type/:id/journal': ANY_STAFF,
};

/** @throws Error for a route without a row: the server does not start with it. */
export function accessOf(method: string, url: string): Access {
  const row = `${method === 'HEAD' ? 'GET' : method} ${url}`;
  const access = Object.hasOwn(ACCESS, row) ? ACCESS[row] : undefined;
  if (access === undefined) throw new Error(`the route "${row}" has no row in src/http/access.ts`);
  return access;
}
