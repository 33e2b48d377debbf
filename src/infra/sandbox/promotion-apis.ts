/**
 * The TBK methods of products and promotion: item detail and search, link parsing and conversion, share codes, and the
 * registration of a channel under its owner's session.
 *
 * Owns: their parameters, limits and error codes; the share codes it has made and the sessions it has given, both in
 * memory. Source: TBK APIs 64763, 64759, 70532, 65409, 31127, 37988 and TOP's token API.
 */
import { createHash } from 'node:crypto';
import { digestOf, findItem, GOODS, type Item, shopTpwd } from './goods.ts';
import type { SignInDesk } from './sign-in-desk.ts';
import { businessError, type TopError } from './top-answers.ts';

type Parameters = ReadonlyMap<string, string>;
type ApiAnswer = { readonly error: TopError } | { readonly result: Readonly<Record<string, unknown>> };
export type PromotionApi = (parameters: Parameters) => ApiAnswer;

const MOST_ITEMS = 20;
const INVITER_CODE = /^[A-Z0-9]{6}$/;

/** The methods, by name. */
export function createPromotionApis(desk: SignInDesk): Readonly<Record<string, PromotionApi>> {
  const tpwds = new Map<string, Item>(GOODS.map((item) => [shopTpwd(item), item]));
  const links = new Map<string, Item>();
  return {
    'taobao.tbk.item.info.upgrade.get': getItems,
    'taobao.tbk.dg.material.optional.upgrade': search,
    'taobao.tbk.dg.general.link.parse': (parameters) => parse(parameters, tpwds, links),
    'taobao.tbk.dg.general.link.convert': (parameters) => convert(parameters, links, tpwds),
    'taobao.tbk.tpwd.create': (parameters) => createTpwd(parameters, links, tpwds),
    'taobao.top.auth.token.create': (parameters) => createToken(parameters, desk),
    'taobao.tbk.sc.publisher.info.save': (parameters) => savePublisher(parameters, desk),
  };
}

/** Ids it does not know are left out of the answer, as those of goods that nobody promotes. */
function getItems(parameters: Parameters): ApiAnswer {
  const ids = (parameters.get('item_id') ?? '').split(',').filter((id) => id !== '');
  if (ids.length === 0) return { error: { code: 40, msg: 'Missing required arguments:item_id' } };
  if (ids.length > MOST_ITEMS) return { error: businessError('isv.invalid-parameter:item_id', '参数item_id不合法') };
  if (ids.some((id) => /^\d+$/.test(id)))
    return { error: businessError('1912', '您输入的商品ID不合法，请使用升级后的新商品ID') };
  const items = ids.flatMap((id) => findItem(id) ?? []);
  return { result: { results: items.length === 0 ? {} : { tbk_item_detail: items.map(describe) } } };
}

/** Items whose title has the words; code 50001 when there is none. */
function search(parameters: Parameters): ApiAnswer {
  const words = (parameters.get('q') ?? '').trim();
  const adzone = adzoneError(parameters);
  if (adzone !== undefined) return { error: adzone };
  if (words === '') return { error: businessError('30002', '参数q与cat不能都为空') };
  const page = Number(parameters.get('page_no') ?? 1);
  const size = Number(parameters.get('page_size') ?? 20);
  const found = GOODS.filter(({ title, category }) =>
    words.split(/\s+/).every((word) => `${title}${category}`.includes(word)),
  );
  const list = found.slice((page - 1) * size, page * size);
  if (list.length === 0) return { error: businessError('50001', '无结果') };
  return { result: { total_results: found.length, result_list: { map_data: list.map(describe) } } };
}

function describe(item: Item) {
  const identity = createHash('sha256').update(item.itemId).digest('hex').slice(0, 8);
  return {
    item_id: item.itemId,
    input_item_iid: item.itemId,
    item_basic_info: {
      title: item.title,
      pict_url: `//img.alicdn.com/bao/uploaded/i1/${identity}.jpg`,
      category_name: item.category,
      shop_title: '沙箱旗舰店',
      user_type: 1,
      volume: 128,
    },
    price_promotion_info: {
      reserve_price: item.priceYuan,
      zk_final_price: item.priceYuan,
      final_promotion_price: item.finalYuan,
    },
    publish_info: { income_rate: item.incomePercent, commission_type: 'MKT' },
  };
}

function parse(parameters: Parameters, tpwds: ReadonlyMap<string, Item>, links: ReadonlyMap<string, Item>): ApiAnswer {
  const adzone = adzoneError(parameters);
  if (adzone !== undefined) return { error: adzone };
  const material = materialOf(parameters.get('material_dto'));
  if (material === undefined) return { error: { code: 41, msg: 'Invalid Arguments:material_dto' } };
  const item =
    GOODS.find(({ shopId, itemId }) => new RegExp(`[?&]id=(${shopId}|${itemId})(&|$|\\s)`).test(material)) ??
    [...tpwds].find(([tpwd]) => material.includes(tpwd))?.[1] ??
    [...links].find(([url]) => material.includes(url))?.[1];
  const entry =
    item === undefined
      ? { code: 1002, msg: '物料解析失败', input_material_url: material }
      : { code: 200, input_material_url: material, link_info_dto: { material_type: 1, material_id: item.itemId } };
  return { result: { data: { material_url_list: { material_url_list: [entry] } } } };
}

