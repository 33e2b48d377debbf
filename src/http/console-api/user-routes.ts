import type { FastifyRequest } from 'fastify';
import { toAddress } from '../../actors/address.ts';
import type { ApprovalRequest } from '../../machines/approval.ts';
import type { StaffRole } from '../../machines/meta.ts';
import type { App } from '../deps.ts';
import { Problem } from '../problem.ts';
import { askSecond, assertNotPending, find } from './action-routes.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import { staffOf } from './guard.ts';
import { hashPassword } from './passwords.ts';
import { BecauseOf, NewPassword, NewRole, NewUser, UserList, UserMade, UserPathName } from './staff-schemas.ts';
import { addUser, changeUser, findUser, listUsers, setPassword } from './staff-users.ts';

/** Sees, masked, and changes nothing but their own desk and notes. */
const LEAST_ROLE = 'viewer';

/**
 * Who may use the console, and as what. Nobody changes their own account, so there is always an admin left. Any role above
 * the least is granted by two admins: one asks, another agrees; taking a role away takes one. Who gives somebody another
 * password could sign in as them, so that takes two in the same way, and so does bringing a disabled user back in a role.
 */
export function userRoutes(app: App, deps: ConsoleRouteDeps): void {
  const { ids } = deps;
  app.get('/console/api/users', { schema: { response: { 200: UserList } } }, async () => ({
    data: await listUsers(deps),
  }));

  app.post('/console/api/users', { schema: { body: NewUser, response: { 201: UserMade } } }, async (request, reply) => {
    const { name, role, password, reason } = request.body;
    request.audited = { subject: `staff/${name}`, detail: { role } };
    const made = password === undefined ? ids.random() : undefined;
    const asked = { by: staffOf(request).name, reason };
    await addUser(deps, { name, role: LEAST_ROLE, password: password ?? made ?? '' }, asked);
    const approval = role === LEAST_ROLE ? null : await askAdmin(deps, request, name, { type: 'setRole', role });
    return reply.code(201).send({ ...(await findUser(deps, name)), password: made ?? null, approval });
  });

  app.post(
    '/console/api/users/:name/role',
    { schema: { params: UserPathName, body: NewRole, response: { 200: UserMade, 202: UserMade } } },
    async (request, reply) => {
      const { role, reason } = request.body;
      request.audited.detail = { role };
      const { by, name } = otherUser(request);
      const isGrant = role !== LEAST_ROLE && (await findUser(deps, name)).role !== role;
      const approval = isGrant ? await askAdmin(deps, request, name, { type: 'setRole', role }) : null;
      if (!isGrant) await changeUser(deps, name, { type: 'setRole', role }, { by, reason });
      return reply.code(isGrant ? 202 : 200).send({ ...(await findUser(deps, name)), password: null, approval });
    },
  );

  app.post(
    '/console/api/users/:name/password',
    { schema: { params: UserPathName, body: NewPassword, response: { 200: UserMade, 202: UserMade } } },
    async (request, reply) => {
      const { password, reason } = request.body;
      const { by, name } = otherUser(request);
      const made = password === undefined ? ids.random() : undefined;
      const next = password ?? made ?? '';
      const isByTwo = (await findUser(deps, name)).role !== LEAST_ROLE;
      if (!isByTwo) await setPassword(deps, name, next, { by, reason });
      const approval = isByTwo
        ? await askAdmin(deps, request, name, {
            type: 'setPassword',
            passwordHash: await hashPassword(next, ids.random()),
          })
        : null;
      const user = await findUser(deps, name);
      return reply.code(isByTwo ? 202 : 200).send({ ...user, password: made ?? null, approval });
    },
  );
  addSwitches(app, deps);
}

function addSwitches(app: App, deps: ConsoleRouteDeps): void {
  app.post(
    '/console/api/users/:name/disable',
    { schema: { params: UserPathName, body: BecauseOf, response: { 200: UserMade } } },
    async (request) => {
      const { by, name } = otherUser(request);
      await changeUser(deps, name, { type: 'disable' }, { by, reason: request.body.reason });
      return { ...(await findUser(deps, name)), password: null, approval: null };
    },
  );

  app.post(
    '/console/api/users/:name/enable',
    { schema: { params: UserPathName, body: BecauseOf, response: { 200: UserMade, 202: UserMade } } },
    async (request, reply) => {
      const { by, name } = otherUser(request);
      const { isDisabled, role } = await findUser(deps, name);
      const isByTwo = isDisabled && role !== LEAST_ROLE;
      const approval = isByTwo ? await askAdmin(deps, request, name, { type: 'enable' }) : null;
      if (!isByTwo) await changeUser(deps, name, { type: 'enable' }, { by, reason: request.body.reason });
      return reply.code(isByTwo ? 202 : 200).send({ ...(await findUser(deps, name)), password: null, approval });
    },
  );
}

/** Asks another admin to agree to it, and returns the id of the request. @throws APPROVAL_PENDING */
async function askAdmin(
  deps: ConsoleRouteDeps,
  request: FastifyRequest<{ Body: { reason: string } }>,
  name: string,
  change:
    | { readonly type: 'enable' }
    | { readonly type: 'setRole'; readonly role: StaffRole }
    | { readonly type: 'setPassword'; readonly passwordHash: string },
): Promise<string> {
  const { address: to, seq, state } = await find(deps, toAddress('staff', name));
  const { reason } = request.body;
  const by = staffOf(request).name;
  const event = { ...change, by, reason };
  await assertNotPending(deps, to, event, ({ type }) => type);
  const id = `ap_${deps.ids.random()}`;
  const why = { by, reason, reasonCode: 'other', ticket: null, amountFen: null, mayBreakGlass: false };
  const wanted: ApprovalRequest = { type: 'request', to, event, otherwise: null, ...why, seq, state };
  await askSecond(deps, id, wanted, request.trace.traceparent);
  request.audited.detail = { ...request.audited.detail, approval: id };
  return id;
}

/** @throws STAFF_OWN */
function otherUser(request: FastifyRequest<{ Params: { name: string } }>): { by: string; name: string } {
  const { name } = request.params;
  const by = staffOf(request).name;
  if (name === by) throw new Problem('STAFF_OWN');
  return { by, name };
}
