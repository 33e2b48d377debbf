import type { FastifyRequest } from 'fastify';
import type { App } from '../deps.ts';
import { Problem } from '../problem.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import { staffOf } from './guard.ts';
import { BecauseOf, NewPassword, NewRole, NewUser, UserList, UserMade, UserPathName } from './staff-schemas.ts';
import { addUser, changeUser, findUser, listUsers, setPassword } from './staff-users.ts';

/** Who may use the console, and as what. Nobody changes their own account, so there is always an admin left. */
export function userRoutes(app: App, deps: ConsoleRouteDeps): void {
  const { ids } = deps;
  app.get('/console/api/users', { schema: { response: { 200: UserList } } }, async () => ({
    data: await listUsers(deps),
  }));

  app.post('/console/api/users', { schema: { body: NewUser, response: { 201: UserMade } } }, async (request, reply) => {
    const { name, role, password, reason } = request.body;
    request.audited = { subject: `staff/${name}`, detail: { role } };
    const made = password === undefined ? ids.random() : undefined;
    await addUser(deps, { name, role, password: password ?? made ?? '' }, { by: staffOf(request).name, reason });
    return reply.code(201).send({ ...(await findUser(deps, name)), password: made ?? null });
  });

  app.post(
    '/console/api/users/:name/role',
    { schema: { params: UserPathName, body: NewRole, response: { 200: UserMade } } },
    async (request) => {
      const { role, reason } = request.body;
      request.audited.detail = { role };
      const { by, name } = otherUser(request);
      await changeUser(deps, name, { type: 'setRole', role }, { by, reason });
      return { ...(await findUser(deps, name)), password: null };
    },
  );

  app.post(
    '/console/api/users/:name/password',
    { schema: { params: UserPathName, body: NewPassword, response: { 200: UserMade } } },
    async (request) => {
      const { password, reason } = request.body;
      const { by, name } = otherUser(request);
      const made = password === undefined ? ids.random() : undefined;
      await setPassword(deps, name, password ?? made ?? '', { by, reason });
      return { ...(await findUser(deps, name)), password: made ?? null };
    },
  );

  for (const type of ['disable', 'enable'] as const) {
    app.post(
      `/console/api/users/:name/${type}`,
      { schema: { params: UserPathName, body: BecauseOf, response: { 200: UserMade } } },
      async (request) => {
        const { by, name } = otherUser(request);
        await changeUser(deps, name, { type }, { by, reason: request.body.reason });
        return { ...(await findUser(deps, name)), password: null };
      },
    );
  }
}

/** @throws STAFF_OWN */
function otherUser(request: FastifyRequest<{ Params: { name: string } }>): { by: string; name: string } {
  const { name } = request.params;
  const by = staffOf(request).name;
  if (name === by) throw new Problem('STAFF_OWN');
  return { by, name };
}
