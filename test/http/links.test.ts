import { describe, expect, it } from 'vitest';
import { GOODS, shopTpwd } from '../../src/infra/sandbox/goods.ts';
import { bindRelation, GARBAGE, notSent, openShop, type Shop } from './support/goods-shop.ts';

const [towel, cup] = GOODS as [(typeof GOODS)[number], (typeof GOODS)[number]];
const DAY_MS = 86_400_000;

const make = ({ server, token }: Shop, body: unknown, as = token) =>
  server.call('POST', '/v1/links', { token: as, body });
const follow = ({ server }: Shop, code: string, method = 'GET') => server.call(method, `/r/${code}`);

async function openBoundShop(): Promise<Shop> {
  const shop = await openShop();
  await bindRelation(shop, 'u1', '777');
  return shop;
}

async function clicksTold(shop: Shop): Promise<void> {
  shop.clock.advance(1_000);
  for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve));
}

describe('making a link', () => {
  it('answers what to share: the counted address, the short one and the share code', async () => {
    const shop = await openBoundShop();
    const { status, body } = await make(shop, { itemId: towel.itemId });
    expect(status).toBe(201);
    expect(body).toEqual({
      code: expect.stringMatching(/^[a-z2-9]{13}$/),
      url: `https://app.example/r/${body.code}`,
      shortUrl: expect.stringMatching(/^https:\/\/s\.click\.taobao\.com\//),
      tpwd: expect.stringMatching(/^￥.+￥$/),
      itemId: towel.itemId,
      title: towel.title,
      channel: 'relation-777',
      clicks: 0,
      createdAt: expect.any(String),
      lastClickAt: null,
    });
  });

  it('again is the same link, without asking Taobao; after a day its targets are renewed', async () => {
    const shop = await openBoundShop();
    const first = await make(shop, { itemId: towel.itemId });
    const calls = shop.calls.length;
    const again = await make(shop, { itemId: towel.itemId });
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(shop.calls).toHaveLength(calls);
    shop.clock.advance(DAY_MS);
    expect((await make(shop, { itemId: towel.itemId })).body.code).toBe(first.body.code);
    expect(shop.calls.slice(calls)).toContain('taobao.tbk.dg.general.link.convert');
  });

  it('finds the item behind a pasted address and a pasted text', async () => {
    const shop = await openBoundShop();
    const byId = await make(shop, { itemId: towel.itemId });
    const byUrl = await make(shop, { url: `http://item.taobao.com/item.htm?id=${towel.shopId}` });
    const byText = await make(shop, { text: `【淘宝】👨‍👩‍👧\n复制这段 ${shopTpwd(towel)} 打开` });
    expect([byUrl.body.code, byText.body.code]).toEqual([byId.body.code, byId.body.code]);
  });

  it('takes a channel that is bound to the user, and no other', async () => {
    const shop = await openBoundShop();
    await bindRelation(shop, 'u1', '778');
    await bindRelation(shop, 'u2', '999');
    expect((await make(shop, { itemId: towel.itemId, channel: 'relation-777' })).body.channel).toBe('relation-777');
    for (const channel of ['relation-999', 'relation-1', 'adzone-21']) {
      expect(await make(shop, { itemId: towel.itemId, channel })).toMatchObject({
        status: 422,
        body: { code: 'CHANNEL_NOT_YOURS' },
      });
    }
  });

  it('is refused for what is no item of Taobao', async () => {
    const shop = await openBoundShop();
    for (const target of [
      { url: 'https://evil.example/item.htm?id=1' },
      { text: '你好' },
      { url: 'https://item.taobao.com/item.htm?id=1' },
    ]) {
      expect(await make(shop, target)).toMatchObject({ status: 422, body: { code: 'LINK_UNRESOLVED' } });
    }
    expect(await make(shop, { itemId: 'nosuchitem-1' })).toMatchObject({
      status: 422,
      body: { code: 'ITEM_NOT_PROMOTABLE' },
    });
  });

  it.each([
    {},
    { itemId: 'a', text: 'b' },
    { itemId: '../x' },
    { url: 'javascript:alert(1)' },
    { url: 'file:///etc/passwd' },
    { url: `https://taobao.com/${'x'.repeat(2_001)}` },
    { text: '   ' },
    { text: 'a\u0000b' },
    { text: 'x'.repeat(2_001) },
    { itemId: 'a', channel: 'special-1' },
    { itemId: 'a', channel: 'relation-1/../2' },
    { itemId: 'a', owner: 'u2' },
    [],
  ])('with %j is refused before anybody is asked', async (body) => {
    const shop = await openBoundShop();
    const { status } = await make(shop, body);
    expect(status).toBe(400);
    expect(shop.calls).toEqual([]);
  });
});

describe('Taobao in trouble', () => {
  it('is said at once, with the time after which to ask again', async () => {
    const shop = await openBoundShop();
    shop.trouble = notSent(shop.clock.now() + 12_300);
    const { status, body, headers } = await make(shop, { itemId: towel.itemId });
    expect([status, body.code, body.retryable]).toEqual([503, 'TAOBAO_UNAVAILABLE', true]);
    expect([headers['retry-after'], body.retryAfterMs]).toEqual(['13', 12_300]);
    shop.trouble = GARBAGE;
    expect(await make(shop, { text: 'x' })).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
  });

  it('does not touch links that are made: they are answered, listed and followed', async () => {
    const shop = await openBoundShop();
    const { body } = await make(shop, { itemId: towel.itemId });
    shop.clock.advance(2 * DAY_MS);
    shop.trouble = notSent(shop.clock.now() + 1);
    expect((await make(shop, { itemId: towel.itemId })).body.code).toBe(body.code);
    expect((await follow(shop, body.code)).status).toBe(302);
  });

  it('that only the operator can end names its code, and nothing of the partner’s text', async () => {
    const shop = await openBoundShop();
    shop.trouble = { class: 'permanent', code: 'TAOBAO_REFUSED', detail: '11:isv.permission-api-package-limit' };
    expect(await make(shop, { itemId: towel.itemId })).toMatchObject({
      status: 502,
      body: { code: 'TAOBAO_REFUSED', partnerCode: '11:isv.permission-api-package-limit' },
    });
  });

  it('or promotion not configured: links are refused, products are placeholders', async () => {
    const { serve } = await import('./support/served.ts');
    const server = await serve();
    const token = await server.user();
    expect(await server.call('POST', '/v1/links', { token, body: { itemId: 'a' } })).toMatchObject({
      status: 503,
      body: { code: 'PROMOTION_NOT_CONFIGURED' },
    });
    expect((await server.call('GET', '/v1/products/a', { token })).body).toMatchObject({ placeholder: true });
    expect((await server.call('POST', '/v1/taobao/authorization', { token })).status).toBe(503);
    expect((await server.call('GET', `/r/${'a'.repeat(13)}`)).status).toBe(404);
  });
});

describe('following a link', () => {
  it('leads to Taobao, counts, and asks Taobao nothing', async () => {
    const shop = await openBoundShop();
    const { body } = await make(shop, { itemId: towel.itemId });
    const calls = shop.calls.length;
    const { status, headers } = await follow(shop, body.code);
    expect(status).toBe(302);
    expect(headers['location']).toMatch(/^https:\/\/uland\.taobao\.com\//);
    expect(headers['cache-control']).toBe('no-store');
    await follow(shop, body.code);
    await follow(shop, body.code, 'HEAD');
    await clicksTold(shop);
    expect((await shop.server.call('GET', '/v1/links', { token: shop.token })).body.data).toMatchObject([
      { clicks: 2 },
    ]);
    expect(shop.calls).toHaveLength(calls);
  });

  it('costs one message a second however many follow, and the rest is told when the server stops', async () => {
    const shop = await openBoundShop();
    const { body } = await make(shop, { itemId: towel.itemId });
    for (let n = 0; n < 50; n++) await follow(shop, body.code);
    await clicksTold(shop);
    for (let n = 0; n < 5; n++) await follow(shop, body.code);
    await shop.goods.stop();
    const told = shop.server.actors.sent
      .filter(({ event }) => event.type === 'clicked')
      .map(({ event }) => event['count']);
    expect(told).toEqual([50, 5]);
  });

  it('counts once what the store took without saying so', async () => {
    const shop = await openBoundShop();
    const { body } = await make(shop, { itemId: towel.itemId });
    await follow(shop, body.code);
    shop.server.actors.failure = new Error('no answer');
    await clicksTold(shop);
    await follow(shop, body.code);
    await clicksTold(shop);
    await clicksTold(shop);
    const told = shop.server.actors.sent
      .filter(({ event }) => event.type === 'clicked')
      .map(({ options }) => options.id);
    expect(new Set(told).size).toBe(told.length);
    expect((await shop.server.call('GET', '/v1/links', { token: shop.token })).body.data).toMatchObject([
      { clicks: 2 },
    ]);
  });

  it.each(['a'.repeat(13), 'k7m2qhx9s3tbc'])('of the unknown code %s is 404', async (code) => {
    const shop = await openShop();
    expect(await follow(shop, code)).toMatchObject({ status: 404, body: { code: 'LINK_NOT_FOUND' } });
  });

  it.each(['x', 'A'.repeat(13), '..%2f..%2fetc', 'https:%2f%2fevil.example', '%00'.repeat(13), '1'.repeat(13)])(
    'of %s is refused',
    async (code) => {
      const shop = await openShop();
      expect([400, 404]).toContain((await follow(shop, code)).status);
    },
  );
});

describe('lists and figures', () => {
  it('show the user’s own links only, page by page', async () => {
    const shop = await openBoundShop();
    const codes: string[] = [];
    for (const item of GOODS.slice(0, 3)) {
      shop.clock.advance(1_000);
      codes.unshift((await make(shop, { itemId: item.itemId })).body.code);
    }
    const page = await shop.server.call('GET', '/v1/links?limit=2', { token: shop.token });
    expect(page.body.data.map(({ code }: { code: string }) => code)).toEqual(codes.slice(0, 2));
    const rest = await shop.server.call('GET', `/v1/links?cursor=${page.body.nextCursor}`, { token: shop.token });
    expect(rest.body.data.map(({ code }: { code: string }) => code)).toEqual(codes.slice(2));
    const other = await shop.server.user('u2');
    expect((await shop.server.call('GET', '/v1/links', { token: other })).body.data).toEqual([]);
  });

  it('add up clicks, orders and rebates by channel, for the user and for staff', async () => {
    const shop = await openBoundShop();
    const { actors } = shop.server;
    const { body } = await make(shop, { itemId: towel.itemId });
    await make(shop, { itemId: cup.itemId });
    for (let n = 0; n < 3; n++) await follow(shop, body.code);
    await clicksTold(shop);
    const row = (tradeId: string, status: number, feeFen: number) => ({
      tradeId,
      parentId: tradeId,
      status,
      modifiedAt: 1,
      createdAt: 1,
      paidAt: 1,
      earningAt: status === 3 ? 1 : null,
      itemId: 'a',
      itemTitle: 't',
      itemImageUrl: '',
      paidFen: 10_000,
      preFeeFen: feeFen,
      feeFen: status === 3 ? feeFen : 0,
      techFeeFen: 0,
      relationId: '777',
      specialId: null,
      adzoneId: null,
      refunded: false,
      hash: tradeId,
    });
    const owner = { userId: 'u1', channel: 'relation-777' };
    for (const [id, status, feeFen] of [
      ['1', 12, 100],
      ['2', 14, 200],
      ['3', 3, 1_000],
      ['4', 13, 500],
    ] as const) {
      actors.tell(`order/${id}`, { type: 'row', row: row(id, status, feeFen), owner });
    }
    const mine = await shop.server.call('GET', '/v1/links/statistics', { token: shop.token });
    const figures = { links: 2, clicks: 3, orders: 3, estimatedFen: 210, settledFen: 700 };
    expect(mine.body).toEqual({ data: [{ channel: 'relation-777', ...figures }], total: figures, isComplete: true });
    const staff = await shop.server.call('GET', '/v1/staff/members/u1/statistics', {
      token: await shop.server.staff('viewer'),
    });
    expect(staff.body.total).toEqual({ ...figures, estimatedCommissionFen: 300, settledCommissionFen: 1_000 });
    const none = await shop.server.call('GET', '/v1/links/statistics', { token: await shop.server.user('u2') });
    expect(none.body).toMatchObject({ data: [], total: { clicks: 0 }, isComplete: true });
  });
});

describe('a user without a relation id', () => {
  it('leases a slot from the pool, keeps it, and has another than the next user', async () => {
    const shop = await openShop();
    const mine = await make(shop, { itemId: towel.itemId });
    const again = await make(shop, { itemId: cup.itemId });
    const other = await make(shop, { itemId: towel.itemId }, await shop.server.user('u2'));
    expect(mine.body.channel).toMatch(/^adzone-2[12]$/);
    expect(again.body.channel).toBe(mine.body.channel);
    expect(other.body.channel).not.toBe(mine.body.channel);
  });

  it('is asked to bind an account when every slot is taken, until one is free again', async () => {
    const shop = await openShop({ adzonePool: ['21'] });
    await make(shop, { itemId: towel.itemId });
    const refused = await make(shop, { itemId: towel.itemId }, await shop.server.user('u2'));
    expect(refused).toMatchObject({ status: 503, body: { code: 'CHANNELS_BUSY', retryAfterMs: DAY_MS } });
  });

  it('goes over to the relation id once it is bound', async () => {
    const shop = await openShop();
    await make(shop, { itemId: towel.itemId });
    await bindRelation(shop, 'u1', '777');
    expect((await make(shop, { itemId: towel.itemId })).body.channel).toBe('relation-777');
  });
});

describe('binding a Taobao account', () => {
  /** Begins as `token`'s user, and signs in as `account`: the address that Taobao leads back to. */
  async function signIn(shop: Shop, account = 'taobao-1', token = shop.token): Promise<URL> {
    const { body } = await shop.server.call('POST', '/v1/taobao/authorization', { token });
    const answer = await fetch(`${body.authorizeUrl}&account=${account}`, { redirect: 'manual' });
    return new URL(answer.headers.get('location') ?? '');
  }

  const back = (shop: Shop, url: URL) => shop.server.call('GET', `${url.pathname}${url.search}`);
  const complete = (shop: Shop, { searchParams }: URL, token = shop.token) => {
    const body = { code: searchParams.get('code'), state: searchParams.get('state') };
    return shop.server.call('POST', '/v1/taobao/authorization/complete', { token, body });
  };
  const withState = (url: URL, state: string) => {
    const changed = new URL(url);
    changed.searchParams.set('state', state);
    return changed;
  };

  it('gives the user a relation id, which links then carry', async () => {
    const shop = await openShop();
    const url = await signIn(shop);
    expect(url.origin + url.pathname).toBe('https://app.example/taobao/callback');
    const { status, body } = await complete(shop, url);
    expect([status, body]).toEqual([200, { channel: expect.stringMatching(/^relation-\d{10}$/) }]);
    expect((await make(shop, { itemId: towel.itemId })).body.channel).toBe(body.channel);
  });

  it('leads back to the app’s link with the code and the state, and binds nothing on the way', async () => {
    const shop = await openShop({ taobaoReturnUrl: 'myapp://taobao?from=sign-in' });
    const url = await signIn(shop);
    for (let times = 0; times < 2; times++) {
      const { status, headers } = await back(shop, url);
      expect([status, headers['cache-control']]).toEqual([302, 'no-store']);
      expect(headers['location']).toBe(`myapp://taobao?from=sign-in&${url.searchParams}`);
    }
    expect([shop.calls, shop.server.actors.sent]).toEqual([[], []]);
    expect((await complete(shop, new URL((await back(shop, url)).headers['location'] ?? ''))).status).toBe(200);
  });

  it('ends at a page without a script where no link of the app is known', async () => {
    const shop = await openShop();
    const { status, text, headers } = await back(shop, await signIn(shop));
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
    expect(text).toContain('请返回应用');
    expect(text).toContain('Go back to the app');
    expect(text).not.toMatch(/<script|code_|state=/);
    expect([shop.calls, shop.server.actors.sent]).toEqual([[], []]);
  });

  it('that was declined ends at a page that says so, or at the app’s link with the error', async () => {
    const shop = await openShop();
    const declined = '/taobao/callback?error=access_denied&error_description=authorize%20reject';
    const page = await shop.server.call('GET', declined);
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.text).toContain('您没有在淘宝同意授权');
    expect(page.text).toContain('You did not agree at Taobao');

    const linked = await openShop({ taobaoReturnUrl: 'myapp://taobao' });
    const state = (await signIn(linked)).searchParams.get('state');
    const answers = await Promise.all(
      [declined, `${declined}&state=${state}`, `${declined}&state=forged`].map((path) =>
        linked.server.call('GET', path),
      ),
    );
    expect(answers.map(({ headers }) => headers['location'])).toEqual([
      'myapp://taobao?error=access_denied',
      `myapp://taobao?error=access_denied&state=${state}`,
      'myapp://taobao?error=access_denied',
    ]);
    expect([linked.calls, linked.server.actors.sent]).toEqual([[], []]);
  });

  it('that is too old or forged ends in a browser at a page that says so', async () => {
    const shop = await openShop({ taobaoReturnUrl: 'myapp://taobao' });
    const url = await signIn(shop);
    shop.clock.advance(10 * 60_000);
    for (const query of [url.search, url.search.replace('state=', 'state=x'), '']) {
      const page = await shop.server.app.inject({
        url: `/taobao/callback${query}`,
        headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
      });
      expect([page.statusCode, page.headers['content-type']]).toEqual([400, 'text/html; charset=utf-8']);
      expect(page.headers).toMatchObject({ 'cache-control': 'no-store', vary: 'accept' });
      for (const text of ['授权已过期或无效', 'This sign-in has expired']) expect(page.body).toContain(text);
    }
    expect([shop.calls, shop.server.actors.sent]).toEqual([[], []]);
  });

  it('of a victim who was lured to another user’s address is refused, and nothing is bound', async () => {
    const shop = await openShop();
    const [attacker, victim] = [shop.token, await shop.server.user('victim', DAY_MS)];
    const lured = await signIn(shop, 'taobao-victim', attacker);
    expect((await back(shop, lured)).status).toBe(200);
    expect(await complete(shop, lured, victim)).toMatchObject({
      status: 403,
      body: { code: 'AUTHORIZATION_NOT_YOURS' },
    });
    expect([shop.calls, shop.server.actors.sent]).toEqual([[], []]);
    for (const token of [attacker, victim]) {
      expect((await make(shop, { itemId: towel.itemId }, token)).body.channel).toMatch(/^adzone-/);
    }
    const own = await complete(shop, await signIn(shop, 'taobao-victim', victim), victim);
    expect([own.status, (await make(shop, { itemId: cup.itemId }, victim)).body.channel]).toEqual([
      200,
      own.body.channel,
    ]);
  });

  it('by another’s code slipped to a user is refused: its state names the other', async () => {
    const shop = await openShop();
    const victim = await shop.server.user('victim');
    const [slipped, own] = [await signIn(shop, 'taobao-attacker'), await signIn(shop, 'taobao-victim', victim)];
    expect((await complete(shop, slipped, victim)).status).toBe(403);
    expect((await complete(shop, own, shop.token)).status).toBe(403);
    expect(shop.server.actors.sent).toEqual([]);
  });

  it('again is fine; by another user it is refused', async () => {
    const shop = await openShop();
    const first = await complete(shop, await signIn(shop));
    expect((await complete(shop, await signIn(shop))).body).toEqual(first.body);
    const u2 = await shop.server.user('u2');
    expect(await complete(shop, await signIn(shop, 'taobao-1', u2), u2)).toMatchObject({
      status: 409,
      body: { code: 'CHANNEL_TAKEN' },
    });
  });

  it('with a code used before is refused by Taobao’s word, and what is bound stays', async () => {
    const shop = await openShop();
    const url = await signIn(shop);
    const { body } = await complete(shop, url);
    expect(await complete(shop, url)).toMatchObject({
      status: 400,
      body: { code: 'AUTHORIZATION_REFUSED', partnerCode: expect.stringContaining('invalid-parameter') },
    });
    expect((await make(shop, { itemId: towel.itemId })).body.channel).toBe(body.channel);
  });

  it('twice at once with one code binds once', async () => {
    const shop = await openShop();
    const url = await signIn(shop);
    const answers = await Promise.all([complete(shop, url), complete(shop, url)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect((await make(shop, { itemId: towel.itemId })).body.channel).toMatch(/^relation-/);
  });

  it('takes no forged state and no old one, neither on the way back nor to complete', async () => {
    const shop = await openShop({ taobaoReturnUrl: 'myapp://taobao' });
    const invalid = { status: 400, body: { code: 'AUTHORIZATION_INVALID' } };
    const url = await signIn(shop);
    const [payload = '', signature = ''] = url.searchParams.get('state')?.split('.') ?? [];
    const others = Buffer.from(JSON.stringify(['u2', shop.clock.now() + 1e9])).toString('base64url');
    for (const state of ['x', `${others}.${signature}`, `${payload}.`, `${payload}.${signature}x`, payload]) {
      expect(await back(shop, withState(url, state)), state).toMatchObject(invalid);
      expect(await complete(shop, withState(url, state)), state).toMatchObject(invalid);
    }
    shop.clock.advance(10 * 60_000);
    expect(await back(shop, url)).toMatchObject(invalid);
    expect(await complete(shop, url)).toMatchObject(invalid);
    expect((await shop.server.call('GET', '/taobao/callback')).status).toBe(400);
    expect([shop.calls, shop.server.actors.sent]).toEqual([[], []]);
  });

  it('is completed by a user alone: not without a token, not by staff', async () => {
    const shop = await openShop();
    const url = await signIn(shop);
    const body = { code: url.searchParams.get('code'), state: url.searchParams.get('state') };
    const path = '/v1/taobao/authorization/complete';
    expect(await shop.server.call('POST', path, { body })).toMatchObject({ status: 401 });
    expect(await complete(shop, url, await shop.server.staff('admin', 'u1'))).toMatchObject({ status: 403 });
    expect(shop.calls).toEqual([]);
  });

  it('never writes the session or the code down', async () => {
    const shop = await openShop();
    const url = await signIn(shop);
    await back(shop, url);
    await complete(shop, url);
    await complete(shop, url);
    const written = JSON.stringify([shop.server.actors.sent, shop.server.logs]);
    expect(written).toContain('relation-');
    expect(written).not.toContain('6100');
    expect(written).not.toContain(url.searchParams.get('code'));
  });

  it('says so when Taobao does not answer; the code is still good after', async () => {
    const shop = await openShop();
    const url = await signIn(shop);
    shop.trouble = notSent(shop.clock.now() + 5_000);
    expect(await complete(shop, url)).toMatchObject({ status: 503, body: { code: 'TAOBAO_UNAVAILABLE' } });
    shop.trouble = undefined;
    expect((await complete(shop, url)).status).toBe(200);
  });
});
