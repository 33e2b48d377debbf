/** The shapes of products and promotion links. */
import { Type } from 'typebox';
import { closed, orNull, rule, text } from './schemas.ts';

const MAX_FEN = Number.MAX_SAFE_INTEGER;
const Fen = Type.Integer({ minimum: 0, maximum: MAX_FEN, examples: [1234] });
const Count = Type.Integer({ minimum: 0, maximum: MAX_FEN });
const Time = Type.String({ description: 'RFC 3339 at +08:00', examples: ['2026-03-01T09:30:00.000+08:00'] });

// Requests ------------------------------------------------------------------------------------------------------------

const ItemId = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_\\-]{0,127}$',
  examples: ['y387e49cRt262Ozub0TvtA-dAeOMBinqPdm6Wxu0'],
  ...rule(
    '商品编号：1 至 128 个字母、数字、“_”“-”，以字母或数字开头',
    'an item id: 1 to 128 letters, digits, "_" or "-", beginning with a letter or digit',
  ),
});

export const ItemPath = Type.Object({ itemId: ItemId });

export const ProductQuery = Type.Object(
  {
    q: Type.String({
      pattern: text(60),
      examples: ['毛巾'],
      ...rule('要搜索的词：1 至 60 个字符', 'the words to look for: 1 to 60 characters'),
    }),
    page: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        default: 1,
        ...rule('1 至 100 的整数', 'a whole number from 1 to 100'),
      }),
    ),
  },
  closed,
);

// Responses -----------------------------------------------------------------------------------------------------------

/** One of which nothing is known yet has `itemId`, `title` and `placeholder` only. */
export const Product = Type.Object({
  itemId: Type.String(),
  title: Type.String(),
  imageUrl: Type.Optional(Type.String({ description: 'https, or empty' })),
  priceFen: Type.Optional(Fen),
  rebateFen: Type.Optional(Type.Integer({ ...Fen, description: 'What an order at this price is expected to bring' })),
  stale: Type.Optional(
    Type.Boolean({ description: 'Taobao does not answer just now; this is what it said at fetchedAt' }),
  ),
  placeholder: Type.Boolean({ description: 'Nothing is known yet; ask again later' }),
  fetchedAt: Type.Optional(Time),
});

export const ProductPage = Type.Object({
  data: Type.Array(Product),
  page: Count,
  hasMore: Type.Boolean(),
  stale: Type.Boolean(),
  placeholder: Type.Boolean({ description: 'Empty for want of an answer; ask again later' }),
});

const NullableTime = orNull(Time);

const Channel = Type.String({
  pattern: '^(?:relation|adzone)-[0-9]{1,20}$',
  examples: ['relation-2811903517'],
  ...rule('渠道：relation- 或 adzone- 加 1 至 20 位数字', 'a channel: relation- or adzone- and 1 to 20 digits'),
});

const Url = Type.String({
  pattern: '^https?://[^\\s\\p{C}]{1,2000}$',
  examples: ['https://item.taobao.com/item.htm?id=688401422805'],
  ...rule(
    '网址：以 http(s):// 开头，最长 2000 个字符',
    'an address that begins with http(s)://, of at most 2000 characters',
  ),
});

/** Line breaks and the joiners of emoji belong to what people paste. */
const Pasted = Type.String({
  pattern: '^(?=[\\s\\S]*\\S)(?:[^\\p{Cc}\\p{Cs}\\p{Co}\\p{Cn}]|[\\n\\r\\t]){1,2000}$',
  examples: ['【淘宝】复制这段内容￥AbCdEfGhIjk￥打开淘宝'],
  ...rule('粘贴的文字：1 至 2000 个字符', 'a pasted text of 1 to 2000 characters'),
});

const WHICH = rule('itemId、url、text 三者之一', 'exactly one of itemId, url and text');
export const LinkRequest = Type.Object(
  {
    itemId: Type.Optional(ItemId),
    url: Type.Optional(Url),
    text: Type.Optional(Pasted),
    channel: Type.Optional(Channel),
  },
  { ...closed, ...WHICH },
);

export const LinkPath = Type.Object({
  code: Type.String({
    pattern: '^[a-z2-9]{13}$',
    examples: ['k7m2qhx9s3tbc'],
    ...rule('链接短码：13 个小写字母或数字', 'a link code: 13 of a–z, 2–9'),
  }),
});

const SignIn = {
  code: Type.String({ pattern: '^[\\x21-\\x7e]{1,512}$', ...rule('淘宝返回的 code', 'the code that Taobao gave') }),
  state: Type.String({
    pattern: '^[A-Za-z0-9._\\-]{1,1024}$',
    ...rule('发起授权时的 state', 'the state it was begun with'),
  }),
};

/** Code and state, or the error; open to more: Taobao may add to its query. */
export const CallbackQuery = Type.Object({
  code: Type.Optional(SignIn.code),
  state: Type.Optional(SignIn.state),
  error: Type.Optional(
    Type.String({ pattern: '^[a-z_]{1,64}$', ...rule('OAuth 错误码，如 access_denied', 'such as access_denied') }),
  ),
});

export const Completion = Type.Object(SignIn, closed);

export const Link = Type.Object({
  code: Type.String(),
  url: Type.String({
    description: 'What to share: counts and leads on',
    examples: ['https://app.example/r/k7m2qhx9s3tbc'],
  }),
  shortUrl: Type.String({ description: 'Taobao’s own short address, not counted' }),
  tpwd: Type.String({ description: 'The share code that opens the item in the Taobao app' }),
  itemId: Type.String(),
  title: Type.String(),
  channel: Type.String(),
  clicks: Count,
  createdAt: Time,
  lastClickAt: NullableTime,
});

const Figures = {
  links: Count,
  clicks: Count,
  orders: Type.Integer({ ...Count, description: 'Valid ones: paid, received or settled' }),
  estimatedFen: Type.Integer({ ...Fen, description: 'The user’s rebates of orders not yet settled' }),
  settledFen: Type.Integer({ ...Fen, description: 'The user’s rebates of settled orders, refunds taken off' }),
};

const isComplete = Type.Boolean({ description: 'False when there are more links or orders than are added up' });

export const Statistics = Type.Object({
  data: Type.Array(Type.Object({ channel: Type.String(), ...Figures })),
  total: Type.Object(Figures),
  isComplete,
});

const StaffFigures = {
  ...Figures,
  estimatedCommissionFen: Type.Integer({ ...Fen, description: 'What the partner will pay for orders not yet settled' }),
  settledCommissionFen: Type.Integer({
    ...Fen,
    description: 'What the partner pays for settled orders, before refunds',
  }),
};

export const StaffStatistics = Type.Object({
  userId: Type.String(),
  data: Type.Array(Type.Object({ channel: Type.String(), ...StaffFigures })),
  total: Type.Object(StaffFigures),
  isComplete,
});

export const Authorization = Type.Object({
  authorizeUrl: Type.String({
    description: 'Open it in a browser; when the user has agreed it leads back to the app, with a code and a state',
  }),
  expiresAt: Time,
});

export const BoundChannel = Type.Object({
  channel: Type.String({ description: 'What links carry from now on', examples: ['relation-2811903517'] }),
});
