/**
 * The product's own clients behind their pipelines, against gateways of flesh and blood that misbehave by script.
 */
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { QUERY_METHOD, TRANSFER_METHOD } from '../../src/infra/alipay/alipay-calls.ts';
import { createAlipayGateway } from '../../src/infra/alipay/alipay-gateway.ts';
import { guardAlipayGateway } from '../../src/infra/alipay/guarded-alipay-gateway.ts';
import { SystemClock } from '../../src/infra/system-clock.ts';
import { guardTopClient } from '../../src/infra/taobao/guarded-top-client.ts';
import { createTopClient, type TopResult } from '../../src/infra/taobao/top-client.ts';
import { ALIPAY_KEYS, type AlipayPartner, APP_KEYS, startAlipayPartner } from '../support/alipay-partner.ts';
import { type PartnerServer, startPartnerServer } from '../support/partner-server.ts';
import { resilienceWorld } from '../support/resilience-world.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';

const ITEM = 'taobao.tbk.item.info.upgrade.get';
const SEARCH = 'taobao.tbk.dg.material.optional.upgrade';
const ORDERS = 'taobao.tbk.order.details.get';
const BASE = 'taobao/*.minCalls=6, taobao/*.openMs=60000, taobao/*.retries=0';

type Answer = (response: ServerResponse) => void;

const well: Answer = (response) => response.end('{"results":{}}');
const topError = (error: Record<string, unknown>): Answer => {
  return (response) => response.end(JSON.stringify({ error_response: error }));
};

