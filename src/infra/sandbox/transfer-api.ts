/**
 * The two fund methods of a payout: `alipay.fund.trans.uni.transfer` and `alipay.fund.trans.common.query`.
 *
 * Owns: what their `biz_content` must hold and the business codes for what is wrong with it.
 * Payees that are refused: an identity that starts with `refuse.<sub_code>` (any case), such as
 * `refuse.payee_not_exist@example.com`, gets that `sub_code`; nothing is paid.
 * Source of fields, limits and codes: Alipay's API pages of both methods.
 */
import type { Payout, PayoutBook, TransferRequest } from './payout-book.ts';
import { toShanghai } from './shanghai-time.ts';

/** An answer's content, `code` and `msg` included. */
export type Content = Readonly<Record<string, string>>;

type BizContent = Readonly<Record<string, unknown>>;

const AMOUNT = /^(\d{1,9})(?:\.(\d{1,2}))?$/;
const MAX_OUT_BIZ_NO_LENGTH = 64;
const MIN_FEN = 10;
const MAX_PERSONAL_FEN = 5_000_000;
const REFUSED_PAYEE = /^refuse\.([a-z_]+)/i;

/** An answer that says no, as Alipay spells it: 40004 for business refusals. */
export function failure(subCode: string, subMsg = subCode, code = '40004'): Content {
  return { code, msg: MESSAGES[code] ?? 'Business Failed', sub_code: subCode, sub_msg: subMsg };
}

const MESSAGES: Readonly<Record<string, string>> = {
  '20000': 'Service Currently Unavailable',
  '40001': 'Missing Required Arguments',
  '40002': 'Invalid Arguments',
  '40006': 'Insufficient Permissions',
};

/** The transfer a `biz_content` asks for, or Alipay's refusal of it. */
export function readTransfer(biz: BizContent): { request: TransferRequest } | { refused: Content } {
  const text = (name: string) => textOf(biz[name]);
  const payee = (typeof biz['payee_info'] === 'object' ? (biz['payee_info'] ?? {}) : {}) as BizContent;
  const payeeText = (name: string) => textOf(payee[name]);
  const [, whole, cents = ''] = AMOUNT.exec(text('trans_amount')) ?? [];
  const amountFen = Number(whole) * 100 + Number(cents.padEnd(2, '0'));
  const outBizNo = text('out_biz_no');
  const refused =
    invalidArgument(text, payeeText, whole !== undefined) ??
    invalidScene(text('transfer_scene_name'), biz['transfer_scene_report_infos']) ??
    refusedAmount(amountFen, text('remark')) ??
    REFUSED_PAYEE.exec(payeeText('identity'))?.[1]?.toUpperCase();
  if (refused !== undefined) return { refused: typeof refused === 'string' ? failure(refused) : refused };
  return {
    request: {
      outBizNo,
      amountFen,
      payeeIdentity: payeeText('identity'),
      payeeName: payeeText('name'),
      canonical: canonicalText(biz),
    },
  };
}

/** What a transfer is answered with, first and on every repeat. */
export function transferContent(payout: Payout): Content {
  return { ...SUCCESS, ...orderOf(payout), trans_date: toShanghai(payout.at) };
}

/** What a query of that `biz_content` is answered with. */
export function queryContent(biz: BizContent, book: PayoutBook): Content {
  const outBizNo = biz['out_biz_no'];
  const orderId = biz['order_id'] ?? biz['pay_fund_order_id'];
  if (typeof outBizNo !== 'string' && typeof orderId !== 'string') return failure('INVALID_PARAMETER', '参数有误');
  if (typeof outBizNo === 'string' && (biz['product_code'] !== PRODUCT || biz['biz_scene'] !== SCENE)) {
    return failure('INVALID_PARAMETER', '参数有误：product_code, biz_scene');
  }
  const payout = book.query(typeof outBizNo === 'string' ? { outBizNo } : { orderId: String(orderId) });
  if (payout === undefined) return failure('ORDER_NOT_EXIST', '转账订单不存在');
  return {
    ...SUCCESS,
    ...orderOf(payout),
    trans_amount: (payout.amountFen / 100).toFixed(2),
    ...(payout.status === 'SUCCESS' && { pay_date: toShanghai(payout.at) }),
    ...((payout.status === 'FAIL' || payout.status === 'REFUND') && {
      error_code: 'PAYEE_ACCOUNT_STATUS_ERROR',
      fail_reason: '收款账号状态异常',
    }),
  };
}

const SUCCESS = { code: '10000', msg: 'Success' } as const;
const PRODUCT = 'TRANS_ACCOUNT_NO_PWD';
const SCENE = 'DIRECT_TRANSFER';

function orderOf(payout: Payout): Content {
  return {
    out_biz_no: payout.outBizNo,
    order_id: payout.orderId,
    pay_fund_order_id: payout.payFundOrderId,
    status: payout.status,
  };
}

function invalidArgument(
  text: (name: string) => string,
  payeeText: (name: string) => string,
  isAmount: boolean,
): Content | undefined {
  const wrong = (name: string) => failure('INVALID_PARAMETER', `参数有误：${name}`);
  if (text('out_biz_no') === '' || text('out_biz_no').length > MAX_OUT_BIZ_NO_LENGTH) return wrong('out_biz_no');
  if (!isAmount) return wrong('trans_amount');
  if (text('product_code') !== PRODUCT) return wrong('product_code');
  if (text('biz_scene') !== SCENE) return wrong('biz_scene');
  if (text('order_title') === '') return wrong('order_title');
  const [type, identity] = [payeeText('identity_type'), payeeText('identity')];
  if (type === 'ALIPAY_USER_ID') return /^2088\d{12}$/.test(identity) ? undefined : wrong('payee_info.identity');
  if (type !== 'ALIPAY_LOGON_ID') return wrong('payee_info.identity_type');
  if (identity === '') return wrong('payee_info.identity');
  return payeeText('name') === '' ? wrong('payee_info.name') : undefined;
}

/** Merchants who joined before 2026 may leave the scene out; whoever names one has to report what it asks for. */
function invalidScene(name: string, reports: unknown): Content | undefined {
  if (name === '') return undefined;
  if (!SCENES.includes(name)) return failure('INVALID_PARAMETER', '参数有误：transfer_scene_name');
  const known = (Array.isArray(reports) ? reports : []) as BizContent[];
  const isWhole = known.every((one) => textOf(one['info_type']) !== '' && textOf(one['info_content']) !== '');
  const isFitting = name !== '佣金报酬' || known.some((one) => one['info_type'] === '佣金报酬说明');
  if (known.length > 0 && isWhole && isFitting) return undefined;
  return failure('INVALID_PARAMETER', '参数有误：transfer_scene_report_infos');
}

const SCENES = ['现金营销', '企业退款', '佣金报酬', '业务结算', '二手回收', '公益补助', '行政补贴和退款', '保险理赔'];

function refusedAmount(amountFen: number, remark: string): string | undefined {
  if (amountFen < MIN_FEN) return 'EXCEED_LIMIT_SM_MIN_AMOUNT';
  if (amountFen > MAX_PERSONAL_FEN) return 'EXCEED_LIMIT_PERSONAL_SM_AMOUNT';
  return amountFen === MAX_PERSONAL_FEN && remark === '' ? 'MEMO_REQUIRED_IN_TRANSFER_ERROR' : undefined;
}

/** Alipay takes numbers where it documents text. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** The same text for the same members in any order. */
function canonicalText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`;
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`).join()}}`;
}
