import { beforeEach, describe, expect, it } from 'vitest';
import { toWithdrawalId } from '../../src/http/withdrawal-id.ts';
import { catalog, credit, PAYEE, type Served, serve } from './support/served.ts';

let server: Served;
let staff: string;
let user: string;
beforeEach(async () => {
  server = await serve();
  staff = await server.staff('approver', 'lin');
  user = await server.user('u1');
  credit(server, 'u1', 100_000);
});

const put = (userId: string, body: object) =>
  server.call('PUT', `/v1/staff/members/${userId}/channel`, { token: staff, body });
const post = (path: string, body: object = { reason: 'checked by phone' }) =>
  server.call('POST', `/v1/staff/${path}`, { token: staff, body });
const get = (path: string) => server.call('GET', `/v1/staff/${path}`, { token: staff });

const id = toWithdrawalId('u1', 'key');
const address = `withdrawal/${id}` as const;
const ask = (amountFen: number) =>
  server.call('POST', '/v1/withdrawals', {
    token: user,
    headers: { 'idempotency-key': 'key' },
    body: { amountFen, account: PAYEE },
  });

describe('PUT /v1/staff/members/{userId}/channel', () => {
  it('gives channels to a user, and again to the same', async () => {
    const first = await put('u1', { relationId: '77', adzoneId: '00123456789012345678' });
    expect(first).toMatchObject({ status: 200 });
    expect(first.body).toEqual({ userId: 'u1', channels: ['relation-77', 'adzone-00123456789012345678'] });
    expect(await server.actors.inspect('channel/relation-77')).toMatchObject({
      snapshot: { context: { owner: 'u1' } },
    });
    expect(await put('u1', { relationId: '77' })).toMatchObject({ status: 200 });
    expect((await put('u1', { specialId: '5' })).body.channels.toSorted()).toEqual([
      'adzone-00123456789012345678',
      'relation-77',
      'special-5',
    ]);
  });

  it('answers 409 CHANNEL_TAKEN naming the channel, and binds none of the others', async () => {
    await put('u2', { specialId: '5' });
    expect(await put('u1', { relationId: '77', specialId: '5', adzoneId: '6' })).toMatchObject({
      status: 409,
      body: { code: 'CHANNEL_TAKEN', channel: 'special-5' },
    });
    expect(await server.actors.inspect('channel/relation-77')).toBeUndefined();
    expect(await server.actors.inspect('member/u1')).toBeUndefined();
  });

  it('lets one of two users win a race for a channel', async () => {
    const answers = await Promise.all([put('u1', { relationId: '77' }), put('u2', { relationId: '77' })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it('names the staff member in the journal', async () => {
    await put('u1', { relationId: '77' });
    expect((await get('actors/channel/relation-77/journal')).body.data[0].messages[0]).toMatchObject({
      cause: 'staff:lin',
      event: { type: 'bind', userId: 'u1', by: 'lin' },
    });
  });

  it.each([
    ['no id', {}, ''],
    ['an id that is a number', { relationId: 77 }, '/relationId'],
    ['an empty id', { relationId: '' }, '/relationId'],
    ['an id with other characters', { relationId: '7-7' }, '/relationId'],
    ['an id in other digits', { relationId: '７７' }, '/relationId'],
    ['an id that is too long', { relationId: '1'.repeat(21) }, '/relationId'],
    ['an unknown field', { relationId: '77', userId: 'u2' }, '/userId'],
  ])('refuses %s', async (_what, body, pointer) => {
    expect(await put('u1', body)).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION_FAILED', errors: [{ pointer }] },
    });
  });
});

describe('POST /v1/staff/members/{userId}/freeze and unfreeze', () => {
  it('stops withdrawals at once, and lets them go on', async () => {
    expect(await post('members/u1/freeze')).toMatchObject({ status: 200, body: { userId: 'u1', frozen: true } });
    expect(await ask(1_000)).toMatchObject({ status: 409, body: { code: 'ACCOUNT_FROZEN' } });
    expect(await post('members/u1/unfreeze')).toMatchObject({ status: 200, body: { userId: 'u1', frozen: false } });
    const after = await server.call('POST', '/v1/withdrawals', {
      token: user,
      headers: { 'idempotency-key': 'another' },
      body: { amountFen: 1_000, account: PAYEE },
    });
    expect(after.status).toBe(201);
  });

  it('reaches the balance before the member’s own message does, and is not undone when that comes', async () => {
    server.actors.isPaused = true;
    await post('members/u1/freeze');
    await post('members/u1/unfreeze');
    expect(await server.actors.inspect('balance/u1')).toMatchObject({ state: 'open' });
    await post('members/u1/freeze');
    expect(await server.actors.inspect('balance/u1')).toMatchObject({ state: 'frozen' });
    server.actors.resume();
    expect(await server.actors.inspect('balance/u1')).toMatchObject({ state: 'frozen' });
  });

  it('may be repeated', async () => {
    await post('members/u1/freeze');
    expect(await post('members/u1/freeze')).toMatchObject({ status: 200, body: { frozen: true } });
  });

  it.each([
    ['no reason', {}],
    ['an empty one', { reason: '' }],
    ['a blank one', { reason: '   ' }],
    ['one too long', { reason: 'x'.repeat(501) }],
    ['one with control characters', { reason: 'a\u0000b' }],
    ['one that is no text', { reason: ['x'] }],
  ])('refuses %s', async (_what, body) => {
    expect(await post('members/u1/freeze', body)).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION_FAILED', errors: [{ in: 'body', pointer: '/reason' }] },
    });
  });

  it('takes a reason of 500 characters of any script', async () => {
    expect(await post('members/u1/freeze', { reason: `${'风'.repeat(499)}😀` })).toMatchObject({ status: 200 });
  });
});

