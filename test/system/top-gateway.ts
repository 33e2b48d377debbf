/**
 * A TOP gateway of the tests' own, written from the partner's documents: it verifies signatures, times, windows and
 * positions by itself, and notes everything a client does wrong. It shares nothing with the server or the sandbox.
 *
 * Where the documents leave a choice it takes another one at each answer: both spellings of list wrappers, simplified
 * answers, numbers as text and text as numbers, empty lists in four shapes; rows in no order, some of them twice, and
 * pages that change while they are read.
 */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fromShanghai, seeded } from './money-oracle.ts';

export type Row = Readonly<Record<string, unknown>>;

/** A row, and the time under which the gateway files it (its `modified_time`, or another: replicas lag). */
export interface Delivery {
  readonly at: number;
  readonly row: Row;
}

/** What one call gets instead of its answer. */
export type Trouble = (response: ServerResponse) => void;

export interface GatewayOptions {
  readonly signMethod: 'md5' | 'hmac' | 'hmac-sha256';
  readonly seed: number;
  readonly orders: readonly Delivery[];
  readonly refunds: readonly Delivery[];
  /** Served in between, one every few calls, to calls of that method. */
  readonly orderTroubles?: readonly Trouble[];
  readonly refundTroubles?: readonly Trouble[];
  /** Windows that begin before this may be at most ten minutes long, as during a sale. */
  readonly saleUntil?: number;
  /** Answers every call by this, when given. */
  readonly always?: Readonly<Record<string, Trouble>>;
  /** Nothing is answered before. */
  readonly opened?: Promise<unknown>;
}

export interface TopGateway {
  readonly env: Readonly<Record<string, string>>;
  /** What the client did wrong. */
  readonly violations: readonly string[];
  /** Valid calls so far, by method. */
  readonly calls: ReadonlyMap<string, number>;
  /** Troubles not served yet. */
  troublesLeft(): number;
  close(): void;
}

const APP_KEY = '23000001';
const APP_SECRET = 'a-secret-of-the-test-gateway';
const ORDERS = 'taobao.tbk.order.details.get';
const REFUNDS = 'taobao.tbk.order.refund.get';
const TROUBLE_EVERY = 4;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

type Params = Readonly<Record<string, string>>;

