/**
 * Goods as Taobao describes them: one item by its id (`taobao.tbk.item.info.upgrade.get`, API 64763) and a search
 * (`taobao.tbk.dg.material.optional.upgrade`, API 64759).
 *
 * Owns the reading of both answers, which name the same fields. An item that cannot be read exactly is garbage, never a
 * product at a wrong price; in a search it is left out.
 */
import type { IncomeRate } from '../../machines/commission.ts';
import { fenField, RowError, textField, wordsField } from './row-fields.ts';
import { garbage, type TopClient } from './top-client.ts';
import type { TopFailure } from './top-errors.ts';
import { isTopObject, TopBodyError, type TopObject, unwrapList } from './top-json.ts';

export interface TaobaoItem {
  readonly itemId: string;
  readonly title: string;
  /** An https address, or '' when there is none. */
  readonly imageUrl: string;
  /** What a buyer is expected to pay in the end. */
  readonly priceFen: number;
  /** Commission and subsidy on that price. */
  readonly incomeRate: IncomeRate;
}

/** What a read came to; `T` only when Taobao answered, in its documented shape. */
export type TopRead<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: TopFailure };

const LONGEST_WORDS = 200;
const LONGEST_URL = 500;
const PERCENT = /^(\d{1,3})(?:\.(\d{1,4}))?$/;
const ITEM_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;

/** The item, or null when Taobao says that there is none of that id to promote. */
export async function readItem(client: TopClient, itemId: string): Promise<TopRead<TaobaoItem | null>> {
  const answer = await client.call('taobao.tbk.item.info.upgrade.get', { item_id: itemId, biz_scene_id: 1 });
  if (!answer.ok) {
    const isMissing = answer.failure.class === 'permanent' && answer.failure.code === 'NO_SUCH_ITEM';
    return isMissing ? { ok: true, value: null } : { ok: false, failure: answer.failure };
  }
  return readable(() => {
    const [raw] = unwrapList(answer.data['results']);
    return raw === undefined ? null : { ...parseItem(raw), itemId };
  });
}

export interface ItemSearch {
  readonly words: string;
  readonly page: number;
  readonly pageSize: number;
  readonly adzoneId: string;
}

/** One page of a search, best first; fewer than asked for when some cannot be read. */
export async function searchItems(
  client: TopClient,
  { words, page, pageSize, adzoneId }: ItemSearch,
): Promise<TopRead<{ readonly items: readonly TaobaoItem[]; readonly hasMore: boolean }>> {
  const answer = await client.call('taobao.tbk.dg.material.optional.upgrade', {
    q: words,
    page_no: page,
    page_size: pageSize,
    adzone_id: adzoneId,
    biz_scene_id: 1,
  });
  if (!answer.ok) {
    const isEmpty = answer.failure.class === 'permanent' && answer.failure.code === 'NO_RESULT';
    return isEmpty ? { ok: true, value: { items: [], hasMore: false } } : { ok: false, failure: answer.failure };
  }
  return readable(() => {
    const raws = unwrapList(answer.data['result_list']);
    const items = raws.flatMap((raw) => {
      try {
        return [parseItem(raw)];
      } catch (error) {
        if (error instanceof RowError || error instanceof TopBodyError) return [];
        throw error;
      }
    });
    return { items, hasMore: raws.length >= pageSize };
  });
}

/** @throws RowError, TopBodyError */
function parseItem(raw: unknown): TaobaoItem {
  if (!isTopObject(raw)) throw new TopBodyError('an item is not an object');
  const basic = partOf(raw, 'item_basic_info');
  const itemId = textField(raw, 'item_id');
  if (!ITEM_ID.test(itemId)) throw new RowError('item_id');
  const title = wordsField(basic, 'title', LONGEST_WORDS);
  if (title === '') throw new RowError('title');
  return {
    itemId,
    title,
    imageUrl: httpsUrl(textField(basic, 'pict_url')),
    priceFen: priceFenOf(partOf(raw, 'price_promotion_info')),
    incomeRate: incomeRateOf(partOf(raw, 'publish_info')),
  };
}

function priceFenOf(prices: TopObject): number {
  for (const field of ['final_promotion_price', 'zk_final_price', 'reserve_price']) {
    if (textField(prices, field) !== '') return fenField(prices, field);
  }
  throw new RowError('price');
}

/** Percent with up to four decimals, "15.5" for 15.5 %; an item without one earns nothing. */
function incomeRateOf(publish: TopObject): IncomeRate {
  const text = textField(publish, 'income_rate');
  if (text === '') return { numerator: 0, denominator: 1_000_000 };
  const match = PERCENT.exec(text);
  if (match === null) throw new RowError('income_rate');
  return { numerator: Number(`${match[1]}${(match[2] ?? '').padEnd(4, '0')}`), denominator: 1_000_000 };
}

function partOf(raw: TopObject, field: string): TopObject {
  const part = raw[field];
  return isTopObject(part) ? part : {};
}

/** Images come without a scheme or as http. */
function httpsUrl(text: string): string {
  const absolute = text.startsWith('//') ? `https:${text}` : text.replace(/^http:/, 'https:');
  return absolute.length <= LONGEST_URL && /^https:\/\/[\w.-]+\/\S*$/.test(absolute) ? absolute : '';
}

/** `read`, with an answer of another shape as a failure like any other. */
export function readable<T>(read: () => T): TopRead<T> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    const wrong = error instanceof RowError ? new TopBodyError(error.message) : error;
    return { ok: false, failure: garbage(wrong) };
  }
}
