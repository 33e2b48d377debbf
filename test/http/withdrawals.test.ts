import { beforeEach, describe, expect, it } from 'vitest';
import { toWithdrawalId } from '../../src/http/withdrawal-id.ts';
import { credit, PAYEE, type Served, serve } from './support/served.ts';

let server: Served;
let token: string;
beforeEach(async () => {
  server = await serve();
  token = await server.user('u1');
  credit(server, 'u1', 100_000);
});

function ask(amountFen: number, key = 'key-1', options: { token?: string; account?: object } = {}) {
  return server.call('POST', '/v1/withdrawals', {
    token: options.token ?? token,
    headers: { 'idempotency-key': key },
    body: { amountFen, account: options.account ?? PAYEE },
  });
}

const id = toWithdrawalId('u1', 'key-1');
const address = `withdrawal/${id}` as const;

describe('POST /v1/withdrawals', () => {
  it('answers 201 with the withdrawal once its funds are held', async () => {
    const { status, headers, body } = await ask(1_000);
    expect(status).toBe(201);
    expect(headers).toMatchObject({ location: `/v1/withdrawals/${id}` });
    expect(headers['idempotency-replayed']).toBeUndefined();
    expect(body).toEqual({
      id,
      status: 'processing',
      state: 'paying.sending',
      amountFen: 1_000,
      account: { identity: '1***', name: '**' },
      createdAt: '2026-03-01T09:30:00.000+08:00',
    });
    const account = await server.call('GET', '/v1/account', { token });
    expect(account.body).toMatchObject({ availableFen: 99_000, heldFen: 1_000 });
  });

  it('answers 201 in review for an amount that a person approves', async () => {
    expect((await ask(50_001)).body).toMatchObject({ status: 'review', state: 'review' });
    expect((await ask(100, 'key-2')).body).toMatchObject({ status: 'processing' });
  });

  it('answers 202 while it is not known whether the funds are held', async () => {
    server.actors.isPaused = true;
    const first = await ask(1_000);
    expect(first).toMatchObject({ status: 202, body: { id, status: 'processing', state: 'holding' } });
    server.actors.resume();
    expect(await ask(1_000)).toMatchObject({ status: 201, body: { id, state: 'paying.sending' } });
  });

  it('answers 409 INSUFFICIENT_FUNDS, keeps the withdrawal as failed, and answers the key the same again', async () => {
    const first = await ask(100_001);
    expect(first).toMatchObject({
      status: 409,
      body: { code: 'INSUFFICIENT_FUNDS', retryable: false, withdrawalId: id },
    });
    const read = await server.call('GET', `/v1/withdrawals/${id}`, { token });
    expect(read.body).toMatchObject({ status: 'failed', state: 'failed', reason: 'INSUFFICIENT_FUNDS' });
    credit(server, 'u1', 1_000_000, '2');
    const again = await ask(100_001);
    expect(again).toMatchObject({ status: 409, body: { code: 'INSUFFICIENT_FUNDS' } });
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(await ask(100_001, 'key-2')).toMatchObject({ status: 201 });
  });

  it('answers 409 ACCOUNT_FROZEN while the account is frozen', async () => {
    server.actors.tell('balance/u1', { type: 'freeze', by: 'lin', reason: 'risk' });
    expect(await ask(1_000)).toMatchObject({ status: 409, body: { code: 'ACCOUNT_FROZEN' } });
  });

  it.each([99, 1, 0, -1, -9_007_199_254_740_991])(
    'answers 422 AMOUNT_TOO_SMALL for %d fen and starts nothing',
    async (fen) => {
      expect(await ask(fen)).toMatchObject({ status: 422, body: { code: 'AMOUNT_TOO_SMALL', minimumFen: 100 } });
      expect(server.actors.sent).toEqual([]);
    },
  );

  it('takes the minimum itself', async () => {
    expect(await ask(100)).toMatchObject({ status: 201 });
  });

  it('seals the payee before the message and never sends it in clear', async () => {
    await ask(1_000);
    const [sent] = server.actors.sent;
    expect(sent).toMatchObject({
      address,
      event: {
        type: 'request',
        userId: 'u1',
        amountFen: 1_000,
        account: { sealed: expect.stringMatching(/^sealed-/), masked: { identity: '1***', name: '**' } },
      },
      options: { id: 'request', cause: 'api:u1', repeatable: true },
    });
    const kept = JSON.stringify(await server.actors.history(address, 0, 100));
    expect(kept).not.toContain(PAYEE.identity);
    expect(kept).not.toContain(PAYEE.name);
  });
});

