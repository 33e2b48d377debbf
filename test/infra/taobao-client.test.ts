import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SIGN_METHODS, type SignMethod, sign } from '../../src/infra/taobao/signature.ts';
import { createTopClient } from '../../src/infra/taobao/top-client.ts';
import { type ManualClock, manualClock, type PartnerServer, startPartnerServer } from '../support/partner-server.ts';

const METHOD = 'taobao.tbk.order.details.get';
const SECRET = 'app-secret';
/** 2026-01-15 23:30:15.999 +08:00, still the 15th there and long the 15th in UTC. */
const NOW = Date.UTC(2026, 0, 15, 15, 30, 15, 999);

let server: PartnerServer;
let clock: ManualClock;

beforeEach(async () => {
  server = await startPartnerServer();
  clock = manualClock(NOW);
});
afterEach(() => server.close());

function client(signMethod: SignMethod = 'hmac-sha256', gatewayUrl = server.url) {
  return createTopClient(
    { gatewayUrl, appKey: '23000001', appSecret: SECRET, signMethod, timeoutMs: 5_000 },
    { clock },
  );
}

function answerWith(body: string | Buffer, status = 200, headers: Record<string, string> = {}) {
  server.answer = (_, response) => response.writeHead(status, headers).end(body);
}

describe('a TOP call', () => {
  it.each(SIGN_METHODS)('sends what it signed by %s, and nothing empty', async (method) => {
    answerWith('{"tbk_order_details_get_response":{"data":{}}}');
    await client(method).call(METHOD, {
      page_no: 1,
      text: '双11 50%&=￥',
      position_index: undefined,
      option: { a: '' },
    });
    const { sign: signature, ...params } = server.arrivals[0]!;
    expect(params).toEqual({
      method: METHOD,
      app_key: '23000001',
      timestamp: '2026-01-15 23:30:15',
      format: 'json',
      v: '2.0',
      sign_method: method,
      page_no: '1',
      text: '双11 50%&=￥',
      option: '{"a":""}',
    });
    expect(signature).toBe(sign(params, SECRET, method));
  });

  it('carries a session when it is given one', async () => {
    await client().call(METHOD, {}, { session: '6100test' });
    expect(server.arrivals[0]).toMatchObject({ session: '6100test' });
  });

  it.each(['UTC', 'America/New_York', 'Pacific/Apia'])('is stamped +08:00 by a process in %s', async (zone) => {
    const before = process.env['TZ'];
    process.env['TZ'] = zone;
    try {
      await client().call(METHOD, {});
      expect(server.arrivals[0]).toMatchObject({ timestamp: '2026-01-15 23:30:15' });
    } finally {
      if (before === undefined) delete process.env['TZ'];
      else process.env['TZ'] = before;
    }
  });

  it.each([
    ['under its root key', '{"tbk_order_details_get_response":{"data":{"has_next":true},"request_id":"r"}}'],
    ['without one', '{"data":{"has_next":true},"request_id":"r"}'],
  ])('gives the data of an answer %s', async (_, body) => {
    answerWith(body);
    expect(await client().call(METHOD, {})).toEqual({ ok: true, data: { data: { has_next: true }, request_id: 'r' } });
  });

  it('classifies an error envelope, numbers and text alike', async () => {
    answerWith('{"error_response":{"code":50,"msg":"Remote service error","sub_code":" 2007 ","request_id":"r"}}');
    expect(await client().call(METHOD, {})).toMatchObject({
      ok: false,
      failure: { class: 'permanent', code: 'WINDOW_TOO_LONG', detail: '50:2007' },
    });
  });

  it.each([
    ['a 500', () => answerWith('{"data":{}}', 500), 'TRANSPORT'],
    ['a redirect', () => answerWith('', 302, { location: `${server.url}?again=1` }), 'TRANSPORT'],
    ['HTML', () => answerWith('<html></html>'), 'GARBAGE'],
    ['a body cut off', () => answerWith('{"data":{'), 'GARBAGE'],
    ['GBK', () => answerWith(Buffer.from([0x7b, 0x22, 0xc4, 0xe3, 0x22, 0x3a, 0x31, 0x7d])), 'GARBAGE'],
    ['a root of another kind', () => answerWith('{"tbk_order_details_get_response":[]}'), 'GARBAGE'],
    ['over 16 MiB', () => answerWith(`{"a":"${'x'.repeat(16 * 1024 * 1024)}"}`), 'GARBAGE'],
  ])('answered by %s is a transient failure, asked once', async (_, script, code) => {
    script();
    expect(await client().call(METHOD, {})).toMatchObject({ ok: false, failure: { class: 'transient', code } });
    expect(server.arrivals).toHaveLength(1);
  });

  it('reads a body of 10 MB', async () => {
    answerWith(`{"data":{"pad":"${'x'.repeat(10_000_000)}"}}`);
    expect(await client().call(METHOD, {})).toMatchObject({ ok: true });
  });

  it('whose socket is reset is a transient failure', async () => {
    server.answer = (_, response) => response.socket?.destroy();
    expect(await client().call(METHOD, {})).toMatchObject({ failure: { class: 'transient', code: 'TRANSPORT' } });
  });

  it('that nobody listens to is a transient failure', async () => {
    await server.close();
    expect(await client().call(METHOD, {})).toMatchObject({ failure: { code: 'TRANSPORT', detail: 'ECONNREFUSED' } });
  });

  it.each([
    ['before the head', () => {}],
    ['in the middle of the body', (response: { write(text: string): void }) => response.write('{"data":')],
  ])('left without an answer %s ends when its time is up', async (_, begin) => {
    const arrived = new Promise<void>((resolve) => {
      server.answer = (_params, response) => {
        begin(response);
        resolve();
      };
    });
    const call = client().call(METHOD, {});
    await arrived;
    clock.fire();
    expect(await call).toMatchObject({ ok: false, failure: { class: 'transient', code: 'TIMEOUT' } });
  });
});
