import { beforeEach, describe, expect, it } from 'vitest';
import { toWithdrawalId } from '../../../src/http/withdrawal-id.ts';
import { type Browser, type Console, serveConsole } from '../support/console-served.ts';

const PAYEE = { identity: '13800138000', name: '张三丰' };
const ID = toWithdrawalId('u1', 'k1');

let console: Console;
let viewer: Browser;
beforeEach(async () => {
  console = await serveConsole({
    sealer: {
      open: async (userId, sealed) => (sealed === `sealed-of-${userId}` ? PAYEE : null),
      usersNaming: async () => [],
    },
  });
  viewer = await console.signIn('viewer');
  await console.tell('balance/u1', {
    type: 'post',
    order: '1',
    n: 1,
    kind: 'credit',
    pendingFen: 0,
    availableFen: 100_000,
  });
  await console.tell('member/u1', { type: 'channelBound', channel: 'relation-7', by: 'lin' });
  await console.tell('channel/relation-7', { type: 'bind', userId: 'u1', by: 'lin' });
  await console.tell(`withdrawal/${ID}`, {
    type: 'request',
    userId: 'u1',
    amountFen: 60_000,
    account: { sealed: 'sealed-of-u1', masked: { identity: '138******00', name: '**丰' } },
    fingerprint: 'f',
  });
  await console.runtime.waitUntil(`withdrawal/${ID}`, ({ value }) => value === 'review', 1_000);
});

const look = async (path: string) => (await viewer.get(`/actors/${path}`)).body;
const withdrawal = `withdrawal/${ID}`;

describe('the page of an actor', () => {
  it('says where it stands, what it holds and whom it belongs to, masked', async () => {
    const { body, headers, text } = await viewer.get(`/actors/${withdrawal}`);
    expect(body).toMatchObject({
      address: withdrawal,
      state: 'review',
      stateTitle: { zh: '待审核', en: 'In review' },
      typeTitle: { en: 'Withdrawal' },
      owner: 'u1',
      amountFen: 60_000,
      isFinal: false,
      isOverdue: false,
      slaSeconds: 86_400,
    });
    expect(headers['etag']).toBe(`"${body.seq}"`);
    expect(body.activeNodes).toContain('withdrawal.review');
    const field = (path: string) => body.fields.find((one: { path: string }) => one.path === path);
    expect(field('account.identity')).toMatchObject({
      kind: 'masked',
      value: '138******00',
      reveal: 'account.identity',
    });
    expect(field('amountFen')).toMatchObject({ kind: 'fen', value: 60_000, label: { zh: '金额' } });
    expect(field('heldAt').kind).toBe('time');
    expect(field('userId')).toMatchObject({ kind: 'actor', address: 'member/u1' });
    expect(field('fingerprint')).toBeUndefined();
    for (const secret of [PAYEE.identity, PAYEE.name, 'sealed-of-u1']) expect(text).not.toContain(secret);
  });

  it('becomes overdue once it has stood longer than its state allows', async () => {
    console.clock.value += 20 * 60_000;
    await viewer.get('/session');
    console.clock.value += 20 * 60_000;
    expect((await look(withdrawal)).isOverdue).toBe(false);
    console.clock.value += 24 * 3_600_000;
    await viewer.signIn('viewer');
    expect((await look(withdrawal)).isOverdue).toBe(true);
  });

  it('leads to member, balance, channels, orders and withdrawals', async () => {
    const related = async (path: string) =>
      (await look(path)).related.map(({ address }: { address: string }) => address).sort();
    expect(await related(withdrawal)).toEqual(['balance/u1', 'member/u1']);
    expect(await related('member/u1')).toEqual(['balance/u1', 'channel/relation-7', withdrawal]);
    expect(await related('channel/relation-7')).toEqual(['balance/u1', 'member/u1']);
  });

  it('tells apart a type that does not exist and an actor that does not', async () => {
    expect(await look('dragon/1')).toMatchObject({ status: 404, code: 'MACHINE_UNKNOWN' });
    expect(await look('order/1')).toMatchObject({ status: 404, code: 'ACTOR_NOT_FOUND' });
  });

  it('of a console user shows no hash of a password', async () => {
    const auditor = await console.signIn('auditor');
    const { text } = await auditor.get('/actors/staff/viewer');
    expect(text).not.toContain('scrypt');
    expect((await auditor.get('/actors/staff/viewer/journal/1')).text).not.toMatch(/scrypt\$\d+\$\d+\$\d+\$\w{16}/);
  });
});

