import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActorError } from '../../src/actors/errors.ts';
import type { JsonObject } from '../../src/actors/record.ts';
import { createAlipayGateway } from '../../src/infra/alipay/alipay-gateway.ts';
import { createAlipayQuery } from '../../src/infra/alipay/alipay-query.ts';
import { createAlipayTransfer } from '../../src/infra/alipay/alipay-transfer.ts';
import { createSealer, type Payee, type UserKeys } from '../../src/infra/sealing/sealer.ts';
import { ALIPAY_KEYS, type AlipayPartner, APP_KEYS, startAlipayPartner } from '../support/alipay-partner.ts';
import { memoryUserKeys } from '../support/memory-user-keys.ts';
import { keepingLog, type ManualClock, manualClock } from '../support/partner-server.ts';

const NOW = Date.UTC(2026, 0, 15, 2, 30);
const ATTEMPT = { id: 'withdrawal/wd_1#4.1~1', number: 1, sendBy: NOW + 5_000, actor: 'withdrawal/wd_1' } as const;
const PAID = { code: '10000', msg: 'Success', out_biz_no: 'wd_1', order_id: '77', status: 'SUCCESS' };

let partner: AlipayPartner;
let clock: ManualClock;
let log: ReturnType<typeof keepingLog>;
let userKeys: UserKeys;

beforeEach(async () => {
  partner = await startAlipayPartner();
  partner.says(PAID);
  clock = manualClock(NOW);
  log = keepingLog();
  userKeys = memoryUserKeys();
});
afterEach(() => partner.close());

function gateway() {
  const privateKey = APP_KEYS.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
  const publicKey = ALIPAY_KEYS.publicKey.export({ format: 'pem', type: 'spki' }) as string;
  return createAlipayGateway(
    { gatewayUrl: partner.url, appId: '1', privateKey, trust: { publicKey }, timeoutMs: 5_000 },
    { clock },
  );
}

const sealer = (dataKey: Buffer = Buffer.alloc(32, 1)) => createSealer(dataKey, userKeys);
const transfer = (input: JsonObject, dataKey?: Buffer) =>
  createAlipayTransfer({ gateway: gateway(), sealer: sealer(dataKey), clock, log })(input, ATTEMPT);

async function request(payee: Payee, amountFen = 1_234): Promise<JsonObject> {
  const sealed = await sealer().seal('u1', payee);
  return { request: { outBizNo: 'wd_1', amountFen, title: '返利提现', sealed, userId: 'u1' } };
}
const ZHANG = { identity: '13812345612', name: '张三丰' };
const bizContents = () => partner.arrivals.map((arrival) => arrival['biz_content']);

