/**
 * The two TBK methods of an order sync: `taobao.tbk.order.details.get` and `taobao.tbk.order.refund.get`.
 *
 * Owns: their parameters, limits and error codes, and what a scene shows. Where the documents leave a choice, this
 * gateway takes the one that is harder on a client: the channel id is filled in scene 2 only, an empty list comes as an
 * empty wrapper in scene 1 and not at all elsewhere, a refund query fails without an `error_response`.
 */
import type { OrderBook } from './order-book.ts';
import type { OrderRow, RefundRow } from './order-rows.ts';
import { type PageQuery, pageOf } from './paging.ts';
import { DAY_MS, fromShanghai, HOUR_MS } from './shanghai-time.ts';
import { businessError, type TopError } from './top-answers.ts';

export type ApiAnswer = { readonly error: TopError } | { readonly result: Readonly<Record<string, unknown>> };

const MAX_WINDOW_MS = 3 * HOUR_MS;
const MAX_AGE_MS = 90 * DAY_MS;
const STATUSES = ['', '3', '11', '12', '13', '14'];

const ORDER_TIMES: Readonly<Record<string, string>> = {
  '1': 'tk_create_time',
  '2': 'tb_paid_time',
  '3': 'tk_earning_time',
  '4': 'modified_time',
};

const REFUND_TIMES: Readonly<Record<string, string>> = {
  '1': 'tk_refund_time',
  '2': 'earning_time',
  '3': 'tk_refund_suit_time',
  '4': 'tb_trade_create_time',
  '5': 'modified_time',
};

/** A page of orders. Source of limits and codes: TBK API 43328. */
export function getOrderDetails(
  parameters: ReadonlyMap<string, string>,
  book: OrderBook,
  now: number,
  secret: string,
): ApiAnswer {
  const given = (name: string) => parameters.get(name) ?? '';
  const timeField = ORDER_TIMES[given('query_type') || '1'];
  const scene = given('order_scene') || '1';
  const problem =
    windowError(given('start_time'), given('end_time'), now) ?? orderArgumentError(given, timeField, scene);
  if (problem !== undefined || timeField === undefined) return { error: problem ?? invalid('query_type') };
  const rows = book.orders().filter((row) => isAskedFor(row, scene, given('tk_status'), given('member_type')));
  const query: PageQuery = {
    scope: ['orders', timeField, scene, given('tk_status'), given('member_type')].join(),
    startTime: given('start_time'),
    endTime: given('end_time'),
    ...paging(given),
  };
  const page = pageOf(rows, (row) => [String(row[timeField] ?? ''), row.trade_id], query, secret);
  if (page === undefined) return { error: businessError('1008', 'position_index参数错误') };
  const list = page.rows.map((row) => shownIn(scene, row));
  return {
    result: {
      data: {
        ...(list.length > 0 ? { results: { publisher_order_dto: list } } : scene === '1' && { results: {} }),
        has_next: page.hasNext,
        has_pre: query.pageNo > 1,
        page_no: query.pageNo,
        page_size: query.pageSize,
        position_index: page.position,
      },
    },
  };
}

