import { describe, expect, it } from 'vitest';
import type { PayoutEntry } from '../../src/infra/sandbox/payout-book.ts';
import { type SandboxHand, startHand } from '../support/sandbox-client.ts';

const alipay = { gateway: 'alipay', method: 'alipay.fund.trans.uni.transfer' };
const taobao = { gateway: 'taobao', method: 'taobao.tbk.order.details.get' };

async function faulty(...rules: object[]): Promise<SandboxHand> {
  const hand = await startHand();
  expect((await hand.control('POST faults', rules)).status).toBe(200);
  return hand;
}

async function payoutOf(hand: SandboxHand, outBizNo = 'wd_1'): Promise<PayoutEntry | undefined> {
  const { body } = await hand.control<{ payouts: PayoutEntry[] }>('GET book/payouts');
  return body.payouts.find((entry) => entry.outBizNo === outBizNo);
}

/** What a client that gives up sees: 'broken' when the line was reset. */
async function sent(call: Promise<unknown>): Promise<unknown> {
  return call.catch(() => 'broken');
}

describe('Alipay faults', () => {
  it('error: answers the given codes and pays nothing, or pays first when told so', async () => {
    const error = { do: 'error', code: '20000', subCode: 'aop.ACQ.SYSTEM_ERROR' };
    const hand = await faulty(
      { match: { ...alipay, outBizNo: 'a' }, ...error },
      { match: alipay, ...error, done: true },
    );
    const content = { code: '20000', sub_code: 'aop.ACQ.SYSTEM_ERROR' };
    expect(await hand.transfer({ out_biz_no: 'a' })).toMatchObject({ isSigned: true, content });
    expect(await hand.transfer({ out_biz_no: 'b' })).toMatchObject({ isSigned: true, content });
    expect((await payoutOf(hand, 'a'))?.payout).toBeUndefined();
    expect((await payoutOf(hand, 'b'))?.payout?.status).toBe('SUCCESS');
  });

  it('dropBefore and dropAfter: break the line with nothing done, or with all done; the arrival is booked', async () => {
    const hand = await faulty(
      { match: { ...alipay, outBizNo: 'a' }, do: 'dropBefore' },
      { match: { ...alipay, outBizNo: 'b' }, do: 'dropAfter' },
    );
    expect(await sent(hand.transfer({ out_biz_no: 'a' }))).toBe('broken');
    expect(await sent(hand.transfer({ out_biz_no: 'b' }))).toBe('broken');
    const [before, after] = [await payoutOf(hand, 'a'), await payoutOf(hand, 'b')];
    expect([before?.payout, before?.arrivals.length]).toEqual([undefined, 1]);
    expect([after?.payout?.status, after?.arrivals.length]).toEqual(['SUCCESS', 1]);
  });

  it('http500, garbage and wrongSign: what comes back is no answer at all', async () => {
    const hand = await faulty(
      { match: { ...alipay, outBizNo: 'a' }, do: 'http500' },
      { match: { ...alipay, outBizNo: 'b' }, do: 'garbage' },
      { match: { ...alipay, outBizNo: 'c' }, do: 'wrongSign' },
    );
    expect(await hand.transfer({ out_biz_no: 'a' })).toMatchObject({ status: 500, content: {} });
    expect((await payoutOf(hand, 'a'))?.payout).toBeUndefined();
    expect(await hand.transfer({ out_biz_no: 'b' })).toMatchObject({ status: 200, content: {} });
    expect((await payoutOf(hand, 'b'))?.payout?.status).toBe('SUCCESS');
    expect(await hand.transfer({ out_biz_no: 'c' })).toMatchObject({ isSigned: false, content: { status: 'SUCCESS' } });
    expect((await payoutOf(hand, 'c'))?.payout?.status).toBe('SUCCESS');
  });

  it('delay: does nothing until the time has passed; delayAnswer: does it and then waits', async () => {
    const hand = await faulty(
      { match: { ...alipay, outBizNo: 'a' }, do: 'delay', ms: 5000 },
      { match: { ...alipay, outBizNo: 'b' }, do: 'delayAnswer', ms: 5000 },
    );
    const late = hand.transfer({ out_biz_no: 'a' });
    await hand.clock.waited();
    expect((await payoutOf(hand, 'a'))?.payout).toBeUndefined();
    hand.clock.advance(5000);
    expect((await late).content).toMatchObject({ status: 'SUCCESS', trans_date: '2026-01-15 10:30:05' });
    const slow = hand.transfer({ out_biz_no: 'b' });
    await hand.clock.waited();
    expect((await payoutOf(hand, 'b'))?.payout?.status).toBe('SUCCESS');
    hand.clock.advance(5000);
    expect((await slow).content['status']).toBe('SUCCESS');
  });

  it('delay: a request whose sender has gone away is done all the same', async () => {
    const hand = await faulty({ match: alipay, do: 'delay', ms: 5000 }, { match: alipay, do: 'dropAfter' });
    const late = sent(hand.transfer());
    await hand.clock.waited();
    expect((await hand.query('wd_1')).content['sub_code']).toBe('ORDER_NOT_EXIST');
    hand.clock.advance(5000);
    expect(await late).toBe('broken');
    expect((await hand.query('wd_1')).content['status']).toBe('SUCCESS');
  });

  it('dealing: says DEALING to the transfer, its repeats and so many queries, then settles as told', async () => {
    const hand = await faulty(
      { match: { ...alipay, outBizNo: 'a' }, do: 'dealing', queries: 2 },
      { match: { ...alipay, outBizNo: 'b' }, do: 'dealing', as: 'FAIL' },
    );
    const statuses = async (outBizNo: string) => [
      (await hand.transfer({ out_biz_no: outBizNo })).content['status'],
      (await hand.query(outBizNo)).content['status'],
      (await hand.transfer({ out_biz_no: outBizNo })).content['status'],
      (await hand.query(outBizNo)).content['status'],
      (await hand.query(outBizNo)).content['status'],
    ];
    expect(await statuses('a')).toEqual(['DEALING', 'DEALING', 'DEALING', 'DEALING', 'SUCCESS']);
    const before = (await hand.control<{ balanceFen: number }>('GET book/payouts')).body.balanceFen;
    expect(await statuses('b')).toEqual(['DEALING', 'DEALING', 'DEALING', 'FAIL', 'FAIL']);
    expect((await hand.query('b')).content).toHaveProperty('error_code');
    expect((await hand.control<{ balanceFen: number }>('GET book/payouts')).body.balanceFen).toBe(before);
  });

  it('invisible: pays, breaks the line and hides the payout from so many queries', async () => {
    const hand = await faulty({ match: { ...alipay, times: 1 }, do: 'invisible', queries: 2 });
    expect(await sent(hand.transfer())).toBe('broken');
    expect((await payoutOf(hand))?.payout?.status).toBe('SUCCESS');
    const answers = [await hand.query('wd_1'), await hand.query('wd_1'), await hand.query('wd_1')];
    const seen = answers.map(({ content }) => content['sub_code'] ?? content['status']);
    expect(seen).toEqual(['ORDER_NOT_EXIST', 'ORDER_NOT_EXIST', 'SUCCESS']);
  });

  it('insufficient: our own account is short, so many times', async () => {
    const hand = await faulty({ match: { ...alipay, times: 2 }, do: 'insufficient' });
    const code = async () => (await hand.transfer()).content['sub_code'];
    expect([await code(), await code(), await code()]).toEqual([
      'PAYER_BALANCE_NOT_ENOUGH',
      'PAYER_BALANCE_NOT_ENOUGH',
      undefined,
    ]);
  });
});

