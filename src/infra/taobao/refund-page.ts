/**
 * The activity `refundPage`: reads one page of the refund feed and sends each row to its order.
 *
 * `taobao.tbk.order.refund.get` takes one JSON parameter, counts `member_type` in numbers of its own (4 = any), and can
 * report a business error in an answer that otherwise looks like a success (`biz_error_code`).
 */
import type { Activity } from '../../actors/ports.ts';
import type { RefundRow } from '../../machines/order-row.ts';
import { toShanghaiText } from '../shanghai-text.ts';
import {
  asJson,
  deliverPage,
  type FeedDeps,
  PAGE_SIZE,
  type PageFormat,
  pageOutcome,
  readPage,
  withReadableAnswer,
} from './feed-page.ts';
import { parseRefundRow } from './refund-row.ts';
import { textField } from './row-fields.ts';
import type { TopClient } from './top-client.ts';
import { classifyBizError } from './top-errors.ts';
import { isTopObject, type TopObject } from './top-json.ts';

export interface RefundPageDeps extends FeedDeps {
  readonly client: TopClient;
}

interface RefundPageInput {
  readonly startAt: number;
  readonly endAt: number;
  readonly pageNo: number;
  readonly positionIndex: string | null;
  readonly queryType: number;
}

const METHOD = 'taobao.tbk.order.refund.get';
const ALL_ORDERS = 1;
const ANY_MEMBER = 4;
const FORMAT: PageFormat<RefundRow> = { list: 'result', id: 'tb_trade_id', parse: parseRefundRow };

/** Returns the activity; its outcomes are those of `orderPage`. */
export function createRefundPage({ client, send, log }: RefundPageDeps): Activity {
  return async (input, attempt) => {
    const { startAt, endAt, pageNo, positionIndex, queryType } = input as unknown as RefundPageInput;
    const answer = await client.call(METHOD, {
      publisher_refund_order_query_option: {
        page_size: PAGE_SIZE,
        page_no: pageNo,
        start_time: toShanghaiText(startAt),
        end_time: toShanghaiText(endAt),
        query_type: queryType,
        order_scene: ALL_ORDERS,
        member_type: ANY_MEMBER,
        position_index: positionIndex ?? undefined,
        jump_type: 1,
      },
    });
    if (!answer.ok) return pageOutcome(answer.failure);
    const body = rpcResult(answer.data);
    const bizError = textField(body, 'biz_error_code');
    if (bizError !== '' && bizError !== '0') return pageOutcome(classifyBizError(bizError));
    const toEvent = async (row: RefundRow) => ({ type: 'refund', refund: asJson(row) });
    return withReadableAnswer(() => deliverPage(readPage(body['data'], FORMAT), toEvent, attempt, { send, log }));
  };
}

/** The part with `data` and `biz_error_code`: the answer itself, or a `result` around both as the generated SDKs have it. */
function rpcResult(answer: TopObject): TopObject {
  const result = answer['result'];
  return answer['data'] === undefined && isTopObject(result) ? result : answer;
}