describe('users and the audit log', () => {
  it.each(['staff/viewer', 'audit/log', 'audit/log/journal', 'staff/viewer/at/1'])(
    '%s is for auditors and admins only',
    async (path) => {
      expect((await look(path)).code).toBe('ROLE_REQUIRED');
      expect((await (await console.signIn('auditor')).get(`/actors/${path}`)).status).toBe(200);
    },
  );

  it('are not found, listed or followed by others either', async () => {
    const found = await viewer.post('/search', { q: 'viewer' });
    expect(found.body.results).toEqual([]);
    expect((await viewer.get('/machines/staff/actors')).body.code).toBe('ROLE_REQUIRED');
    expect((await viewer.get('/stream?topics=actor:audit/log')).body.code).toBe('TOPIC_INVALID');
    const auditor = await console.signIn('auditor');
    expect((await auditor.post('/search', { q: 'viewer' })).body.exact).toBe('staff/viewer');
  });
});

describe('the journal of an actor', () => {
  it('is light rows with words, causes and edges of the chart', async () => {
    const { data, lastSeq, hasMore } = await look(`${withdrawal}/journal`);
    expect([data.length, hasMore]).toEqual([lastSeq, false]);
    expect(data[0]).toMatchObject({
      seq: 1,
      messages: [{ event: 'request', cause: 'actor', outcome: 'done' }],
      sent: 1,
    });
    expect(data.at(-1)).toMatchObject({ state: 'review', messages: [{ event: 'held', by: 'balance/u1' }] });
    expect(data.flatMap(({ edges }: { edges: string[] }) => edges).length).toBeGreaterThan(1);
  });

  it('names the trace of each step, and the step of each call that is waited for', async () => {
    const traceId = 'ab'.repeat(16);
    const trace = `00-${traceId}-${'cd'.repeat(8)}-01`;
    await console.runtime.send(`withdrawal/${ID}`, { type: 'approve', by: 'lin' }, { cause: 'staff:lin', trace });
    const { data, lastSeq } = await look(`${withdrawal}/journal`);
    expect(data.map((row: { traceId: string | null }) => row.traceId)).toEqual([
      ...data.slice(1).map(() => null),
      traceId,
    ]);
    expect((await look(withdrawal)).waiting).toMatchObject([
      { kind: 'call', activity: 'alipayTransfer', seq: lastSeq },
    ]);
  });

  it('is read in windows', async () => {
    for (let n = 2; n <= 20; n++) {
      await console.tell('balance/u1', { type: 'post', order: '1', n, kind: 'credit', pendingFen: 1, availableFen: 0 });
    }
    const { data, hasMore, lastSeq } = await look('balance/u1/journal?after=5&limit=3');
    expect(data.map(({ seq }: { seq: number }) => seq)).toEqual([6, 7, 8]);
    expect([hasMore, lastSeq]).toEqual([true, 21]);
  });

  it('has each record whole, with sealed values cut', async () => {
    const { body, text, headers } = await viewer.get(`/actors/${withdrawal}/journal/1`);
    expect(body).toMatchObject({ seq: 1, tells: [{ to: 'balance/u1' }], hash: expect.any(String) });
    expect(text).not.toContain('"sealed-of-u1"');
    expect(headers['cache-control']).toContain('private');
    expect((await look(`${withdrawal}/journal/99`)).code).toBe('SEQ_UNKNOWN');
  });

  it('tells how it stood at any seq, and what that record changed', async () => {
    const { lastSeq } = await look(`${withdrawal}/journal`);
    const first = await look(`${withdrawal}/at/1`);
    expect(first).toMatchObject({
      seq: 1,
      lastSeq,
      state: 'holding',
      activeNodes: ['withdrawal', 'withdrawal.holding'],
    });
    const last = await look(`${withdrawal}/at/${lastSeq}`);
    expect([last.state, last.changed]).toEqual(['review', ['heldAt']]);
    expect(await look(`${withdrawal}/at/${lastSeq + 1}`)).toMatchObject({ code: 'SEQ_UNKNOWN', lastSeq });
  });
});

