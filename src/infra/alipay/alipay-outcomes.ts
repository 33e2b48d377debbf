/**
 * What each answer to a transfer or a query means for the money: one table, decided on `sub_code` alone, never on text.
 *
 * Sources: the error table of `alipay.fund.trans.uni.transfer` and its rule that `SYSTEM_ERROR` is neither success nor
 * failure; the response models of both APIs.
 * Invariants:
 * B1  `refused` only for codes that are a definite no about this payee or this request. Whatever is not listed is
 *     `unknown`, and so is every answer that does not fit the request.
 * B2  What our own account lacks (funds, quota, permission) is `postponed`: the user's payout has not failed.
 */
import type { CallOutcome } from '../../actors/ports.ts';
import type { JsonObject } from '../../actors/record.ts';
import { dayOfNextMonth, nextTimeOfDay } from '../../machines/shanghai.ts';
import { fromShanghaiText } from '../shanghai-text.ts';
import type { AlipayAnswer, AlipayFields } from './alipay-gateway.ts';

/** When to send the identical request again. */
type Delay = 'seconds' | 'afterTopUp' | 'afterUnblocking' | 'nextDay' | 'nextMonth';
type Meaning = 'refused' | 'unknown' | Delay;

const MINUTE_MS = 60_000;

const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  // Too many calls at once.
  ['RESOURCE_LIMIT_EXCEED', 'seconds'],

  // Our account: short of funds, blocked or not entitled, at its quota.
  ['PAYER_BALANCE_NOT_ENOUGH', 'afterTopUp'],
  ['BALANCE_IS_NOT_ENOUGH', 'afterTopUp'],
  ['PAYER_STATUS_ERROR', 'afterUnblocking'],
  ['PAYER_CERTIFY_CHECK_FAIL', 'afterUnblocking'],
  ['PAYER_PERMLIMIT_CHECK_FAILURE', 'afterUnblocking'],
  ['PAYCARD_UNABLE_PAYMENT', 'afterUnblocking'],
  ['MONEY_PAY_CLOSED', 'afterUnblocking'],
  ['NO_ACCOUNT_PAYMENT_PERMISSION', 'afterUnblocking'],
  ['PRODUCT_NOT_SIGN', 'afterUnblocking'],
  ['INVALID_PAYER_ACCOUNT', 'afterUnblocking'],
  ['PAYER_NOT_EXIST', 'afterUnblocking'],
  ['NOT_IN_WHITE_LIST', 'afterUnblocking'],
  ['PERMIT_CHECK_PERM_IDENTITY_THEFT', 'afterUnblocking'],
  ['PERMIT_CHECK_PERM_LIMITED', 'afterUnblocking'],
  ['EXCEED_LIMIT_DM_AMOUNT', 'nextDay'],
  ['EXCEED_LIMIT_DM_MAX_AMOUNT', 'nextDay'],
  ['EXCEED_LIMIT_MM_AMOUNT', 'nextMonth'],

  // Never for this amount.
  ['EXCEED_LIMIT_SM_AMOUNT', 'refused'],
  ['EXCEED_LIMIT_SM_MIN_AMOUNT', 'refused'],
  ['EXCEED_LIMIT_PERSONAL_SM_AMOUNT', 'refused'],
  ['EXCEED_LIMIT_ENT_SM_AMOUNT', 'refused'],

  // The payee's account, which only the user can change (misspellings are Alipay's).
  ['EXCEED_LIMIT_DC_RECEIVED', 'refused'],
  ['EXCEED_LIMIT_UNRN_DM_AMOUNT', 'refused'],
  ['PAYEE_NOT_EXIST', 'refused'],
  ['PAYEE_ACCOUNT_NOT_EXSIT', 'refused'],
  ['PAYEE_USER_INFO_ERROR', 'refused'],
  ['PAYEE_ACC_OCUPIED', 'refused'],
  ['PAYEE_ACCOUNT_STATUS_ERROR', 'refused'],
  ['PAYEE_USERINFO_STATUS_ERROR', 'refused'],
  ['PAYEE_USER_TYPE_ERROR', 'refused'],
  ['PAYEE_NOT_RELNAME_CERTIFY', 'refused'],
  ['PERMIT_NON_BANK_LIMIT_PAYEE', 'refused'],
  ['PERM_AML_NOT_REALNAME_REV', 'refused'],
  ['PERMIT_CHECK_RECEIVE_LIMIT', 'refused'],
  ['NO_ACCOUNT_RECEIVE_PERMISSION', 'refused'],
  ['RELEASE_USER_FORBBIDEN_RECIEVE', 'refused'],
  ['PAYER_PAYEE_CANNOT_SAME', 'refused'],

  // The request is wrong; sent again it stays wrong.
  ['MEMO_REQUIRED_IN_TRANSFER_ERROR', 'refused'],
  ['REMARK_HAS_SENSITIVE_WORD', 'refused'],
  ['INVALID_PARAMETER', 'refused'],

  // No answer to "was it paid". The first needs a query, the others a person as well.
  ['SYSTEM_ERROR', 'unknown'],
  ['PAYMENT_TIME_EXPIRE', 'unknown'],
  ['PAYMENT_INFO_INCONSISTENCY', 'unknown'],
  ['SECURITY_CHECK_FAILED', 'unknown'],
  ['PAYMENT_FAIL', 'unknown'],
]);

const SUCCESS = '10000';
const SERVICE_UNAVAILABLE = '20000';
const BUSINESS_FAILED = '40004';
const QUERY_STATUSES: readonly unknown[] = ['SUCCESS', 'FAIL', 'DEALING', 'REFUND'];
const LONGEST_DETAIL = 200;

