/**
 * Who may call what on the internal port: one row per route of its own. A route without a row does not start, and a row
 * without a route fails a test. The port is for people and machines inside: what is only looked at needs no token.
 */
import type { StaffRole } from '../../machines/meta.ts';
import type { Access } from '../access.ts';

const STEERING: readonly StaffRole[] = ['sre', 'admin'];

/** `HEAD` goes by the row of its `GET`. */
export const OPS_ACCESS: Readonly<Record<string, Access>> = {
  'GET /livez': 'public',
  'GET /readyz': 'public',
  'GET /metrics': 'public',
  'GET /ops/dependencies': 'public',
  'POST /ops/dependencies/:dependency/:policy/hold': STEERING,
  'POST /ops/dependencies/:dependency/:policy/release': STEERING,
  'POST /ops/dependencies/:dependency/:policy/probe': STEERING,
  'POST /ops/dependencies/:dependency/:policy/limit': STEERING,
  'POST /ops/dependencies/:dependency/:policy/restore': STEERING,
};

/** @throws Error for a route without a row: the server does not start with it. */
export function opsAccessOf(method: string, url: string): Access {
  const row = `${method === 'HEAD' ? 'GET' : method} ${url}`;
  const access = Object.hasOwn(OPS_ACCESS, row) ? OPS_ACCESS[row] : undefined;
  if (access === undefined) throw new Error(`the route "${row}" has no row in src/http/ops/ops-access.ts`);
  return access;
}
