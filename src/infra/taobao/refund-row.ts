/**
 * One row of `taobao.tbk.order.refund.get` (`publisher_refund_order_d_t_o`): the newest word about one dispute of an
 * order that was already settled. What is to give back is counted without fees, as the net income was.
 */
import type { RefundRow } from '../../machines/order-row.ts';
import { fenField, idField, integerField, RowError, timeField, withHash } from './row-fields.ts';
import type { TopObject } from './top-json.ts';

/**
 * Returns the row. A missing `modified_time` is the newest other time of the row.
 * @throws RowError naming the field, when an id, the status, a time or an amount cannot be read exactly.
 */
export function parseRefundRow(raw: TopObject): RefundRow {
  const others = ['tk_refund_suit_time', 'tk_refund_time', 'earning_time', 'tb_trade_create_time']
    .map((field) => timeField(raw, field))
    .filter((ms) => ms !== null);
  const modifiedAt = timeField(raw, 'modified_time') ?? (others.length > 0 ? Math.max(...others) : null);
  if (modifiedAt === null) throw new RowError('modified_time');

  return withHash({
    suitId: idField(raw, 'refund_suit_id'),
    tradeId: idField(raw, 'tb_trade_id'),
    status: integerField(raw, 'refund_status'),
    modifiedAt,
    refundFen: fenField(raw, 'tk_commission_fee_refund') + fenField(raw, 'tk_subsidy_fee_refund'),
    incomeFen: fenField(raw, 'pub_share_fee'),
  });
}