/** What was asked for, to hold an answer against. An answer to a query is held against the amount only when it is given. */
export interface Asked {
  readonly outBizNo: string;
  readonly amountFen?: number;
}

/** The outcome of `alipay.fund.trans.uni.transfer`; `ok` only for money that has moved as asked. */
export function transferOutcome(answer: AlipayAnswer, asked: Asked, now: number): CallOutcome {
  if (answer.kind === 'none') return unknown(answer.code);
  if (answer.kind === 'notSent') return notSent(answer);
  if (answer.code !== SUCCESS) return failureOutcome(answer.code, answer.subCode, now);
  const { status } = answer.fields;
  if (answer.fields['outBizNo'] !== asked.outBizNo || !fits(answer.fields, asked)) return unknown('ANSWER_MISMATCH');
  if (status === 'FAIL') return { kind: 'refused', reason: { code: 'FAIL' } };
  if (status !== 'SUCCESS') return unknown('DEALING', codeText(status));
  return { kind: 'ok', output: { status, ...settled(answer.fields) } };
}

/** The outcome of `alipay.fund.trans.common.query`; `ok` says what Alipay knows of the number, `NOT_FOUND` included. */
export function queryOutcome(answer: AlipayAnswer, asked: Asked, now: number): CallOutcome {
  if (answer.kind === 'none') return unknown(answer.code);
  if (answer.kind === 'notSent') return notSent(answer);
  if (answer.code === BUSINESS_FAILED && answer.subCode === 'ORDER_NOT_EXIST')
    return { kind: 'ok', output: { status: 'NOT_FOUND' } };
  if (answer.code !== SUCCESS) {
    const isBusy = MEANINGS.get(answer.subCode) === 'seconds';
    return isBusy ? failureOutcome(answer.code, answer.subCode, now) : unknown(codeOf(answer.code, answer.subCode));
  }
  const { status, errorCode, failReason } = answer.fields;
  if (!fits(answer.fields, asked)) return unknown('ANSWER_MISMATCH');
  if (!QUERY_STATUSES.includes(status)) return unknown('STATUS_UNKNOWN', codeText(status));
  const output: JsonObject = {
    status: status as string,
    ...settled(answer.fields),
    ...(errorCode === undefined ? {} : { code: codeText(errorCode) }),
    ...(failReason === undefined ? {} : { detail: String(failReason).slice(0, LONGEST_DETAIL).toWellFormed() }),
  };
  return { kind: 'ok', output };
}

/** Nothing has left: it uses no attempt up and leaves nothing to find out. */
function notSent({ cause, until }: Extract<AlipayAnswer, { kind: 'notSent' }>): CallOutcome {
  return { kind: 'postponed', until, reason: { code: 'NOT_SENT', detail: `alipay: ${cause}` } };
}

function failureOutcome(code: string, subCode: string, now: number): CallOutcome {
  const reason = { code: codeOf(code, subCode) };
  const meaning = code === SERVICE_UNAVAILABLE ? 'unknown' : (MEANINGS.get(subCode) ?? 'unknown');
  switch (meaning) {
    case 'refused':
      return { kind: 'refused', reason };
    case 'unknown':
      return { kind: 'unknown', reason };
    default:
      return { kind: 'postponed', until: untilOf(meaning, now), reason };
  }
}

function untilOf(delay: Delay, now: number): number {
  switch (delay) {
    case 'seconds':
      return now + 5_000;
    case 'afterTopUp':
      return now + 5 * MINUTE_MS;
    case 'afterUnblocking':
      return now + 15 * MINUTE_MS;
    case 'nextDay':
      return nextTimeOfDay(now, 0);
    case 'nextMonth':
      return dayOfNextMonth(now, 1);
  }
}

/** Whether number and amount, where the answer has them, are those asked for. */
function fits({ outBizNo, transAmount }: AlipayFields, asked: Asked): boolean {
  const sameNumber = outBizNo === undefined || outBizNo === asked.outBizNo;
  const sameAmount =
    transAmount === undefined || asked.amountFen === undefined || sameYuan(String(transAmount), asked.amountFen);
  return sameNumber && sameAmount;
}

/** Compared as text: `5`, `5.0` and `5.00` are the same amount, `5.001` is another. */
function sameYuan(yuan: string, fen: number): boolean {
  const [whole, decimals = ''] = yuan.split('.');
  const padded = decimals.replace(/0+$/, '').padEnd(2, '0');
  return `${whole}.${padded}` === toYuan(fen);
}

/** Fen as yuan text with two decimals, by integer arithmetic. */
export function toYuan(fen: number): string {
  return `${Math.trunc(fen / 100)}.${String(fen % 100).padStart(2, '0')}`;
}

/** Alipay's own number and time of the transfer, where the answer has them. */
function settled(fields: AlipayFields): { readonly orderId?: string; readonly paidAt?: number } {
  const { orderId = fields['payFundOrderId'], transDate = fields['payDate'] } = fields;
  const paidAt = typeof transDate === 'string' ? fromShanghaiText(transDate) : null;
  return {
    ...(typeof orderId === 'string' && orderId !== '' ? { orderId: codeText(orderId) } : {}),
    ...(paidAt === null ? {} : { paidAt }),
  };
}

function codeOf(code: string, subCode: string): string {
  return codeText(subCode === '' ? code : subCode);
}

/** A code of the partner's, as far as it can be one. */
function codeText(value: unknown): string {
  return String(value ?? '')
    .replace(/[^\w.-]/g, '?')
    .slice(0, 64);
}

function unknown(code: string, detail?: string): CallOutcome {
  return { kind: 'unknown', reason: detail === undefined ? { code } : { code, detail } };
}
