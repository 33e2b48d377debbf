import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AlipayOptions, createAlipayGateway } from '../../src/infra/alipay/alipay-gateway.ts';
import { toPrivateKeyPem, toPublicKeyPem } from '../../src/infra/alipay/alipay-keys.ts';
import {
  ALIPAY_KEYS,
  type AlipayPartner,
  APP_KEYS,
  answerSigned,
  isSigned,
  startAlipayPartner,
} from '../support/alipay-partner.ts';
import { type ManualClock, manualClock, startPartnerServer } from '../support/partner-server.ts';

const METHOD = 'alipay.fund.trans.uni.transfer';
const OK = { code: '10000', msg: 'Success', out_biz_no: 'wd_1', status: 'SUCCESS' };
/** 2026-01-15 23:30:15 +08:00, the 15th in UTC and New York as well, at other hours. */
const NOW = Date.UTC(2026, 0, 15, 15, 30, 15);

let partner: AlipayPartner;
let clock: ManualClock;

beforeEach(async () => {
  partner = await startAlipayPartner();
  partner.says(OK);
  clock = manualClock(NOW);
});
afterEach(() => partner.close());

function gateway(more: Partial<AlipayOptions> = {}) {
  const options = {
    gatewayUrl: partner.url,
    appId: '2021000000000001',
    privateKey: APP_KEYS.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    trust: { publicKey: ALIPAY_KEYS.publicKey.export({ format: 'pem', type: 'spki' }) as string },
    timeoutMs: 5_000,
    ...more,
  };
  return createAlipayGateway(options, { clock });
}
const exec = (more: Partial<AlipayOptions> = {}) =>
  gateway(more).exec(METHOD, { out_biz_no: 'wd_1', order_title: '返利提现 &=%' });

