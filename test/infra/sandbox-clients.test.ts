/** The production clients against the sandbox: the two share no code, so where they agree the protocol is spoken. */
import { describe, expect, it } from 'vitest';
import { toAddress } from '../../src/actors/address.ts';
import type { Activity } from '../../src/actors/ports.ts';
import type { JsonObject } from '../../src/actors/record.ts';
import { createAlipayGateway } from '../../src/infra/alipay/alipay-gateway.ts';
import { createAlipayQuery } from '../../src/infra/alipay/alipay-query.ts';
import { createAlipayTransfer } from '../../src/infra/alipay/alipay-transfer.ts';
import type { PayoutEntry } from '../../src/infra/sandbox/payout-book.ts';
import { createOrderPage } from '../../src/infra/taobao/order-page.ts';
import { createRefundPage } from '../../src/infra/taobao/refund-page.ts';
import { SIGN_METHODS, type SignMethod } from '../../src/infra/taobao/signature.ts';
import { createTopClient } from '../../src/infra/taobao/top-client.ts';
import { type SandboxHand, silentLog, startHand } from '../support/sandbox-client.ts';

function run(hand: SandboxHand, activity: Activity, input: JsonObject) {
  return activity(input, {
    id: 'call~1',
    number: 1,
    sendBy: hand.clock.now() + 60_000,
    actor: toAddress('feed', 'orders'),
  });
}

function envOf(hand: SandboxHand, name: string): string {
  return hand.sandbox.env[name] as string;
}

function feedOf(hand: SandboxHand, signMethod: SignMethod = 'hmac-sha256') {
  const sent: { id: string; event: JsonObject }[] = [];
  const client = createTopClient(
    {
      gatewayUrl: envOf(hand, 'TAOBAO_GATEWAY_URL'),
      appKey: envOf(hand, 'TAOBAO_APP_KEY'),
      appSecret: envOf(hand, 'TAOBAO_APP_SECRET'),
      signMethod,
      timeoutMs: 5000,
    },
    { clock: hand.clock },
  );
  const deps = {
    client,
    log: silentLog,
    ownerOf: async () => null,
    send: async (address: string, event: object) => void sent.push({ id: address, event: event as JsonObject }),
  };
  return { sent, orderPage: createOrderPage(deps), refundPage: createRefundPage(deps) };
}

function windowOf(hand: SandboxHand) {
  return { startAt: hand.clock.now() - 1_200_000, endAt: hand.clock.now() + 1000 };
}

describe('the Taobao client', () => {
  it.each(SIGN_METHODS)(
    'reads all pages of a window, in scene 2 with the channel, signing by %s',
    async (signMethod) => {
      const hand = await startHand();
      const ids = Array.from({ length: 250 }, (_, index) => `29${String(index).padStart(17, '0')}`);
      await hand.control(
        'POST orders',
        ids.map((id) => ({ trade_id: id, relation_id: '2880000001', alipay_total_price: '19.80' })),
      );
      const { orderPage, sent } = feedOf(hand, signMethod);
      let positionIndex: string | null = null;
      for (let pageNo = 1; pageNo <= 3; pageNo += 1) {
        const page = { ...windowOf(hand), scene: 2, queryType: 4, pageNo, positionIndex };
        const outcome = await run(hand, orderPage, page);
        expect(outcome).toMatchObject({ kind: 'ok', output: { hasNext: pageNo < 3, malformed: 0 } });
        positionIndex = (outcome as unknown as { output: { positionIndex: string } }).output.positionIndex;
      }
      expect(sent.map(({ id }) => id).sort()).toEqual(ids.map((id) => `order/${id}`));
      expect(sent[0]?.event['row']).toMatchObject({
        relationId: '2880000001',
        paidFen: 1980,
        preFeeFen: 198,
        techFeeFen: 19,
      });
    },
  );

  it('reads refunds, and an empty window in either spelling', async () => {
    const hand = await startHand();
    await hand.control('POST orders', { trade_id: '2900000000000000001', tk_status: 3, alipay_total_price: '50.00' });
    await hand.control('POST refunds', { refund_suit_id: '77', tb_trade_id: '2900000000000000001' });
    const { orderPage, refundPage, sent } = feedOf(hand);
    const page = { pageNo: 1, positionIndex: null };
    expect(await run(hand, refundPage, { ...windowOf(hand), ...page, queryType: 5 })).toMatchObject({ kind: 'ok' });
    expect(sent[0]).toMatchObject({
      id: 'order/2900000000000000001',
      event: { refund: { suitId: '77', refundFen: 450 } },
    });
    const before = { startAt: hand.clock.now() - 7_200_000, endAt: hand.clock.now() - 3_600_000 };
    for (const scene of [1, 2]) {
      const outcome = await run(hand, orderPage, { ...before, ...page, scene, queryType: 4 });
      expect(outcome).toMatchObject({ kind: 'ok', output: { hasNext: false, rowCount: 0 } });
    }
  });

  it('understands the refusals', async () => {
    const hand = await startHand();
    const { orderPage } = feedOf(hand);
    const now = hand.clock.now();
    const ask = (change: JsonObject) =>
      run(hand, orderPage, { ...windowOf(hand), scene: 1, queryType: 4, pageNo: 1, positionIndex: null, ...change });
    const refused = (code: string) => ({ kind: 'refused', reason: { code } });
    expect(await ask({ startAt: now - 4 * 3_600_000 })).toMatchObject(refused('WINDOW_TOO_LONG'));
    const old = now - 91 * 86_400_000;
    expect(await ask({ startAt: old, endAt: old + 1000 })).toMatchObject(refused('WINDOW_TOO_OLD'));
    expect(await ask({ pageNo: 2, positionIndex: 'x' })).toMatchObject(refused('POSITION_INVALID'));
  });
});