describe('Taobao faults', () => {
  it('error: answers any envelope and HTTP status', async () => {
    const hand = await faulty(
      { match: { ...taobao, nth: 1 }, do: 'error', code: 7, subCode: 'accesscontrol.limited-by-api-access-count' },
      { match: { ...taobao, nth: 2 }, do: 'error', subCode: 'isp.top-remote-connection-timeout', httpStatus: 502 },
    );
    const window = { start_time: '2026-01-15 10:00:00', end_time: '2026-01-15 10:20:00' };
    const limited = await hand.top(window);
    expect(await limited.json()).toMatchObject({
      error_response: {
        code: 7,
        sub_code: 'accesscontrol.limited-by-api-access-count',
        request_id: expect.any(String),
      },
    });
    const broken = await hand.top(window);
    expect([broken.status, await broken.json()]).toMatchObject([502, { error_response: { code: 15 } }]);
    expect(await (await hand.top(window)).json()).toHaveProperty('tbk_order_details_get_response');
  });

  it('garbage, http500, drops and delays spoil the answer', async () => {
    const hand = await faulty(
      { match: { ...taobao, nth: 1 }, do: 'garbage' },
      { match: { ...taobao, nth: 2 }, do: 'garbage', body: '<html>login</html>' },
      { match: { ...taobao, nth: 3 }, do: 'http500' },
      { match: { ...taobao, nth: 4 }, do: 'dropBefore' },
      { match: { ...taobao, nth: 5 }, do: 'dropAfter' },
      { match: { ...taobao, nth: 6 }, do: 'delay', ms: 100 },
    );
    const call = () => hand.top({ start_time: '2026-01-15 10:00:00', end_time: '2026-01-15 10:20:00' });
    await expect((await call()).json()).rejects.toThrow();
    expect(await (await call()).text()).toBe('<html>login</html>');
    expect((await call()).status).toBe(500);
    expect([await sent(call()), await sent(call())]).toEqual(['broken', 'broken']);
    const late = call();
    await hand.clock.waited();
    hand.clock.advance(100);
    expect((await late).status).toBe(200);
  });

  it('never shield a badly signed request from its refusal', async () => {
    const hand = await faulty({ match: { gateway: 'taobao' }, do: 'http500' });
    const refused = await hand.top({ query_type: '4' }, { secret: 'x' });
    expect(await refused.json()).toMatchObject({ error_response: { code: 25 } });
  });
});