describe('Idempotency-Key', () => {
  it('answers a repeated request with the same withdrawal as it is now', async () => {
    await ask(1_000);
    server.actors.outcome(address, 'transfer', {
      kind: 'ok',
      output: { status: 'SUCCESS', orderId: '2026', paidAt: server.clock.now() },
    });
    const again = await ask(1_000);
    expect(again).toMatchObject({
      status: 201,
      body: { id, status: 'paid', state: 'paid', paidAt: '2026-03-01T09:30:00.000+08:00' },
    });
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect((await server.call('GET', '/v1/account', { token })).body).toMatchObject({
      availableFen: 99_000,
      heldFen: 0,
    });
  });

  it.each([
    ['another amount', 1_001, PAYEE],
    ['another account', 1_000, { ...PAYEE, identity: '13800138001' }],
    ['another name', 1_000, { ...PAYEE, name: '李四' }],
  ])('answers 422 IDEMPOTENCY_KEY_REUSED for %s and changes nothing', async (_what, fen, account) => {
    await ask(1_000);
    const before = (await server.actors.inspect(address))?.seq;
    expect(await ask(fen, 'key-1', { account })).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    expect((await server.actors.inspect(address))?.seq).toBe(before);
  });

  it('does not mind the order of fields', async () => {
    await ask(1_000);
    const { identity, name } = PAYEE;
    expect(await ask(1_000, 'key-1', { account: { name, identity } })).toMatchObject({ status: 201, body: { id } });
  });

  it('makes one withdrawal of 50 simultaneous requests', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(1_000)));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(201));
    expect(new Set(answers.map(({ body }) => body.id))).toEqual(new Set([id]));
    expect(answers.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1);
    expect((await server.call('GET', '/v1/account', { token })).body).toMatchObject({
      availableFen: 99_000,
      heldFen: 1_000,
    });
  });

  it('lets one of two simultaneous requests that differ win', async () => {
    const answers = await Promise.all([ask(1_000), ask(2_000)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422]);
  });

  it('of one user is independent of the same key of another', async () => {
    credit(server, 'u2', 5_000);
    await ask(1_000);
    const other = await ask(2_000, 'key-1', { token: await server.user('u2') });
    expect(other).toMatchObject({ status: 201, body: { amountFen: 2_000 } });
    expect(other.body.id).not.toBe(id);
    expect(other.headers['idempotency-replayed']).toBeUndefined();
  });

  it('is required', async () => {
    for (const headers of [{}, { 'idempotency-key': '' }]) {
      for (const body of [{ amountFen: 1_000, account: PAYEE }, {}]) {
        const answer = await server.call('POST', '/v1/withdrawals', { token, headers, body });
        expect(answer).toMatchObject({ status: 400, body: { code: 'IDEMPOTENCY_KEY_REQUIRED' } });
      }
    }
  });

  it.each([['x'], ['x'.repeat(255)], ['!" #~'], ['{"$ne":null}'], ['../../etc'], ['__proto__']])(
    'may be %j',
    async (key) => {
      expect(await ask(1_000, key)).toMatchObject({ status: 201 });
    },
  );

  it.each([['x'.repeat(256)], ['caf\u00e9'], ['tab\there'], ['\u0080']])('may not be %j', async (key) => {
    expect(await ask(1_000, key)).toMatchObject({ status: 400, body: { code: 'IDEMPOTENCY_KEY_INVALID' } });
  });

  it('may not be sent twice in one request', async () => {
    const { statusCode, body } = await server.app.inject({
      method: 'POST',
      url: '/v1/withdrawals',
      headers: { authorization: `Bearer ${token}`, 'idempotency-key': ['a', 'b'] },
      payload: { amountFen: 1_000, account: PAYEE },
    });
    expect([statusCode, JSON.parse(body).code]).toEqual([400, 'IDEMPOTENCY_KEY_INVALID']);
  });
});