describe('personal data', () => {
  const reveal = (browser: Browser, field: string, path = withdrawal) =>
    browser.post(`/actors/${path}/reveal`, { field, reason: 'the customer asks which account' });

  it('is revealed field by field to those who may, for a minute, and noted', async () => {
    const operator = await console.signIn('operator');
    const { body } = await reveal(operator, 'account.identity');
    expect(body).toEqual({ field: 'account.identity', value: PAYEE.identity, hideAt: console.clock.value + 60_000 });
    expect((await reveal(operator, 'account.name')).body.value).toBe(PAYEE.name);
    expect((await reveal(viewer, 'account.name')).body.code).toBe('ROLE_REQUIRED');
    const auditor = await console.signIn('auditor');
    const { data } = (await auditor.get(`/audit?subject=${withdrawal}`)).body;
    expect(data.map(({ by, outcome, detail }: Record<string, unknown>) => [by, outcome, detail])).toEqual([
      ['viewer', 'refused', {}],
      ['operator', 'done', { field: 'account.name' }],
      ['operator', 'done', { field: 'account.identity' }],
    ]);
    expect(JSON.stringify(await console.journal.page('audit/log', 0, 1_000))).not.toContain(PAYEE.identity);
  });

  it('that is not there, or has been erased, is said to be so', async () => {
    const operator = await console.signIn('operator');
    expect((await reveal(operator, 'userId')).body.code).toBe('NOT_REVEALABLE');
    expect((await reveal(operator, '__proto__')).body.code).toBe('VALIDATION_FAILED');
    expect((await reveal(operator, 'constructor')).body.code).toBe('NOT_REVEALABLE');
    expect((await reveal(operator, 'account.name', 'balance/u1')).body.code).toBe('NOT_REVEALABLE');
    const erased = await serveConsole();
    const other = await erased.signIn('operator');
    await erased.tell(withdrawal as never, {
      type: 'request',
      userId: 'u1',
      amountFen: 1_000,
      account: { sealed: 's', masked: PAYEE },
      fingerprint: 'f',
    });
    expect((await reveal(other, 'account.name')).body.code).toBe('DATA_ERASED');
  });
});

describe('an account', () => {
  it('has its sums, holds and channels', async () => {
    const { body } = await viewer.get('/accounts/u1');
    expect(body).toMatchObject({
      availableFen: 40_000,
      heldFen: 60_000,
      isImbalanced: false,
      frozen: null,
      channels: ['relation-7'],
      holds: [{ withdrawal: ID, amountFen: 60_000 }],
    });
    expect((await viewer.get('/accounts/nobody')).body.code).toBe('ACTOR_NOT_FOUND');
  });

  it('lists all orders and withdrawals by pages', async () => {
    for (const n of [2, 3])
      await console.tell(`withdrawal/${toWithdrawalId('u1', `k${n}`)}`, {
        type: 'request',
        userId: 'u1',
        amountFen: 1_000 * n,
        account: { sealed: 's', masked: PAYEE },
        fingerprint: 'f',
      });
    await console.elapse(0);
    const page = (await viewer.get('/accounts/u1/withdrawals?limit=2')).body;
    const rest = (await viewer.get(`/accounts/u1/withdrawals?limit=2&cursor=${page.nextCursor}`)).body;
    const ids = [...page.data, ...rest.data].map(({ address }: { address: string }) => address);
    expect(ids.sort()).toEqual([1, 2, 3].map((n) => `withdrawal/${toWithdrawalId('u1', `k${n}`)}`).sort());
    expect([page.data.length, rest.hasMore]).toEqual([2, false]);
    expect((await viewer.get('/accounts/u1/orders')).body).toEqual({ data: [], nextCursor: null, hasMore: false });
  });

  it('has a ledger with the sums after each line, over every page', async () => {
    for (let n = 2; n <= 6; n++) {
      await console.tell('balance/u1', { type: 'post', order: '1', n, kind: 'credit', pendingFen: 0, availableFen: n });
    }
    const lines = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await viewer.get(`/accounts/u1/ledger?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      lines.push(...body.data);
      cursor = body.nextCursor;
    }
    expect(lines.map(({ kind, after }) => [kind, after.availableFen, after.heldFen])).toEqual([
      ['credit', 40_020, 60_000],
      ['credit', 40_014, 60_000],
      ['credit', 40_009, 60_000],
      ['credit', 40_005, 60_000],
      ['credit', 40_002, 60_000],
      ['hold', 40_000, 60_000],
      ['credit', 100_000, 0],
    ]);
    expect(lines.find(({ kind }) => kind === 'hold').address).toBe(withdrawal);
  });
});
