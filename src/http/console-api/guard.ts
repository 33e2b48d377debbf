import type { FastifyReply, FastifyRequest } from 'fastify';
import type { StaffRole } from '../../machines/meta.ts';
import { Problem } from '../problem.ts';
import { type ConsoleAccess, lookersAt } from './access.ts';
import type { Staff } from './console-deps.ts';
import { isSame, type Sessions } from './sessions.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is signed in; null on public routes. */
    staff: Staff | null;
  }
  interface FastifyContextConfig {
    consoleAccess?: ConsoleAccess;
  }
}

export const SESSION_COOKIE = 'taoke_console';

/**
 * Returns the hook that lets a request through to its route only as the route's row says: signed in, with the role, and for
 * all but reads with the session's own CSRF token and not from another site.
 */
export function createGuard(sessions: Sessions) {
  return async function guard(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const access = request.routeOptions.config.consoleAccess;
    if (access === undefined) return;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead) assertSameSite(request);
    if (access.roles === 'public') return;
    const token = request.cookies[SESSION_COOKIE];
    if (token === undefined) throw new Problem('SESSION_REQUIRED');
    const check = await sessions.check(token);
    if (check === undefined) {
      clearSession(reply);
      throw new Problem('SESSION_ENDED');
    }
    const { staff, renewed } = check;
    request.staff = staff;
    if (renewed !== undefined) setSession(request, reply, renewed);
    if (!isRead) assertCsrf(request, staff);
    assertRole(staff.role, access.roles);
    const { type } = request.params as { readonly type?: string };
    if (type !== undefined) assertRole(staff.role, lookersAt(type));
  };
}

/** @throws ROLE_REQUIRED */
export function assertRole(role: StaffRole, roles: readonly StaffRole[]): void {
  if (!roles.includes(role)) throw new Problem('ROLE_REQUIRED', { extra: { role, roles: [...roles] } });
}

/** Who sent a request that a guarded route has taken. */
export function staffOf(request: FastifyRequest): Staff {
  if (request.staff === null) throw new Error('a public route asked who is signed in');
  return request.staff;
}

export function setSession(request: FastifyRequest, reply: FastifyReply, token: string): void {
  const isHttps = request.protocol === 'https' || request.headers['x-forwarded-proto'] === 'https';
  reply.setCookie(SESSION_COOKIE, token, { path: '/console', httpOnly: true, sameSite: 'strict', secure: isHttps });
}

export function clearSession(reply: FastifyReply): void {
  reply.clearCookie(SESSION_COOKIE, { path: '/console', httpOnly: true, sameSite: 'strict' });
}

/** Browsers say from where a request comes; nobody else can be made to send one by a page. */
function assertSameSite({ headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new Problem('CSRF_TOKEN_INVALID');
}

function assertCsrf({ headers }: FastifyRequest, { csrfToken }: Staff): void {
  const given = headers['x-csrf-token'];
  if (typeof given !== 'string' || !isSame(given, csrfToken)) throw new Problem('CSRF_TOKEN_INVALID');
}
