import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { topSignature } from '../../src/infra/sandbox/top-sign.ts';
import { shanghai, startHand, transferBiz } from '../support/sandbox-client.ts';

const common = { app_key: '23000001', timestamp: '2026-01-15 10:30:00', format: 'json', v: '2.0' };
const secret = '0123456789abcdef0123456789abcdef';

/** Vectors of the protocol notes: V0 is TOP's own worked example. */
const VECTORS = [
  {
    name: 'V0',
    secret: 'helloworld',
    parameters: {
      method: 'taobao.item.seller.get',
      app_key: '12345678',
      session: 'test',
      timestamp: '2016-01-01 12:00:00',
      format: 'json',
      v: '2.0',
      fields: 'num_iid,title,nick,price,num',
      num_iid: '11223344',
    },
    md5: '66987CB115214E59E6EC978214934FB8',
    hmac: 'D56D7858309C31B6251083A874D48273',
    'hmac-sha256': '04DB15AD0774D5CFCE2C837DE43E3FCEA9011ED74F3038FB6AB5F3C4CEA119E8',
  },
  {
    name: 'V1',
    secret,
    parameters: {
      ...common,
      method: 'taobao.tbk.order.details.get',
      query_type: '4',
      start_time: '2026-01-15 10:00:00',
      end_time: '2026-01-15 10:20:00',
      page_size: '100',
      page_no: '1',
      order_scene: '2',
      jump_type: '1',
    },
    md5: '1141D3AB5C29ACD71A82E06B30AEE46A',
    hmac: 'E2FC742D1B0E6614D5573670412E9A41',
    'hmac-sha256': '61971AECF8A51203AC412D8E36F9DE2EBDC52553E776E6E1473039BFCE492306',
  },
  {
    name: 'V2',
    secret,
    parameters: {
      ...common,
      method: 'taobao.tbk.tpwd.create',
      simplify: 'true',
      partner_id: 'rebate-ts-1',
      url: 'https://uland.taobao.com/coupon/edetail?e=AbC%2B1&traceId=x',
      text: '双11好物 领券立减￥20',
    },
    md5: '91614C66966906A9F84388572A6E7252',
    hmac: '58F0A21C96308E14972607B55BD66A63',
    'hmac-sha256': 'B541995938A85EEB150987E0F538F5C1EC85AF9818B4984F25CCC8AAB3A61112',
  },
  {
    name: 'V3',
    secret,
    parameters: {
      ...common,
      method: 'taobao.tbk.order.refund.get',
      session: '6100test',
      publisher_refund_order_query_option:
        '{"page_size":100,"page_no":1,"start_time":"2026-01-15 00:00:00","end_time":"2026-01-15 03:00:00","query_type":5,"order_scene":1,"member_type":4}',
    },
    md5: '132BC3F8242C1B4F8C00E39D011E3B98',
    hmac: 'E869D80BD1A5BF912B4B74A1D25E5CAB',
    'hmac-sha256': '871CD1461D8997776B89A5EF1E47C69DC790EA7ABB992FE7892F4473929BDB1A',
  },
];

describe("the sandbox's own signature check", () => {
  for (const vector of VECTORS) {
    it.each(['md5', 'hmac', 'hmac-sha256'] as const)(`agrees with vector ${vector.name} in %s`, (signMethod) => {
      const parameters = new Map(Object.entries({ ...vector.parameters, sign_method: signMethod }));
      expect(topSignature(parameters, vector.secret)).toBe(vector[signMethod]);
    });
  }
});

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
