import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANY_STAFF, CONSOLE_ACCESS, consoleAccessOf } from '../../../src/http/console-api/access.ts';
import { type Browser, type Console, ROLES, serveConsole } from '../support/console-served.ts';

let console: Console;
const browsers = new Map<string, Browser>();
beforeAll(async () => {
  console = await serveConsole();
  for (const role of ROLES) browsers.set(role, await console.signIn(role));
});
afterAll(() => console.close());

const API = '/console/api';
const apiRoutes = () => console.routes.filter(({ url, method }) => url.startsWith(API) && method !== 'HEAD');

/** A path that fits the pattern, with ids of the right shape that name nothing. */
function pathOf(url: string): string {
  return url
    .slice(API.length)
    .replace(':type/:id', 'order/404')
    .replace(':type', 'order')
    .replace(':seq', '1')
    .replace(/:\w+/g, '404');
}

describe('the console', () => {
  it('has a row for every route and a route for every row', () => {
    const rows = console.routes.map(({ method, url }) => `${method === 'HEAD' ? 'GET' : method} ${url}`);
    const pageFiles = ['GET /console', 'GET /console/*', 'GET /console/assets/*'];
    expect([...new Set([...rows, ...pageFiles])].sort()).toEqual(Object.keys(CONSOLE_ACCESS).sort());
  });

  it('does not start with a route without a row, nor with a write that is not audited', () => {
    expect(() => consoleAccessOf('GET', '/console/api/secrets')).toThrow('has no row');
    expect(() => consoleAccessOf('constructor', '')).toThrow();
    for (const [row, { audit, isRead }] of Object.entries(CONSOLE_ACCESS)) {
      if (!row.startsWith('GET ') && isRead !== true) expect(audit, row).toBeDefined();
    }
  });

  it('lets nobody in who is not signed in, but to sign in', async () => {
    for (const { method, url } of apiRoutes()) {
      if (`${method} ${url}` === 'POST /console/api/session') continue;
      for (const cookie of ['', 'taoke_console=x.y']) {
        const browser = console.browser();
        browser.cookie = cookie;
        const { status, body } = await browser.call(method, pathOf(url));
        expect([status, body.code], `${method} ${url}`).toEqual([
          401,
          cookie === '' ? 'SESSION_REQUIRED' : 'SESSION_ENDED',
        ]);
      }
    }
  });

  it('gives each role exactly the routes of its rows', async () => {
    for (const { method, url } of apiRoutes()) {
      const { roles } = consoleAccessOf(method, url);
      if (roles === 'public' || url === `${API}/session` || url === `${API}/stream`) continue;
      for (const [role, browser] of browsers) {
        const { status, body } = await browser.call(method, pathOf(url), method === 'GET' ? {} : { body: {} });
        const what = `${method} ${url} as ${role}: ${status} ${body?.code}`;
        if (roles.includes(role as (typeof ROLES)[number])) expect([401, 403], what).not.toContain(status);
        else expect([status, body.code], what).toEqual([403, 'ROLE_REQUIRED']);
      }
    }
  });

  it('takes no write from anybody without the CSRF token', async () => {
    for (const { method, url } of apiRoutes()) {
      const { roles } = consoleAccessOf(method, url);
      if (method === 'GET' || roles === 'public') continue;
      for (const browser of browsers.values()) {
        const { body } = await browser.call(method, pathOf(url), { body: {}, headers: { 'x-csrf-token': 'x' } });
        expect(body.code, `${method} ${url}`).toBe('CSRF_TOKEN_INVALID');
      }
    }
  });

  it('is nothing that may be kept or framed', async () => {
    const { headers } = await (browsers.get('viewer') as Browser).get('/session');
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
    });
  });

  it('is for every role of the staff', () => {
    expect([...ANY_STAFF].sort()).toEqual([...ROLES].sort());
  });
});
