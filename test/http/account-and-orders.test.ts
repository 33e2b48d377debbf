import { beforeEach, describe, expect, it } from 'vitest';
import type { OrderRow } from '../../src/machines/order-row.ts';
import { credit, PAYEE, type Served, START, serve } from './support/served.ts';

let server: Served;
let token: string;
beforeEach(async () => {
  server = await serve();
  token = await server.user('u1');
});

const get = (url: string, headers: Record<string, string> = {}) => server.call('GET', url, { token, headers });

const DAY_MS = 86_400_000;

function row(tradeId: string, changes: Partial<OrderRow> = {}): OrderRow {
  return {
    tradeId,
    parentId: tradeId,
    status: 12,
    modifiedAt: START,
    createdAt: START - 1_000,
    paidAt: START,
    earningAt: null,
    itemId: '888',
    itemTitle: '<b>茶杯</b>',
    itemImageUrl: 'https://img.example/1.jpg',
    paidFen: 5_990,
    preFeeFen: 300,
    feeFen: 300,
    techFeeFen: 0,
    relationId: '77',
    specialId: null,
    adzoneId: null,
    refunded: false,
    hash: `${tradeId}-${changes.status ?? 12}`,
    ...changes,
  };
}

function report(userId: string, tradeId: string, changes: Partial<OrderRow> = {}): void {
  const owner = { userId, channel: 'relation-77' };
  server.actors.tell(`order/${tradeId}`, { type: 'row', row: { ...row(tradeId, changes) }, owner });
}

describe('GET /v1/account', () => {
  it('is empty for a user who was never heard of', async () => {
    const { status, body, headers } = await get('/v1/account');
    expect(status).toBe(200);
    expect(body).toEqual({
      userId: 'u1',
      currency: 'CNY',
      pendingFen: 0,
      availableFen: 0,
      heldFen: 0,
      debtFen: 0,
      seq: 0,
    });
    expect(headers).toMatchObject({ etag: '"0"', 'cache-control': 'no-store' });
  });

  it('shows the sums and answers 304 until they change', async () => {
    credit(server, 'u1', 700);
    const first = await get('/v1/account');
    expect(first.body).toMatchObject({ availableFen: 700, seq: 1 });
    expect(await get('/v1/account', { 'if-none-match': '"1"' })).toMatchObject({ status: 304, text: '' });
    credit(server, 'u1', 1, '2');
    expect(await get('/v1/account', { 'if-none-match': '"1"' })).toMatchObject({ status: 200, body: { seq: 2 } });
  });
});

describe('GET /v1/account/ledger', () => {
  it('lists every change with its cause, newest first, and none of the platform’s side', async () => {
    credit(server, 'u1', 5_000, '4711');
    server.clock.value += 1_000;
    const { body: withdrawal } = await server.call('POST', '/v1/withdrawals', {
      token,
      headers: { 'idempotency-key': 'k' },
      body: { amountFen: 1_000, account: PAYEE },
    });
    const { status, body } = await get('/v1/account/ledger');
    expect(status).toBe(200);
    expect(body).toEqual({
      data: [
        {
          seq: 2,
          at: '2026-03-01T09:30:01.000+08:00',
          kind: 'hold',
          pendingFen: 0,
          availableFen: -1_000,
          heldFen: 1_000,
          debtFen: 0,
          withdrawalId: withdrawal.id,
        },
        {
          seq: 1,
          at: '2026-03-01T09:30:00.000+08:00',
          kind: 'credit',
          pendingFen: 0,
          availableFen: 5_000,
          heldFen: 0,
          debtFen: 0,
          orderId: '4711',
        },
      ],
      nextCursor: null,
      hasMore: false,
    });
  });

  it('goes on where the cursor says and shows nobody else’s', async () => {
    for (const order of ['1', '2', '3', '4', '5']) {
      server.clock.value += 1;
      credit(server, 'u1', Number(order), order);
      credit(server, 'u2', 9, order);
    }
    const first = await get('/v1/account/ledger?limit=3');
    expect(first.body.data.map((line: { orderId: string }) => line.orderId)).toEqual(['5', '4', '3']);
    const second = await get(`/v1/account/ledger?limit=3&cursor=${first.body.nextCursor}`);
    expect(second.body.data.map((line: { orderId: string }) => line.orderId)).toEqual(['2', '1']);
    expect(second.body).toMatchObject({ nextCursor: null, hasMore: false });
  });

  it('shows 20 lines unless asked for 1 to 100', async () => {
    for (let n = 1; n <= 101; n += 1) credit(server, 'u1', n, String(n));
    expect((await get('/v1/account/ledger')).body.data).toHaveLength(20);
    expect((await get('/v1/account/ledger?limit=100')).body.data).toHaveLength(100);
    expect((await get('/v1/account/ledger?limit=1')).body.data).toHaveLength(1);
    for (const limit of [
      '0',
      '101',
      '-1',
      '1.5',
      'ten',
      '',
      '0x10',
      '1e1',
      '%2B5',
      '1&limit=2',
      '99999999999999999999',
    ]) {
      const answer = await get(`/v1/account/ledger?limit=${limit}`);
      expect(answer, limit).toMatchObject({
        status: 400,
        body: { code: 'VALIDATION_FAILED', errors: [{ in: 'query', pointer: '/limit' }] },
      });
    }
  });
});

