/**
 * The sandbox's back door for tests (`/__sandbox/…`, JSON): read the books, script faults, make orders move.
 *
 * | request | what |
 * |---|---|
 * | `GET book/payouts` | `{balanceFen, payouts: [{outBizNo, arrivals: [{at, digest}], payout?}]}` |
 * | `GET book/orders[?tradeId]` | `{orders: [{tradeId, versions: [row]}]}`; versions oldest first |
 * | `GET book/refunds` | `{refunds: [row]}` |
 * | `GET`, `POST`, `DELETE faults` | list with counts, add one rule or a list (faults.ts), clear |
 * | `POST orders`, `POST refunds` | one row's fields or a list: adds, or moves on what has the same key |
 * | `POST payer` | `{balanceFen}`: what the payer's account holds |
 *
 * A change is durable before it is answered. Only `application/json` is taken, so no web page can post by a form.
 */
import { type FaultScript, readFaultRules } from './faults.ts';
import { type Answer, type Request, reply } from './http.ts';
import type { OrderBook } from './order-book.ts';
import type { Fields } from './order-rows.ts';
import type { PayoutBook } from './payout-book.ts';

interface Deps {
  readonly orders: OrderBook;
  readonly payouts: PayoutBook;
  readonly faults: FaultScript;
}

type Route = (deps: Deps, body: unknown, query: URLSearchParams) => { status: number; body: unknown };

const ok = (body: unknown) => ({ status: 200, body });
const wrong = (detail: string) => ({ status: 400, body: { detail } });

const ROUTES: Readonly<Record<string, Route>> = {
  'GET book/payouts': ({ payouts }) => ok({ balanceFen: payouts.balanceFen, payouts: payouts.entries() }),
  'GET book/orders': ({ orders }, _body, query) => {
    const asked = query.get('tradeId');
    const tradeIds = asked === null ? orders.orders().map((row) => row.trade_id) : [asked];
    return ok({ orders: tradeIds.map((tradeId) => ({ tradeId, versions: orders.versions(tradeId) })) });
  },
  'GET book/refunds': ({ orders }) => ok({ refunds: orders.refunds() }),
  'GET faults': ({ faults }) => ok({ faults: faults.list() }),
  'POST faults': ({ faults }, body) => {
    const rules = readFaultRules(body);
    if (typeof rules === 'string') return wrong(rules);
    faults.add(rules);
    return ok({ faults: faults.list() });
  },
  'DELETE faults': ({ faults }) => {
    faults.clear();
    return ok({ faults: [] });
  },
  'POST orders': ({ orders }, body) => {
    const rows = keyedRows(body, 'trade_id');
    return rows === undefined ? wrong('each order needs a trade_id') : ok({ orders: rows.map(orders.put) });
  },
  'POST refunds': ({ orders }, body) => {
    const rows = keyedRows(body, 'refund_suit_id');
    return rows === undefined
      ? wrong('each refund needs a refund_suit_id')
      : ok({ refunds: rows.map(orders.putRefund) });
  },
  'POST payer': ({ payouts }, body) => {
    const balanceFen = (body as { balanceFen?: unknown } | null)?.balanceFen;
    if (typeof balanceFen !== 'number' || !Number.isSafeInteger(balanceFen)) return wrong('balanceFen is an integer');
    payouts.setBalance(balanceFen);
    return ok({ balanceFen });
  },
};

/** Answers a request under `/__sandbox/`; 404 for a path unknown, 400 with a `detail` for a body that makes no sense. */
export async function answerControl(deps: Deps, request: Request): Promise<Answer> {
  const route = ROUTES[`${request.method} ${request.path.replace('/__sandbox/', '')}`];
  if (route === undefined) return json(404, { detail: `known: ${Object.keys(ROUTES).join('; ')}` });
  if (request.method === 'POST' && request.contentType !== 'application/json') {
    return json(415, { detail: 'send application/json' });
  }
  const body = readJson(request.body);
  if (body instanceof SyntaxError) return json(400, { detail: body.message });
  const answered = route(deps, body, request.query);
  await Promise.all([deps.orders.flushed(), deps.payouts.flushed()]);
  return json(answered.status, answered.body);
}

function keyedRows<Key extends string>(body: unknown, key: Key): readonly (Fields & Record<Key, string>)[] | undefined {
  const rows = Array.isArray(body) ? body : [body];
  const isKeyed = (row: unknown) => typeof (row as Fields | null)?.[key] === 'string';
  return rows.every(isKeyed) ? (rows as (Fields & Record<Key, string>)[]) : undefined;
}

function readJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch (error) {
    return error;
  }
}

function json(status: number, body: unknown): Answer {
  return reply(status, 'application/json', JSON.stringify(body));
}
