import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OPS_ACCESS, opsAccessOf } from '../../src/http/ops/ops-access.ts';
import { callAll, FAILED, OK, times } from '../support/resilience-world.ts';
import { type OpsServed, serveOps } from './support/ops-served.ts';

let served: OpsServed;
beforeEach(async () => {
  served = await serveOps();
});
afterEach(() => served.app.close());

const ROLES = ['viewer', 'operator', 'approver', 'sre', 'auditor', 'admin'];
const HOLD = { reason: 'the partner asked us to wait', ttlMs: 60_000 };
const LIMIT = { reason: 'the partner is slow today', limit: 1, ttlMs: 60_000 };
const BODIES: Record<string, object> = {
  hold: HOLD,
  release: { reason: 'over' },
  probe: { reason: 'look' },
  limit: LIMIT,
  restore: { reason: 'over' },
};
const post = (path: string, body: object, role = 'sre') => served.call('POST', `/ops/dependencies/${path}`, role, body);

/** Opens the breaker of the orders API. */
async function open() {
  const orders = served.world.pipeline('orders');
  await callAll(orders, times(4, FAILED));
  return orders;
}

describe('the internal port', () => {
  it('lets each role do exactly what its rows say', async () => {
    const rows = Object.entries(OPS_ACCESS);
    for (const [row, access] of rows) {
      const [method = '', url = ''] = row.split(' ');
      const path = url.replace(':dependency', 'taobao').replace(':policy', 'orders');
      const body = BODIES[path.split('/').at(-1) ?? ''];
      for (const role of [undefined, 'user', 'wizard', ...ROLES]) {
        const { status } = await served.call(method, path, role, body);
        const mayEnter = access === 'public' || access.includes(role as never);
        if (mayEnter) expect(status, `${row} as ${role}`).toBe(200);
        else expect(status, `${row} as ${role}`).toBe(role === undefined ? 401 : 403);
      }
    }
    expect(() => opsAccessOf('GET', '/ops/secrets')).toThrow('GET /ops/secrets');
  });

  it('hosts the console beside its own routes, under its own rules', async () => {
    expect(await served.call('GET', '/console')).toMatchObject({ status: 200, text: 'the page' });
  });

  it('answers what it does not know with a problem', async () => {
    expect(await served.call('GET', '/ops/nothing')).toMatchObject({ status: 404, body: { code: 'ROUTE_NOT_FOUND' } });
    expect(await served.call('POST', '/metrics')).toMatchObject({ status: 405 });
  });

  it('serves metrics as Prometheus wants them', async () => {
    const response = await served.app.inject({ url: '/metrics' });
    expect(response.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(response.body).toBe('up 1\n');
  });

  it('is ready whatever the breakers are, and says how far it lags behind', async () => {
    await open();
    await served.world.resilience.hold('alipay', 'transfer', { by: 'lin', ...HOLD });
    served.actors.backlogMs = 61_000;
    expect(await served.call('GET', '/readyz')).toMatchObject({
      status: 200,
      body: { status: 'ready', backlogMs: 61_000, isLagging: true },
    });
    served.actors.isReady = false;
    expect(await served.call('GET', '/readyz')).toMatchObject({ status: 503, body: { code: 'NOT_READY' } });
    expect(await served.call('GET', '/livez')).toMatchObject({ status: 200 });
  });
});

describe('GET /ops/dependencies', () => {
  const read = async () => (await served.call('GET', '/ops/dependencies')).body;
  const orders = async () =>
    (await read()).data.find((one: { policy: string }) => one.policy === 'orders') as Record<string, unknown>;

  it('shows every policy before it was ever called', async () => {
    const { data } = await read();
    expect(data).toHaveLength(served.world.resilience.snapshot().length);
    expect(await orders()).toMatchObject({ state: 'closed', openedAt: null, hold: null, calls: { ok: 0 } });
  });

  it('shows since when a breaker is open, when it will be tried, and why', async () => {
    await open();
    expect(await orders()).toMatchObject({
      state: 'open',
      openedAt: expect.stringMatching(/\+08:00$/),
      nextProbeAt: expect.stringMatching(/\+08:00$/),
      calls: { failed: 4 },
      transitions: [{ from: 'closed', to: 'open', cause: 'failures', at: expect.stringMatching(/\+08:00$/) }],
    });
  });

  it('shows who waits for which partner', async () => {
    served.waiting.push({
      dependency: 'alipay',
      machine: 'withdrawal',
      state: 'paying.postponed',
      count: 3,
      oldestSince: 0,
    });
    expect((await read()).waiting).toEqual([
      {
        dependency: 'alipay',
        machine: 'withdrawal',
        state: 'paying.postponed',
        count: 3,
        oldestSince: '1970-01-01T08:00:00.000+08:00',
      },
    ]);
  });
});

describe('steering a dependency', () => {
  it('holds it for a time, and sends nothing meanwhile', async () => {
    const answer = await post('taobao/orders/hold', HOLD);
    expect(answer).toMatchObject({
      status: 200,
      body: { state: 'isolated', hold: { by: 'lin', reason: HOLD.reason, until: expect.any(String) } },
    });
    const [said] = await callAll(served.world.pipeline('orders'), [OK]);
    expect(said).toMatchObject({ kind: 'refused' });
    await served.world.clock.advance(61_000);
    expect(await callAll(served.world.pipeline('orders'), [OK])).toEqual([OK]);
  });

  it('releases it, and asks again', async () => {
    await post('taobao/orders/hold', HOLD);
    expect((await post('taobao/orders/release', { reason: 'over' })).body).toMatchObject({
      state: 'closed',
      hold: null,
    });
    await open();
    expect((await post('taobao/orders/probe', { reason: 'they say it works' })).body).toMatchObject({ outcome: 'due' });
    expect(await callAll(served.world.pipeline('orders'), [OK])).toEqual([OK]);
  });

  it('changes its limit for a time, within the bounds that a refusal names', async () => {
    expect((await post('taobao/orders/limit', LIMIT)).body).toMatchObject({
      limit: 1,
      configuredLimit: 4,
      mostLimit: 16,
      limitChange: { limit: 1, by: 'lin', reason: LIMIT.reason, until: expect.stringMatching(/\+08:00$/) },
    });
    expect((await post('taobao/orders/limit', { ...LIMIT, limit: 17 })).body).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ pointer: '/limit' }],
    });
    expect((await post('taobao/orders/limit', { ...LIMIT, ttlMs: undefined })).status).toBe(400);
    expect((await post('taobao/nothing/limit', LIMIT)).status).toBe(404);
    expect((await post('taobao/orders/restore', { reason: 'over' })).body).toMatchObject({
      limit: 4,
      limitChange: null,
    });
    expect(served.audited).toMatchObject([
      { action: 'dependency.limit', outcome: 'done', detail: { limit: 1, ttlMs: 60_000 } },
      { action: 'dependency.limit', outcome: 'refused', code: 'VALIDATION_FAILED', detail: { limit: 17 } },
      { action: 'dependency.limit', outcome: 'refused', code: 'DEPENDENCY_UNKNOWN' },
      { action: 'dependency.restore', outcome: 'done', reason: 'over' },
    ]);
  });

  it('leaves one line of each in the audit log, of what was refused too', async () => {
    await post('taobao/orders/hold', HOLD);
    await post('taobao/orders/probe', { reason: 'does it work' });
    await post('taobao/orders/release', { reason: 'over' });
    await post('taobao/orders/probe', { reason: 'and now' });
    expect(served.audited).toMatchObject([
      {
        by: 'lin@ops-port',
        role: 'sre',
        action: 'dependency.hold',
        subject: 'taobao.orders',
        detail: { ttlMs: 60_000 },
      },
      { action: 'dependency.probe', outcome: 'refused', code: 'DEPENDENCY_REFUSED', reason: 'does it work' },
      { action: 'dependency.release', outcome: 'done', code: null, reason: 'over', traceId: expect.any(String) },
      { action: 'dependency.probe', outcome: 'done', detail: { outcome: 'due' } },
    ]);
  });

  it('refuses what it cannot do, saying what to send', async () => {
    expect(await post('taobao/nothing/hold', HOLD)).toMatchObject({
      status: 404,
      body: { code: 'DEPENDENCY_UNKNOWN' },
    });
    expect(await post('taobao/orders/hold', { reason: 'x' })).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION_FAILED', errors: [{ pointer: '/ttlMs' }] },
    });
    expect(await post('taobao/orders/hold', { ...HOLD, ttlMs: 86_400_001 })).toMatchObject({ status: 400 });
    await post('taobao/orders/hold', HOLD);
    expect(await post('taobao/orders/probe', { reason: 'x' })).toMatchObject({
      body: { code: 'DEPENDENCY_REFUSED' },
    });
  });
});

