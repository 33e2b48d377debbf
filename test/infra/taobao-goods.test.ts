import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/actors/ports.ts';
import { GOODS, shopTpwd } from '../../src/infra/sandbox/goods.ts';
import { readItem, searchItems } from '../../src/infra/taobao/item-api.ts';
import { convertItem, createTpwd, isTaobaoUrl, parseMaterial } from '../../src/infra/taobao/link-api.ts';
import { registerChannel } from '../../src/infra/taobao/publisher-api.ts';
import { createTopClient, type TopClient } from '../../src/infra/taobao/top-client.ts';
import { type SandboxHand, startHand } from '../support/sandbox-client.ts';

const ADZONE = { adzoneId: '111500000001' };
const [towel] = GOODS as [(typeof GOODS)[number]];

function clientOf({ sandbox, clock }: { sandbox: SandboxHand['sandbox']; clock: Clock }): TopClient {
  const { env } = sandbox;
  return createTopClient(
    {
      gatewayUrl: env['TAOBAO_GATEWAY_URL'] ?? '',
      appKey: env['TAOBAO_APP_KEY'] ?? '',
      appSecret: env['TAOBAO_APP_SECRET'] ?? '',
      signMethod: 'hmac-sha256',
      timeoutMs: 5_000,
    },
    { clock },
  );
}

/** A client that answers every call with this data. */
function answering(data: Record<string, unknown>): TopClient {
  return { call: async () => ({ ok: true, data }) };
}

async function open() {
  const hand = await startHand();
  return { hand, client: clientOf(hand) };
}

