/**
 * Promotion links as Taobao makes them: what a pasted text points to (`taobao.tbk.dg.general.link.parse`, API 70532), an
 * item's link for a channel (`taobao.tbk.dg.general.link.convert`, 65409) and its share code (`taobao.tbk.tpwd.create`,
 * 31127).
 *
 * Invariant: an address from here is https and on a host of Alibaba's, or it is garbage: users are sent to it.
 */
import { readable, type TopRead } from './item-api.ts';
import { textField } from './row-fields.ts';
import type { TopClient } from './top-client.ts';
import { isTopObject, TopBodyError, type TopObject, unwrapList } from './top-json.ts';

/** By which an order finds its user: the slot always, the relation id where the user has one. */
export interface Attribution {
  readonly adzoneId: string;
  readonly relationId?: string;
}

export interface ItemLink {
  readonly url: string;
  readonly shortUrl: string;
}

const ITEM = '1';
const LONGEST_URL = 4_000;
const ITEM_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;
const HOSTS = ['taobao.com', 'tmall.com', 'tmall.hk', 'tb.cn', 'alimama.com', 'taobao.hk', 'fliggy.com'];

/** Whether users may be sent there, or what they paste may come from there: https on one of Alibaba's hosts. */
export function isTaobaoUrl(text: string): boolean {
  if (text.length > LONGEST_URL || !URL.canParse(text)) return false;
  const { protocol, hostname, username, port } = new URL(text);
  const isKnownHost = HOSTS.some((host) => hostname === host || hostname.endsWith(`.${host}`));
  return protocol === 'https:' && isKnownHost && username === '' && port === '';
}

/** The id of the item that a pasted address or text points to; null when it points to none. */
export async function parseMaterial(
  client: TopClient,
  material: string,
  { adzoneId, relationId }: Attribution,
): Promise<TopRead<string | null>> {
  const answer = await client.call('taobao.tbk.dg.general.link.parse', {
    adzone_id: adzoneId,
    relation_id: relationId,
    material_dto: [{ material_url: material }],
  });
  if (!answer.ok) return answer;
  return readable(() => {
    const link = linkOf(entryOf(answer.data, 'material_url_list'));
    const itemId = textField(link, 'material_id');
    return textField(link, 'material_type') === ITEM && ITEM_ID.test(itemId) ? itemId : null;
  });
}

/** The item's link for the channel, with its coupon where there is one; null when it cannot be promoted. */
export async function convertItem(
  client: TopClient,
  itemId: string,
  { adzoneId, relationId }: Attribution,
): Promise<TopRead<ItemLink | null>> {
  const answer = await client.call('taobao.tbk.dg.general.link.convert', {
    adzone_id: adzoneId,
    relation_id: relationId,
    item_id_list: itemId,
    biz_scene_id: 1,
  });
  if (!answer.ok) {
    const isMissing = answer.failure.class === 'permanent' && answer.failure.code === 'NO_SUCH_ITEM';
    return isMissing ? { ok: true, value: null } : answer;
  }
  return readable(() => {
    const link = linkOf(entryOf(answer.data, 'item_url_list'));
    // The coupon's address buys the same item for less.
    const url = textField(link, 'coupon_long_url') || textField(link, 'cps_long_url');
    if (url === '') return null;
    const shortUrl = textField(link, 'coupon_short_url') || textField(link, 'cps_short_url');
    return { url: checked(url), shortUrl: checked(shortUrl || url) };
  });
}

/** The share code that opens `url`, which must be one made here. Source of its errors: the API's own table. */
export async function createTpwd(client: TopClient, url: string): Promise<TopRead<string>> {
  const answer = await client.call('taobao.tbk.tpwd.create', { url });
  if (!answer.ok) return answer;
  return readable(() => {
    const data = answer.data['data'];
    const tpwd = isTopObject(data) ? textField(data, 'password_simple') : '';
    if (tpwd === '' || tpwd.length > 64) throw new TopBodyError('the answer has no share code');
    return tpwd;
  });
}

/** The one entry of a list in `data`; errors come per entry, as an entry without `link_info_dto`. */
function entryOf(answer: TopObject, list: string): TopObject {
  const data = answer['data'];
  if (!isTopObject(data)) return {};
  const [entry] = unwrapList(data[list]);
  return isTopObject(entry) ? entry : {};
}

function linkOf(entry: TopObject): TopObject {
  const link = entry['link_info_dto'];
  return isTopObject(link) ? link : {};
}

function checked(url: string): string {
  const secure = url.replace(/^\/\//, 'https://').replace(/^http:/, 'https:');
  if (!isTaobaoUrl(secure)) throw new TopBodyError('a link leads away from Taobao');
  return secure;
}
