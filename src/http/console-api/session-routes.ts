import type { FastifyReply, FastifyRequest } from 'fastify';
import { isActorId, toAddress } from '../../actors/address.ts';
import type { Inspection } from '../../actors/facade.ts';
import type { StaffContext } from '../../machines/staff.ts';
import type { App } from '../deps.ts';
import { Problem } from '../problem.ts';
import { NoBody } from '../schemas.ts';
import { AttemptLimits } from './attempt-limits.ts';
import type { ConsoleRouteDeps, Staff } from './console-deps.ts';
import { clearSession, setSession, staffOf } from './guard.ts';
import { isPassword, NO_PASSWORD } from './passwords.ts';
import { IDLE_MS } from './sessions.ts';
import { type SignIn as Credentials, OwnPassword, Session, SignIn } from './staff-schemas.ts';
import { setPassword } from './staff-users.ts';

const WINDOW_MS = 15 * 60_000;
const code = 'SIGN_IN_LIMITED';
/** Wrong passwords in 15 minutes, for one user and from one address. */
const PER_USER = { most: 5, windowMs: WINDOW_MS, code } as const;
const PER_ADDRESS = { most: 20, windowMs: WINDOW_MS, code } as const;
/** Each check of a password takes 32 MiB and a core for a moment. */
const MAX_CHECKS_AT_ONCE = 4;

/** Signing in and out, and who one is. */
export function sessionRoutes(app: App, deps: ConsoleRouteDeps): void {
  const signIn = createSignIn(deps);
  app.post('/console/api/session', { schema: { body: SignIn, response: { 200: Session } } }, async (request, reply) => {
    const { token, staff } = await signIn(request, request.body);
    setSession(request, reply, token);
    // Nobody waits for this; whoever has signed in will soon look at a chart.
    void deps.charts.warm();
    return toSession(staff, deps);
  });

  app.get('/console/api/session', { schema: { response: { 200: Session } } }, async (request) =>
    toSession(staffOf(request), deps),
  );

  app.delete('/console/api/session', { schema: { body: NoBody } }, async (request, reply) => {
    const { name, sessionId, endsAt } = staffOf(request);
    request.audited.subject = `staff/${name}`;
    await deps.actors.send(
      toAddress('staff', name),
      { type: 'signedOut', session: sessionId, until: endsAt },
      { id: `out:${sessionId}`, cause: `staff:${name}`, repeatable: true, mustExist: true },
    );
    return endSession(reply);
  });

  app.post('/console/api/session/password', { schema: { body: OwnPassword } }, async (request, reply) => {
    const { name } = staffOf(request);
    const { current, next } = request.body;
    request.audited.subject = `staff/${name}`;
    await signIn(request, { user: name, password: current });
    await setPassword(deps, name, next, { by: name, reason: 'own password' });
    return endSession(reply);
  });
}

function endSession(reply: FastifyReply): FastifyReply {
  clearSession(reply);
  return reply.code(204).send();
}

/** Returns the check of a name and a password, which takes as long for a name that nobody has. */
function createSignIn(deps: ConsoleRouteDeps) {
  const { actors, clock, sessions } = deps;
  const perUser = new AttemptLimits(clock, PER_USER);
  const perAddress = new AttemptLimits(clock, PER_ADDRESS);
  let checkCount = 0;

  const isRight = async (password: string, found: Inspection | undefined): Promise<boolean> => {
    if (checkCount >= MAX_CHECKS_AT_ONCE) throw new Problem('SIGN_IN_LIMITED', { retryAfterMs: 1_000 });
    checkCount += 1;
    try {
      const { passwordHash = NO_PASSWORD } = (found?.snapshot.context ?? {}) as Partial<StaffContext>;
      return await isPassword(password, passwordHash);
    } finally {
      checkCount -= 1;
    }
  };

  return async (request: FastifyRequest, { user, password }: Credentials): Promise<{ token: string; staff: Staff }> => {
    perAddress.take(request.ip);
    // Only names that can exist have a count of their own: others, typed by the thousand, would push those out.
    const address = isActorId(user) ? toAddress('staff', user) : undefined;
    if (address !== undefined) perUser.take(user);
    const found = address && (await actors.inspect(address));
    const isRightPassword = await isRight(password, found);
    // What somebody types for a name that nobody has may be a password: it is not kept.
    request.audited.by = found === undefined ? 'unknown' : user;
    const opened = found && isRightPassword ? sessions.open(found) : undefined;
    if (address === undefined || opened === undefined) throw new Problem('SIGN_IN_FAILED');
    request.audited.subject = address;
    perUser.giveBack(user);
    perAddress.giveBack(request.ip);
    await actors.send(address, { type: 'signedIn' }, { cause: `staff:${user}`, mustExist: true });
    return opened;
  };
}

function toSession({ name, role, csrfToken, endsAt }: Staff, { isSandbox, links }: ConsoleRouteDeps) {
  const environment = isSandbox ? ('sandbox' as const) : ('production' as const);
  const { dependency = null, trace = null } = links;
  return { user: name, role, csrfToken, idleMs: IDLE_MS, endsAt, environment, links: { dependency, trace } };
}