describe('Taobao behind its pipelines', () => {
  let server: PartnerServer;
  beforeEach(async () => {
    server = await startPartnerServer();
  });
  afterEach(() => server.close());

  function taobao(settings = BASE, options: Parameters<typeof resilienceWorld>[0] = {}) {
    const clock = new SystemClock();
    const world = resilienceWorld({ settings, clock: clock as unknown as VirtualClock, ...options });
    const direct = createTopClient(
      { gatewayUrl: server.url, appKey: '23000001', appSecret: 's', signMethod: 'md5', timeoutMs: 10_000 },
      { clock },
    );
    return { ...world, client: guardTopClient(direct, { resilience: world.resilience, clock }) };
  }

  /** What each method is answered by. */
  function script(answers: Readonly<Record<string, Answer>>): void {
    server.answer = ({ method = '' }, response) => (answers[method] ?? well)(response);
  }

  const arrived = (method: string) => server.arrivals.filter((params) => params['method'] === method).length;

  const TROUBLES: Readonly<Record<string, Answer>> = {
    'resets the line': (response) => response.socket?.resetAndDestroy(),
    'answers 502': (response) => response.writeHead(502).end('<html>Bad Gateway</html>'),
    'answers garbage': (response) => response.end('{"results":'),
    'answers with isp. errors': topError({ code: 15, sub_code: 'isp.remote-service-timeout' }),
    'never answers': () => {},
  };

  it.each(Object.entries(TROUBLES))('a gateway that %s opens the breaker at its threshold', async (_, trouble) => {
    script({ [ITEM]: trouble });
    const { client, view } = taobao(`${BASE}, taobao/item.attemptMs=300`);
    for (let call = 0; call < 6; call += 1) {
      expect(view('item').state).toBe('closed');
      expect(await client.call(ITEM, {})).toMatchObject({ ok: false, failure: { class: 'transient' } });
    }
    expect(view('item').state).toBe('open');
    expect(await client.call(ITEM, {})).toMatchObject({
      ok: false,
      failure: { class: 'notSent', cause: 'open', until: view('item').nextProbeAt },
    });
    expect(arrived(ITEM)).toBe(6);
  });

  it('a no about the request, however often, opens nothing', async () => {
    script({ [ITEM]: topError({ code: 15, sub_code: 'isv.item-not-exist' }) });
    const { client, view } = taobao();
    for (let call = 0; call < 20; call += 1) await client.call(ITEM, {});
    expect(view('item')).toMatchObject({ state: 'closed', failureRatio: 0 });
    expect(view('item').calls.ignored).toBe(20);
  });

  it('one probe finds out, and closes the breaker when the gateway is back', async () => {
    script({ [ITEM]: TROUBLES['answers 502'] as Answer });
    const { client, view, resilience } = taobao();
    for (let call = 0; call < 6; call += 1) await client.call(ITEM, {});
    const steering = { by: 'ann', reason: 'they say it is back' };
    expect(await resilience.probe('taobao', 'item', steering)).toBe('failed');
    expect(view('item').state).toBe('open');
    script({});
    expect(await resilience.probe('taobao', 'item', steering)).toBe('ok');
    expect(view('item').state).toBe('closed');
    expect(await client.call(ITEM, {})).toMatchObject({ ok: true });
    expect(arrived(ITEM)).toBe(6 + 2 + 1);
  });

  it('an operation that hangs takes only its own places: others are served as ever', async () => {
    const hanging: ServerResponse[] = [];
    script({ [ITEM]: (response) => void hanging.push(response) });
    const { client, view } = taobao(`${BASE}, taobao/item.concurrency=3, taobao/item.queue=2`);
    const stuck = Array.from({ length: 9 }, () => client.call(ITEM, {}));
    const refused = await Promise.all(stuck.slice(5));
    expect(refused.map((result) => !result.ok && 'cause' in result.failure && result.failure.cause)).toEqual(
      Array.from({ length: 4 }, () => 'full'),
    );
    expect(view('item')).toMatchObject({ inFlight: 3, queueDepth: 2 });
    for (let call = 0; call < 20; call += 1) expect(await client.call(SEARCH, {})).toMatchObject({ ok: true });
    expect(view('search').calls.ok).toBe(20);
    expect(arrived(ITEM)).toBe(3);
    script({});
    for (const response of hanging) well(response);
    expect((await Promise.all(stuck.slice(0, 5))).every(({ ok }) => ok)).toBe(true);
    expect(view('item')).toMatchObject({ inFlight: 0, queueDepth: 0 });
  });

  it('the order APIs’ quota is never exceeded, counted at the gateway', async () => {
    const arrivals: number[] = [];
    server.answer = (_params, response) => {
      arrivals.push(performance.now());
      well(response);
    };
    const { client } = taobao('', { taobaoOrdersPerSecond: 8 });
    const calls = Array.from({ length: 12 }, () => client.call(ORDERS, {}));
    expect((await Promise.all(calls)).every(({ ok }) => ok)).toBe(true);
    const busiest = Math.max(
      ...arrivals.map((from) => arrivals.filter((at) => at >= from && at < from + 1_000).length),
    );
    expect(busiest).toBe(8);
  });

  it('a ban in words is kept to, for that API alone', async () => {
    const ban = { code: 7, sub_code: 'accesscontrol.limited-by-api-access-count' };
    script({ [ITEM]: topError({ ...ban, sub_msg: 'This ban will last for 30 more seconds' }) });
    const { client, view } = taobao();
    const first = (await client.call(ITEM, {})) as Extract<TopResult, { ok: false }>;
    expect(first.failure).toMatchObject({ class: 'rateLimited', scope: 'api' });
    const until = 'until' in first.failure ? first.failure.until : 0;
    expect(await client.call(ITEM, {})).toMatchObject({ failure: { class: 'notSent', cause: 'quota', until } });
    expect(arrived(ITEM)).toBe(1);
    expect(await client.call(SEARCH, {})).toMatchObject({ ok: true });
    expect(view('item').state).toBe('closed');
  });

  it('a day’s quota that is used up stops every call of the app until 00:00 +08:00', async () => {
    script({ [ITEM]: topError({ code: 7, sub_code: 'accesscontrol.limited-by-app-access-count' }) });
    const { client, view, clock } = taobao();
    await client.call(ITEM, {});
    const said = await client.call(ORDERS, {});
    expect(said).toMatchObject({ failure: { class: 'notSent', cause: 'quota' } });
    const app = view('orders').quotas.find(({ name }) => name === 'app');
    expect(((app?.bannedUntil ?? 0) + 8 * 3_600_000) % 86_400_000).toBe(0);
    expect(app?.bannedUntil).toBeGreaterThan(clock.now());
    expect(server.arrivals).toHaveLength(1);
  });

  it('a method that nobody gave a policy is a mistake of ours', async () => {
    await expect(taobao().client.call('taobao.tbk.unheard.of', {})).rejects.toThrow('has no policy');
  });
});