describe('the stream of dependencies', () => {
  async function listen() {
    await served.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = served.app.server.address() as AddressInfo;
    const sent = httpRequest({ port, path: '/ops/dependencies', headers: { accept: 'text/event-stream' } }).end();
    const response = await new Promise<IncomingMessage>((resolve) => sent.once('response', resolve));
    let text = '';
    let wake = () => {};
    response.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      wake();
    });
    response.on('error', () => {});
    const events = () => [...text.matchAll(/id: (\d+)\nevent: dependencies\ndata: (.*)\n\n/g)];
    return {
      response,
      sent,
      text: () => text,
      async event(number: number) {
        while (events().length < number) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        return JSON.parse(events()[number - 1]?.[2] ?? '') as { data: { policy: string; state: string }[] };
      },
      count: () => events().length,
    };
  }
  const stateOf = ({ data }: { data: { policy: string; state: string }[] }, policy: string) =>
    data.find((one) => one.policy === policy)?.state;

  it('begins with what is so now, and follows changes, many as one', async () => {
    const stream = await listen();
    expect(stream.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(stateOf(await stream.event(1), 'orders')).toBe('closed');
    await open();
    await served.world.clock.advance(500);
    expect(stateOf(await stream.event(2), 'orders')).toBe('open');
    await served.world.clock.advance(400);
    expect(stream.count()).toBe(2);
    expect(stream.text()).toMatch(/^retry: 3000\n\nid: 1\n/);
  });

  it('says nothing but that it lives while nothing changes', async () => {
    const stream = await listen();
    await stream.event(1);
    await served.world.clock.advance(31_000);
    await open();
    await served.world.clock.advance(500);
    await stream.event(2);
    expect(stream.text().match(/: beat/g)).toHaveLength(2);
  });

  it('is counted while somebody listens, and ends with the server', async () => {
    const stream = await listen();
    await stream.event(1);
    expect(served.streams).toEqual(['ops']);
    const ended = new Promise((resolve) => stream.response.once('close', resolve));
    await served.app.close();
    await ended;
    expect(served.streams).toEqual([]);
  });

  it('is forgotten when its client goes', async () => {
    const stream = await listen();
    await stream.event(1);
    stream.sent.destroy();
    while (served.streams.length > 0) await new Promise((resolve) => setImmediate(resolve));
    await open();
    await served.world.clock.advance(1_000);
    expect(served.streams).toEqual([]);
  });
});
