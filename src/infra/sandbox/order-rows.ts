/**
 * Builds order and refund rows with every field of the live API, from the few that a test or the demo names.
 *
 * Owns: the fields' defaults and how they hang together (fees follow the price, times follow the status). Fields given
 * always win, known or not, so that a test can send what it likes. Ids that the API sends as JSON numbers are kept as
 * digit strings here, for they can exceed 2^53; the gateway unquotes them.
 */
import { createHash } from 'node:crypto';
import { toShanghai } from './shanghai-time.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** A row: `trade_id` is the key, `modified_time` its version's time. */
export interface OrderRow extends Fields {
  readonly trade_id: string;
  readonly tk_status: number;
  readonly modified_time: string;
}

export interface RefundRow extends Fields {
  readonly refund_suit_id: string;
  readonly modified_time: string;
}

/** Fields that the API sends as JSON numbers although they are ids. */
export const NUMERIC_IDS = ['relation_id', 'special_id', 'pub_id', 'site_id', 'adzone_id'] as const;

/** The row after `changes`: a first version filled with defaults, or the previous one moved on at `now`. */
export function orderRow(
  changes: Fields & { trade_id: string },
  previous: OrderRow | undefined,
  now: number,
): OrderRow {
  const base = previous ?? newOrder(changes, toShanghai(now));
  const status = Number(changes['tk_status'] ?? base.tk_status);
  const isNewlySettled = status === 3 && previous?.tk_status !== 3;
  return {
    ...base,
    tk_status: status,
    modified_time: toShanghai(now),
    ...(isNewlySettled && {
      tk_earning_time: toShanghai(now),
      pay_price: changes['alipay_total_price'] ?? base['alipay_total_price'],
      pub_share_fee: changes['pub_share_pre_fee'] ?? base['pub_share_pre_fee'],
      pub_share_fee_for_commission: Number(changes['pub_share_pre_fee'] ?? base['pub_share_pre_fee']),
    }),
    ...changes,
  };
}

/** The refund row after `changes`; a first version takes the order's own figures and gives all of them back. */
export function refundRow(
  changes: Fields & { refund_suit_id: string },
  previous: RefundRow | undefined,
  order: OrderRow | undefined,
  now: number,
): RefundRow {
  const at = toShanghai(now);
  return { ...(previous ?? newRefund(order, at)), modified_time: at, ...changes };
}

function newOrder(given: Fields & { trade_id: string }, at: string): OrderRow {
  const priceFen = toFen(given['alipay_total_price'] ?? '100.00');
  const ratePercent = Number(given['total_commission_rate'] ?? '10.00');
  const commissionFen = Math.floor((priceFen * ratePercent) / 100);
  const createdAt = String(given['tk_create_time'] ?? at);
  const identity = createHash('sha256').update(given.trade_id).digest('base64url');
  return {
    trade_id: given.trade_id,
    trade_parent_id: given.trade_id,
    tp_order_id: '0',
    tk_status: 12,
    refund_tag: 0,
    ...times(createdAt, at),
    ...goods(identity, toYuan(priceFen)),
    ...commission(ratePercent, commissionFen),
    ...subsidies(),
    ...specialFees(),
    ...promotion(),
  };
}

function times(createdAt: string, at: string) {
  return {
    tk_create_time: createdAt,
    tb_paid_time: createdAt,
    tk_paid_time: createdAt,
    tk_earning_time: '',
    click_time: createdAt,
    modified_time: at,
    tb_deposit_time: '--',
    tk_deposit_time: '--',
    deposit_price: '0.00',
  };
}

function goods(identity: string, price: string) {
  return {
    alipay_total_price: price,
    tb_gmv_total_price: price,
    pay_price: '0.00',
    item_id: `${identity.slice(0, 16)}-${identity.slice(16, 28)}`,
    item_title: `沙箱好物 ${identity.slice(0, 4)} 纯棉毛巾家用三条装`,
    item_img: `//img.alicdn.com/bao/uploaded/i1/${identity.slice(0, 8)}.jpg`,
    item_link: `http://item.taobao.com/item.htm?id=${identity.slice(0, 16)}-${identity.slice(16, 28)}`,
    item_price: price,
    item_num: 1,
    item_category_name: '居家布艺',
    item_category_level2_name: '毛巾/浴巾',
    seller_nick: '沙**店',
    seller_shop_title: '沙箱家居旗舰店',
    order_type: '天猫',
    terminal_type: '无线',
    flow_source: '--',
    marketing_type: '--',
  };
}

