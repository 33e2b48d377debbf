/**
 * The activity `orderPage`: reads one page of the order feed and sends each row to its order.
 *
 * The publisher's own API (`taobao.tbk.order.details.get`, no session). All statuses are read at once, since a row that
 * skips a status must not be missed; window ends are whole seconds at +08:00.
 */
import type { Activity } from '../../actors/ports.ts';
import type { OrderRow } from '../../machines/order-row.ts';
import { toShanghaiText } from '../shanghai-text.ts';
import { createChannelOwners, type LeaseholderOf, type OwnerOf } from './channel-owners.ts';
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
import { parseOrderRow } from './order-row.ts';
import type { TopClient } from './top-client.ts';

export interface OrderPageDeps extends FeedDeps {
  readonly client: TopClient;
  readonly ownerOf: OwnerOf;
  /** Absent: no slots are leased. */
  readonly leaseholderOf?: LeaseholderOf;
}

interface OrderPageInput {
  readonly startAt: number;
  readonly endAt: number;
  readonly scene: number;
  readonly pageNo: number;
  readonly positionIndex: string | null;
  readonly queryType: number;
}

const METHOD = 'taobao.tbk.order.details.get';
const FORMAT: PageFormat<OrderRow> = { list: 'results', id: 'trade_id', parse: parseOrderRow };

/**
 * Returns the activity. `ok {hasNext, positionIndex, rowCount, digest, malformed}` once every row is committed at its
 * order; `refused` WINDOW_TOO_LONG, WINDOW_TOO_OLD, POSITION_INVALID or TAOBAO_REFUSED; `postponed` for quota and
 * throttling; `unknown` for everything that a repeated read may cure. Running it again, or twice at once, is harmless.
 */
export function createOrderPage({ client, ownerOf, leaseholderOf, send, log }: OrderPageDeps): Activity {
  const ownerOfRow = createChannelOwners(ownerOf, leaseholderOf);
  return async (input, attempt) => {
    const { startAt, endAt, scene, pageNo, positionIndex, queryType } = input as unknown as OrderPageInput;
    const answer = await client.call(METHOD, {
      start_time: toShanghaiText(startAt),
      end_time: toShanghaiText(endAt),
      query_type: queryType,
      order_scene: scene,
      page_no: pageNo,
      page_size: PAGE_SIZE,
      position_index: positionIndex ?? undefined,
      jump_type: 1,
    });
    if (!answer.ok) return pageOutcome(answer.failure);
    const toEvent = async (row: OrderRow) => ({
      type: 'row',
      row: asJson(row),
      owner: (await ownerOfRow(row)) as { userId: string; channel: string } | null,
    });
    return withReadableAnswer(() =>
      deliverPage(readPage(answer.data['data'], FORMAT), toEvent, attempt, { send, log }),
    );
  };
}