describe('a transfer', () => {
  it('pays the sealed payee the amount of the withdrawal, under its number', async () => {
    expect(await transfer(await request(ZHANG))).toEqual({ kind: 'ok', output: { status: 'SUCCESS', orderId: '77' } });
    expect(partner.arrivals[0]).toMatchObject({ method: 'alipay.fund.trans.uni.transfer' });
    expect(bizContents()).toEqual([
      '{"out_biz_no":"wd_1","trans_amount":"12.34","product_code":"TRANS_ACCOUNT_NO_PWD","biz_scene":"DIRECT_TRANSFER",' +
        '"order_title":"返利提现","payee_info":{"identity":"13812345612","identity_type":"ALIPAY_LOGON_ID","name":"张三丰"}}',
    ]);
  });

  it('names the scene that the withdrawal was born under, with its reports', async () => {
    const input = await request(ZHANG);
    const scene = { name: '佣金报酬', reports: [{ type: '佣金报酬说明', content: '返利提现' }] };
    await transfer({ request: { ...(input['request'] as JsonObject), scene } });
    expect(JSON.parse(bizContents()[0] as string)).toMatchObject({
      transfer_scene_name: '佣金报酬',
      transfer_scene_report_infos: [{ info_type: '佣金报酬说明', info_content: '返利提现' }],
    });
  });

  it('[P1] is the same request at every attempt, whatever the time and whatever came back', async () => {
    const input = await request(ZHANG);
    partner.answer = (_, response) => response.socket?.destroy();
    await transfer(input);
    clock.time += 1_000;
    partner.says({ code: '20000', sub_code: 'SYSTEM_ERROR' });
    await transfer(input);
    partner.says(PAID);
    await transfer(input);
    expect(new Set(bizContents()).size).toBe(1);
    expect(bizContents()).toHaveLength(3);
  });

  it.each([
    ['2088123456789012', 'ALIPAY_USER_ID'],
    ['208812345678901', 'ALIPAY_LOGON_ID'],
    ['20881234567890123', 'ALIPAY_LOGON_ID'],
    ['1088123456789012', 'ALIPAY_LOGON_ID'],
    ['zhang@example.com', 'ALIPAY_LOGON_ID'],
  ])('names %s as %s', async (identity, identityType) => {
    await transfer(await request({ identity, name: '张三' }));
    expect(JSON.parse(bizContents()[0] as string)).toMatchObject({
      payee_info: { identity, identity_type: identityType },
    });
  });

  it('carries a remark from 50,000 yuan on', async () => {
    await transfer(await request(ZHANG, 4_999_999));
    await transfer(await request(ZHANG, 5_000_000));
    expect(bizContents().map((text) => JSON.parse(text as string)['remark'])).toEqual([undefined, '返利提现']);
  });

  it('[P2] leaves no later than its send-by time', async () => {
    const input = await request(ZHANG);
    clock.time = ATTEMPT.sendBy;
    expect((await transfer(input)).kind).toBe('ok');
    clock.time += 1;
    expect(await transfer(input)).toMatchObject({ kind: 'postponed', until: clock.time, reason: { code: 'NOT_SENT' } });
    expect(partner.arrivals).toHaveLength(1);
  });

  it('[P2] that waited too long for the key is not sent', async () => {
    const input = await request(ZHANG);
    const slow = {
      open: (userId: string, sealed: string) => {
        clock.time = ATTEMPT.sendBy + 1;
        return sealer().open(userId, sealed);
      },
    };
    const outcome = await createAlipayTransfer({ gateway: gateway(), sealer: slow, clock, log })(input, ATTEMPT);
    expect(outcome).toMatchObject({ kind: 'postponed', reason: { code: 'NOT_SENT' } });
    expect(partner.arrivals).toEqual([]);
  });

  it('to a payee whose key is erased is refused', async () => {
    const input = await request(ZHANG);
    await userKeys.erase('u1');
    expect(await transfer(input)).toEqual({ kind: 'refused', reason: { code: 'PAYEE_ERASED' } });
    expect(partner.arrivals).toEqual([]);
  });

  it('under a wrong data key waits, and fails nobody', async () => {
    const input = await request(ZHANG);
    expect(await transfer(input, Buffer.alloc(32, 2))).toMatchObject({
      kind: 'postponed',
      until: NOW + 60_000,
      reason: { code: 'NOT_SENT' },
    });
    expect(partner.arrivals).toEqual([]);
    expect(log.lines).toEqual([{ message: 'a sealed payee does not open', fields: { withdrawal: 'wd_1' } }]);
  });

  it('waits only shortly for a store of user keys that is away', async () => {
    const away = { open: () => Promise.reject(new ActorError('STORE_UNAVAILABLE', 'a failover')) };
    const pay = createAlipayTransfer({ gateway: gateway(), sealer: away, clock, log });
    expect(await pay(await request(ZHANG), ATTEMPT)).toMatchObject({
      kind: 'postponed',
      until: NOW + 2_000,
      reason: { code: 'NOT_SENT' },
    });
    expect([partner.arrivals, log.lines]).toEqual([[], []]);
  });

  it('[P3] says nothing of the payee in outcomes and log lines', async () => {
    const input = await request(ZHANG);
    partner.says({ code: '40004', sub_code: 'PAYEE_USER_INFO_ERROR', sub_msg: `${ZHANG.name} ${ZHANG.identity}` });
    const outcomes = [await transfer(input), await transfer(input, Buffer.alloc(32, 2))];
    expect(outcomes[0]).toEqual({ kind: 'refused', reason: { code: 'PAYEE_USER_INFO_ERROR' } });
    const all = JSON.stringify([outcomes, log.lines]);
    for (const secret of Object.values(ZHANG)) expect(all).not.toContain(secret);
  });

  it('that is paid but not answered is unknown', async () => {
    const arrived = Promise.withResolvers<void>();
    partner.answer = () => arrived.resolve();
    const outcome = transfer(await request(ZHANG));
    await arrived.promise;
    clock.fire();
    expect(await outcome).toEqual({ kind: 'unknown', reason: { code: 'TIMEOUT' } });
  });
});

describe('a query', () => {
  const query = (input: JsonObject) => createAlipayQuery({ gateway: gateway(), clock })(input, ATTEMPT);

  it('asks by the withdrawal’s number and the way it was paid', async () => {
    partner.says({ ...PAID, pay_date: '2026-01-15 10:30:00', trans_amount: '12.34' });
    expect(await query({ outBizNo: 'wd_1' })).toEqual({
      kind: 'ok',
      output: { status: 'SUCCESS', orderId: '77', paidAt: NOW },
    });
    expect(partner.arrivals[0]).toMatchObject({ method: 'alipay.fund.trans.common.query' });
    expect(bizContents()).toEqual([
      '{"out_biz_no":"wd_1","product_code":"TRANS_ACCOUNT_NO_PWD","biz_scene":"DIRECT_TRANSFER"}',
    ]);
  });

  it('finds what Alipay does not know', async () => {
    partner.says({ code: '40004', msg: 'Business Failed', sub_code: 'ORDER_NOT_EXIST', sub_msg: '转账订单不存在' });
    expect(await query({ outBizNo: 'wd_1' })).toEqual({ kind: 'ok', output: { status: 'NOT_FOUND' } });
  });

  it('of another amount than was paid is unknown, when it is told the amount', async () => {
    partner.says({ ...PAID, trans_amount: '12.35' });
    expect(await query({ outBizNo: 'wd_1', amountFen: 1_234 })).toMatchObject({ reason: { code: 'ANSWER_MISMATCH' } });
  });
});
