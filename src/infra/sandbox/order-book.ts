/**
 * Taobao's book: every version of every order and refund row, in the file `orders.jsonl`.
 *
 * Owns: which version is the current one (the last put). Rows are never removed.
 * Invariant: B1 of book.ts; a row is served only after `flushed()`.
 */
import { join } from 'node:path';
import type { Clock } from '../../actors/ports.ts';
import { openBook } from './book.ts';
import { type Fields, type OrderRow, orderRow, type RefundRow, refundRow } from './order-rows.ts';

type Line = { readonly order: OrderRow } | { readonly refund: RefundRow };

export interface OrderBook {
  /** Adds an order, or moves it on: unnamed fields keep their value, `modified_time` becomes now unless named. */
  put(fields: Fields & { trade_id: string }): OrderRow;
  /** The same for a refund, by `refund_suit_id`. */
  putRefund(fields: Fields & { refund_suit_id: string }): RefundRow;
  /** Current rows. */
  orders(): readonly OrderRow[];
  refunds(): readonly RefundRow[];
  /** Every version of an order, oldest first. */
  versions(tradeId: string): readonly OrderRow[];
  flushed(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the book in `dir` with all that it held. @throws STORE_CORRUPT */
export async function openOrderBook(dir: string, clock: Clock): Promise<OrderBook> {
  const { book, lines } = await openBook<Line>(join(dir, 'orders.jsonl'));
  const orders = new Map<string, OrderRow[]>();
  const refunds = new Map<string, RefundRow>();
  const apply = (line: Line) => {
    if ('refund' in line) refunds.set(line.refund.refund_suit_id, line.refund);
    else orders.set(line.order.trade_id, [...(orders.get(line.order.trade_id) ?? []), line.order]);
  };
  const record = (line: Line) => {
    apply(line);
    book.append(line);
  };
  for (const line of lines) apply(line);
  return {
    put: (fields) => {
      const order = orderRow(fields, orders.get(fields.trade_id)?.at(-1), clock.now());
      record({ order });
      return order;
    },
    putRefund: (fields) => {
      const previous = refunds.get(fields.refund_suit_id);
      const order = orders.get(String(fields['tb_trade_id'] ?? ''))?.at(-1);
      const refund = refundRow(fields, previous, order, clock.now());
      record({ refund });
      return refund;
    },
    orders: () => [...orders.values()].map((versions) => versions.at(-1) as OrderRow),
    refunds: () => [...refunds.values()],
    versions: (tradeId) => orders.get(tradeId) ?? [],
    flushed: () => book.flushed(),
    close: () => book.close(),
  };
}
