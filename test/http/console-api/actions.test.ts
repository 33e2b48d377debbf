/**
 * What staff do to an actor by hand: dry run, conditions, second person, and what is left on record.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Address } from '../../../src/actors/address.ts';
import type { ActorEvent } from '../../../src/actors/record.ts';
import { orderRow } from '../../support/order-rows.ts';
import { type Browser, type Console, serveConsole } from '../support/console-served.ts';

const REASON = 'identity checked by phone';
const ASK = { reason: REASON, reasonCode: 'identity_checked', ticket: 'T-1' };
const LARGE = 600_000;
const SMALL = 60_000;

let server: Console;
let ann: Browser;
let bo: Browser;

beforeEach(async () => {
  server = await serveConsole();
  ann = await server.signIn('approver', 'ann');
  bo = await server.signIn('approver', 'bo');
});

afterEach(() => server.close());

/** A withdrawal in review. */
async function review(amountFen: number, id = 'wd_1'): Promise<string> {
  const post = { type: 'post', order: id, n: 1, kind: 'credit', pendingFen: 0, availableFen: amountFen };
  await server.tell('balance/u1', post);
  const account = { sealed: 'v1.x', masked: { identity: '138****0000', name: '*三' } };
  await server.tell(`withdrawal/${id}`, { type: 'request', userId: 'u1', amountFen, account, fingerprint: 'f' });
  await server.runtime.waitUntil(`withdrawal/${id}`, ({ value }) => value === 'review', 1_000);
  return `/actors/withdrawal/${id}`;
}

let keys = 0;
async function seqOf(browser: Browser, path: string): Promise<number> {
  return (await browser.get(`${path}/actions`)).body.seq;
}

async function send(
  browser: Browser,
  path: string,
  event: string,
  more: { body?: object; key?: string; seq?: number } = {},
) {
  const seq = more.seq ?? (await seqOf(browser, path));
  keys += 1;
  const headers = { 'idempotency-key': more.key ?? `k${keys}`, 'if-match': `"${seq}"` };
  return browser.post(`${path}/events/${event}`, { ...ASK, ...more.body }, headers);
}

async function decide(
  browser: Browser,
  id: string,
  verb: string,
  key = `decision-${id}-${verb}-${browser.cookie.length}`,
) {
  const { body } = await browser.get(`/approvals/${id}`);
  const headers = { 'idempotency-key': key, 'if-match': `"${body.approval.seq}"` };
  return browser.post(`/approvals/${id}/${verb}`, { reason: 'looked at the evidence' }, headers);
}

const stateOf = async (id = 'wd_1') => (await server.runtime.inspect(`withdrawal/${id}`))?.state;

/** Lets something else reach the actor between the console's look at it and its message. */
function beforeSending(path: string, event: ActorEvent): void {
  const address = path.slice('/actors/'.length) as Address;
  const sendOn = server.runtime.send.bind(server.runtime);
  server.runtime.send = async (to, sent, options) => {
    if (to === address) {
      server.runtime.send = sendOn;
      await server.tell(address, event);
    }
    return sendOn(to, sent, options);
  };
}

async function auditLines(): Promise<readonly string[]> {
  const rows = await server.runtime.rows({ table: 'audit', owner: 'log', limit: 100 });
  return rows.map(({ data }) => [data['by'], data['action'], data['outcome'], data['code']].filter(Boolean).join(' '));
}

describe('the list of actions', () => {
  it('names what is possible, and why the rest is not', async () => {
    const path = await review(SMALL);
    const { body } = await ann.get(`${path}/actions`);
    expect(body).toMatchObject({ state: 'review', amountFen: SMALL });
    const shown = Object.fromEntries(body.actions.map((one: { event: string }) => [one.event, one]));
    expect(shown).toMatchObject({
      approve: { isAvailable: true, refusal: null, secondPerson: 'no' },
      deny: { isAvailable: true, isTicketRequired: true },
      requery: { isAvailable: false, refusal: { code: 'WITHDRAWAL_NOT_QUERYABLE' } },
      markPaid: { isAvailable: false, secondPerson: 'always', refusal: { code: 'WITHDRAWAL_NOT_MARKABLE' } },
    });
  });

  it('says which role is needed', async () => {
    const path = await review(SMALL);
    const viewer = await server.signIn('viewer');
    const { body } = await viewer.get(`${path}/actions`);
    for (const action of body.actions) expect(action).toMatchObject({ refusal: { code: 'ROLE_REQUIRED' } });
    expect((await send(viewer, path, 'approve')).status).toBe(403);
    const operator = await server.signIn('operator');
    expect((await send(operator, path, 'approve')).body).toMatchObject({ code: 'ROLE_REQUIRED', roles: ['approver'] });
    expect(await stateOf()).toBe('review');
  });
});