describe('the Alipay client', () => {
  const request = { outBizNo: 'wd_1', amountFen: 1230, title: '返利提现', sealed: 'sealed', userId: 'u1' };

  function payerOf(hand: SandboxHand, identity = 'payee@example.com') {
    const gateway = createAlipayGateway(
      {
        gatewayUrl: envOf(hand, 'ALIPAY_GATEWAY_URL'),
        appId: envOf(hand, 'ALIPAY_APP_ID'),
        privateKey: envOf(hand, 'ALIPAY_PRIVATE_KEY'),
        trust: { publicKey: envOf(hand, 'ALIPAY_PUBLIC_KEY') },
        timeoutMs: 5000,
      },
      { clock: hand.clock },
    );
    const sealer = { open: async () => ({ identity, name: '收款人甲' }) };
    const transfer = createAlipayTransfer({ gateway, sealer, clock: hand.clock, log: silentLog });
    const query = createAlipayQuery({ gateway, clock: hand.clock });
    return {
      transfer: () => run(hand, transfer, { request }),
      query: () => run(hand, query, { outBizNo: request.outBizNo, amountFen: request.amountFen }),
    };
  }

  async function entryOf(hand: SandboxHand): Promise<PayoutEntry | undefined> {
    return (await hand.control<{ payouts: PayoutEntry[] }>('GET book/payouts')).body.payouts[0];
  }

  it('pays once and finds it, every attempt byte for byte the same', async () => {
    const hand = await startHand();
    const payer = payerOf(hand);
    expect(await payer.query()).toMatchObject({ kind: 'ok', output: { status: 'NOT_FOUND' } });
    const paid = { kind: 'ok', output: { status: 'SUCCESS', paidAt: hand.clock.now() } };
    expect(await payer.transfer()).toMatchObject(paid);
    expect(await payer.transfer()).toMatchObject(paid);
    expect(await payer.query()).toMatchObject(paid);
    const entry = await entryOf(hand);
    expect(entry).toMatchObject({ payout: { amountFen: 1230 }, arrivals: [{}, {}] });
    expect(entry?.arrivals[0]?.digest).toBe(entry?.arrivals[1]?.digest);
  });

  it.each([
    ['dropAfter', 'TRANSPORT'],
    ['dropBefore', 'TRANSPORT'],
    ['http500', 'TRANSPORT'],
    ['garbage', undefined],
    ['wrongSign', 'SIGNATURE'],
    ['dealing', 'DEALING'],
    ['invisible', 'TRANSPORT'],
  ])('takes %s for an unknown outcome of a single arrival', async (kind, code) => {
    const hand = await startHand();
    await hand.control('POST faults', { match: { gateway: 'alipay' }, do: kind });
    const outcome = await payerOf(hand).transfer();
    expect(outcome).toMatchObject({ kind: 'unknown', ...(code !== undefined && { reason: { code } }) });
    expect((await entryOf(hand))?.arrivals).toHaveLength(1);
  });

  it('tells a refused payee from a payer that is short', async () => {
    const hand = await startHand();
    expect(await payerOf(hand, 'refuse.payee_not_exist@example.com').transfer()).toMatchObject({
      kind: 'refused',
      reason: { code: 'PAYEE_NOT_EXIST' },
    });
    await hand.control('POST payer', { balanceFen: 0 });
    expect(await payerOf(hand).transfer()).toMatchObject({ kind: 'postponed' });
  });

  it('gives up on a late answer, whose payment is made all the same', async () => {
    const hand = await startHand();
    await hand.control('POST faults', { match: { gateway: 'alipay' }, do: 'delay', ms: 5000 });
    const payer = payerOf(hand);
    const late = payer.transfer();
    while ((await hand.control<{ faults: { seen: number }[] }>('GET faults')).body.faults[0]?.seen !== 1);
    hand.clock.advance(5000);
    expect(await late).toMatchObject({ kind: 'unknown', reason: { code: 'TIMEOUT' } });
    await hand.control('DELETE faults');
    expect(await payer.query()).toMatchObject({ kind: 'ok', output: { status: 'SUCCESS' } });
  });
});