describe('POST /v1/staff/withdrawals/{id}/approve, deny and requery', () => {
  it('approve lets a withdrawal in review be paid', async () => {
    await ask(60_000);
    expect(await post(`withdrawals/${id}/approve`)).toMatchObject({
      status: 200,
      body: { id, status: 'processing', state: 'paying.sending' },
    });
  });

  it('deny gives the funds back', async () => {
    await ask(60_000);
    expect(await post(`withdrawals/${id}/deny`)).toMatchObject({ status: 200, body: { id } });
    const read = await server.call('GET', `/v1/withdrawals/${id}`, { token: user });
    expect(read.body).toMatchObject({ status: 'denied', reason: 'DENIED' });
    const account = await server.call('GET', '/v1/account', { token: user });
    expect(account.body).toMatchObject({ availableFen: 100_000, heldFen: 0 });
  });

  it('requery asks for an unknown outcome again', async () => {
    await ask(1_000);
    server.actors.outcome(address, 'transfer', { kind: 'unknown', reason: { code: 'TIMEOUT' } });
    expect(await post(`withdrawals/${id}/requery`)).toMatchObject({ status: 200, body: { state: 'paying.unknown' } });
  });

  it.each([
    ['approve', 'WITHDRAWAL_NOT_APPROVABLE'],
    ['deny', 'WITHDRAWAL_NOT_DENIABLE'],
    ['requery', 'WITHDRAWAL_NOT_QUERYABLE'],
  ])('%s is refused in other states, naming the state', async (command, code) => {
    await ask(1_000);
    expect(await post(`withdrawals/${id}/${command}`)).toMatchObject({
      status: 409,
      body: { code, state: 'paying.sending', retryable: false },
    });
  });

  it.each(['approve', 'deny', 'requery'])('%s answers 404 for a withdrawal that is not there', async (command) => {
    expect(await post(`withdrawals/${id}/${command}`)).toMatchObject({
      status: 404,
      body: { code: 'ACTOR_NOT_FOUND' },
    });
    expect(await server.actors.inspect(address)).toBeUndefined();
  });

  it.each(['approve', 'deny', 'requery'])('%s wants a reason', async (command) => {
    await ask(60_000);
    expect(await post(`withdrawals/${id}/${command}`, {})).toMatchObject({ status: 400 });
    expect(await server.actors.inspect(address)).toMatchObject({ state: 'review' });
  });
});