describe('GET /v1/withdrawals', () => {
  it('lists the user’s own, newest first, page by page', async () => {
    credit(server, 'u2', 5_000);
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      server.clock.value += 1_000;
      await ask(1_000, key);
      await ask(200, key, { token: await server.user('u2') });
    }
    const seen: string[] = [];
    let cursor = '';
    for (let page = 0; page < 3; page += 1) {
      const { status, body } = await server.call('GET', `/v1/withdrawals?limit=2${cursor}`, { token });
      expect(status).toBe(200);
      expect(body.hasMore).toBe(page < 2);
      seen.push(...body.data.map((withdrawal: { id: string }) => withdrawal.id));
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(seen).toEqual(['e', 'd', 'c', 'b', 'a'].map((key) => toWithdrawalId('u1', key)));
  });

  it('shows each as reading it alone does', async () => {
    await ask(1_000);
    const { body } = await server.call('GET', '/v1/withdrawals', { token });
    const one = await server.call('GET', `/v1/withdrawals/${id}`, { token });
    expect(body).toEqual({ data: [one.body], nextCursor: null, hasMore: false });
  });
});

describe('GET /v1/withdrawals/{id}', () => {
  it('answers 404 for another user’s exactly as for none', async () => {
    await ask(1_000);
    const other = { token: await server.user('u2') };
    const theirs = await server.call('GET', `/v1/withdrawals/${id}`, other);
    const none = await server.call('GET', `/v1/withdrawals/${toWithdrawalId('u2', 'none')}`, other);
    expect(theirs).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect({ ...theirs.body, traceId: '' }).toEqual({ ...none.body, traceId: '' });
    expect(theirs.headers['etag']).toBeUndefined();
  });

  it('answers 304 while its ETag still holds', async () => {
    await ask(1_000);
    const read = (etag?: string) =>
      server.call('GET', `/v1/withdrawals/${id}`, {
        token,
        headers: etag === undefined ? {} : { 'if-none-match': etag },
      });
    const { headers } = await read();
    const etag = headers['etag'] ?? '';
    expect(etag).toBe(`"${(await server.actors.inspect(address))?.seq}"`);
    expect(await read(etag)).toMatchObject({ status: 304, text: '', headers: { etag } });
    expect(await read(`"0", W/${etag}`)).toMatchObject({ status: 304 });
    await server.call('POST', `/v1/withdrawals/${id}/cancel`, { token });
    server.actors.outcome(address, 'transfer', { kind: 'ok', output: { status: 'SUCCESS' } });
    expect(await read(etag)).toMatchObject({ status: 200, body: { status: 'paid' } });
  });
});

describe('POST /v1/withdrawals/{id}/cancel', () => {
  const cancel = (options: object = {}) => server.call('POST', `/v1/withdrawals/${id}/cancel`, { token, ...options });

  it('cancels one in review and gives the funds back', async () => {
    await ask(60_000);
    expect(await cancel()).toMatchObject({ status: 200, body: { id, status: 'canceled', state: 'canceled' } });
    expect((await server.call('GET', '/v1/account', { token })).body).toMatchObject({
      availableFen: 100_000,
      heldFen: 0,
    });
  });

  it('answers a repeated cancel as the first, without another record', async () => {
    await ask(60_000);
    await cancel();
    const { seq } = (await server.actors.inspect(address)) ?? {};
    expect(await cancel({ body: {} })).toMatchObject({ status: 200, body: { status: 'canceled' } });
    expect((await server.actors.inspect(address))?.seq).toBe(seq);
  });

  it('is refused once paying has begun, naming the state', async () => {
    await ask(1_000);
    expect(await cancel()).toMatchObject({
      status: 409,
      body: { code: 'WITHDRAWAL_NOT_CANCELABLE', state: 'paying.sending' },
    });
  });

  it('answers 404 to another user and cancels nothing', async () => {
    await ask(60_000);
    expect(await cancel({ token: await server.user('u2') })).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND' },
    });
    expect(await server.actors.inspect(address)).toMatchObject({ state: 'review' });
  });

  it('takes an empty JSON body, and none with fields', async () => {
    await ask(60_000);
    expect(await cancel({ body: { force: true } })).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
    expect(await cancel({ headers: { 'content-type': 'application/json' } })).toMatchObject({ status: 200 });
  });
});
