/**
 * The problems of products and promotion links.
 */
import { kind, type ProblemKind } from './problem-kind.ts';

export const GOODS_PROBLEMS = {
  PRODUCT_NOT_FOUND: kind(
    404,
    ['没有该商品', 'No such product'],
    ['淘宝没有这个编号的推广商品；请检查 itemId。', 'Taobao promotes no item of this id; check itemId.'],
  ),
  LINK_NOT_FOUND: kind(
    404,
    ['链接不存在', 'No such link'],
    ['请检查链接是否完整。', 'Check that the link is complete.'],
  ),
  LINK_UNRESOLVED: kind(
    422,
    ['未识别到商品', 'No item was found in it'],
    [
      '请粘贴淘宝或天猫的商品链接、淘口令，或直接给出 itemId。',
      "Paste an item's address on Taobao or Tmall, a text with a share code, or send itemId.",
    ],
  ),
  ITEM_NOT_PROMOTABLE: kind(
    422,
    ['该商品没有推广返利', 'The item cannot be promoted'],
    ['该商品未参加推广或已下架，请换一个商品。', 'It has no commission or is no longer sold; choose another item.'],
  ),
  CHANNEL_NOT_YOURS: kind(
    422,
    ['渠道不属于您', 'The channel is not yours'],
    ['请去掉 channel，或填写您自己绑定的渠道。', 'Leave channel out, or send one that is bound to you.'],
  ),
  CHANNELS_BUSY: kind(
    503,
    ['暂无可用推广位', 'No promotion slot is free'],
    [
      '请先绑定淘宝账号（POST /v1/taobao/authorization），或稍后再试。',
      'Bind your Taobao account (POST /v1/taobao/authorization), or try again later.',
    ],
  ),
  TAOBAO_UNAVAILABLE: kind(
    503,
    ['淘宝暂时没有响应', 'Taobao does not answer just now'],
    [
      '已生成的链接仍可使用；请按 Retry-After 稍后再试。',
      'Links made before still work; send the request again after Retry-After.',
    ],
  ),
  TAOBAO_REFUSED: kind(
    502,
    ['淘宝拒绝了请求', 'Taobao refused'],
    ['请联系客服并提供 traceId。', 'Contact support and quote the traceId.'],
  ),
  PROMOTION_NOT_CONFIGURED: kind(
    503,
    ['推广功能未开通', 'Promotion is not set up'],
    [
      '服务器尚未配置淘宝推广位，请联系客服。',
      'The server has no Taobao slot configured (TAOBAO_ADZONE_ID); contact support.',
    ],
  ),
  AUTHORIZATION_INVALID: kind(
    400,
    ['授权无效或已过期', 'The authorization is not valid'],
    ['请回到应用重新发起淘宝授权。', 'Start again in the app: POST /v1/taobao/authorization.'],
  ),
  AUTHORIZATION_NOT_YOURS: kind(
    403,
    ['该授权由另一位用户发起', 'Another user began this authorization'],
    [
      '没有绑定任何账号；请用当前登录的账号重新发起淘宝授权。',
      'Nothing was bound; begin one with your own token: POST /v1/taobao/authorization.',
    ],
  ),
  AUTHORIZATION_REFUSED: kind(
    400,
    ['淘宝未接受该授权', 'Taobao did not accept the authorization'],
    [
      '每个 code 只能使用一次，且很快失效；若账号尚未绑定，请重新发起淘宝授权。仍不成功请联系客服并提供 traceId。',
      'A code works once, and not for long; if the account is not bound yet, start again: POST /v1/taobao/authorization. If that fails too, contact support and quote the traceId.',
    ],
  ),
} as const satisfies Record<string, ProblemKind>;
