import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { topSignature } from '../../src/infra/sandbox/top-sign.ts';
import { shanghai, startHand, transferBiz } from '../support/sandbox-client.ts';
import { TOP_SIGNATURES } from '../support/top-signatures.ts';

describe("the sandbox's own signature check", () => {
  for (const vector of TOP_SIGNATURES) {
    it.each(['md5', 'hmac', 'hmac-sha256'] as const)(`agrees with vector ${vector.name} in %s`, (signMethod) => {
      const sent = Object.entries({ ...vector.params, sign_method: signMethod });
      const parameters = new Map(sent.map(([name, value]) => [name, textOf(value)]));
      expect(topSignature(parameters, vector.secret)).toBe(vector[signMethod]);
    });
  }
});

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Changes one byte of one parameter. */
function flipped(name: string) {
  return (parameters: Record<string, string>) => {
    const value = parameters[name] as string;
    const middle = Math.floor(value.length / 2);
    const other = value[middle] === '1' ? '2' : '1';
    parameters[name] = value.slice(0, middle) + other + value.slice(middle + 1);
  };
}

describe('the Taobao gateway', () => {
  const business = {
    query_type: '4',
    start_time: '2026-01-15 10:00:00',
    end_time: '2026-01-15 10:20:00',
    page_no: '1',
  };

  async function errorOf(response: Response): Promise<Record<string, unknown>> {
    return ((await response.json()) as { error_response: Record<string, unknown> }).error_response;
  }

  it.each(['md5', 'hmac', 'hmac-sha256'] as const)('takes a request signed by %s', async (signMethod) => {
    const hand = await startHand();
    const answer = await (await hand.top(business, { signMethod })).json();
    expect(answer).toHaveProperty('tbk_order_details_get_response.data.page_no', 1);
  });

  it('refuses a request with one byte changed in any parameter, signature included', async () => {
    const hand = await startHand();
    for (const name of ['sign', 'start_time', 'end_time', 'query_type', 'page_no']) {
      const error = await errorOf(await hand.top(business, { tamper: flipped(name) }));
      expect({ name, ...error }).toMatchObject({ name, code: 25, msg: 'Invalid signature' });
    }
  });

  it('refuses a wrong secret, an unknown app, version or method, each by its own code', async () => {
    const hand = await startHand();
    const codeOf = async (change: Parameters<typeof hand.top>[1]) =>
      (await errorOf(await hand.top(business, change)))['code'];
    expect(await codeOf({ secret: 'x' })).toBe(25);
    expect(await codeOf({ appKey: '1' })).toBe(29);
    expect(await codeOf({ extra: { v: '1.0' } })).toBe(33);
    expect(await codeOf({ method: 'taobao.tbk.nothing.get' })).toBe(22);
    expect(await codeOf({ tamper: (parameters) => delete parameters['sign'] })).toBe(24);
  });

  it('takes a timestamp up to ten minutes off in +08:00 and refuses others, UTC among them', async () => {
    const hand = await startHand();
    const isTaken = async (ms: number) =>
      !('error_response' in ((await (await hand.top(business, { timestamp: shanghai(ms) })).json()) as object));
    const now = hand.clock.now();
    expect(await isTaken(now - 600_000)).toBe(true);
    expect(await isTaken(now + 600_000)).toBe(true);
    expect(await isTaken(now - 601_000)).toBe(false);
    expect(await isTaken(now - 8 * 3_600_000)).toBe(false);
    expect(await errorOf(await hand.top(business, { timestamp: 'now' }))).toMatchObject({ code: 31 });
  });

  it('answers in XML when no format is asked for, errors too', async () => {
    const hand = await startHand();
    const asXml = { extra: { format: 'xml' } };
    expect(await (await hand.top(business, asXml)).text()).toMatch(/^<\?xml .*<tbk_order_details_get_response><data>/);
    expect(await (await hand.top(business, { ...asXml, secret: 'x' })).text()).toContain('<code>25</code>');
  });
});

describe('the Alipay gateway', () => {
  it('refuses a request with one byte changed in any parameter, and books nothing', async () => {
    const hand = await startHand();
    for (const name of ['sign', 'biz_content', 'timestamp', 'charset']) {
      const answer = await hand.alipay('alipay.fund.trans.uni.transfer', transferBiz(), { tamper: flipped(name) });
      expect({ name, ...answer.content }).toMatchObject({ name, code: '40002' });
      expect(answer.isSigned).toBe(true);
    }
    expect((await hand.control<{ payouts: unknown[] }>('GET book/payouts')).body.payouts).toEqual([]);
  });

  it("refuses a stranger's key and an unknown app, and signs what it answers", async () => {
    const hand = await startHand();
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const stranger = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
    const method = 'alipay.fund.trans.uni.transfer';
    const forged = await hand.alipay(method, transferBiz(), { privateKey: stranger });
    expect(forged.content).toMatchObject({ code: '40002', sub_code: 'isv.invalid-signature' });
    const other = await hand.alipay(method, transferBiz(), { tamper: (parameters) => (parameters['app_id'] = '1') });
    expect(other.content).toMatchObject({ sub_code: 'isv.invalid-app-id' });
    const honest = await hand.transfer();
    expect(honest).toMatchObject({ status: 200, isSigned: true, content: { code: '10000', status: 'SUCCESS' } });
  });
});