/** A page of refunds. Its own errors come beside `data`, without an `error_response`. Source: TBK API 65180. */
export function getOrderRefunds(
  parameters: ReadonlyMap<string, string>,
  book: OrderBook,
  _now: number,
  secret: string,
): ApiAnswer {
  const option = readOption(parameters.get('publisher_refund_order_query_option') ?? '');
  if (option === undefined)
    return { error: { code: 41, msg: 'Invalid Arguments:publisher_refund_order_query_option' } };
  const given = (name: string) => String(option[name] ?? '');
  const timeField = REFUND_TIMES[given('query_type')];
  const [start, end] = [fromShanghai(given('start_time')), fromShanghai(given('end_time'))];
  if (timeField === undefined) return { result: refundError(101, 'query_type不合法') };
  if (start === undefined || end === undefined || start >= end) return { result: refundError(102, '查询时间不合法') };
  const argument = pagingError(given);
  if (argument !== undefined) return { result: refundError(103, `${argument}不合法`) };
  const query: PageQuery = {
    scope: ['refunds', timeField, given('order_scene')].join(),
    startTime: given('start_time'),
    endTime: given('end_time'),
    ...paging(given),
  };
  const placeOf = (row: RefundRow) => [String(row[timeField] ?? ''), row.refund_suit_id] as const;
  const page = pageOf(book.refunds(), placeOf, query, secret);
  if (page === undefined) return { result: refundError(103, 'position_index不合法') };
  return {
    result: {
      data: {
        ...(page.rows.length > 0 && { result: { publisher_refund_order_d_t_o: page.rows } }),
        has_next: page.hasNext,
        page_no: query.pageNo,
        page_size: query.pageSize,
        position_index: page.position,
      },
      result_code: 200,
      result_msg: 'success',
    },
  };
}

function windowError(startTime: string, endTime: string, now: number): TopError | undefined {
  if (!startTime || !endTime)
    return { code: 40, msg: `Missing required arguments:${startTime ? 'end' : 'start'}_time` };
  const [start, end] = [fromShanghai(startTime), fromShanghai(endTime)];
  if (start === undefined || end === undefined) return businessError('2000', '查询时间格式错误');
  if (start >= end) return businessError('2001', '开始时间必须早于结束时间');
  if (start > now) return businessError('2002', '开始时间不能晚于当前时间');
  if (start < now - MAX_AGE_MS) return businessError('2004', '只能查询最近90天的订单');
  return end - start > MAX_WINDOW_MS ? businessError('2007', '查询时间跨度超过限制') : undefined;
}

function orderArgumentError(
  given: (name: string) => string,
  timeField: string | undefined,
  scene: string,
): TopError | undefined {
  if (timeField === undefined) return invalid('query_type');
  if (!['1', '2', '3'].includes(scene)) return invalid('order_scene');
  if (!['', '1', '-1'].includes(given('jump_type'))) return businessError('1005', 'jump_type参数错误');
  if (!STATUSES.includes(given('tk_status'))) return businessError('1006', 'tk_status参数错误');
  const argument = pagingError(given);
  return argument === undefined ? undefined : invalid(argument);
}

function pagingError(given: (name: string) => string): string | undefined {
  return ['page_no', 'page_size'].find((name) => !/^([1-9]\d?|100)?$/.test(given(name)));
}

function paging(given: (name: string) => string): Pick<PageQuery, 'pageNo' | 'pageSize' | 'position' | 'jump'> {
  return {
    pageNo: Number(given('page_no') || 1),
    pageSize: Number(given('page_size') || 20),
    position: given('position_index') || undefined,
    jump: given('jump_type') === '-1' ? -1 : 1,
  };
}

function isAskedFor(row: OrderRow, scene: string, status: string, memberType: string): boolean {
  if (scene === '2' && !row['relation_id']) return false;
  if (scene === '3' && !row['special_id']) return false;
  if (status !== '' && String(row.tk_status) !== status) return false;
  return memberType === '' || String(row['tk_order_role']) === memberType;
}

/** The row as a scene shows it: the channel id in scene 2 only, the member id in scene 3 only. */
function shownIn(scene: string, row: OrderRow): Readonly<Record<string, unknown>> {
  const { relation_id: relationId, special_id: specialId, ...shown } = row;
  return {
    ...shown,
    ...(scene === '2' && { relation_id: relationId }),
    ...(scene === '3' && { special_id: specialId }),
  };
}

function readOption(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const option: unknown = JSON.parse(text);
    return typeof option === 'object' && option !== null ? (option as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function invalid(name: string): TopError {
  return businessError(`isv.invalid-parameter:${name}`, `参数${name}不合法`);
}

function refundError(code: number, description: string): Readonly<Record<string, unknown>> {
  return { result_code: 500, result_msg: 'fail', biz_error_code: code, biz_error_desc: description };
}