function materialOf(text = ''): string | undefined {
  try {
    const [first] = JSON.parse(text) as { material_url?: unknown }[];
    return typeof first?.material_url === 'string' ? first.material_url : undefined;
  } catch {
    return undefined;
  }
}

/** A link names item, slot and channel, so the same of the three give the same link. */
function convert(parameters: Parameters, links: Map<string, Item>, tpwds: Map<string, Item>): ApiAnswer {
  const adzone = adzoneError(parameters);
  if (adzone !== undefined) return { error: adzone };
  const ids = (parameters.get('item_id_list') ?? '').split(',').filter((id) => id !== '');
  if (ids.length === 0) return { error: { code: 40, msg: 'Missing required arguments:item_id_list' } };
  const entries = ids.map((id) => {
    const item = findItem(id);
    if (item === undefined) return { code: 1001, msg: '商品不存在或不支持推广', input_item_id: id };
    const identity = [id, parameters.get('adzone_id'), parameters.get('relation_id') ?? ''].join();
    const made = linksOf(item, identity);
    for (const url of [made.cps_long_url, made.cps_short_url, made.coupon_long_url, made.coupon_short_url]) {
      if (url !== undefined) links.set(url, item);
    }
    tpwds.set(made.cps_short_tpwd, item);
    return {
      code: 200,
      input_item_id: id,
      link_info_dto: made,
      promotion_info_dto: { commission_rate: item.incomePercent, commission_type: 'MKT' },
    };
  });
  return { result: { data: { item_url_list: { item_url_list: entries } } } };
}

function linksOf(item: Item, identity: string) {
  const cps = digestOf(`cps ${identity}`);
  const coupon = digestOf(`coupon ${identity}`);
  return {
    material_type: 1,
    item_id: item.itemId,
    cps_long_url: `https://s.click.taobao.com/t?e=m%3D2%26s%3D${cps}`,
    cps_short_url: `https://s.click.taobao.com/${cps.slice(0, 7)}`,
    cps_short_tpwd: `￥${digestOf(`tpwd ${identity}`)}￥`,
    ...(item.hasCoupon && {
      coupon_long_url: `https://uland.taobao.com/coupon/edetail?e=${coupon}`,
      coupon_short_url: `https://s.click.taobao.com/${coupon.slice(0, 7)}`,
    }),
  };
}

/** Only of a link that it made itself. */
function createTpwd(parameters: Parameters, links: ReadonlyMap<string, Item>, tpwds: Map<string, Item>): ApiAnswer {
  const url = parameters.get('url') ?? '';
  const item = links.get(url);
  if (!url.startsWith('https://')) return { error: businessError('20000', '口令跳转url不支持口令转换') };
  if (item === undefined) return { error: businessError('26', '链接不属于联盟官方业务场景') };
  const tpwd = `￥${digestOf(url)}￥`;
  tpwds.set(tpwd, item);
  return {
    result: { data: { password_simple: tpwd, model: `8${tpwd} https://m.tb.cn/h.${digestOf(url).slice(0, 7)}` } },
  };
}

/** The token comes as JSON in a string, and its code works once. */
function createToken(parameters: Parameters, desk: SignInDesk): ApiAnswer {
  const session = desk.redeem(parameters.get('code') ?? '');
  if (session === undefined) return { error: businessError('isv.invalid-parameter:code', '授权码无效或已使用') };
  const token = { access_token: session, token_type: 'Bearer', expires_in: 86_400, taobao_user_nick: '沙**家' };
  return { result: { token_result: JSON.stringify(token) } };
}

/** An account gets one relation id for ever; a repeated registration answers the same. */
function savePublisher(parameters: Parameters, desk: SignInDesk): ApiAnswer {
  const session = parameters.get('session');
  if (session === undefined) return { error: { code: 26, msg: 'Missing session' } };
  const channel = desk.register(session);
  if (channel === undefined) return { error: { code: 27, msg: 'Invalid session', sub_code: 'session-expired' } };
  if (!INVITER_CODE.test(parameters.get('inviter_code') ?? '')) {
    return { error: businessError('isv.invalid-parameter:inviter_code', '邀请码不正确') };
  }
  if (parameters.get('info_type') !== '1') return { error: businessError('30501', '输入参数info_type非法') };
  const desc = channel.isNew ? '绑定成功' : '重复绑定渠道';
  return { result: { data: { relation_id: channel.relationId, account_name: '沙**家', desc } } };
}

function adzoneError(parameters: Parameters): TopError | undefined {
  return /^\d{1,20}$/.test(parameters.get('adzone_id') ?? '')
    ? undefined
    : businessError('4', '查询不到对应的adzoneId');
}
