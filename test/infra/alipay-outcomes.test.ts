import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlipayAnswer } from '../../src/infra/alipay/alipay-gateway.ts';
import { queryOutcome, toYuan, transferOutcome } from '../../src/infra/alipay/alipay-outcomes.ts';

/** 2026-01-15 10:30:00 +08:00 */
const NOW = Date.UTC(2026, 0, 15, 2, 30);
const MINUTE = 60_000;
const NEXT_DAY = Date.UTC(2026, 0, 15, 16);
const NEXT_MONTH = Date.UTC(2026, 0, 31, 16);
const ASKED = { outBizNo: 'wd_1', amountFen: 1_234 };
const SUCCESS = { outBizNo: 'wd_1', orderId: '2026011511007', status: 'SUCCESS', transDate: '2026-01-15 10:30:01' };

const answer = (code: string, subCode = '', fields = {}): AlipayAnswer => ({ kind: 'answer', code, subCode, fields });
const transfer = (from: AlipayAnswer, now = NOW) => transferOutcome(from, ASKED, now);
const query = (from: AlipayAnswer, asked: { outBizNo: string; amountFen?: number } = ASKED) =>
  queryOutcome(from, asked, NOW);

describe('what a transfer came to', () => {
  it('is ok only for a success of this number', () => {
    expect(transfer(answer('10000', '', SUCCESS))).toEqual({
      kind: 'ok',
      output: { status: 'SUCCESS', orderId: '2026011511007', paidAt: NOW + 1_000 },
    });
  });

  it('is ok without Alipay’s own number and time too', () => {
    const bare = { outBizNo: 'wd_1', status: 'SUCCESS', transDate: 'soon', payFundOrderId: 'f1' };
    expect(transfer(answer('10000', '', bare))).toEqual({ kind: 'ok', output: { status: 'SUCCESS', orderId: 'f1' } });
  });

  it.each([
    ['of another number', { ...SUCCESS, outBizNo: 'wd_2' }],
    ['of no number', { ...SUCCESS, outBizNo: undefined }],
    ['of another amount', { ...SUCCESS, transAmount: '12.35' }],
    ['of an amount that only looks the same', { ...SUCCESS, transAmount: '12.341' }],
    ['of another number that failed', { ...SUCCESS, outBizNo: 'wd_2', status: 'FAIL' }],
  ])('is unknown for a success %s', (_, fields) => {
    expect(transfer(answer('10000', '', fields))).toEqual({ kind: 'unknown', reason: { code: 'ANSWER_MISMATCH' } });
  });

  it.each([['12.34'], ['12.340'], [12.34]])('is ok for the amount spelled %j', (transAmount) => {
    expect(transfer(answer('10000', '', { ...SUCCESS, transAmount })).kind).toBe('ok');
  });

  it('is refused when Alipay says FAIL', () => {
    expect(transfer(answer('10000', '', { ...SUCCESS, status: 'FAIL' }))).toEqual({
      kind: 'refused',
      reason: { code: 'FAIL' },
    });
  });

  it.each(['DEALING', 'REFUND', 'INIT', undefined])('is unknown when Alipay says %s', (status) => {
    expect(transfer(answer('10000', '', { ...SUCCESS, status }))).toMatchObject({
      kind: 'unknown',
      reason: { code: 'DEALING' },
    });
  });

  it.each(['TIMEOUT', 'TRANSPORT', 'SIGNATURE'] as const)('is unknown without an answer: %s', (code) => {
    expect(transfer({ kind: 'none', code })).toEqual({ kind: 'unknown', reason: { code } });
  });

  const POSTPONED: Record<string, number> = {
    RESOURCE_LIMIT_EXCEED: NOW + 5_000,
    PAYER_BALANCE_NOT_ENOUGH: NOW + 5 * MINUTE,
    BALANCE_IS_NOT_ENOUGH: NOW + 5 * MINUTE,
    PAYER_STATUS_ERROR: NOW + 15 * MINUTE,
    PAYER_CERTIFY_CHECK_FAIL: NOW + 15 * MINUTE,
    PAYER_PERMLIMIT_CHECK_FAILURE: NOW + 15 * MINUTE,
    PAYCARD_UNABLE_PAYMENT: NOW + 15 * MINUTE,
    MONEY_PAY_CLOSED: NOW + 15 * MINUTE,
    NO_ACCOUNT_PAYMENT_PERMISSION: NOW + 15 * MINUTE,
    PRODUCT_NOT_SIGN: NOW + 15 * MINUTE,
    INVALID_PAYER_ACCOUNT: NOW + 15 * MINUTE,
    PAYER_NOT_EXIST: NOW + 15 * MINUTE,
    NOT_IN_WHITE_LIST: NOW + 15 * MINUTE,
    PERMIT_CHECK_PERM_IDENTITY_THEFT: NOW + 15 * MINUTE,
    PERMIT_CHECK_PERM_LIMITED: NOW + 15 * MINUTE,
    EXCEED_LIMIT_DM_AMOUNT: NEXT_DAY,
    EXCEED_LIMIT_DM_MAX_AMOUNT: NEXT_DAY,
    EXCEED_LIMIT_MM_AMOUNT: NEXT_MONTH,
  };
  it.each(Object.entries(POSTPONED))('%s waits until %d', (code, until) => {
    expect(transfer(answer('40004', code))).toEqual({ kind: 'postponed', until, reason: { code } });
  });

  it('in December, over the month’s quota, waits for January', () => {
    const december = Date.UTC(2026, 11, 31, 15, 59, 59);
    expect(transfer(answer('40004', 'EXCEED_LIMIT_MM_AMOUNT'), december)).toMatchObject({
      until: Date.UTC(2026, 11, 31, 16),
    });
  });

  it.each([
    'EXCEED_LIMIT_SM_AMOUNT',
    'EXCEED_LIMIT_SM_MIN_AMOUNT',
    'EXCEED_LIMIT_PERSONAL_SM_AMOUNT',
    'EXCEED_LIMIT_ENT_SM_AMOUNT',
    'EXCEED_LIMIT_DC_RECEIVED',
    'EXCEED_LIMIT_UNRN_DM_AMOUNT',
    'PAYEE_NOT_EXIST',
    'PAYEE_ACCOUNT_NOT_EXSIT',
    'PAYEE_USER_INFO_ERROR',
    'PAYEE_ACC_OCUPIED',
    'PAYEE_ACCOUNT_STATUS_ERROR',
    'PAYEE_USERINFO_STATUS_ERROR',
    'PAYEE_USER_TYPE_ERROR',
    'PAYEE_NOT_RELNAME_CERTIFY',
    'PERMIT_NON_BANK_LIMIT_PAYEE',
    'PERM_AML_NOT_REALNAME_REV',
    'PERMIT_CHECK_RECEIVE_LIMIT',
    'NO_ACCOUNT_RECEIVE_PERMISSION',
    'RELEASE_USER_FORBBIDEN_RECIEVE',
    'PAYER_PAYEE_CANNOT_SAME',
    'MEMO_REQUIRED_IN_TRANSFER_ERROR',
    'REMARK_HAS_SENSITIVE_WORD',
    'INVALID_PARAMETER',
  ])('%s is refused, except under 20000', (code) => {
    expect(transfer(answer('40004', code))).toEqual({ kind: 'refused', reason: { code } });
    expect(transfer(answer('20000', code))).toEqual({ kind: 'unknown', reason: { code } });
  });

  it.each([
    ['40004', 'SYSTEM_ERROR'],
    ['20000', 'aop.ACQ.SYSTEM_ERROR'],
    ['20000', 'isp.unknow-error'],
    ['40004', 'PAYMENT_INFO_INCONSISTENCY'],
    ['40004', 'SECURITY_CHECK_FAILED'],
    ['40004', 'PAYMENT_FAIL'],
    ['40004', 'PAYMENT_TIME_EXPIRE'],
    ['20001', 'aop.invalid-auth-token'],
    ['40001', 'isv.missing-app-cert-sn'],
    ['40002', 'isv.invalid-signature'],
    ['40006', 'isv.insufficient-isv-permissions'],
    ['40004', 'ORDER_NOT_EXIST'],
  ])('%s %s is unknown', (code, subCode) => {
    expect(transfer(answer(code, subCode))).toEqual({ kind: 'unknown', reason: { code: subCode } });
  });

  it('without a sub-code is unknown under the gateway’s own code', () => {
    expect(transfer(answer('20000'))).toEqual({ kind: 'unknown', reason: { code: '20000' } });
    expect(transfer(answer('40004'))).toEqual({ kind: 'unknown', reason: { code: '40004' } });
  });

  it('is unknown for every code that nobody has listed, whose name is kept as far as it is one', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (code, subCode) => {
        const outcome = transfer(answer(`4${code}`, `x${subCode}`));
        expect(outcome).toMatchObject({ kind: 'unknown', reason: { code: expect.stringMatching(/^[\w.?-]{1,64}$/) } });
      }),
    );
  });
});

