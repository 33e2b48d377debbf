import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import type { StaffRole } from '../../machines/meta.ts';
import type { Access } from '../access.ts';
import { Problem } from '../problem.ts';
import type { Claims, TokenCheck, VerifyToken } from './tokens.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose token came with the request; null on public routes. */
    claims: Claims | null;
  }
  interface FastifyContextConfig {
    access?: Access;
  }
}

const BEARER = /^Bearer +([A-Za-z0-9_.~+/=-]+)$/i;

/**
 * Returns the hook that lets a request through to its route only as the route's access row says. A token with a role
 * is staff and acts on no account of its own: a staff name that happens to equal a user id must open nothing.
 */
export function createAuthorizer(verifyToken: VerifyToken) {
  return function authorize(request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction) {
    const access = request.route.access;
    // Requests for no route at all are answered by the not-found handler.
    if (access === undefined || access === 'public') return done();
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) {
      return done(new Problem('TOKEN_REQUIRED', { headers: { 'www-authenticate': 'Bearer' } }));
    }
    const check = verifyToken(token);
    if (check instanceof Promise) check.then((found) => done(admit(request, access, found)), done);
    else done(admit(request, access, check));
  };
}

/** The refusal; else the request has its claims. */
function admit(request: FastifyRequest, access: Exclude<Access, 'public'>, check: TokenCheck): Problem | undefined {
  const refusal = refusalOf(access, check);
  if (refusal === undefined && check.ok) request.claims = check.claims;
  return refusal;
}

function refusalOf(access: 'user' | readonly StaffRole[], check: TokenCheck): Problem | undefined {
  if (check.ok) return isAllowed(access, check.claims) ? undefined : new Problem('FORBIDDEN');
  return new Problem(check.reason === 'expired' ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID', {
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  });
}

function isAllowed(access: 'user' | readonly StaffRole[], { role }: Claims): boolean {
  if (access === 'user') return role === undefined;
  return (access as readonly (string | undefined)[]).includes(role);
}

/** The user id or staff name of an authorized request. */
export function callerOf(request: FastifyRequest): string {
  if (request.claims === null) throw new Error('a public route asked for its caller');
  return request.claims.sub;
}