describe('GET /v1/staff/actors/{type}/{id}', () => {
  it('shows where an actor stands and what it waits for', async () => {
    await ask(1_000);
    const { body } = await get(`actors/${address}`);
    const found = await server.actors.inspect(address);
    expect(body).toMatchObject({
      address,
      seq: found?.seq,
      machine: found?.machine,
      state: 'paying.sending',
      context: { userId: 'u1', amountFen: 1_000, account: { identity: '1***', name: '**' } },
      waiting: [{ kind: 'call', dueAt: expect.stringMatching(/^2026-03-01T09:30:\d\d\.000\+08:00$/), attempt: 1 }],
      undelivered: [],
    });
  });

  it('shows sealed payee data in a short form only', async () => {
    await ask(1_000);
    const account = server.actors.sent[0]?.event['account'];
    const { sealed } = account as unknown as { sealed: string };
    for (const path of [`actors/${address}`, `actors/${address}/journal`]) {
      const { text } = await get(path);
      expect(text).toContain(`${sealed.slice(0, 12)}…`);
      expect(text).not.toContain(sealed.slice(0, 20));
    }
  });

  it('shows the messages that wait to be delivered to it', async () => {
    server.actors.late.push({
      id: 'order/1#3.1',
      from: 'order/1',
      to: 'balance/u1',
      event: { type: 'post', order: '1', n: 1 },
      since: server.clock.now(),
      nextAt: server.clock.now() + 1_000,
      attempts: 2,
    });
    expect((await get('actors/balance/u1')).body.undelivered).toEqual([
      {
        id: 'order/1#3.1',
        from: 'order/1',
        event: { type: 'post', order: '1', n: 1 },
        since: '2026-03-01T09:30:00.000+08:00',
        nextAt: '2026-03-01T09:30:01.000+08:00',
        attempts: 2,
      },
    ]);
  });

  it('answers 404 for an unknown type, listing those there are, and for an unknown actor', async () => {
    expect(await get('actors/wallet/u1')).toMatchObject({
      status: 404,
      body: { code: 'MACHINE_UNKNOWN', types: catalog.map(({ type }) => type) },
    });
    for (const path of ['actors/order/404', 'actors/order/404/journal']) {
      expect(await get(path)).toMatchObject({ status: 404, body: { code: 'ACTOR_NOT_FOUND' } });
    }
  });
});

describe('GET /v1/staff/actors/{type}/{id}/journal', () => {
  it('shows each record with its messages, outcomes, tells and trace', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    await server.call('POST', '/v1/withdrawals', {
      token: user,
      headers: { 'idempotency-key': 'key', traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
      body: { amountFen: 1_000, account: PAYEE },
    });
    const { body } = await get(`actors/${address}/journal`);
    expect(body.hasMore).toBe(false);
    expect(body.data[0]).toMatchObject({
      seq: 1,
      at: '2026-03-01T09:30:00.000+08:00',
      messages: [{ id: 'request', cause: 'api:u1', outcome: 'done', edges: [expect.stringContaining('request')] }],
      state: 'holding',
      tells: [{ id: `${address}#1.1`, to: 'balance/u1', event: { type: 'hold', amountFen: 1_000 } }],
      traceId,
    });
    expect(body.data[1]).toMatchObject({ seq: 2, state: 'paying.sending', traceId });
  });

  it('goes on after a seq and says whether there is more', async () => {
    for (let n = 2; n <= 6; n += 1) credit(server, 'u1', 1, String(n));
    const seqs = async (query: string) => {
      const { body } = await get(`actors/balance/u1/journal${query}`);
      return [body.data.map((record: { seq: number }) => record.seq), body.hasMore];
    };
    expect(await seqs('?limit=2')).toEqual([[1, 2], true]);
    expect(await seqs('?after=2&limit=4')).toEqual([[3, 4, 5, 6], false]);
    expect(await seqs('?after=6')).toEqual([[], false]);
    for (const query of ['?after=-1', '?after=x', '?after=1.5', '?limit=0', '?limit=101', '?after=1&after=2']) {
      expect(await get(`actors/balance/u1/journal${query}`)).toMatchObject({ status: 400 });
    }
  });
});
