/**
 * Links on real processes: whose orders they bring, what a crash costs, and what holds when Taobao is gone; and how a
 * user comes to a channel of their own.
 */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { GOODS } from '../../src/infra/sandbox/goods.ts';
import { startSandboxProcess } from '../support/sandbox-process.ts';
import { killAll, startServer, tempFolder, until } from '../support/server-process.ts';
import { token } from './rest-client.ts';

const WITHIN_MS = 20_000;
const folder = tempFolder();
const [towel, cup] = GOODS as [(typeof GOODS)[number], (typeof GOODS)[number]];

afterEach(killAll);
afterAll(() => folder.remove());

interface Link {
  readonly code: string;
  readonly url: string;
  readonly channel: string;
  readonly clicks: number;
}

async function ask<T>(
  url: string,
  path: string,
  user: string,
  body?: object,
): Promise<{ status: number; headers: Headers; body: T }> {
  const response = await fetch(`${url}${path}`, {
    headers: { authorization: `Bearer ${token(user)}`, 'content-type': 'application/json' },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as T };
}

async function follow(url: string, code: string, times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    const { status, headers } = await fetch(`${url}/r/${code}`, { redirect: 'manual' });
    expect([status, headers.get('location')]).toEqual([302, expect.stringMatching(/^https:\/\/[a-z.]+taobao\.com\//)]);
  }
}

const clicksOf = async (url: string): Promise<number | undefined> =>
  (await ask<{ data: readonly Link[] }>(url, '/v1/links', 'u1')).body.data[0]?.clicks;

describe('links', () => {
  it('bring their user the orders of a leased slot, and keep their clicks through kill and stop', async () => {
    const sandbox = await startSandboxProcess(`${folder.path}/sandbox`);
    const options = { dataDir: `${folder.path}/server`, env: { ...sandbox.env, ORDER_POLL_MS: '200' } };
    let server = await startServer(options);
    const { body: link } = await ask<Link>(server.url, '/v1/links', 'u1', { itemId: towel.itemId });
    expect(link.channel).toMatch(/^adzone-\d+$/);

    const adzoneId = link.channel.replace('adzone-', '');
    await sandbox.orders([{ trade_id: '9001', adzone_id: adzoneId }]);
    await until('the order of the slot to be the user’s', WITHIN_MS, async () => {
      const { status } = await ask(server.url, '/v1/orders/9001', 'u1');
      return status === 200 ? true : undefined;
    });

    await follow(server.url, link.code, 20);
    await until('the clicks to be told', WITHIN_MS, async () =>
      (await clicksOf(server.url)) === 20 ? true : undefined,
    );
    await server.end('SIGKILL');
    server = await startServer(options);
    expect(await clicksOf(server.url)).toBe(20);

    await follow(server.url, link.code, 3);
    await server.end('SIGTERM');
    server = await startServer(options);
    expect(await clicksOf(server.url)).toBe(23);
    const statistics = await ask<{ data: object[] }>(server.url, '/v1/links/statistics', 'u1');
    expect(statistics.body.data).toMatchObject([{ channel: link.channel, links: 1, clicks: 23, orders: 1 }]);

    await sandbox.end('SIGKILL');
    await follow(server.url, link.code, 1);
    const product = await ask<object>(server.url, `/v1/products/${cup.itemId}`, 'u1');
    expect([product.status, product.body]).toMatchObject([200, { itemId: cup.itemId, placeholder: true }]);
    const refused = await ask<{ code: string }>(server.url, '/v1/links', 'u1', { itemId: cup.itemId });
    expect([refused.status, refused.body.code]).toEqual([503, 'TAOBAO_UNAVAILABLE']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  }, 90_000);
});

describe('signing in at Taobao', () => {
  const signedIn = async (url: string): Promise<{ code: string | null; state: string | null }> => {
    const { body } = await ask<{ authorizeUrl: string }>(url, '/v1/taobao/authorization', 'u1', {});
    const follows = async (address: string) =>
      (await fetch(address, { redirect: 'manual' })).headers.get('location') ?? '';
    const app = new URL(await follows(await follows(body.authorizeUrl)));
    expect(app.href).toMatch(/^myapp:\/\/taobao\?/);
    return { code: app.searchParams.get('code'), state: app.searchParams.get('state') };
  };

  it('leads from Taobao to the app, which binds the account to its own user alone, also after a kill', async () => {
    const sandbox = await startSandboxProcess(`${folder.path}/sign-in-sandbox`);
    const env = { ...sandbox.env, TAOBAO_RETURN_URL: 'myapp://taobao' };
    const options = { dataDir: `${folder.path}/sign-in`, env };
    const first = await startServer(options);
    const back = await signedIn(first.url);
    const complete = '/v1/taobao/authorization/complete';
    const other = await ask<{ code: string }>(first.url, complete, 'u2', back);
    expect([other.status, other.body.code]).toEqual([403, 'AUTHORIZATION_NOT_YOURS']);

    await first.end('SIGKILL');
    const { url } = await startServer(options);
    const bound = await ask<{ channel: string }>(url, complete, 'u1', back);
    expect([bound.status, bound.body.channel]).toEqual([200, expect.stringMatching(/^relation-\d+$/)]);
    const again = await ask<{ code: string }>(url, complete, 'u1', back);
    expect([again.status, again.body.code]).toEqual([400, 'AUTHORIZATION_REFUSED']);
    const { body: link } = await ask<Link>(url, '/v1/links', 'u1', { itemId: towel.itemId });
    expect(link.channel).toBe(bound.body.channel);
  }, 90_000);
});