describe('a dry run', () => {
  it('shows what would happen, and writes nothing', async () => {
    const path = await review(SMALL);
    const { body, status } = await ann.post(`${path}/events/deny/preview`, {});
    expect(status).toBe(200);
    expect(body).toMatchObject({
      outcome: 'done',
      stateBefore: 'review',
      stateAfter: 'releasing',
      needsApproval: false,
      amountFen: SMALL,
      tells: [{ to: 'balance/u1', event: { type: 'release' }, outcome: 'done' }],
      ledger: [{ address: 'balance/u1', kind: 'unhold', availableFen: SMALL, heldFen: -SMALL }],
    });
    expect(body.edges).toHaveLength(1);
    expect(await stateOf()).toBe('review');
    expect(await seqOf(ann, path)).toBe(body.seq);
  });

  it('of what is refused says why, in the server’s words', async () => {
    const path = await review(SMALL);
    const { body } = await ann.post(`${path}/events/requery/preview`, {});
    expect(body).toMatchObject({
      outcome: 'refused',
      stateAfter: 'review',
      refusal: { code: 'WITHDRAWAL_NOT_QUERYABLE', title: { en: 'There is no payout to query' } },
    });
  });

  it('counts for nothing in the audit log', async () => {
    const path = await review(SMALL);
    const before = await auditLines();
    await ann.post(`${path}/events/approve/preview`, {});
    expect(await auditLines()).toEqual(before);
  });
});