describe('what a query says', () => {
  it('of a paid transfer', () => {
    const paid = { ...SUCCESS, transDate: undefined, payDate: '2026-01-15 10:30:01', transAmount: '12.34' };
    expect(query(answer('10000', '', paid))).toEqual({
      kind: 'ok',
      output: { status: 'SUCCESS', orderId: '2026011511007', paidAt: NOW + 1_000 },
    });
  });

  it('of a failed one, with why', () => {
    const failed = {
      status: 'FAIL',
      errorCode: 'PAYEE_ACCOUNT_STATUS_ERROR',
      failReason: `账户异常${'!'.repeat(500)}`,
    };
    expect(query(answer('10000', '', failed))).toEqual({
      kind: 'ok',
      output: { status: 'FAIL', code: 'PAYEE_ACCOUNT_STATUS_ERROR', detail: `账户异常${'!'.repeat(196)}` },
    });
  });

  it.each(['DEALING', 'REFUND'])('of one that is %s', (status) => {
    expect(query(answer('10000', '', { status }))).toEqual({ kind: 'ok', output: { status } });
  });

  it('of a number Alipay does not know', () => {
    expect(query(answer('40004', 'ORDER_NOT_EXIST'))).toEqual({ kind: 'ok', output: { status: 'NOT_FOUND' } });
  });

  it.each([
    ['an unavailable service', answer('20000', 'ORDER_NOT_EXIST'), 'ORDER_NOT_EXIST'],
    ['a system error', answer('40004', 'SYSTEM_ERROR'), 'SYSTEM_ERROR'],
    ['a refusal of the query', answer('40004', 'INVALID_PARAMETER'), 'INVALID_PARAMETER'],
    ['a payee code', answer('40004', 'PAYEE_NOT_EXIST'), 'PAYEE_NOT_EXIST'],
    ['a status of another product', answer('10000', '', { status: 'WAIT_PAY' }), 'STATUS_UNKNOWN'],
    ['no status', answer('10000'), 'STATUS_UNKNOWN'],
    ['another number', answer('10000', '', { ...SUCCESS, outBizNo: 'wd_2' }), 'ANSWER_MISMATCH'],
    ['another amount', answer('10000', '', { ...SUCCESS, transAmount: '12.35' }), 'ANSWER_MISMATCH'],
    ['no answer', { kind: 'none', code: 'TIMEOUT' }, 'TIMEOUT'],
  ] as const)('is unknown for %s', (_, from, code) => {
    expect(query(from)).toMatchObject({ kind: 'unknown', reason: { code } });
  });

  it('takes the amount as it is when it was not told one', () => {
    expect(query(answer('10000', '', { ...SUCCESS, transAmount: '12.35' }), { outBizNo: 'wd_1' }).kind).toBe('ok');
  });

  it('comes a little later when Alipay asks to slow down', () => {
    expect(query(answer('40004', 'RESOURCE_LIMIT_EXCEED'))).toMatchObject({ kind: 'postponed', until: NOW + 5_000 });
  });
});

describe('yuan', () => {
  it.each([
    [0, '0.00'],
    [1, '0.01'],
    [10, '0.10'],
    [1_234, '12.34'],
    [10_000_000_000, '100000000.00'],
    [Number.MAX_SAFE_INTEGER, '90071992547409.91'],
  ])('of %d fen are %s', (fen, yuan) => {
    expect(toYuan(fen)).toBe(yuan);
  });
});
