/**
 * What operations works from: jobs, incidents, counts, timers, dead letters, dependencies, notes.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dependencies, DependencyView } from '../../../src/actors/dependencies.ts';
import { ActorError } from '../../../src/actors/errors.ts';
import { createSendEvents } from '../../../src/infra/send-events.ts';
import { type Browser, type Console, serveConsole } from '../support/console-served.ts';

const REASON = 'alipay is back, ask again';
const DAY_MS = 86_400_000;

let server: Console;
let ann: Browser;
let bo: Browser;
const steered: string[] = [];

const alipay = {
  dependency: 'alipay',
  policy: 'transfer',
  state: 'open',
  isShadow: false,
  openedAt: 1,
  nextProbeAt: 2,
  failureRatio: 0.5,
  slowRatio: 0,
  thresholdRatio: 0.5,
  slowThresholdRatio: 0.8,
  slowMs: 2_000,
  limit: 8,
  configuredLimit: 8,
  mostLimit: 32,
  limitChange: null,
  inFlight: 0,
  queueLimit: 16,
  queueDepth: 0,
  pace: { perSecond: 0.5, p50Ms: 120, p95Ms: 800, p99Ms: 900 },
  instances: [{ id: 'node-1', role: 'all', state: 'open', isSilent: false, isSelf: true }],
  retryBudgetRatio: 1,
  calls: {} as DependencyView['calls'],
  slowCalls: 0,
  bulkheadRejections: {} as DependencyView['bulkheadRejections'],
  attempts: { first: 0, second: 0, third_plus: 0 },
  retriesExhausted: 0,
  quotas: [],
  hold: null,
  transitions: [],
  transitionCounts: [],
} satisfies DependencyView;

const dependencies: Dependencies = {
  snapshot: () => [alipay],
  subscribe: () => () => {},
  observe: () => () => {},
  hold: async (dependency, policy, { by, ttlMs }) => {
    if (policy !== 'transfer') throw new ActorError('DEPENDENCY_UNKNOWN', policy);
    steered.push(`hold ${dependency} ${policy} ${by} ${ttlMs}`);
  },
  release: async (dependency, policy, { by }) => void steered.push(`release ${dependency} ${policy} ${by}`),
  probe: async () => 'ok',
  limit: async (dependency, policy, { by, limit, ttlMs }) =>
    void steered.push(`limit ${dependency} ${policy} ${by} ${limit} ${ttlMs}`),
  restore: async (dependency, policy, { by }) => void steered.push(`restore ${dependency} ${policy} ${by}`),
};

beforeEach(async () => {
  steered.length = 0;
  server = await serveConsole({ dependencies });
  server.runtime.provideActivity('sendEvents', createSendEvents({ actors: server.runtime }));
  server.runtime.provideActivity('alipayTransfer', async () => ({ kind: 'unknown', reason: { code: 'TIMEOUT' } }));
  ann = await server.signIn('approver', 'ann');
  bo = await server.signIn('approver', 'bo');
});

afterEach(() => server.close());

/** A payout whose outcome is unknown; a large one is in review. */
async function unknownPayout(id: string, amountFen = 1_000): Promise<void> {
  const post = { type: 'post', order: id, n: 1, kind: 'credit', pendingFen: 0, availableFen: amountFen };
  await server.tell('balance/u1', post);
  const account = { sealed: 'v1.x', masked: { identity: '138****0000', name: '*三' } };
  await server.tell(`withdrawal/${id}`, { type: 'request', userId: 'u1', amountFen, account, fingerprint: id });
  await server.runtime.waitUntil(
    `withdrawal/${id}`,
    ({ value }) => value !== 'requested' && value !== 'holding',
    1_000,
  );
  while (server.queue.attempts.length > 0) await server.queue.runNext();
}

async function listed(): Promise<void> {
  await server.runtime.rows({ table: 'none', owner: 'none', limit: 1 });
}

const selection = (ids: string[], event = 'requery') => ({ type: 'withdrawal', ids, event });
const why = { reason: REASON, reasonCode: 'partner_trouble' };

async function makeJob(browser: Browser, ids: string[], more: object = {}, key = `job-${ids.join('')}`) {
  const body = { ...selection(ids), ...why, perSecond: 2, ...more };
  return browser.post('/jobs', body, { 'idempotency-key': key });
}