describe('an action', () => {
  it('is done, with one line in the audit log', async () => {
    const path = await review(SMALL);
    const { status, body } = await send(ann, path, 'approve');
    expect([status, body]).toMatchObject([200, { status: 'committed', state: 'paying.sending', isReplay: false }]);
    const [record] = await server.runtime.history('withdrawal/wd_1', body.seq - 1, 1);
    expect(record?.messages[0]).toMatchObject({
      id: body.messageId,
      cause: 'staff:ann',
      event: { type: 'approve', by: 'ann', reason: REASON, reasonCode: 'identity_checked', ticket: 'T-1' },
    });
    expect((await auditLines()).filter((line) => line.startsWith('ann event'))).toEqual(['ann event done']);
  });

  it('counts once under one key, and is answered the same', async () => {
    const path = await review(SMALL);
    const seq = await seqOf(ann, path);
    const answers = await Promise.all([1, 2, 3].map(() => send(ann, path, 'approve', { key: 'same', seq })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.seq)).size).toBe(1);
    const later = await send(ann, path, 'approve', { key: 'same', seq });
    expect(later.body).toMatchObject({ status: 'committed', isReplay: true, seq: answers[0]?.body.seq });
    expect((await auditLines()).filter((line) => line.startsWith('ann event'))).toEqual(['ann event done']);
    const history = await server.runtime.history('withdrawal/wd_1', 0, 100);
    expect(history.flatMap(({ messages }) => messages).filter(({ event }) => event.type === 'approve')).toHaveLength(1);
  });

  it('under a key that stood for another is refused', async () => {
    const path = await review(SMALL);
    await send(ann, path, 'approve', { key: 'same' });
    const other = await send(ann, path, 'approve', { key: 'same', body: { reason: 'for another reason' } });
    expect(other).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  });

  it('wants to know what it rests on, and says what has changed since', async () => {
    const path = await review(SMALL);
    const headers = { 'idempotency-key': 'k' };
    expect(await ann.post(`${path}/events/approve`, ASK, headers)).toMatchObject({
      status: 428,
      body: { code: 'PRECONDITION_REQUIRED' },
    });
    const seq = await seqOf(ann, path);
    await server.tell('withdrawal/wd_1', { type: 'cancel', by: 'u1' });
    const stale = await send(bo, path, 'approve', { seq });
    expect(stale.status).toBe(412);
    expect(stale.body.changes[0]).toMatchObject({ seq: seq + 1, event: 'cancel', cause: 'test/tell' });
  });

  it('is refused by its own turn when something else was faster than it looked', async () => {
    const path = await review(SMALL);
    const seq = await seqOf(ann, path);
    beforeSending(path, { type: 'rowSeen' });
    const beaten = await send(ann, path, 'approve', { seq });
    expect(beaten).toMatchObject({ status: 412, body: { code: 'PRECONDITION_FAILED', state: 'review' } });
    expect(beaten.body.changes).toMatchObject([
      { seq: seq + 1, event: 'rowSeen', cause: 'test/tell' },
      { seq: seq + 2, event: 'approve', outcome: 'refused' },
    ]);
    expect(await stateOf()).toBe('review');
    expect(await auditLines()).toContain('ann event refused PRECONDITION_FAILED');
    expect(await send(ann, path, 'approve')).toMatchObject({ status: 200 });
  });

  it('that the machine refuses is answered in its words, and leaves the actor alone', async () => {
    const path = await review(SMALL);
    const seq = await seqOf(ann, path);
    const { status, body } = await send(ann, path, 'requery');
    expect([status, body]).toMatchObject([409, { code: 'WITHDRAWAL_NOT_QUERYABLE', state: 'review', seq }]);
    expect(await auditLines()).toContain('ann event refused WITHDRAWAL_NOT_QUERYABLE');
    expect(await seqOf(ann, path)).toBe(seq);
  });

  it.each([
    ['a short reason', { reason: 'ok' }, '/reason'],
    ['no ticket', { ticket: undefined }, '/ticket'],
    ['a parameter it does not take', { params: { userId: 'u2' } }, '/params/userId'],
  ])('with %s is refused, naming the field', async (_, body, pointer) => {
    const path = await review(SMALL);
    const answer = await send(ann, path, 'deny', { body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED', errors: [{ pointer }] } });
    expect(await stateOf()).toBe('review');
  });

  it('that no machine has is not found, nor one that only partners send', async () => {
    const path = await review(SMALL);
    for (const event of ['nope', 'held', 'transfer.ok']) {
      expect(await send(ann, path, event)).toMatchObject({ status: 404, body: { code: 'ACTION_UNKNOWN' } });
    }
    expect((await ann.get('/actors/withdrawal/nobody/actions')).status).toBe(404);
  });

  it('asks Alipay again about a payout of unknown outcome, sent by support', async () => {
    const path = await review(SMALL);
    await send(ann, path, 'approve');
    const attempt = server.queue.attempts.find(({ activity }) => activity === 'alipayTransfer');
    expect(attempt).toBeDefined();
    server.runtime.provideActivity('alipayTransfer', async () => ({ kind: 'unknown', reason: { code: 'TIMEOUT' } }));
    await server.queue.runNext();
    await server.runtime.waitUntil('withdrawal/wd_1', ({ value }) => JSON.stringify(value).includes('unknown'), 1_000);
    const operator = await server.signIn('operator');
    const { status, body } = await send(operator, path, 'requery');
    expect([status, body.state]).toEqual([200, 'paying.unknown']);
  });
});

describe('a large withdrawal', () => {
  it('is not approved by one person, however they try', async () => {
    const path = await review(LARGE);
    const { status, body } = await send(ann, path, 'approve');
    expect([status, body]).toMatchObject([202, { status: 'approval', state: 'review' }]);
    expect(await stateOf()).toBe('review');
    expect((await ann.get(`/approvals/${body.approval}`)).body.approval).toMatchObject({
      canDecide: false,
      refusal: { code: 'APPROVAL_SAME_PERSON' },
    });
    expect(await decide(ann, body.approval, 'approve')).toMatchObject({
      status: 409,
      body: { code: 'APPROVAL_SAME_PERSON' },
    });
    expect(await send(ann, path, 'approve')).toMatchObject({
      status: 409,
      body: { code: 'APPROVAL_PENDING', approval: body.approval },
    });
    expect((await bo.get(`${path}/actions`)).body.pending).toMatchObject([
      { approval: body.approval, event: 'approve', requestedBy: 'ann' },
    ]);
    expect(await stateOf()).toBe('review');
  });

  it('is approved by two, once, with both names on record', async () => {
    const path = await review(LARGE);
    const asked = await send(ann, path, 'approve', { key: 'same' });
    const id = asked.body.approval;
    expect((await send(ann, path, 'approve', { key: 'same' })).body).toMatchObject({ approval: id, isReplay: true });
    const seen = await bo.get(`/approvals/${id}`);
    expect(seen.body).toMatchObject({
      approval: { address: 'withdrawal/wd_1', event: 'approve', requestedBy: 'ann', reason: REASON, canDecide: true },
      preview: { outcome: 'done', stateAfter: 'paying.sending' },
      hasChanged: false,
      result: null,
    });
    const done = await decide(bo, id, 'approve', 'decision');
    expect([done.status, done.body]).toMatchObject([
      200,
      { approval: { state: 'approved' }, result: { outcome: 'done' } },
    ]);
    expect(await stateOf()).toBe('paying.sending');
    const records = await server.runtime.history('withdrawal/wd_1', 0, 100);
    const approvals = records.flatMap(({ messages }) => messages).filter(({ event }) => event.type === 'approve');
    expect(approvals).toMatchObject([{ event: { by: 'ann', approvedBy: 'bo', approval: id } }]);
    expect((await auditLines()).filter((line) => line.includes('approv'))).toEqual(['bo approval.approve done']);
    expect((await decide(bo, id, 'approve')).body).toMatchObject({ code: 'APPROVAL_DECIDED' });
  });

  it('whose approval is rejected stays where it was', async () => {
    const path = await review(LARGE);
    const { body } = await send(ann, path, 'approve');
    expect((await decide(bo, body.approval, 'reject')).body.approval).toMatchObject({
      state: 'rejected',
      decidedBy: 'bo',
    });
    expect(await stateOf()).toBe('review');
  });

  it('that was canceled meanwhile is not approved any more, and who asks is told', async () => {
    const path = await review(LARGE);
    const { body } = await send(ann, path, 'approve');
    await server.tell('withdrawal/wd_1', { type: 'cancel', by: 'u1' });
    expect((await bo.get(`/approvals/${body.approval}`)).body).toMatchObject({
      hasChanged: true,
      preview: { outcome: 'refused', refusal: { code: 'WITHDRAWAL_NOT_APPROVABLE' } },
    });
    expect(await decide(bo, body.approval, 'approve')).toMatchObject({
      status: 409,
      body: { code: 'WITHDRAWAL_NOT_APPROVABLE' },
    });
    expect((await ann.get('/approvals?state=requested')).body.data).toHaveLength(1);
  });
});

it('a balance is put right by two people and a pair of postings', async () => {
  await review(SMALL);
  const path = '/actors/balance/u1';
  const asked = await send(ann, path, 'adjust', { body: { params: { deltaFen: 500 } } });
  expect(asked.status).toBe(202);
  const { body } = await bo.get(`/approvals/${asked.body.approval}`);
  expect(body.preview.ledger).toMatchObject([{ address: 'balance/u1', kind: 'adjust', availableFen: 500 }]);
  await decide(bo, asked.body.approval, 'approve');
  expect((await server.runtime.inspect('balance/u1'))?.snapshot.context).toMatchObject({ available: 500, held: SMALL });
});

it('no change of zero is booked', async () => {
  await review(SMALL);
  const answer = await send(ann, '/actors/balance/u1', 'adjust', { body: { params: { deltaFen: 0 } } });
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/params/deltaFen' }] } });
});

it('an order without a user is given to who proved it, and only once', async () => {
  const row = orderRow({ tradeId: '1', relationId: null, specialId: null, adzoneId: null });
  await server.tell('order/1', { type: 'row', row: { ...row }, owner: null });
  const operator = await server.signIn('operator');
  const path = '/actors/order/1';
  const claimed = await send(operator, path, 'claim', { body: { params: { userId: 'u7' } } });
  expect([claimed.status, claimed.body]).toMatchObject([200, { status: 'committed' }]);
  const again = await send(operator, path, 'claim', { body: { params: { userId: 'u8' } } });
  expect(again).toMatchObject({ status: 409, body: { code: 'ORDER_ATTRIBUTED' } });
  expect(await send(operator, path, 'claim')).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/params/userId' }] },
  });
});
