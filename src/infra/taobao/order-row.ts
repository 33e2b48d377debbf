/**
 * One row of `taobao.tbk.order.details.get` (`publisher_order_dto`) as the order machine takes it.
 *
 * Fields are those of the official API docs; unknown ones are ignored, since the partner adds some at short notice.
 */
import type { OrderRow, OrderStatus } from '../../machines/order-row.ts';
import {
  fenField,
  idField,
  integerField,
  optionalIdField,
  RowError,
  textField,
  timeField,
  withHash,
  wordsField,
} from './row-fields.ts';
import type { TopObject } from './top-json.ts';

/** Placed but not paid: no money yet, and closed unpaid orders are many. */
const UNPAID = 11;
const STATUSES: readonly number[] = [12, 14, 3, 13] satisfies OrderStatus[];
const LONGEST_WORDS = 200;
const LONGEST_URL = 500;

/**
 * Returns the row, or null for an order that is not paid. A missing `modified_time` is the newest other time of the row.
 * @throws RowError naming the field, when the id, the status, a time or an amount cannot be read exactly.
 */
export function parseOrderRow(raw: TopObject): OrderRow | null {
  const tradeId = idField(raw, 'trade_id');
  const status = integerField(raw, 'tk_status');
  if (status === UNPAID) return null;
  if (!STATUSES.includes(status)) throw new RowError('tk_status');

  const paidAt = timeField(raw, 'tk_paid_time') ?? timeField(raw, 'tb_paid_time');
  const earningAt = timeField(raw, 'tk_earning_time');
  const created = timeField(raw, 'tk_create_time');
  const known = [created, paidAt, earningAt].filter((ms) => ms !== null);
  const modifiedAt = timeField(raw, 'modified_time') ?? (known.length > 0 ? Math.max(...known) : null);
  if (modifiedAt === null) throw new RowError('modified_time');

  return withHash({
    tradeId,
    parentId: optionalIdField(raw, 'trade_parent_id') ?? tradeId,
    status: status as OrderStatus,
    modifiedAt,
    createdAt: created ?? Math.min(modifiedAt, ...known),
    paidAt,
    earningAt,
    itemId: wordsField(raw, 'item_id', LONGEST_WORDS),
    itemTitle: wordsField(raw, 'item_title', LONGEST_WORDS),
    itemImageUrl: wordsField(raw, 'item_img', LONGEST_URL),
    paidFen: fenField(raw, 'alipay_total_price'),
    preFeeFen: fenField(raw, 'pub_share_pre_fee'),
    feeFen: fenField(raw, 'pub_share_fee'),
    techFeeFen: fenField(raw, 'alimama_share_fee'),
    relationId: optionalIdField(raw, 'relation_id'),
    specialId: optionalIdField(raw, 'special_id'),
    adzoneId: optionalIdField(raw, 'adzone_id'),
    refunded: textField(raw, 'refund_tag') === '1',
  });
}
