/**
 * Alipay's v2 gateway (`/gateway.do`), as far as a payout meets it.
 *
 * Owns: the gateway's checks (app, time, RSA2 signature), signed answers and the dispatch by method. What the methods
 * mean is in transfer-api.ts, the money in payout-book.ts.
 * Every validly signed transfer request is entered in the book as it arrives, before any fault can strike.
 */
import type { Clock } from '../../actors/ports.ts';
import type { AlipaySigner } from './alipay-sign.ts';
import { carryOut, type FaultPlan, type FaultScript } from './faults.ts';
import { type Answer, parametersOf, type Request, reply } from './http.ts';
import type { PayoutBook } from './payout-book.ts';
import { fromShanghai } from './shanghai-time.ts';
import { type Content, failure, queryContent, readTransfer, transferContent } from './transfer-api.ts';

const TYPE = 'text/html;charset=utf-8';
const TRANSFER = 'alipay.fund.trans.uni.transfer';
const QUERY = 'alipay.fund.trans.common.query';

type BizContent = Readonly<Record<string, unknown>>;

interface Deps {
  readonly appId: string;
  readonly signer: AlipaySigner;
  readonly payouts: PayoutBook;
  readonly faults: FaultScript;
  readonly clock: Clock;
}

/** Answers one call. Errors come with HTTP 200, signed, as Alipay sends them. */
export function createAlipayGateway(deps: Deps): (request: Request) => Promise<Answer> {
  return async (request) => {
    const parameters = parametersOf(request);
    const method = parameters.get('method') ?? '';
    const signed = (content: Content) => signedText(method, content, deps.signer);
    const biz = readBizContent(parameters.get('biz_content') ?? '');
    const refused = gatewayRefusal(parameters, biz, deps);
    if (refused !== undefined || biz === undefined) return reply(200, TYPE, signed(refused ?? INVALID_BIZ_CONTENT));
    const outBizNo = typeof biz['out_biz_no'] === 'string' ? biz['out_biz_no'] : '';
    if (method === TRANSFER && outBizNo !== '') deps.payouts.arrive(outBizNo, parameters.get('biz_content') ?? '');
    const plan = deps.faults.plan('alipay', method, outBizNo);
    const answer = await carryOut(
      plan,
      {
        type: TYPE,
        perform: async () => {
          const content = method === TRANSFER ? transfer(biz, plan, deps.payouts) : queryContent(biz, deps.payouts);
          return signed(content);
        },
        refuse: ({ code = '40004', subCode = 'SYSTEM_ERROR', subMsg }) =>
          signed(failure(subCode, subMsg, String(code))),
        forge: (text) => text.replace(/"sign":".{8}/, `"sign":"${'A'.repeat(8)}`),
      },
      deps.clock,
    );
    await deps.payouts.flushed();
    return answer;
  };
}

function transfer(biz: BizContent, { rule }: FaultPlan, payouts: PayoutBook): Content {
  const read = readTransfer(biz);
  if ('refused' in read) return read.refused;
  if (rule?.do === 'insufficient') return failure('PAYER_BALANCE_NOT_ENOUGH', '付款方余额不足');
  const queries = rule?.queries ?? 1;
  const result = payouts.pay(
    read.request,
    rule?.do === 'dealing'
      ? { status: 'DEALING', queries, settleAs: rule.as ?? 'SUCCESS' }
      : rule?.do === 'invisible'
        ? { status: 'SUCCESS', queries, settleAs: 'SUCCESS' }
        : undefined,
  );
  return result.kind === 'paid' ? transferContent(result.payout) : failure(result.subCode);
}

const INVALID_BIZ_CONTENT = failure('isv.invalid-parameter', 'biz_content', '40002');

function gatewayRefusal(
  parameters: ReadonlyMap<string, string>,
  biz: BizContent | undefined,
  deps: Deps,
): Content | undefined {
  const given = (name: string) => parameters.get(name) ?? '';
  const missing = ['app_id', 'method', 'sign', 'sign_type', 'timestamp', 'version'].find((name) => given(name) === '');
  if (missing !== undefined) return failure(`isv.missing-${missing.replace('_', '-')}`, `缺少${missing}`, '40001');
  if (given('app_id') !== deps.appId) return failure('isv.invalid-app-id', '无效的AppID参数', '40002');
  if (given('sign_type') !== 'RSA2') return failure('isv.invalid-signature-type', '无效签名类型', '40002');
  if (fromShanghai(given('timestamp')) === undefined) return failure('isv.invalid-timestamp', '非法的时间戳', '40002');
  if (!deps.signer.isSignedByApp(parameters)) return failure('isv.invalid-signature', '无效签名', '40002');
  if (given('method') !== TRANSFER && given('method') !== QUERY) {
    return failure('isv.invalid-method', '不存在的方法名', '40002');
  }
  return biz === undefined ? INVALID_BIZ_CONTENT : undefined;
}

function signedText(method: string, content: Content, signer: AlipaySigner): string {
  const raw = JSON.stringify(content);
  const root = method === '' ? 'error_response' : `${method.replaceAll('.', '_')}_response`;
  return `{${JSON.stringify(root)}:${raw},"sign":"${signer.sign(raw)}"}`;
}

function readBizContent(text: string): BizContent | undefined {
  try {
    const biz: unknown = JSON.parse(text);
    return typeof biz === 'object' && biz !== null && !Array.isArray(biz) ? (biz as BizContent) : undefined;
  } catch {
    return undefined;
  }
}