describe('cursors', () => {
  it.each(['', 'x', '.', 'a.b', 'null', '0', '../../x', '%00', '%F0%9F%98%80', 'a'.repeat(5_000)])(
    'that we did not make are 400 CURSOR_INVALID: %j',
    async (cursor) => {
      for (const list of ['/v1/account/ledger', '/v1/orders', '/v1/withdrawals']) {
        expect(await get(`${list}?cursor=${cursor}`)).toMatchObject({ status: 400, body: { code: 'CURSOR_INVALID' } });
      }
    },
  );

  it('are good for their own list, owner and filter only', async () => {
    for (const tradeId of ['1', '2', '3']) report('u1', tradeId);
    const { body } = await get('/v1/orders?limit=1&status=paid');
    const { nextCursor } = body;
    expect(await get(`/v1/orders?limit=1&status=paid&cursor=${nextCursor}`)).toMatchObject({ status: 200 });
    for (const url of ['/v1/orders?', '/v1/orders?status=settled&', '/v1/withdrawals?', '/v1/account/ledger?']) {
      expect(await get(`${url}cursor=${nextCursor}`), url).toMatchObject({
        status: 400,
        body: { code: 'CURSOR_INVALID' },
      });
    }
    token = await server.user('u2');
    expect(await get(`/v1/orders?status=paid&cursor=${nextCursor}`)).toMatchObject({ status: 400 });
  });
});

describe('GET /v1/orders', () => {
  it('shows an order through its life', async () => {
    report('u1', '4711');
    const paid = await get('/v1/orders/4711');
    expect(paid.body).toEqual({
      tradeId: '4711',
      itemId: '888',
      itemTitle: '<b>茶杯</b>',
      status: 'paid',
      paidFen: 5_990,
      rebateFen: 210,
      rebateState: 'pending',
      paidAt: '2026-03-01T09:30:00.000+08:00',
      receivedAt: null,
      settledAt: null,
      releaseAt: null,
      modifiedAt: '2026-03-01T09:30:00.000+08:00',
    });
    report('u1', '4711', { status: 3, modifiedAt: START + 1_000, earningAt: START + 1_000 });
    expect((await get('/v1/orders/4711')).body).toMatchObject({
      status: 'settled',
      rebateState: 'pending',
      settledAt: '2026-03-01T09:30:01.000+08:00',
      releaseAt: '2026-03-08T09:30:01.000+08:00',
    });
    server.clock.value += 8 * DAY_MS;
    token = await server.user('u1');
    report('u1', '4711', { status: 13, modifiedAt: START + 2_000 });
    expect((await get('/v1/orders/4711')).body).toMatchObject({ status: 'invalid', rebateState: 'void', rebateFen: 0 });
  });

  it('lists the user’s own, newest first, by status when asked', async () => {
    report('u1', '1', { createdAt: START - 3_000 });
    report('u1', '2', { createdAt: START - 1_000 });
    report('u1', '3', { createdAt: START - 2_000, status: 14 });
    report('u2', '4');
    const tradeIds = async (query: string) =>
      (await get(`/v1/orders${query}`)).body.data.map((order: { tradeId: string }) => order.tradeId);
    expect(await tradeIds('')).toEqual(['2', '3', '1']);
    expect(await tradeIds('?status=paid')).toEqual(['2', '1']);
    expect(await tradeIds('?status=received')).toEqual(['3']);
    expect(await tradeIds('?status=invalid')).toEqual([]);
  });

  it('shows each as reading it alone does', async () => {
    report('u1', '1');
    const [listed] = (await get('/v1/orders')).body.data;
    expect(listed).toEqual((await get('/v1/orders/1')).body);
  });

  it.each(['PAID', '', '12', 'paid,settled', '{"$ne":null}', 'paid&status=settled'])(
    'refuses the status %j',
    async (status) => {
      expect(await get(`/v1/orders?status=${status}`)).toMatchObject({
        status: 400,
        body: { code: 'VALIDATION_FAILED', errors: [{ in: 'query', pointer: '/status' }] },
      });
    },
  );

  it('answers 404 for another user’s order, an unowned one and none, all the same', async () => {
    report('u2', '2');
    server.actors.tell('order/3', { type: 'row', row: { ...row('3', { relationId: null }) }, owner: null });
    const bodies = await Promise.all(['2', '3', '4'].map(async (tradeId) => (await get(`/v1/orders/${tradeId}`)).body));
    for (const body of bodies) expect({ ...body, traceId: '' }).toEqual({ ...bodies[0], traceId: '' });
    expect(bodies[0]).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });

  it('answers 304 while its ETag still holds', async () => {
    report('u1', '1');
    const etag = (await get('/v1/orders/1')).headers['etag'] ?? '';
    expect(await get('/v1/orders/1', { 'if-none-match': etag })).toMatchObject({ status: 304, text: '' });
    report('u1', '1', { status: 14, modifiedAt: START + 1 });
    expect(await get('/v1/orders/1', { 'if-none-match': etag })).toMatchObject({ status: 200 });
  });
});