describe('Alipay behind its pipelines', () => {
  let partner: AlipayPartner;
  beforeEach(async () => {
    partner = await startAlipayPartner();
  });
  afterEach(() => partner.close());

  function alipay(settings = 'alipay/*.minCalls=4, alipay/*.openMs=60000') {
    const clock = new SystemClock();
    const world = resilienceWorld({ settings, clock: clock as unknown as VirtualClock });
    const direct = createAlipayGateway(
      {
        gatewayUrl: partner.url,
        appId: '2021000000000001',
        privateKey: APP_KEYS.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        trust: { publicKey: ALIPAY_KEYS.publicKey.export({ type: 'spki', format: 'pem' }).toString() },
        timeoutMs: 5_000,
      },
      { clock },
    );
    return { ...world, clock, gateway: guardAlipayGateway(direct, { resilience: world.resilience, clock }) };
  }

  const transfer = { out_biz_no: 'wd_1' };

  it('a transfer that the breaker refuses has not left, and says until when', async () => {
    const { gateway, view } = alipay();
    partner.answer = (_params, response) => response.writeHead(503).end();
    for (let call = 0; call < 4; call += 1) {
      expect(await gateway.exec(TRANSFER_METHOD, transfer)).toEqual({ kind: 'none', code: 'TRANSPORT' });
    }
    const { nextProbeAt } = view('transfer', 'alipay');
    expect(await gateway.exec(TRANSFER_METHOD, transfer)).toEqual({
      kind: 'notSent',
      cause: 'open',
      until: nextProbeAt,
    });
    expect(partner.arrivals).toHaveLength(4);
  });

  it('a transfer is sent once, whatever comes back', async () => {
    const { gateway } = alipay();
    partner.answer = (_params, response) => response.socket?.resetAndDestroy();
    expect(await gateway.exec(TRANSFER_METHOD, transfer)).toEqual({ kind: 'none', code: 'TRANSPORT' });
    expect(partner.arrivals).toHaveLength(1);
  });

  it('a transfer that is cut off by its time may have happened', async () => {
    const { gateway } = alipay('alipay/transfer.attemptMs=40');
    partner.answer = () => {};
    expect(await gateway.exec(TRANSFER_METHOD, transfer)).toEqual({ kind: 'none', code: 'TIMEOUT' });
  });

  it('a transfer past its send-by time is not sent', async () => {
    const { gateway, clock } = alipay();
    const answer = await gateway.exec(TRANSFER_METHOD, transfer, { deadline: clock.now() - 1 });
    expect(answer).toMatchObject({ kind: 'notSent', cause: 'late' });
    expect(partner.arrivals).toHaveLength(0);
  });

  it.each([
    ['a definite no', { code: '40004', subCode: 'PAYEE_NOT_EXIST' }, 'ignored'],
    ['a short account of ours', { code: '40004', subCode: 'PAYER_BALANCE_NOT_ENOUGH' }, 'ignored'],
    ['their own trouble', { code: '20000', subCode: 'aop.unknow-error' }, 'failed'],
    ['SYSTEM_ERROR', { code: '40004', subCode: 'SYSTEM_ERROR' }, 'failed'],
  ] as const)('%s counts as %s', async (_, { code, subCode }, outcome) => {
    const { gateway, view } = alipay();
    partner.says({ code, sub_code: subCode });
    await gateway.exec(TRANSFER_METHOD, transfer);
    expect(view('transfer', 'alipay').calls[outcome]).toBe(1);
  });

  it('too many calls at once keep the next from leaving for a moment', async () => {
    const { gateway } = alipay();
    partner.says({ code: '40004', sub_code: 'RESOURCE_LIMIT_EXCEED' });
    await gateway.exec(QUERY_METHOD, transfer);
    expect(await gateway.exec(QUERY_METHOD, transfer)).toMatchObject({ kind: 'notSent', cause: 'quota' });
    partner.says({ code: '10000', status: 'SUCCESS' });
    expect(await gateway.exec(TRANSFER_METHOD, transfer)).toMatchObject({ kind: 'answer', code: '10000' });
  });

  it('a query of a number that nobody has finds out for transfers too', async () => {
    const { gateway, view, resilience } = alipay();
    partner.answer = (_params, response) => response.writeHead(503).end();
    for (let call = 0; call < 4; call += 1) await gateway.exec(TRANSFER_METHOD, transfer);
    partner.says({ code: '40004', sub_code: 'ORDER_NOT_EXIST' });
    expect(await resilience.probe('alipay', 'transfer', { by: 'ann', reason: 'they are back' })).toBe('ignored');
    expect(view('transfer', 'alipay').state).toBe('closed');
    expect(partner.arrivals.at(-1)).toMatchObject({ method: QUERY_METHOD });
  });
});