describe('the fault script', () => {
  it('strikes from the nth match on, so many times, and counts what it saw', async () => {
    const hand = await faulty({ match: { ...alipay, nth: 2, times: 2 }, do: 'insufficient' });
    const outcomes = [];
    for (const outBizNo of ['a', 'b', 'c', 'd']) {
      outcomes.push((await hand.transfer({ out_biz_no: outBizNo })).content['code']);
    }
    expect(outcomes).toEqual(['10000', '40004', '40004', '10000']);
    expect((await hand.control('GET faults')).body).toMatchObject({ faults: [{ seen: 4 }] });
  });

  it('is cleared by DELETE', async () => {
    const hand = await faulty({ match: { gateway: 'alipay' }, do: 'http500' });
    expect((await hand.transfer()).status).toBe(500);
    await hand.control('DELETE faults');
    expect((await hand.transfer()).content['status']).toBe('SUCCESS');
  });

  it('refuses rules that make no sense, saying why', async () => {
    const hand = await startHand();
    const refusal = async (rule: unknown) => {
      const { status, body } = await hand.control<{ detail: string }>('POST faults', rule);
      return `${status} ${body.detail}`;
    };
    expect(await refusal({ do: 'delay' })).toMatch(/^400 .*match.gateway/);
    expect(await refusal({ match: { gateway: 'alipay' }, do: 'explode' })).toMatch(/^400 do is one of/);
    expect(await refusal({ match: { gateway: 'taobao' }, do: 'wrongSign' })).toBe('400 wrongSign is for alipay only');
    expect(await refusal({ match: { gateway: 'taobao', nth: -1 }, do: 'delay' })).toMatch(/^400 .*counts/);
    expect(await refusal('')).toMatch(/^400/);
    expect((await hand.control('POST orders', { tk_status: 3 })).status).toBe(400);
    expect((await hand.control('GET nothing')).status).toBe(404);
    const form = await fetch(new URL('orders', hand.sandbox.controlUrl), { method: 'POST', body: '{"trade_id":"x"}' });
    expect(form.status).toBe(415);
  });
});
