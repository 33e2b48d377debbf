import { describe, expect, it } from 'vitest';
import type { PayoutEntry } from '../../src/infra/sandbox/payout-book.ts';
import { type SandboxHand, startHand } from '../support/sandbox-client.ts';

async function payouts(hand: SandboxHand): Promise<{ balanceFen: number; payouts: readonly PayoutEntry[] }> {
  return (await hand.control<{ balanceFen: number; payouts: PayoutEntry[] }>('GET book/payouts')).body;
}

describe('a transfer', () => {
  it('is paid once, and a query finds it', async () => {
    const hand = await startHand();
    const before = (await payouts(hand)).balanceFen;
    const paid = (await hand.transfer()).content;
    expect(paid).toMatchObject({
      code: '10000',
      out_biz_no: 'wd_1',
      status: 'SUCCESS',
      trans_date: '2026-01-15 10:30:00',
      order_id: expect.stringMatching(/^20260115\d+$/),
    });
    const { order_id, pay_fund_order_id } = paid;
    expect((await hand.query('wd_1')).content).toMatchObject({
      code: '10000',
      status: 'SUCCESS',
      trans_amount: '12.30',
      pay_date: '2026-01-15 10:30:00',
      order_id,
      pay_fund_order_id,
    });
    const byOrder = await hand.alipay('alipay.fund.trans.common.query', { order_id });
    expect(byOrder.content).toMatchObject({ out_biz_no: 'wd_1' });
    const book = await payouts(hand);
    expect(before - book.balanceFen).toBe(1230);
    expect(book.payouts).toMatchObject([{ outBizNo: 'wd_1', payout: { amountFen: 1230, status: 'SUCCESS' } }]);
  });

  it('is paid once under fifty identical requests at the same time, all answered alike', async () => {
    const hand = await startHand();
    const before = (await payouts(hand)).balanceFen;
    const answers = await Promise.all(Array.from({ length: 50 }, () => hand.transfer()));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]?.content).toMatchObject({ code: '10000' });
    const book = await payouts(hand);
    expect(before - book.balanceFen).toBe(1230);
    expect(book.payouts).toHaveLength(1);
    expect(book.payouts[0]?.arrivals).toHaveLength(50);
    expect(new Set(book.payouts[0]?.arrivals.map(({ digest }) => digest)).size).toBe(1);
  });

  it('with other parameters under the same number is refused, and the book shows the difference', async () => {
    const hand = await startHand();
    await hand.transfer();
    const other = { identity: 'payee@example.com', identity_type: 'ALIPAY_LOGON_ID', name: '收款人乙' };
    for (const change of [{ trans_amount: '12.31' }, { payee_info: other }, { order_title: '别的' }]) {
      expect((await hand.transfer(change)).content['sub_code']).toBe('PAYMENT_INFO_INCONSISTENCY');
    }
    const [entry] = (await payouts(hand)).payouts;
    expect(entry?.payout?.amountFen).toBe(1230);
    expect(new Set(entry?.arrivals.map(({ digest }) => digest)).size).toBe(4);
  });

  it('with a scene and what it has to report is paid', async () => {
    const hand = await startHand();
    const told = [{ info_type: '佣金报酬说明', info_content: '返利' }];
    const { content } = await hand.transfer({ transfer_scene_name: '佣金报酬', transfer_scene_report_infos: told });
    expect(content).toMatchObject({ code: '10000', status: 'SUCCESS' });
  });

  it('is refused without a trace of payment when the request or the payee is wrong', async () => {
    const hand = await startHand();
    const before = (await payouts(hand)).balanceFen;
    const payee = (identity: string, type = 'ALIPAY_LOGON_ID', name = '甲') => ({
      payee_info: { identity, identity_type: type, name },
    });
    const code = async (change: object) => (await hand.transfer({ out_biz_no: 'wd_2', ...change })).content['sub_code'];
    expect(await code({ trans_amount: '0.09' })).toBe('EXCEED_LIMIT_SM_MIN_AMOUNT');
    expect(await code({ trans_amount: '50000.01' })).toBe('EXCEED_LIMIT_PERSONAL_SM_AMOUNT');
    expect(await code({ trans_amount: '50000.00' })).toBe('MEMO_REQUIRED_IN_TRANSFER_ERROR');
    expect(await code({ trans_amount: '1e3' })).toBe('INVALID_PARAMETER');
    expect(await code({ product_code: 'OTHER' })).toBe('INVALID_PARAMETER');
    expect(await code({ out_biz_no: 'x'.repeat(65) })).toBe('INVALID_PARAMETER');
    const told = [{ info_type: '佣金报酬说明', info_content: '返利' }];
    expect(await code({ transfer_scene_name: '工资', transfer_scene_report_infos: told })).toBe('INVALID_PARAMETER');
    expect(await code({ transfer_scene_name: '佣金报酬' })).toBe('INVALID_PARAMETER');
    expect(await code(payee('2088123', 'ALIPAY_USER_ID'))).toBe('INVALID_PARAMETER');
    expect(await code(payee('a@example.com', 'ALIPAY_LOGON_ID', ''))).toBe('INVALID_PARAMETER');
    expect(await code(payee('refuse.payee_not_exist@example.com'))).toBe('PAYEE_NOT_EXIST');
    expect(await code(payee('refuse.PAYEE_USER_INFO_ERROR@example.com'))).toBe('PAYEE_USER_INFO_ERROR');
    expect((await hand.query('wd_2')).content).toMatchObject({ code: '40004', sub_code: 'ORDER_NOT_EXIST' });
    expect((await payouts(hand)).balanceFen).toBe(before);
    expect(await code(payee('2088123412341234', 'ALIPAY_USER_ID', ''))).toBeUndefined();
  });

  it('waits for funds: refused while the payer is short, paid by the same request afterwards', async () => {
    const hand = await startHand();
    await hand.control('POST payer', { balanceFen: 1229 });
    expect((await hand.transfer()).content['sub_code']).toBe('PAYER_BALANCE_NOT_ENOUGH');
    await hand.control('POST payer', { balanceFen: 1230 });
    expect((await hand.transfer()).content['status']).toBe('SUCCESS');
    expect((await payouts(hand)).balanceFen).toBe(0);
  });
});

describe('an unknown method or a torn biz_content', () => {
  it('is refused, signed', async () => {
    const hand = await startHand();
    const unknown = await hand.alipay('alipay.trade.pay', {});
    expect(unknown).toMatchObject({ isSigned: true, content: { code: '40002', sub_code: 'isv.invalid-method' } });
    const query = await hand.alipay('alipay.fund.trans.common.query', {});
    expect(query.content['sub_code']).toBe('INVALID_PARAMETER');
  });
});
