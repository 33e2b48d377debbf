/**
 * A role above the least is granted by two admins; taking one away takes one.
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Browser, type Console, serveConsole } from '../support/console-served.ts';

let server: Console;
let ann: Browser;
let bo: Browser;

beforeEach(async () => {
  server = await serveConsole({ fourEyes: { amountFen: 0, jobItems: 0, jobFen: 0, breakGlass: true } });
  ann = await server.signIn('admin', 'ann');
  bo = await server.signIn('admin', 'bo');
});

afterEach(() => server.close());

const REASON = 'is on call from today';
const roleOf = async (name: string) => (await server.runtime.inspect(`staff/${name}`))?.snapshot.context['role'];

let keys = 0;
async function say(browser: Browser, id: string, verb: string, more: object = {}) {
  keys += 1;
  const { body } = await ann.get(`/approvals/${id}`);
  const headers = { 'idempotency-key': `k${keys}`, 'if-match': `"${body.approval.seq}"` };
  return browser.post(`/approvals/${id}/${verb}`, { reason: REASON, ...more }, headers);
}

async function added(name: string): Promise<string> {
  const { status, body } = await ann.post('/users', { name, role: 'approver', reason: REASON });
  expect([status, body.role, typeof body.approval]).toEqual([201, 'viewer', 'string']);
  return body.approval;
}

it('is asked for by one admin and granted by another, once', async () => {
  const id = await added('lin');
  expect((await bo.get(`/approvals/${id}`)).body).toMatchObject({
    approval: { address: 'staff/lin', event: 'setRole', params: { role: 'approver' }, canDecide: true },
    preview: { outcome: 'done' },
  });
  expect((await say(ann, id, 'approve')).body.code).toBe('APPROVAL_SAME_PERSON');
  expect(await roleOf('lin')).toBe('viewer');
  expect((await say(bo, id, 'approve')).status).toBe(200);
  expect(await roleOf('lin')).toBe('approver');
  const records = await server.runtime.history('staff/lin', 0, 10);
  const grants = records.flatMap(({ messages }) => messages).filter(({ event }) => event.type === 'setRole');
  expect(grants).toMatchObject([{ event: { by: 'ann', approvedBy: 'bo', approval: id } }]);
});

it('of somebody who is there waits, with the old role, until another admin agrees', async () => {
  await say(bo, await added('lin'), 'approve');
  const asked = await ann.post('/users/lin/role', { role: 'admin', reason: REASON });
  expect(asked).toMatchObject({ status: 202, body: { role: 'approver' } });
  expect((await ann.post('/users/lin/role', { role: 'admin', reason: REASON })).body.code).toBe('APPROVAL_PENDING');
  expect((await say(bo, asked.body.approval, 'reject')).status).toBe(200);
  expect(await roleOf('lin')).toBe('approver');
});

it('is nothing that approvers decide, or see, nor that one admin does alone', async () => {
  const id = await added('lin');
  const approver = await server.signIn('approver');
  expect((await say(approver, id, 'approve')).body.code).toBe('ROLE_REQUIRED');
  expect((await approver.get(`/approvals/${id}`)).body.code).toBe('ROLE_REQUIRED');
  expect((await approver.get('/approvals')).body.data).toEqual([]);
  expect((await approver.get('/home')).body.approvals).toEqual([]);
  const glass = { ticket: 'T-1', confirm: 'lin' };
  expect((await say(ann, id, 'break-glass', glass)).body.code).toBe('ROLE_REQUIRED');
  const withdrawal = { type: 'post', order: '1', n: 1, kind: 'credit', pendingFen: 0, availableFen: 1 };
  await server.tell('balance/u1', withdrawal);
  expect((await bo.get('/approvals')).body.data).toMatchObject([{ id, canDecide: true }]);
});

it('that is one’s own is agreed to by neither', async () => {
  const { body } = await ann.post('/users/bo/role', { role: 'approver', reason: REASON });
  expect((await say(bo, body.approval, 'approve')).body.code).toBe('STAFF_OWN');
  const cy = await server.signIn('admin', 'cy');
  expect((await say(cy, body.approval, 'approve')).status).toBe(200);
  expect(await roleOf('bo')).toBe('approver');
});

it('is taken away by one', async () => {
  await say(bo, await added('lin'), 'approve');
  const { status, body } = await ann.post('/users/lin/role', { role: 'viewer', reason: REASON });
  expect([status, body.role, body.approval]).toEqual([200, 'viewer', null]);
});

it('takes two for another password as well, which could be signed in with', async () => {
  await say(bo, await added('lin'), 'approve');
  const { status, body } = await ann.post('/users/lin/password', { reason: 'forgotten' });
  expect([status, typeof body.password, typeof body.approval]).toEqual([202, 'string', 'string']);
  expect((await ann.post('/users/lin/password', { reason: 'again' })).body.code).toBe('APPROVAL_PENDING');
  expect((await server.browser().signIn('lin', body.password)).body.code).toBe('SIGN_IN_FAILED');
  const { text } = await bo.get(`/approvals/${body.approval}`);
  expect(text).not.toContain('scrypt');
  expect((await bo.get(`/actors/approval/${body.approval}`)).text).not.toContain('scrypt$');
  expect((await say(bo, body.approval, 'approve')).status).toBe(200);
  expect((await server.browser().signIn('lin', body.password)).body).toMatchObject({ role: 'approver' });
});

it('takes two to come back with somebody who was disabled, and one where no role does', async () => {
  await say(bo, await added('lin'), 'approve');
  expect((await ann.post('/users/lin/disable', { reason: REASON })).status).toBe(200);
  const { status, body } = await ann.post('/users/lin/enable', { reason: REASON });
  expect([status, body.isDisabled, typeof body.approval]).toEqual([202, true, 'string']);
  expect((await ann.post('/users/lin/enable', { reason: REASON })).body.code).toBe('APPROVAL_PENDING');
  expect((await say(ann, body.approval, 'approve')).body.code).toBe('APPROVAL_SAME_PERSON');
  expect((await server.runtime.inspect('staff/lin'))?.state).toBe('disabled');
  expect((await say(bo, body.approval, 'approve')).status).toBe(200);
  expect((await server.runtime.inspect('staff/lin'))?.state).toBe('active');
  await ann.post('/users/lin/role', { role: 'viewer', reason: REASON });
  await ann.post('/users/lin/disable', { reason: REASON });
  expect(await ann.post('/users/lin/enable', { reason: REASON })).toMatchObject({
    status: 200,
    body: { isDisabled: false, approval: null },
  });
});