const batches = () => server.queue.attempts.filter(({ activity }) => activity === 'sendEvents');

/** Runs the batch of the job that is out, then its pause. */
async function batch(id: string): Promise<void> {
  server.queue.attempts.splice(0, Number.POSITIVE_INFINITY, ...batches());
  await server.queue.runNext();
  const job = await server.runtime.inspect(`job/${id}`);
  const timer = job?.snapshot.waiting.find(({ kind }) => kind === 'timer');
  if (timer === undefined) return;
  await server.elapse(Math.max(0, timer.dueAt - server.clock.value));
}

describe('a job', () => {
  it('is previewed: who is there, how much it is about, what would happen', async () => {
    await unknownPayout('wd_1');
    await unknownPayout('wd_2', 2_000);
    const { body, status } = await ann.post('/jobs/preview', selection(['wd_1', 'wd_2', 'wd_none']));
    expect([status, body]).toMatchObject([
      200,
      { count: 2, missing: ['wd_none'], amountFen: 3_000, needsApproval: false },
    ]);
    expect(body.samples).toMatchObject([
      { id: 'wd_1', preview: { outcome: 'done', stateAfter: 'paying.unknown' } },
      {},
    ]);
  });

  it('does every item once, says what each came to, and is one line in the audit log', async () => {
    for (const id of ['wd_1', 'wd_2', 'wd_3']) await unknownPayout(id);
    const { body: job } = await makeJob(ann, ['wd_1', 'wd_2', 'wd_3', 'wd_none']);
    expect((await makeJob(ann, ['wd_1', 'wd_2', 'wd_3', 'wd_none'])).body).toMatchObject({ id: job.id });
    expect(job).toMatchObject({ state: 'running', count: 4, doneCount: 0, createdBy: 'ann', perSecond: 2 });
    await batch(job.id);
    expect((await ann.get(`/jobs/${job.id}`)).body.job).toMatchObject({ state: 'running', doneCount: 2 });
    await batch(job.id);
    const { body } = await ann.get(`/jobs/${job.id}`);
    expect(body.job).toMatchObject({ state: 'done', doneCount: 4, refusedCount: 1 });
    expect(body.items.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['done', 'done', 'done', 'missing']);
    const records = await server.runtime.history('withdrawal/wd_1', 0, 100);
    const sent = records.flatMap(({ messages }) => messages).filter(({ event }) => event.type === 'requery');
    expect(sent).toMatchObject([
      { id: `job/${job.id}:0`, cause: `job/${job.id}`, event: { by: 'ann', reason: REASON } },
    ]);
    const rows = await server.runtime.rows({ table: 'audit', owner: 'action:job.create', limit: 10 });
    expect(rows).toHaveLength(1);
  });

  it('that is paused sends nothing until it is resumed', async () => {
    for (const id of ['wd_1', 'wd_2', 'wd_3']) await unknownPayout(id);
    const { body: job } = await makeJob(ann, ['wd_1', 'wd_2', 'wd_3']);
    await batch(job.id);
    expect((await ann.post(`/jobs/${job.id}/pause`, { reason: REASON })).body.job).toMatchObject({ state: 'paused' });
    server.queue.attempts.length = 0;
    await server.elapse(600_000);
    expect(batches()).toEqual([]);
    await ann.post(`/jobs/${job.id}/resume`, { reason: REASON });
    await batch(job.id);
    expect((await ann.get(`/jobs/${job.id}`)).body.job).toMatchObject({ state: 'done', doneCount: 3 });
    expect((await ann.post(`/jobs/${job.id}/pause`, { reason: REASON })).status).toBe(409);
  });

  it('on many, or about much, waits for a second person', async () => {
    const ids = Array.from({ length: 21 }, (_, n) => `wd_${n}`);
    for (const id of ids) await unknownPayout(id, 100);
    const { body: job } = await makeJob(ann, ids);
    expect(job.state).toBe('awaiting');
    expect(batches()).toEqual([]);
    const { body: approval } = await bo.get(`/approvals/${job.approval}`);
    expect(approval).toMatchObject({ approval: { address: `job/${job.id}`, event: 'start' }, hasChanged: false });
    const headers = (key: string) => ({ 'idempotency-key': key, 'if-match': `"${approval.approval.seq}"` });
    const own = await ann.post(`/approvals/${job.approval}/approve`, { reason: REASON }, headers('a'));
    expect(own.body).toMatchObject({ code: 'APPROVAL_SAME_PERSON' });
    const agreed = await bo.post(`/approvals/${job.approval}/approve`, { reason: REASON }, headers('b'));
    expect(agreed.body).toMatchObject({ approval: { state: 'approved' }, result: { outcome: 'done' } });
    expect((await ann.get(`/jobs/${job.id}`)).body.job).toMatchObject({ state: 'running', approvedBy: 'bo' });
  });

  it('that is not agreed to is over', async () => {
    await unknownPayout('wd_1', 2_000_000);
    const { body: job } = await makeJob(ann, ['wd_1'], { event: 'approve' });
    expect(job.state).toBe('awaiting');
    const headers = { 'idempotency-key': 'r', 'if-match': '"1"' };
    expect((await bo.post(`/approvals/${job.approval}/reject`, { reason: REASON }, headers)).status).toBe(200);
    await server.runtime.waitUntil(`job/${job.id}`, ({ value }) => value === 'rejected', 1_000);
    expect((await ann.get(`/jobs/${job.id}`)).body.job).toMatchObject({ state: 'rejected', doneCount: 0 });
  });

  it('of what only goes one by one is refused', async () => {
    await unknownPayout('wd_1');
    expect(await makeJob(ann, ['wd_1'], { event: 'markPaid' })).toMatchObject({
      status: 422,
      body: { code: 'BULK_NOT_POSSIBLE' },
    });
    expect(await makeJob(ann, ['wd_none'])).toMatchObject({ status: 422, body: { code: 'BULK_NOTHING_LEFT' } });
  });
});

