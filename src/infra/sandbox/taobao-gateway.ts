/**
 * The Taobao Open Platform gateway (`/router/rest`), as far as a publisher's backend meets it.
 *
 * Owns: the platform's checks (key, time, signature, version) and the dispatch by method. What the methods answer is in
 * order-api.ts and promotion-apis.ts, how it is spelled in top-answers.ts.
 * Source of the protocol and its codes: TOP articles 101617 (calling) and 102707 (errors).
 */
import type { Clock, Ids } from '../../actors/ports.ts';
import { carryOut, type FaultScript } from './faults.ts';
import { type Answer, parametersOf, type Request, reply } from './http.ts';
import type { SandboxKeys } from './keys.ts';
import { type ApiAnswer, getOrderDetails, getOrderRefunds } from './order-api.ts';
import type { OrderBook } from './order-book.ts';
import { createPromotionApis } from './promotion-apis.ts';
import { fromShanghai, MINUTE_MS } from './shanghai-time.ts';
import type { SignInDesk } from './sign-in-desk.ts';
import { type TopError, type TopStyle, topRefusal, topResult } from './top-answers.ts';
import { topSignature } from './top-sign.ts';

const MAX_SKEW_MS = 10 * MINUTE_MS;

type Api = (parameters: ReadonlyMap<string, string>, book: OrderBook, now: number, secret: string) => ApiAnswer;

const ORDER_APIS: Readonly<Record<string, Api>> = {
  'taobao.tbk.order.details.get': getOrderDetails,
  'taobao.tbk.order.refund.get': getOrderRefunds,
};

interface Deps {
  readonly keys: SandboxKeys['taobao'];
  readonly orders: OrderBook;
  readonly desk: SignInDesk;
  readonly faults: FaultScript;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Answers one call. Errors come with HTTP 200, as TOP sends them. */
export function createTaobaoGateway(deps: Deps): (request: Request) => Promise<Answer> {
  const apis: Readonly<Record<string, Api>> = { ...ORDER_APIS, ...createPromotionApis(deps.desk) };
  return async (request) => {
    const parameters = parametersOf(request);
    const method = parameters.get('method') ?? '';
    const style: TopStyle = {
      method,
      format: parameters.get('format') === 'json' ? 'json' : 'xml',
      simplify: parameters.get('simplify') === 'true',
    };
    const type = `text/${style.format === 'json' ? 'javascript' : 'xml'};charset=UTF-8`;
    const refusal = (error: TopError) => topRefusal(style, error, deps.ids.random());
    const api = apis[method];
    const error = platformError(parameters, api, deps);
    if (api === undefined || error !== undefined) return reply(200, type, refusal(error ?? INVALID_METHOD));
    const answer = await carryOut(
      deps.faults.plan('taobao', method),
      {
        type,
        perform: async () => {
          const answered = api(parameters, deps.orders, deps.clock.now(), deps.keys.appSecret);
          return 'error' in answered ? refusal(answered.error) : topResult(style, answered.result, deps.ids.random());
        },
        refuse: ({ code = 15, subCode, subMsg = subCode }) =>
          refusal({
            code: Number(code),
            msg: 'Remote service error',
            ...(subCode !== undefined && { sub_code: subCode, sub_msg: subMsg ?? subCode }),
          }),
        forge: (answer) => answer,
      },
      deps.clock,
    );
    await deps.orders.flushed();
    return answer;
  };
}

const INVALID_METHOD: TopError = { code: 22, msg: 'Invalid Method', sub_code: 'isv.invalid-method' };

function platformError(
  parameters: ReadonlyMap<string, string>,
  api: Api | undefined,
  deps: Deps,
): TopError | undefined {
  const given = (name: string) => parameters.get(name) ?? '';
  if (!given('method')) return { code: 21, msg: 'Missing Method' };
  if (!given('app_key')) return { code: 28, msg: 'Missing App Key' };
  if (given('app_key') !== deps.keys.appKey) return { code: 29, msg: 'Invalid App Key' };
  if (!given('timestamp')) return { code: 30, msg: 'Missing Timestamp' };
  const sentAt = fromShanghai(given('timestamp'));
  if (sentAt === undefined || Math.abs(deps.clock.now() - sentAt) > MAX_SKEW_MS) {
    return { code: 31, msg: 'Invalid Timestamp' };
  }
  if (!given('v')) return { code: 32, msg: 'Missing Version' };
  if (given('v') !== '2.0') return { code: 33, msg: 'Invalid Version' };
  if (!['', 'json', 'xml'].includes(given('format'))) return { code: 23, msg: 'Invalid Format' };
  if (!given('sign')) return { code: 24, msg: 'Missing Signature' };
  if (given('sign') !== topSignature(parameters, deps.keys.appSecret)) return { code: 25, msg: 'Invalid signature' };
  return api === undefined ? INVALID_METHOD : undefined;
}
