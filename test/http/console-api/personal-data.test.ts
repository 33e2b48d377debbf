/**
 * Reasons and notes are kept for ever: personal data in them is refused at the door, and stands nowhere afterwards.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toWithdrawalId } from '../../../src/http/withdrawal-id.ts';
import { type Browser, type Console, serveConsole } from '../support/console-served.ts';
import { serve } from '../support/served.ts';

const PHONE = '13800138000';
const TOLD = `customer ${PHONE} called`;
const PIECE = '13****00';

let server: Console;
let ann: Browser;
beforeAll(async () => {
  server = await serveConsole();
  ann = await server.signIn('approver', 'ann');
  await server.tell('member/u1', { type: 'channelBound', channel: 'relation-1', by: 'x' });
});
afterAll(() => server.close());

it.each([
  ['a note', '/actors/member/u1/notes', { text: TOLD }, '/text'],
  ['a reason', '/actors/member/u1/events/freeze', { reason: TOLD, reasonCode: 'other', ticket: 'T-1' }, '/reason'],
  ['evidence', '/actors/member/u1/events/freeze/preview', { params: { evidence: TOLD } }, '/params/evidence'],
])('%s with it is refused, with the piece that is meant', async (_, path, body, pointer) => {
  const answer = await ann.post(path, body, { 'idempotency-key': 'k', 'accept-language': 'en' });
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ in: 'body', pointer }] });
  expect(answer.body.errors[0].detail).toContain(`"${PIECE}" looks like a phone number`);
  expect(answer.text).not.toContain(PHONE);
});

it('an export’s reason with it is refused too', async () => {
  const auditor = await server.signIn('auditor');
  const { status, body } = await auditor.get(`/audit/export?reason=${encodeURIComponent(TOLD)}`);
  expect([status, body.errors]).toMatchObject([400, [{ in: 'query', pointer: '/reason' }]]);
});

it('the audit log has each refusal once, with the piece masked', async () => {
  const lines = await server.runtime.rows({ table: 'audit', owner: 'by:ann', limit: 50 });
  const refused = lines.filter(({ data }) => data['code'] === 'VALIDATION_FAILED').map(({ data }) => data);
  expect(refused.map(({ action, reason }) => [action, reason])).toEqual([
    ['event', `customer ${PIECE} called`],
    ['note', null],
  ]);
  for (const actor of await server.journal.actors(undefined, 1_000))
    expect(JSON.stringify(await server.journal.page(actor, 0, 1_000)), actor).not.toContain(PHONE);
});

it('an order number is none', async () => {
  const text = '见订单 4082390712345678901，已核对';
  expect((await ann.post('/actors/member/u1/notes', { text }, { 'idempotency-key': 'o' })).status).toBe(201);
});

it('a reason that comes by the staff’s REST API is held to the same', async () => {
  const api = await serve();
  const path = `/v1/staff/withdrawals/${toWithdrawalId('u1', 'key')}/deny`;
  const { status, body } = await api.call('POST', path, { token: await api.staff(), body: { reason: TOLD } });
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'VALIDATION_FAILED', '/reason']);
});