describe('one exec', () => {
  it('sends a signed request and gives the verified answer in camel case', async () => {
    expect(await exec()).toEqual({
      kind: 'answer',
      code: '10000',
      subCode: '',
      fields: { msg: 'Success', outBizNo: 'wd_1', status: 'SUCCESS' },
    });
    const request = partner.arrivals[0]!;
    expect(isSigned(request)).toBe(true);
    expect(request).toMatchObject({
      app_id: '2021000000000001',
      method: METHOD,
      sign_type: 'RSA2',
      version: '1.0',
      charset: 'utf-8',
      biz_content: '{"out_biz_no":"wd_1","order_title":"返利提现 &=%"}',
    });
  });

  it.each(['UTC', 'America/New_York', 'Asia/Shanghai', 'Pacific/Apia'])(
    '[A3] is stamped +08:00 by a process in %s',
    async (zone) => {
      const before = process.env['TZ'];
      process.env['TZ'] = zone;
      try {
        const hour = new Intl.DateTimeFormat('en', { timeZone: zone, hour: '2-digit', hourCycle: 'h23' }).format(NOW);
        expect(new Date(NOW).getHours()).toBe(Number(hour));
        await exec();
        expect(partner.arrivals[0]).toMatchObject({ timestamp: '2026-01-15 23:30:15' });
        expect(isSigned(partner.arrivals[0]!)).toBe(true);
      } finally {
        if (before === undefined) delete process.env['TZ'];
        else process.env['TZ'] = before;
      }
    },
  );

  it('[A1] whose socket is reset arrives once', async () => {
    partner.answer = (_, response) => response.socket?.destroy();
    expect(await exec()).toEqual({ kind: 'none', code: 'TRANSPORT' });
    expect(partner.arrivals).toHaveLength(1);
  });

  it('[A1] after one whose connection is kept and then dropped arrives once', async () => {
    const requests: IncomingMessage[] = [];
    partner.answer = (params, response, request) => {
      requests.push(request);
      if (requests.length === 1) answerSigned(params, response, OK);
      else response.socket?.destroy();
    };
    const one = gateway();
    await one.exec(METHOD, {});
    expect(await one.exec(METHOD, {})).toEqual({ kind: 'none', code: 'TRANSPORT' });
    expect(partner.arrivals).toHaveLength(2);
    expect(new Set(requests.map(({ socket }) => socket)).size).toBe(2);
  });

  it('[A1] follows no redirect', async () => {
    const elsewhere = await startPartnerServer();
    try {
      for (const status of [301, 302, 307, 308]) {
        partner.answer = (_, response) => response.writeHead(status, { location: elsewhere.url }).end();
        expect(await exec()).toEqual({ kind: 'none', code: 'TRANSPORT' });
      }
      expect(elsewhere.arrivals).toEqual([]);
      expect(partner.arrivals).toHaveLength(4);
    } finally {
      await elsewhere.close();
    }
  });

  it('runs beside others without sharing their answers', async () => {
    partner.answer = (params, response) => {
      const { out_biz_no } = JSON.parse(params['biz_content']!);
      setImmediate(() => answerSigned(params, response, { ...OK, out_biz_no }));
    };
    const one = gateway();
    const numbers = Array.from({ length: 20 }, (_, n) => `wd_${n}`);
    const answers = await Promise.all(numbers.map((out_biz_no) => one.exec(METHOD, { out_biz_no })));
    expect(answers.map((answer) => answer.kind === 'answer' && answer.fields['outBizNo'])).toEqual(numbers);
  });

  it.each([
    ['before the head', () => {}],
    ['in the middle of the body', (response: { write(text: string): void }) => response.write('{"alipay')],
  ])('[A2] left without an answer %s ends when its time is up, and lets go of the connection', async (_, begin) => {
    const arrived = Promise.withResolvers<IncomingMessage>();
    partner.answer = (_params, response, request) => {
      begin(response);
      arrived.resolve(request);
    };
    const call = exec();
    const { socket } = await arrived.promise;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    clock.fire();
    expect(await call).toEqual({ kind: 'none', code: 'TIMEOUT' });
    await closed;
    expect(partner.arrivals).toHaveLength(1);
  });

  it('[A2] is not answered by anything that Alipay has not signed', async () => {
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const scripts: AlipayPartner['answer'][] = [
      (params, response) => answerSigned(params, response, OK, stranger),
      (_, response) => response.end(`{"alipay_fund_trans_uni_transfer_response":${JSON.stringify(OK)}}`),
      (_, response) => response.end(`{"alipay_fund_trans_uni_transfer_response":${JSON.stringify(OK)},"sign":""}`),
      (_, response) => response.end(`{"alipay_fund_trans_uni_transfer_response":${JSON.stringify(OK)},"sign":7}`),
      (_, response) => response.end('{"error_response":{"code":"40002","sub_code":"PAYEE_NOT_EXIST"}}'),
    ];
    for (const script of scripts) {
      partner.answer = script;
      expect(await exec()).toEqual({ kind: 'none', code: 'SIGNATURE' });
    }
  });

  it('[A2] is not answered by a signed text that was altered', async () => {
    partner.answer = (params, response) => {
      const end = response.end.bind(response);
      response.end = ((text: string) => end(text.replace('SUCCESS', 'FAIL'))) as typeof response.end;
      answerSigned(params, response, OK);
    };
    expect(await exec()).toEqual({ kind: 'none', code: 'SIGNATURE' });
  });

  it.each([
    ['a 502 page', (response: Parameters<AlipayPartner['answer']>[1]) => response.writeHead(502).end('<html>')],
    [
      'a signed answer with status 500',
      (response: Parameters<AlipayPartner['answer']>[1]) =>
        answerSigned({ method: METHOD }, response.writeHead(500), OK),
    ],
    ['HTML', (response: Parameters<AlipayPartner['answer']>[1]) => response.end('<html></html>')],
    ['nothing', (response: Parameters<AlipayPartner['answer']>[1]) => response.end()],
    [
      'an answer to another method',
      (response: Parameters<AlipayPartner['answer']>[1]) => answerSigned({ method: 'alipay.x' }, response, OK),
    ],
    [
      'over 1 MiB',
      (response: Parameters<AlipayPartner['answer']>[1]) =>
        answerSigned({ method: METHOD }, response, { ...OK, pad: 'x'.repeat(1024 * 1024) }),
    ],
  ])('[A2] answered by %s has no answer', async (_, script) => {
    partner.answer = (_params, response) => script(response);
    expect(await exec()).toEqual({ kind: 'none', code: 'TRANSPORT' });
    expect(partner.arrivals).toHaveLength(1);
  });

  it('[A2] that nobody listens to has no answer', async () => {
    await partner.close();
    expect(await exec()).toEqual({ kind: 'none', code: 'TRANSPORT' });
  });
});

