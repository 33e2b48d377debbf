/**
 * Taobao's order feed and its own book: what really became of each order, and the pages it shows of that.
 *
 * Rows lie in a window by their newest `modified_time` and move while being read; pages are cut by position in the
 * current set, a row may come again in an older state, and channel ids may stand in scene 2 only.
 */
import type { TopResult } from '../../src/infra/taobao/top-client.ts';
import type { TopObject } from '../../src/infra/taobao/top-json.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** One state of an order, as Taobao knows it. Times in ms (whole seconds), amounts in fen. */
export interface OrderFact {
  readonly tradeId: string;
  readonly status: 12 | 14 | 3 | 13;
  readonly modifiedAt: number;
  readonly createdAt: number;
  readonly earningAt: number | null;
  readonly paidFen: number;
  readonly preFeeFen: number;
  readonly feeFen: number;
  readonly techFeeFen: number;
  readonly channel: { readonly kind: 'relation' | 'special' | 'adzone'; readonly id: string } | null;
}

export interface RefundFact {
  readonly suitId: string;
  readonly tradeId: string;
  readonly status: number;
  readonly modifiedAt: number;
  readonly refundFen: number;
}

/** What the book holds; a fact is true from its `modifiedAt` and shown from `shownAt`. */
export interface Shown<T> {
  readonly shownAt: number;
  readonly fact: T;
}

export interface TaobaoBookOptions {
  readonly pageSize: number;
  /** Longer windows are refused. */
  readonly maxWindowMs: number;
  /** Channel ids are left out in scene 1. */
  readonly hidesChannels: boolean;
  /** How likely a page brings an older state of some row along, and an answer is an error. */
  readonly staleRate: number;
  readonly errorRate: number;
}

export class TaobaoBook {
  readonly orders: readonly Shown<OrderFact>[];
  readonly refunds: readonly Shown<RefundFact>[];
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #options: TaobaoBookOptions;
  isCalm = false;

  constructor(
    scheduler: Scheduler,
    random: Random,
    facts: { orders: readonly Shown<OrderFact>[]; refunds: readonly Shown<RefundFact>[] },
    options: TaobaoBookOptions,
  ) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.orders = facts.orders;
    this.refunds = facts.refunds;
    this.#options = options;
  }

  /** When the last fact is shown. */
  get endsAt(): number {
    return Math.max(0, ...this.orders.map((o) => o.shownAt), ...this.refunds.map((r) => r.shownAt));
  }

  call(method: string, input: Record<string, unknown>): TopResult {
    if (!this.isCalm && this.#random.chance(this.#options.errorRate)) return this.#error();
    const isRefund = method === 'taobao.tbk.order.refund.get';
    const query = (isRefund ? input['publisher_refund_order_query_option'] : input) as Record<string, unknown>;
    const startAt = fromText(String(query['start_time']));
    const endAt = fromText(String(query['end_time']));
    if (endAt - startAt > this.#options.maxWindowMs) return refused('WINDOW_TOO_LONG');
    const offset = Number(query['position_index'] ?? 0);
    const rows = isRefund
      ? this.#refundRows(startAt, endAt)
      : this.#orderRows(startAt, endAt, Number(query['order_scene']));
    const { pageSize } = this.#options;
    const page = rows.slice(offset, offset + pageSize);
    const hasNext = rows.length > offset + pageSize;
    const list = isRefund ? { result: page } : { results: page };
    const data = { has_next: hasNext, position_index: hasNext ? String(offset + pageSize) : '', ...list };
    return { ok: true, data: { data } as unknown as TopObject };
  }

  #error(): TopResult {
    const kind = this.#random.weighted({ rateLimited: 2, transient: 4, POSITION_INVALID: 1, TAOBAO_REFUSED: 0.3 });
    const detail = 'simulated';
    if (kind === 'transient') {
      return { ok: false, failure: { class: 'transient', code: 'TAOBAO_UNAVAILABLE', detail } };
    }
    if (kind === 'rateLimited') {
      return { ok: false, failure: { class: 'rateLimited', scope: 'api', until: this.#scheduler.now + 2_000, detail } };
    }
    return refused(kind);
  }

  #orderRows(startAt: number, endAt: number, scene: number): unknown[] {
    const isStale = !this.isCalm && this.#random.chance(this.#options.staleRate);
    const facts = this.#current(this.orders, (fact) => fact.tradeId).filter(
      ({ modifiedAt }) => modifiedAt >= startAt && modifiedAt < endAt,
    );
    const older = isStale
      ? this.orders.filter(({ shownAt }) => shownAt <= this.#scheduler.now).map(({ fact }) => fact)
      : [];
    const stale = older.length > 0 ? [this.#random.pick(older)] : [];
    const showsChannel = scene === 2 || !this.#options.hidesChannels;
    return [...facts, ...stale]
      .filter(({ channel }) => scene === 1 || channel !== null)
      .map((fact) => toOrderRow(fact, showsChannel));
  }

  #refundRows(startAt: number, endAt: number): unknown[] {
    return this.#current(this.refunds, (fact) => fact.suitId)
      .filter(({ modifiedAt }) => modifiedAt >= startAt && modifiedAt < endAt)
      .map(toRefundRow);
  }

  /** The newest shown fact of each key, newest first as the partner lists them. */
  #current<T extends { modifiedAt: number }>(all: readonly Shown<T>[], keyOf: (fact: T) => string): T[] {
    const newest = new Map<string, T>();
    for (const { shownAt, fact } of all) if (shownAt <= this.#scheduler.now) newest.set(keyOf(fact), fact);
    return [...newest.values()].sort((a, b) => b.modifiedAt - a.modifiedAt || (keyOf(a) < keyOf(b) ? -1 : 1));
  }
}

function refused(code: 'WINDOW_TOO_LONG' | 'POSITION_INVALID' | 'TAOBAO_REFUSED'): TopResult {
  return { ok: false, failure: { class: 'permanent', code, detail: 'simulated' } };
}

function toOrderRow(fact: OrderFact, showsChannel: boolean): Record<string, unknown> {
  const { channel } = fact;
  return {
    trade_id: fact.tradeId,
    trade_parent_id: fact.tradeId,
    tk_status: fact.status,
    modified_time: toText(fact.modifiedAt),
    tk_create_time: toText(fact.createdAt),
    tk_paid_time: toText(fact.createdAt),
    tk_earning_time: fact.earningAt === null ? '' : toText(fact.earningAt),
    item_id: 'i1',
    item_title: '商品',
    item_img: '',
    alipay_total_price: yuan(fact.paidFen),
    pub_share_pre_fee: yuan(fact.preFeeFen),
    pub_share_fee: yuan(fact.feeFen),
    alimama_share_fee: yuan(fact.techFeeFen),
    ...(channel !== null && showsChannel ? { [`${channel.kind}_id`]: channel.id } : {}),
    refund_tag: '0',
  };
}

function toRefundRow(fact: RefundFact): Record<string, unknown> {
  return {
    refund_suit_id: fact.suitId,
    tb_trade_id: fact.tradeId,
    refund_status: fact.status,
    modified_time: toText(fact.modifiedAt),
    tk_commission_fee_refund: yuan(fact.refundFen),
    tk_subsidy_fee_refund: '0.00',
    pub_share_fee: '0.00',
  };
}

const OFFSET_MS = 8 * 3_600_000;

function toText(ms: number): string {
  return new Date(ms + OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

function fromText(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}Z`) - OFFSET_MS;
}

function yuan(fen: number): string {
  return `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`;
}
