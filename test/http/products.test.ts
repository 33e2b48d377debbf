import { describe, expect, it, onTestFinished } from 'vitest';
import { GOODS } from '../../src/infra/sandbox/goods.ts';
import type { TopFailure } from '../../src/infra/taobao/top-errors.ts';
import { GARBAGE, notSent, openShop, type Shop } from './support/goods-shop.ts';

const MEMORY_MS = 5 * 60_000;
const [towel] = GOODS as [(typeof GOODS)[number]];

function get({ server, token }: Shop, itemId: string) {
  return server.call('GET', `/v1/products/${itemId}`, { token });
}

const search = ({ server, token }: Shop, query: string) => server.call('GET', `/v1/products?${query}`, { token });

describe('a product', () => {
  it('is what Taobao says, with the rebate that an order would bring', async () => {
    const shop = await openShop();
    const { status, body } = await get(shop, towel.itemId);
    expect(status).toBe(200);
    // 12.5 % of 29.90 is 3.73; the fee of a tenth leaves 3.35; 70 % of that.
    expect(body).toEqual({
      itemId: towel.itemId,
      title: towel.title,
      imageUrl: expect.stringMatching(/^https:/),
      priceFen: 2990,
      rebateFen: 234,
      stale: false,
      placeholder: false,
      fetchedAt: expect.stringMatching(/\+08:00$/),
    });
  });

  it('in memory is the same answer, and asks nobody', async () => {
    const shop = await openShop();
    const first = await get(shop, towel.itemId);
    const second = await get(shop, towel.itemId);
    expect(second.body).toEqual(first.body);
    const told = ({ headers }: typeof first) => ({ ...headers, date: '', 'x-trace-id': '' });
    expect(told(second)).toEqual(told(first));
    expect(second.headers['x-trace-id']).toMatch(/^[0-9a-f]{32}$/);
    expect(second.headers['x-trace-id']).not.toBe(first.headers['x-trace-id']);
    expect(shop.calls).toHaveLength(1);
  });

  it('in memory goes over the wire in UTF-8, and HEAD tells its length only', async () => {
    const shop = await openShop();
    const first = await get(shop, towel.itemId);
    onTestFinished(() => shop.server.app.close());
    const address = await shop.server.app.listen({ host: '127.0.0.1', port: 0 });
    const ask = (method: string) =>
      fetch(`${address}/v1/products/${towel.itemId}`, { method, headers: { authorization: `Bearer ${shop.token}` } });
    const [whole, head] = [await ask('GET'), await ask('HEAD')];
    expect(await whole.json()).toEqual(first.body);
    expect(await head.text()).toBe('');
    expect(head.headers.get('content-length')).toBe(whole.headers.get('content-length'));
    expect(shop.calls).toHaveLength(1);
  });

  it('in memory is still refused to who has no good token', async () => {
    const shop = await openShop();
    await get(shop, towel.itemId);
    const asked = (token: string) => shop.server.call('GET', `/v1/products/${towel.itemId}`, { token });
    const refused = await asked(`${shop.token}x`);
    expect(refused).toMatchObject({ status: 401, body: { code: 'TOKEN_INVALID' } });
    expect(refused.headers).toMatchObject({
      'x-trace-id': refused.body.traceId,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    // Longer than any token of a test lasts.
    shop.clock.advance(366 * 24 * 3_600_000);
    expect(await asked(shop.token)).toMatchObject({ status: 401, body: { code: 'TOKEN_EXPIRED' } });
  });

  it('that is cold causes one call for a thousand users', async () => {
    const shop = await openShop();
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => get(shop, towel.itemId)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(shop.calls).toEqual(['taobao.tbk.item.info.upgrade.get']);
  });

  it('that Taobao does not know is 404, and asked for again a minute later', async () => {
    const shop = await openShop();
    expect(await get(shop, 'nosuchitem-1')).toMatchObject({ status: 404, body: { code: 'PRODUCT_NOT_FOUND' } });
    expect((await get(shop, 'nosuchitem-1')).status).toBe(404);
    expect(shop.calls).toHaveLength(1);
    shop.clock.advance(70_000);
    await get(shop, 'nosuchitem-1');
    expect(shop.calls).toHaveLength(2);
  });

  const troubles: readonly (readonly [string, TopFailure])[] = [
    ['an open breaker', notSent(0)],
    ['a full bulkhead', { class: 'notSent', cause: 'full', until: 0, detail: 'x' }],
    ['a used-up quota', { class: 'rateLimited', until: 0, scope: 'app', detail: '7:x' }],
    ['garbage', GARBAGE],
    ['a timeout', { class: 'transient', code: 'TIMEOUT', detail: '1' }],
    ['a broken line', { class: 'transient', code: 'TRANSPORT', detail: 'ECONNRESET' }],
    ['a refusal', { class: 'permanent', code: 'TAOBAO_REFUSED', detail: '11:isv.permission' }],
  ];

  it.each(troubles)('stays what it was, marked stale, with %s', async (_what, trouble) => {
    const shop = await openShop();
    const fresh = await get(shop, towel.itemId);
    shop.clock.advance(MEMORY_MS);
    shop.trouble = trouble;
    const { status, body } = await get(shop, towel.itemId);
    expect([status, body]).toEqual([200, { ...fresh.body, stale: true }]);
  });

  it.each(troubles)('that was never seen is a placeholder with %s', async (_what, trouble) => {
    const shop = await openShop();
    shop.trouble = trouble;
    const { status, body } = await get(shop, towel.itemId);
    expect([status, body]).toEqual([200, { itemId: towel.itemId, title: '商品信息加载中…', placeholder: true }]);
    shop.trouble = undefined;
    expect((await get(shop, towel.itemId)).body).toMatchObject({ placeholder: false });
  });

  it('is 200 whatever the gateway itself does', async () => {
    const shop = await openShop();
    const faults = ['dropBefore', 'dropAfter', 'garbage', 'http500', 'error'].flatMap((fault) => [
      { do: fault },
      { do: fault, code: 7, subCode: 'accesscontrol.limited-by-api-access-count' },
      { do: fault, body: '{"tbk_item_info_upgrade_get_response":{"results":"x"}}' },
    ]);
    for (const [index, fault] of faults.entries()) {
      await shop.hand.control('DELETE faults');
      await shop.hand.control('POST faults', { match: { gateway: 'taobao' }, ...fault });
      const { status, body } = await get(shop, `item-${index}`);
      expect([status, body.placeholder], JSON.stringify(fault)).toEqual([200, true]);
    }
  });

  it.each(['-a', 'a b', 'a%2Fb', 'x'.repeat(129), '%00', 'a;drop', '..%2f..', '商品'])(
    'with the id %s is refused before anybody is asked',
    async (id) => {
      const shop = await openShop();
      const { status } = await get(shop, encodeURI(id));
      expect([400, 404]).toContain(status);
      expect(shop.calls).toEqual([]);
    },
  );
});

describe('a search', () => {
  it('finds products by words', async () => {
    const shop = await openShop();
    const { status, body } = await search(shop, `q=${encodeURIComponent('毛巾')}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ page: 1, hasMore: false, stale: false, placeholder: false });
    expect(body.data).toEqual([expect.objectContaining({ itemId: towel.itemId, rebateFen: 234 })]);
  });

  it('of nothing is empty', async () => {
    const shop = await openShop();
    const { body } = await search(shop, `q=${encodeURIComponent('没有的')}`);
    expect(body).toEqual({ data: [], page: 1, hasMore: false, stale: false, placeholder: false });
  });

  it('is never an error: stale where known, else empty and marked', async () => {
    const shop = await openShop();
    await search(shop, `q=${encodeURIComponent('毛巾')}`);
    shop.clock.advance(MEMORY_MS);
    shop.trouble = GARBAGE;
    expect((await search(shop, `q=${encodeURIComponent('毛巾')}`)).body).toMatchObject({
      stale: true,
      data: [{ stale: true }],
    });
    expect((await search(shop, 'q=x')).body).toEqual({
      data: [],
      page: 1,
      hasMore: false,
      stale: false,
      placeholder: true,
    });
  });

  it.each(['', 'q=', 'q=%00', 'q=a&page=0', 'q=a&page=101', `q=${'x'.repeat(61)}`, 'q=a&sort=b'])(
    'with ?%s is refused',
    async (query) => {
      const shop = await openShop();
      expect(await search(shop, query)).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
    },
  );
});