describe('incidents', () => {
  it('group actors by what they have in common, and are over when none is left', async () => {
    await unknownPayout('wd_1');
    await unknownPayout('wd_2', 2_000);
    await listed();
    const { body } = await ann.get('/incidents');
    expect(body.data).toMatchObject([
      {
        type: 'withdrawal',
        state: 'paying.unknown',
        cause: 'failing',
        errorClass: 'TIMEOUT',
        dependency: 'alipay',
        breaker: { state: 'open', isHeld: false },
        count: 2,
        amountFen: 3_000,
        status: 'open',
      },
    ]);
    const [{ id }] = body.data;
    expect((await ann.get(`/incidents/${id}`)).body.items).toHaveLength(2);
    const owned = await ann.post(`/incidents/${id}/acknowledge`, { reason: REASON });
    expect(owned.body).toMatchObject({ status: 'acknowledged', owner: 'ann', reason: REASON });
    for (const wd of ['wd_1', 'wd_2']) {
      await server.tell(`withdrawal/${wd}`, { type: 'markPaid', by: 'a', approvedBy: 'b', reason: 'x', evidence: 'y' });
    }
    await listed();
    expect((await ann.get('/incidents')).body.data).toMatchObject([{ id, status: 'cleared', count: 0, owner: 'ann' }]);
  });

  it('that somebody owns are open again when something new comes in', async () => {
    await unknownPayout('wd_1');
    await listed();
    const [{ id }] = (await ann.get('/incidents')).body.data;
    await ann.post(`/incidents/${id}/acknowledge`, { reason: REASON });
    server.clock.value += 60_000;
    await unknownPayout('wd_2');
    await listed();
    expect((await ann.get('/incidents')).body.data).toMatchObject([{ id, status: 'open', count: 2 }]);
  });

  it('are snoozed for a while', async () => {
    await unknownPayout('wd_1');
    await listed();
    const [{ id }] = (await ann.get('/incidents')).body.data;
    const { body } = await ann.post(`/incidents/${id}/snooze`, { reason: REASON, minutes: 10 });
    expect(body).toMatchObject({ status: 'snoozed', snoozedUntil: server.clock.value + 600_000 });
    server.clock.value += 600_001;
    expect((await ann.get('/incidents')).body.data).toMatchObject([{ id, status: 'open' }]);
  });

  it('name what stands too long, with the home page and the counts', async () => {
    await unknownPayout('wd_1');
    server.clock.value += DAY_MS;
    await listed();
    const viewer = await server.signIn('viewer');
    expect((await viewer.get('/incidents')).body.data).toMatchObject([{ cause: 'overdue', state: 'paying.unknown' }]);
    expect((await viewer.get('/home')).body).toMatchObject({
      overdue: [{ type: 'withdrawal', state: 'paying.unknown', count: 1 }],
      incidents: [{ cause: 'overdue' }],
      dependencies: [{ dependency: 'alipay', state: 'open', isHeld: false }],
    });
    const { body } = await viewer.get('/machines/withdrawal/map');
    const state = body.machine.states.find((one: { state: string }) => one.state === 'paying.unknown');
    expect(state).toMatchObject({ count: 1, overdueCount: 1 });
    expect((await viewer.get('/machines/withdrawal/actors?state=paying.unknown')).body.data).toMatchObject([
      { id: 'wd_1' },
    ]);
  });

  it('that nobody knows are not found', async () => {
    expect(await ann.get('/incidents/in_0')).toMatchObject({ status: 404, body: { code: 'INCIDENT_OVER' } });
  });
});