describe('keys', () => {
  const oneLine = (pem: string) => pem.replace(/-----[^-]+-----|\n/g, '');
  const PRIVATE = (['pkcs1', 'pkcs8'] as const).map(
    (type) => [type, APP_KEYS.privateKey.export({ format: 'pem', type }) as string] as const,
  );
  const PUBLIC = (['pkcs1', 'spki'] as const).map(
    (type) => [type, ALIPAY_KEYS.publicKey.export({ format: 'pem', type }) as string] as const,
  );

  for (const [privateType, privatePem] of PRIVATE) {
    for (const [publicType, publicPem] of PUBLIC) {
      for (const [spelling, spell] of [
        ['PEM', (pem: string) => pem],
        ['one line of base64', oneLine],
        ['PEM with \\n spelled out', (pem: string) => pem.replaceAll('\n', '\\n')],
      ] as const) {
        it(`are read as ${spelling}: ${privateType} private, ${publicType} public`, async () => {
          const answer = await exec({ privateKey: spell(privatePem), trust: { publicKey: spell(publicPem) } });
          expect(answer.kind).toBe('answer');
          expect(isSigned(partner.arrivals[0]!)).toBe(true);
        });
      }
    }
  }

  it.each(['', 'not a key', PUBLIC[1]![1]])('are refused before any call, without being quoted', (text) => {
    expect(() => toPrivateKeyPem(text)).toThrow(
      new TypeError('the Alipay private key is neither PKCS#8 nor PKCS#1, as PEM or base64'),
    );
  });

  it('that are no RSA keys are refused', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(() => toPrivateKeyPem(privateKey.export({ format: 'pem', type: 'pkcs8' }) as string)).toThrow(TypeError);
    expect(() => toPublicKeyPem(publicKey.export({ format: 'pem', type: 'spki' }) as string)).toThrow(TypeError);
    expect(() => toPublicKeyPem('x')).toThrow(TypeError);
  });
});

describe('certificate mode', () => {
  const file = (name: string) => new URL(`../support/alipay-certs/${name}`, import.meta.url).pathname;
  const trust = { appCertFile: file('app.crt'), publicCertFile: file('alipay.crt'), rootCertFile: file('root.crt') };
  const privateKey = readFileSync(file('app-private-key.pem'), 'utf8');

  it('names both certificates in what it signs and trusts the key of Alipay’s', async () => {
    partner.answer = (params, response) =>
      answerSigned(params, response, OK, createPrivateKey(readFileSync(file('alipay-private-key.pem'))));
    expect(await exec({ privateKey, trust })).toMatchObject({ kind: 'answer', code: '10000' });
    expect(partner.arrivals[0]).toMatchObject({
      app_cert_sn: expect.stringMatching(/^[0-9a-f]{32}$/),
      alipay_root_cert_sn: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(isSigned(partner.arrivals[0]!, createPublicKey(privateKey))).toBe(true);
  });

  it('trusts no other key', async () => {
    expect(await exec({ privateKey, trust })).toEqual({ kind: 'none', code: 'SIGNATURE' });
  });

  it('refuses a file that is not there before any call', () => {
    expect(() => gateway({ privateKey, trust: { ...trust, rootCertFile: file('none.crt') } })).toThrow('ENOENT');
  });
});