describe('an item', () => {
  it('is read with its price in the end and its exact income rate', async () => {
    const { client } = await open();
    const read = await readItem(client, towel.itemId);
    expect(read).toEqual({
      ok: true,
      value: {
        itemId: towel.itemId,
        title: towel.title,
        imageUrl: expect.stringMatching(/^https:\/\/img\.alicdn\.com\//),
        priceFen: 2990,
        incomeRate: { numerator: 125_000, denominator: 1_000_000 },
      },
    });
  });

  it('that nobody promotes, and an id that is none any more, are no item', async () => {
    const { client } = await open();
    expect(await readItem(client, 'nosuchitem-1')).toEqual({ ok: true, value: null });
    expect(await readItem(client, '688401422805')).toEqual({ ok: true, value: null });
  });

  it.each([
    ['no title', { item_id: 'a', item_basic_info: {}, price_promotion_info: { zk_final_price: '1' } }],
    ['no price', { item_id: 'a', item_basic_info: { title: 't' } }],
    [
      'a price of three decimals',
      { item_id: 'a', item_basic_info: { title: 't' }, price_promotion_info: { zk_final_price: '1.001' } },
    ],
    [
      'a rate that is none',
      {
        item_id: 'a',
        item_basic_info: { title: 't' },
        price_promotion_info: { zk_final_price: '1' },
        publish_info: { income_rate: '1550表示15.5%' },
      },
    ],
    ['a text', 'item'],
  ])('with %s is garbage, not a product', async (_what, item) => {
    const read = await readItem(answering({ results: { tbk_item_detail: [item] } }), 'a');
    expect(read).toMatchObject({ ok: false, failure: { class: 'transient', code: 'GARBAGE' } });
  });

  it('shows no image that is not an https address', async () => {
    const image = async (pict_url: string) => {
      const item = {
        item_id: 'a',
        item_basic_info: { title: 't', pict_url },
        price_promotion_info: { reserve_price: '1' },
      };
      const read = await readItem(answering({ results: { tbk_item_detail: [item] } }), 'a');
      return read.ok ? read.value?.imageUrl : undefined;
    };
    expect(await image('//img.alicdn.com/a.jpg')).toBe('https://img.alicdn.com/a.jpg');
    expect(await image('http://img.alicdn.com/a.jpg')).toBe('https://img.alicdn.com/a.jpg');
    for (const text of ['javascript:alert(1)', 'data:image/png;base64,AA', '', 'https://', 'x'.repeat(600)]) {
      expect(await image(text)).toBe('');
    }
  });
});

describe('a search', () => {
  const search = { words: '杯', page: 1, pageSize: 20, ...ADZONE };

  it('finds items by words of their titles, page by page', async () => {
    const { client } = await open();
    const found = await searchItems(client, search);
    expect(found).toMatchObject({
      ok: true,
      value: { items: [{ title: expect.stringContaining('杯') }], hasMore: false },
    });
  });

  it('that finds nothing is an empty page', async () => {
    const { client } = await open();
    expect(await searchItems(client, { ...search, words: '没有这种东西' })).toEqual({
      ok: true,
      value: { items: [], hasMore: false },
    });
  });

  it('leaves out what it cannot read', async () => {
    const good = { item_id: 'a', item_basic_info: { title: 't' }, price_promotion_info: { reserve_price: '1' } };
    const found = await searchItems(answering({ result_list: { map_data: [{}, good, 'x'] } }), search);
    expect(found).toMatchObject({ ok: true, value: { items: [{ itemId: 'a' }] } });
  });
});

describe('a link', () => {
  it('is found behind an address of the shop, a share code, and a link made before', async () => {
    const { client } = await open();
    const link = await convertItem(client, towel.itemId, ADZONE);
    const shortUrl = link.ok ? (link.value?.shortUrl ?? '') : '';
    const texts = [
      `https://item.taobao.com/item.htm?spm=1&id=${towel.shopId}`,
      `【淘宝】复制这段 ${shopTpwd(towel)} 打开`,
      `看看这个 ${shortUrl}`,
    ];
    for (const text of texts)
      expect(await parseMaterial(client, text, ADZONE), text).toEqual({ ok: true, value: towel.itemId });
    expect(await parseMaterial(client, 'https://item.taobao.com/item.htm?id=1', ADZONE)).toEqual({
      ok: true,
      value: null,
    });
  });

  it('of an item differs by slot and channel, and has a share code', async () => {
    const { client } = await open();
    const urls = await Promise.all(
      [ADZONE, { adzoneId: '2' }, { ...ADZONE, relationId: '7' }].map(async (attribution) => {
        const link = await convertItem(client, towel.itemId, attribution);
        return link.ok ? (link.value?.url ?? '') : '';
      }),
    );
    expect(new Set(urls).size).toBe(3);
    expect(await createTpwd(client, urls[0] ?? '')).toMatchObject({
      ok: true,
      value: expect.stringMatching(/^￥.+￥$/),
    });
    expect(await createTpwd(client, 'https://s.click.taobao.com/forged')).toMatchObject({ ok: false });
  });

  it('is none for an item that cannot be promoted', async () => {
    const { client } = await open();
    expect(await convertItem(client, 'nosuchitem-1', ADZONE)).toEqual({ ok: true, value: null });
  });

  it.each([
    'https://evil.example/',
    'javascript:alert(1)',
    'https://taobao.com.evil.example/',
    'https://taobao.com@evil.example/',
  ])('that leads to %s is garbage', async (url) => {
    const entry = { link_info_dto: { cps_long_url: url } };
    const link = await convertItem(answering({ data: { item_url_list: { item_url_list: [entry] } } }), 'a', ADZONE);
    expect(link).toMatchObject({ ok: false, failure: { code: 'GARBAGE' } });
  });
});

it.each([
  ['https://item.taobao.com/item.htm?id=1', true],
  ['https://m.tb.cn/h.5', true],
  ['http://item.taobao.com/', false],
  ['https://nottaobao.com/', false],
  ['https://taobao.com:8443/', false],
  ['https://user@taobao.com/', false],
  ['not a url', false],
])('%s is an address of Taobao: %s', (url, expected) => {
  expect(isTaobaoUrl(url)).toBe(expected);
});

describe('a channel', () => {
  async function signIn(hand: SandboxHand, account: string): Promise<string> {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: hand.sandbox.env['TAOBAO_APP_KEY'] ?? '',
      redirect_uri: 'https://app.example/back',
      state: 's',
      account,
    });
    const answer = await fetch(`${hand.sandbox.env['TAOBAO_OAUTH_URL']}?${query}`, { redirect: 'manual' });
    const back = new URL(answer.headers.get('location') ?? '');
    expect(back.searchParams.get('state')).toBe('s');
    return back.searchParams.get('code') ?? '';
  }

  it('is the same for one Taobao account, however often it is registered, and another for another', async () => {
    const { hand, client } = await open();
    const register = async (account: string) =>
      registerChannel(client, { code: await signIn(hand, account), inviterCode: 'SANDBX' });
    const first = await register('a');
    expect(first).toMatchObject({ ok: true, value: expect.stringMatching(/^\d{10}$/) });
    expect(await register('a')).toEqual(first);
    expect(await register('b')).not.toEqual(first);
  });

  it('is not registered with a code twice, nor with a wrong inviter code', async () => {
    const { hand, client } = await open();
    const code = await signIn(hand, 'a');
    await registerChannel(client, { code, inviterCode: 'SANDBX' });
    expect(await registerChannel(client, { code, inviterCode: 'SANDBX' })).toMatchObject({ ok: false });
    const other = await signIn(hand, 'a');
    expect(await registerChannel(client, { code: other, inviterCode: '?' })).toMatchObject({ ok: false });
  });
});