it('timers are shown with what they are, the late ones marked', async () => {
  await unknownPayout('wd_1');
  await listed();
  server.clock.value += 60_000;
  const { body } = await ann.get('/timers');
  const found = body.data.find((one: { address: string }) => one.address === 'withdrawal/wd_1');
  expect(found).toMatchObject({ isLate: true, entries: [{ kind: 'timer', name: 'queryDelay' }] });
});

it('queues are shown with what waits here, and how far each process is behind', async () => {
  const { body } = await ann.get('/backlog');
  expect(body).toMatchObject({ queued: [], outbox: { count: 0, oldestAt: null } });
  expect(body.processes).toMatchObject([{ role: 'all', status: 'live', behind: 0 }]);
  await server.close();
  const machines = new Map([
    ['order', { active: 3, queued: 0, oldestAt: undefined }],
    ['balance', { active: 1, queued: 7, oldestAt: 1_000 }],
  ]);
  const load = () => ({ machines, outbox: { depth: 2, oldestAt: 2_000 }, undelivered: 0 });
  server = await serveConsole({ dependencies, load });
  ann = await server.signIn('viewer', 'ann');
  expect((await ann.get('/backlog')).body).toMatchObject({
    queued: [{ type: 'balance', title: { zh: '账户余额' }, count: 7, oldestAt: 1_000 }],
    outbox: { count: 2, oldestAt: 2_000 },
  });
});

it('a parked message is listed with its cause and replayed once', async () => {
  await server.tell('balance/u1', { type: 'post', order: '1', n: 1, kind: 'credit', pendingFen: 0.5, availableFen: 0 });
  await listed();
  const { body } = await ann.get('/deadletters');
  expect(body.data).toMatchObject([
    { kind: 'parked', to: 'balance/u1', event: 'post', reason: { code: 'STEP_FAILED' }, replay: null },
  ]);
  const answer = await ann.post('/deadletters/replay', { ids: [body.data[0].id], reason: REASON });
  expect(answer.body.data).toMatchObject([{ outcome: 'parked', refusal: { code: 'REQUEST_PARKED' } }]);
  await listed();
  const again = (await ann.get('/deadletters')).body.data;
  expect(again).toHaveLength(2);
  expect(again.map(({ replay }: { replay: string | null }) => replay).sort()).toEqual(['parked', null].sort());
});

it('a message that has not arrived is listed, and tried again when staff ask for it', async () => {
  const { projections, clock } = server;
  const now = clock.value;
  const tell = { id: 'order/1#1.1', from: 'order/1', to: 'balance/u9', event: { type: 'post' } } as const;
  await projections.addUndelivered([{ ...tell, since: now, nextAt: now + 3_600_000, attempts: 3 }]);
  const { body } = await ann.get('/deadletters');
  expect(body).toMatchObject({
    undeliveredCount: 1,
    data: [{ id: tell.id, kind: 'undelivered', from: 'order/1', to: 'balance/u9', event: 'post', attempts: 3 }],
  });
  const answer = await ann.post('/deadletters/replay', { ids: [tell.id], reason: REASON });
  expect(answer.body.data).toEqual([{ id: tell.id, outcome: null, refusal: null }]);
  expect((await ann.get('/deadletters')).body.data).toMatchObject([{ nextAt: now, attempts: 4 }]);
});