export async function startTopGateway(options: GatewayOptions): Promise<TopGateway> {
  const gateway = new Gateway(options);
  const server = createServer((request, response) => {
    void gateway.answer(request, response);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    env: {
      TAOBAO_GATEWAY_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/router/rest`,
      TAOBAO_APP_KEY: APP_KEY,
      TAOBAO_APP_SECRET: APP_SECRET,
      TAOBAO_SIGN_METHOD: options.signMethod,
      // It knows no limit per second but those it is told to play.
      TAOBAO_ORDERS_PER_SECOND: '1000',
    },
    violations: gateway.violations,
    calls: gateway.calls,
    troublesLeft: () => gateway.troublesLeft(),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A TOP error. `code` may come as a number or as text. */
export function topError(code: number | string, subCode?: string, subMsg = subCode): Trouble {
  return (response) =>
    sendJson(
      response,
      JSON.stringify({
        error_response: {
          code,
          msg: 'Remote service error',
          ...(subCode !== undefined && { sub_code: subCode, sub_msg: subMsg }),
          request_id: 'r1',
        },
      }),
    );
}

export function rawAnswer(status: number, body: string | Uint8Array, headers: Record<string, string> = {}): Trouble {
  return (response) => response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(body);
}

export const reset: Trouble = (response) => response.socket?.resetAndDestroy();

interface Listing {
  readonly rows: readonly Row[];
  readonly key: string;
}

class Gateway {
  readonly violations: string[] = [];
  readonly calls = new Map<string, number>();
  readonly #options: GatewayOptions;
  readonly #random: ReturnType<typeof seeded>;
  readonly #troubles: Map<string, Trouble[]>;
  readonly #listings: Listing[] = [];
  readonly #seenWindows = new Set<string>();
  #answers = 0;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#random = seeded(options.seed);
    this.#troubles = new Map([
      [ORDERS, [...(options.orderTroubles ?? [])]],
      [REFUNDS, [...(options.refundTroubles ?? [])]],
    ]);
  }

  troublesLeft(): number {
    return [...this.#troubles.values()].reduce((sum, list) => sum + list.length, 0);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += chunk;
    const query = new URL(request.url ?? '/', 'http://gateway').searchParams;
    const params: Params = Object.fromEntries([...query, ...new URLSearchParams(body)]);
    await this.#options.opened;
    this.#answerTo(params)(response);
  }

  #answerTo(params: Params): Trouble {
    const { method = '' } = params;
    const wrong = this.#platformFault(params);
    if (wrong !== undefined) return this.#complain(wrong, params);
    const count = (this.calls.get(method) ?? 0) + 1;
    this.calls.set(method, count);
    const trouble = count % TROUBLE_EVERY === 0 ? this.#troubles.get(method)?.shift() : undefined;
    return (
      this.#options.always?.[method] ?? trouble ?? (method === ORDERS ? this.#orders(params) : this.#refunds(params))
    );
  }

  #platformFault(params: Params): string | undefined {
    const { sign, timestamp = '', app_key: appKey, v, format, sign_method: signMethod, method = '' } = params;
    if (appKey !== APP_KEY || v !== '2.0' || format !== 'json') return 'public parameters';
    if (signMethod !== this.#options.signMethod) return `sign_method ${signMethod}`;
    if (sign !== signatureOf(params, signMethod)) return 'sign';
    if (Object.values(params).includes('')) return 'an empty parameter';
    if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(timestamp)) return `timestamp ${timestamp}`;
    if (Math.abs(fromShanghai(timestamp) - Date.now()) > 10 * MINUTE_MS) return `timestamp ${timestamp}`;
    return method === ORDERS || method === REFUNDS ? undefined : `method ${method}`;
  }

  #complain(what: string, params: Params): Trouble {
    this.violations.push(`${what}: ${JSON.stringify(params)}`);
    return topError(40, 'isv.invalid-parameter');
  }

  #orders(params: Params): Trouble {
    const { query_type: type = '1', order_scene: scene = '1', jump_type: jump = '1' } = params;
    const window = windowOf(params);
    if (window === undefined || !['1', '4'].includes(type) || !['1', '2'].includes(scene) || jump !== '1') {
      return this.#complain('order query', params);
    }
    const isSale = window.start < (this.#options.saleUntil ?? 0);
    if (window.end - window.start > (isSale ? 10 * MINUTE_MS : 3 * HOUR_MS)) return topError(50, '2007');
    const timeOf = ({ at, row }: Delivery) => (type === '4' ? at : fromShanghai(String(row['tk_create_time'])));
    const found = this.#options.orders
      .filter((delivery) => window.start < timeOf(delivery) && timeOf(delivery) < window.end)
      .filter(({ row }) => scene === '1' || row['relation_id'] !== undefined)
      .map(({ row }) => (scene === '2' ? row : { ...row, relation_id: undefined }));
    const key = `${ORDERS} ${params['start_time']} ${params['end_time']} ${type} ${scene}`;
    const page = this.#page(key, found, params);
    if (page === undefined) return this.#complain('position', params);
    const styles: readonly Style[] = ['publisher_order_dto', 'publisher_order_d_t_o', 'plain'];
    return this.#shown(page, {
      root: 'tbk_order_details_get_response',
      list: 'results',
      styles,
    });
  }

  #refunds(params: Params): Trouble {
    let option: Record<string, unknown> = {};
    try {
      option = JSON.parse(params['publisher_refund_order_query_option'] ?? '') as Record<string, unknown>;
    } catch {
      return this.#complain('refund option', params);
    }
    const asked: Params = Object.fromEntries(Object.entries(option).map(([name, value]) => [name, String(value)]));
    const window = windowOf(asked);
    if (window === undefined || asked['query_type'] !== '5') return this.#complain('refund query', params);
    const found = this.#options.refunds.filter(({ at }) => window.start < at && at < window.end).map(({ row }) => row);
    const page = this.#page(`${REFUNDS} ${asked['start_time']} ${asked['end_time']}`, found, asked);
    if (page === undefined) return this.#complain('refund position', params);
    const styles: readonly Style[] = ['publisher_refund_order_d_t_o', 'publisher_refund_order_dto', 'plain'];
    return this.#shown(page, { root: 'tbk_order_refund_get_response', list: 'result', styles });
  }

  /** The page asked for, of a listing that is shuffled anew whenever its first page is read. */
  #page(key: string, found: readonly Row[], params: Params): Page | undefined {
    const pageNo = Number(params['page_no'] ?? '1');
    const size = Number(params['page_size'] ?? '20');
    if (!(pageNo >= 1 && pageNo <= 100 && size >= 1 && size <= 100)) return undefined;
    if (pageNo === 1) {
      if (params['position_index'] !== undefined) return undefined;
      this.#listings.push({ key, rows: this.#listed(key, found, size) });
    }
    const given = /^(\d+)_p(\d+)\|/.exec(params['position_index'] ?? `${this.#listings.length - 1}_p1|`);
    const number = Number(given?.[1]);
    const listing = this.#listings[number];
    if (listing?.key !== key || (pageNo > 1 && Number(given?.[2]) !== pageNo)) return undefined;
    const rows = listing.rows.slice((pageNo - 1) * size, pageNo * size);
    const hasNext = listing.rows.length > pageNo * size;
    return { rows, hasNext, position: `${number}_p${pageNo + 1}|${this.#random.below(2 ** 31)}` };
  }

  /** In no order, some rows twice; at the first reading of a long list some rows have just moved to where it was read. */
  #listed(key: string, found: readonly Row[], size: number): readonly Row[] {
    const random = this.#random;
    const rows = [...found, ...found.filter((_, index) => index % 23 === key.length % 23)];
    for (let index = rows.length - 1; index > 0; index -= 1) {
      const other = random.below(index + 1);
      [rows[index], rows[other]] = [rows[other] as Row, rows[index] as Row];
    }
    const isMoving = found.length > size && !this.#seenWindows.has(key);
    this.#seenWindows.add(key);
    if (!isMoving) return rows;
    const moved = new Set(found.slice(0, (found.length - size) / 2).filter(() => random.next() < 0.1));
    return rows.filter((row) => !moved.has(row));
  }

  #shown({ rows, hasNext, position }: Page, { root, list, styles }: Shape): Trouble {
    this.#answers += 1;
    const turn = this.#answers;
    const style = styles[turn % styles.length] as Style;
    const shown = rows.map((row, index) => toWire(row, turn + index));
    const empty = [{}, { [style]: [] }, [], undefined][turn % 4];
    const filled = style === 'plain' ? shown : { [style]: shown };
    const data = {
      [list]: shown.length === 0 ? empty : filled,
      has_next: turn % 2 === 0 ? hasNext : String(hasNext),
      position_index: position,
      page_size: 100,
    };
    const content = { data, request_id: `r${turn}` };
    const text = unquoted(JSON.stringify(style === 'plain' ? content : { [root]: content }));
    return (response) => sendJson(response, text);
  }
}

type Style = string;

interface Page {
  readonly rows: readonly Row[];
  readonly hasNext: boolean;
  readonly position: string;
}

interface Shape {
  readonly root: string;
  readonly list: string;
  readonly styles: readonly Style[];
}

const RAW = '@raw:';
const AMOUNTS = ['pub_share_pre_fee', 'pub_share_fee', 'alimama_share_fee', 'alipay_total_price'];
const REFUND_AMOUNTS = ['tk_commission_fee_refund', 'tk_subsidy_fee_refund'];
const IDS = ['relation_id', 'special_id', 'adzone_id'];

/** The same row in one of the ways in which the partner may spell it. */
function toWire(row: Row, turn: number): Row {
  const wire: Record<string, unknown> = { ...row, rights_id: '-', brand_new_field: { deep: ['"trade_id":"1"', null] } };
  const numbers = [...(turn % 2 === 0 ? IDS : []), ...(turn % 3 === 0 ? [...AMOUNTS, ...REFUND_AMOUNTS] : [])];
  if (turn % 5 === 0) numbers.push('trade_id', 'tb_trade_id');
  for (const name of numbers) if (/^\d+(\.\d+)?$/.test(String(row[name] ?? ''))) wire[name] = `${RAW}${row[name]}`;
  for (const name of ['tk_status', 'refund_status']) if (turn % 4 === 1 && name in row) wire[name] = String(row[name]);
  if (turn % 7 === 0 && row['special_id'] === undefined) wire['special_id'] = turn % 2 === 0 ? '0' : null;
  return wire;
}

/** Numbers of up to 19 digits and amounts such as 12.30, as the partner writes them. */
function unquoted(json: string): string {
  return json.replace(/"@raw:(\d+(?:\.\d+)?)"/g, '$1');
}

function sendJson(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/javascript;charset=UTF-8' }).end(text);
}

function windowOf(params: Params): { start: number; end: number } | undefined {
  const [start, end] = [fromShanghai(params['start_time'] ?? ''), fromShanghai(params['end_time'] ?? '')];
  const isRight = start < end && start <= Date.now() && start > Date.now() - 90 * 24 * HOUR_MS;
  return isRight ? { start, end } : undefined;
}

function signatureOf(params: Params, method: string | undefined): string {
  const text = Object.keys(params)
    .filter((name) => name !== 'sign')
    .sort()
    .map((name) => `${name}${params[name]}`)
    .join('');
  const digests: Readonly<Record<string, () => Hash | Hmac>> = {
    md5: () => createHash('md5').update(`${APP_SECRET}${text}${APP_SECRET}`),
    hmac: () => createHmac('md5', APP_SECRET).update(text),
    'hmac-sha256': () => createHmac('sha256', APP_SECRET).update(text),
  };
  return digests[method ?? '']?.().digest('hex').toUpperCase() ?? '';
}