function commission(ratePercent: number, commissionFen: number) {
  const rate = ratePercent.toFixed(2);
  const fee = toYuan(commissionFen);
  return {
    total_commission_rate: rate,
    total_commission_fee: fee,
    income_rate: rate,
    pub_share_rate: '100.00',
    tk_total_rate: rate,
    pub_share_pre_fee: fee,
    pub_share_fee: '0',
    pub_share_pre_fee_for_commission: commissionFen / 100,
    pub_share_fee_for_commission: 0,
    alimama_rate: '10.00',
    alimama_share_fee: toYuan(Math.floor(commissionFen / 10)),
    alimm_share_info_dto: {
      alimm_tech_service_rate: 10,
      alimm_tech_service_pre_fee: Math.floor(commissionFen / 10) / 100,
      alimm_tech_service_fee: 0,
      alimm_agent_service_rate: 0,
      alimm_agent_service_pre_fee: 0,
      alimm_agent_service_fee: 0,
    },
  };
}

function subsidies() {
  return {
    subsidy_rate: '0.00',
    subsidy_fee: '0.00',
    subsidy_type: '--',
    subsidy_info_dto_list: { subsidy_detail_d_t_o: [] },
    pub_share_pre_fee_for_sdy: 0,
    pub_share_fee_for_sdy: 0,
    pub_share_rate_for_sdy: '0.00',
    tk_total_rate_for_sdy: '0.00',
  };
}

function specialFees() {
  return {
    platform_special_service_rate: 0,
    platform_special_service_fee: 0,
    platform_special_share_info_dto: {
      content_tech_service_rate: 0,
      content_tech_service_pre_fee: 0,
      content_tech_service_fee: 0,
      traffic_tech_service_rate: 0,
      traffic_tech_service_pre_fee: 0,
      traffic_tech_service_fee: 0,
    },
    service_fee_dto_list: { service_fee_dto: [] },
  };
}

function promotion() {
  return {
    pub_id: '120000001',
    site_id: '2180000001',
    site_name: '返利应用',
    adzone_id: '111500000001',
    adzone_name: '渠道专属推广位',
    tk_order_role: 2,
    app_key: '',
    unid: '',
    extra_mkt_id: '',
    talent_pid: '',
    untts: '',
    uvid: '',
  };
}

function newRefund(order: OrderRow | undefined, at: string): Omit<RefundRow, 'refund_suit_id'> {
  const income = String(order?.['pub_share_fee'] ?? '0');
  const feePart = String(order?.['alimama_share_fee'] ?? '0');
  return {
    tb_trade_id: order?.trade_id ?? '',
    tb_trade_parent_id: order?.['trade_parent_id'] ?? '',
    tb_trade_create_time: order?.['tk_create_time'] ?? '',
    earning_time: order?.['tk_earning_time'] ?? '',
    tk_refund_time: at,
    tk_refund_suit_time: at,
    modified_time: at,
    refund_status: 2,
    tb_trade_finish_price: order?.['pay_price'] ?? '0.00',
    refund_fee: order?.['pay_price'] ?? '0.00',
    pub_share_fee: income,
    tk_commission_fee_refund: toYuan(toFen(income) - toFen(feePart)),
    tk_subsidy_fee_refund: '0.00',
    tk_commission_alimm_refund_fee: feePart,
    tk_subsidy_alimm_refund_fee: '0.00',
    tk_commission_agent_refund_fee: '0.00',
    tk_subsidy_agent_refund_fee: '0.00',
    show_return_fee: income,
    item_title: order?.['item_title'] ?? '',
    tk_order_role: '二方',
    ...(order?.['relation_id'] !== undefined && { relation_id: order['relation_id'] }),
    ...(order?.['special_id'] !== undefined && { special_id: order['special_id'] }),
  } as Omit<RefundRow, 'refund_suit_id'>;
}

function toFen(yuan: unknown): number {
  const [whole = '0', cents = ''] = String(yuan).split('.');
  const fen = Number(whole) * 100 + Number(cents.padEnd(2, '0').slice(0, 2));
  return Number.isSafeInteger(fen) ? fen : 0;
}

function toYuan(fen: number): string {
  return (fen / 100).toFixed(2);
}