describe('dependencies', () => {
  it('are shown with who waits for them', async () => {
    await unknownPayout('wd_1');
    await listed();
    const { body } = await ann.get('/dependencies');
    expect(body.data).toMatchObject([
      {
        dependency: 'alipay',
        policy: 'transfer',
        state: 'open',
        waiting: [{ type: 'withdrawal', state: 'paying.unknown', count: 1 }],
      },
    ]);
  });

  it('are held, released and probed by an SRE only, for a time', async () => {
    const path = '/dependencies/alipay/transfer';
    expect((await ann.post(`${path}/hold`, { reason: REASON, ttlMinutes: 10 })).status).toBe(403);
    const sre = await server.signIn('sre');
    expect((await sre.post(`${path}/hold`, { reason: REASON })).status).toBe(400);
    expect((await sre.post(`${path}/hold`, { reason: REASON, ttlMinutes: 10 })).status).toBe(200);
    await sre.post(`${path}/release`, { reason: REASON });
    expect(steered).toEqual(['hold alipay transfer sre 600000', 'release alipay transfer sre']);
    expect((await sre.post(`${path}/probe`, { reason: REASON })).body).toMatchObject({ outcome: 'ok' });
    expect((await sre.post('/dependencies/alipay/none/hold', { reason: REASON, ttlMinutes: 1 })).status).toBe(404);
  });

  it('get another limit by an SRE only, for a time and within the bounds that a refusal names', async () => {
    const path = '/dependencies/alipay/transfer';
    const change = { reason: REASON, limit: 2, ttlMinutes: 10 };
    expect((await ann.post(`${path}/limit`, change)).status).toBe(403);
    const sre = await server.signIn('sre');
    expect((await sre.post(`${path}/limit`, { reason: REASON, limit: 2 })).status).toBe(400);
    for (const limit of [0, 33]) {
      expect((await sre.post(`${path}/limit`, { ...change, limit })).body).toMatchObject({
        code: 'VALIDATION_FAILED',
        errors: [{ pointer: '/limit', detail: expect.stringContaining('应为 1 至 32 的整数（配置为 8）') }],
      });
    }
    expect((await sre.post('/dependencies/alipay/none/limit', change)).status).toBe(404);
    expect(steered).toEqual([]);
    expect((await sre.post(`${path}/limit`, change)).status).toBe(200);
    expect((await sre.post(`${path}/restore`, { reason: REASON })).status).toBe(200);
    expect(steered).toEqual(['limit alipay transfer sre 2 600000', 'restore alipay transfer sre']);
  });
});

it('notes are kept in order, once per key, and never changed', async () => {
  await unknownPayout('wd_1');
  const path = '/actors/withdrawal/wd_1/notes';
  const note = await ann.post(
    path,
    { text: 'called the customer\nno answer', ticket: 'T-9' },
    { 'idempotency-key': 'n1' },
  );
  expect([note.status, note.body]).toMatchObject([201, { by: 'ann', ticket: 'T-9', edits: null }]);
  await ann.post(path, { text: 'called the customer\nno answer', ticket: 'T-9' }, { 'idempotency-key': 'n1' });
  server.clock.value += 1_000;
  await bo.post(path, { text: 'reached them', edits: note.body.id }, { 'idempotency-key': 'n2' });
  const { body } = await ann.get(path);
  expect(body.data).toMatchObject([
    { by: 'bo', edits: note.body.id },
    { by: 'ann', text: 'called the customer\nno answer' },
  ]);
  expect((await ann.post(path, { text: 'another text' }, { 'idempotency-key': 'n1' })).body.code).toBe(
    'IDEMPOTENCY_KEY_REUSED',
  );
  expect((await ann.post(path, { text: ' ' }, { 'idempotency-key': 'n3' })).status).toBe(400);
});
