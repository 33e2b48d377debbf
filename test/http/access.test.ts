import { beforeAll, describe, expect, it } from 'vitest';
import { ACCESS, accessOf } from '../../src/http/access.ts';
import { issueToken } from '../../src/http/auth/tokens.ts';
import { channelEvents } from '../../src/machines/channel.ts';
import { memberEvents } from '../../src/machines/member.ts';
import { withdrawalEvents } from '../../src/machines/withdrawal-words.ts';
import { type Served, serve } from './support/served.ts';

const STAFF = ['viewer', 'operator', 'approver', 'sre', 'auditor', 'admin'];

let server: Served;
beforeAll(async () => {
  server = await serve();
});

/** A path that fits the pattern, with ids of the right shape that name nothing. */
function pathOf(url: string): string {
  return url
    .replace(':tradeId', '404')
    .replace(':userId', 'u404')
    .replace(':type', 'order')
    .replace('/withdrawals/:id', `/withdrawals/wd_${'a'.repeat(26)}`)
    .replace(':id', '404')
    .replace('/*', '/none.css');
}

async function statusOf({ method, url }: { method: string; url: string }, token: string | undefined) {
  const { status, body } = await server.call(method, pathOf(url), token === undefined ? {} : { token });
  return { status, code: body?.code as string | undefined };
}

describe('access', () => {
  it('has a row for every route and a route for every row', () => {
    const rows = server.routes.map(({ method, url }) => `${method === 'HEAD' ? 'GET' : method} ${url}`);
    expect([...new Set(rows)].sort()).toEqual(Object.keys(ACCESS).sort());
  });

  it('stops the start for a route without a row', () => {
    expect(() => accessOf('GET', '/v1/secrets')).toThrow('GET /v1/secrets');
    expect(() => accessOf('constructor', '')).toThrow();
  });

  it('gives each role exactly the routes of its rows', async () => {
    const callers = [
      { name: 'nobody', token: undefined },
      { name: 'user', token: await server.user() },
      { name: 'unknown role', token: await server.staff('wizard') },
      ...(await Promise.all(STAFF.map(async (role) => ({ name: role, token: await server.staff(role) })))),
    ];
    for (const route of server.routes) {
      const access = accessOf(route.method, route.url);
      for (const { name, token } of callers) {
        const { status, code } = await statusOf(route, token);
        const what = `${route.method} ${route.url} as ${name}: ${status} ${code}`;
        const mayEnter =
          access === 'public' || (access === 'user' ? name === 'user' : (access as string[]).includes(name));
        if (mayEnter) expect([401, 403], what).not.toContain(status);
        else expect(status, what).toBe(token === undefined ? 401 : 403);
        // An answer to HEAD has no body to tell the code by.
        if (!mayEnter && route.method !== 'HEAD')
          expect(code, what).toBe(token === undefined ? 'TOKEN_REQUIRED' : 'FORBIDDEN');
      }
    }
  });

  it('refuses expired, forged and malformed tokens on every route that wants one', async () => {
    const refused = {
      TOKEN_EXPIRED: [await issueToken('a secret of at least thirty-two bytes', { sub: 'u1' }, server.clock.now())],
      TOKEN_INVALID: [
        await issueToken('another secret', { sub: 'u1', role: 'approver' }, server.clock.now() + 1e6),
        'x',
      ],
    };
    for (const route of server.routes) {
      if (accessOf(route.method, route.url) === 'public' || route.method === 'HEAD') continue;
      for (const [code, tokens] of Object.entries(refused)) {
        for (const token of tokens) expect(await statusOf(route, token)).toEqual({ status: 401, code });
      }
    }
  });

  it.each(['', 'Basic dTE6', 'Bearer', 'Bearer ', 'bearer a b', 'Bearer \u00e9', 'Token x'])(
    'takes the header %j for no token',
    async (authorization) => {
      const { status, body, headers } = await server.call('GET', '/v1/account', { headers: { authorization } });
      expect([status, body.code, headers['www-authenticate']]).toEqual([401, 'TOKEN_REQUIRED', 'Bearer']);
    },
  );

  it('takes no token from the query', async () => {
    const { status } = await server.call('GET', `/v1/account?access_token=${await server.user()}`);
    expect(status).toBe(401);
  });

  it('checks the token before it reads the body', async () => {
    const { status } = await server.call('POST', '/v1/withdrawals', { body: { broken: true } });
    expect(status).toBe(401);
  });

  it('lets nobody send by hand what the machines say their role does not', () => {
    const senders = { ...withdrawalEvents, ...memberEvents, ...channelEvents };
    const events = {
      bind: 'PUT /v1/staff/members/:userId/channel',
      freeze: 'POST /v1/staff/members/:userId/freeze',
      unfreeze: 'POST /v1/staff/members/:userId/unfreeze',
      approve: 'POST /v1/staff/withdrawals/:id/approve',
      deny: 'POST /v1/staff/withdrawals/:id/deny',
      requery: 'POST /v1/staff/withdrawals/:id/requery',
    } as const;
    for (const [event, row] of Object.entries(events)) {
      for (const role of ACCESS[row] ?? [])
        expect(senders[event as keyof typeof senders]?.sentBy, event).toContain(role);
    }
  });
});
