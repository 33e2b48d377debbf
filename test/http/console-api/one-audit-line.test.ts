/**
 * Every write of the work routes leaves exactly one line in the audit log, done or refused.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CONSOLE_ACCESS } from '../../../src/http/console-api/access.ts';
import { type Browser, type Console, serveConsole } from '../support/console-served.ts';

const REASON = 'because of a customer call';
const why = { reason: REASON, reasonCode: 'other', ticket: 'T-1' };

let server: Console;
const browsers: Record<string, Browser> = {};

beforeAll(async () => {
  server = await serveConsole();
  for (const role of ['approver', 'sre'] as const) browsers[role] = await server.signIn(role);
  await server.tell('member/u1', { type: 'channelBound', channel: 'relation-1', by: 'x' });
});

afterAll(() => server.close());

interface Write {
  readonly row: string;
  readonly path: string;
  readonly body: object;
  readonly role?: 'sre';
}

const WRITES: readonly Write[] = [
  {
    row: 'POST /console/api/actors/:type/:id/events/:event',
    path: '/actors/member/u1/events/freeze',
    body: why,
  },
  { row: 'POST /console/api/approvals/:id/approve', path: '/approvals/ap_1/approve', body: { reason: REASON } },
  { row: 'POST /console/api/approvals/:id/reject', path: '/approvals/ap_1/reject', body: { reason: REASON } },
  {
    row: 'POST /console/api/approvals/:id/break-glass',
    path: '/approvals/ap_1/break-glass',
    body: { reason: REASON, ticket: 'T-1', confirm: 'wd_1' },
  },
  { row: 'POST /console/api/approvals/:id/agree', path: '/approvals/ap_1/agree', body: { reason: REASON } },
  { row: 'POST /console/api/approvals/:id/object', path: '/approvals/ap_1/object', body: { reason: REASON } },
  { row: 'POST /console/api/approvals/:id/withdraw', path: '/approvals/ap_1/withdraw', body: { reason: REASON } },
  { row: 'POST /console/api/jobs', path: '/jobs', body: { ...why, type: 'member', ids: ['u1'], event: 'freeze' } },
  { row: 'POST /console/api/jobs/:id/pause', path: '/jobs/job_1/pause', body: { reason: REASON } },
  { row: 'POST /console/api/jobs/:id/resume', path: '/jobs/job_1/resume', body: { reason: REASON } },
  { row: 'POST /console/api/jobs/:id/cancel', path: '/jobs/job_1/cancel', body: { reason: REASON } },
  { row: 'POST /console/api/actors/:type/:id/notes', path: '/actors/member/u1/notes', body: { text: 'called' } },
  { row: 'POST /console/api/actors/:type/:id/follow', path: '/actors/member/u1/follow', body: {} },
  { row: 'POST /console/api/actors/:type/:id/unfollow', path: '/actors/member/u1/unfollow', body: {} },
  { row: 'POST /console/api/desk/views', path: '/desk/views', body: { name: 'mine', path: 'audit?by=x' } },
  { row: 'POST /console/api/desk/views/remove', path: '/desk/views/remove', body: { name: 'mine' } },
  { row: 'POST /console/api/desk/mentions/seen', path: '/desk/mentions/seen', body: { about: 'member/u1' } },
  { row: 'POST /console/api/incidents/:id/acknowledge', path: '/incidents/in_1/acknowledge', body: { reason: REASON } },
  {
    row: 'POST /console/api/incidents/:id/snooze',
    path: '/incidents/in_1/snooze',
    body: { reason: REASON, minutes: 9 },
  },
  {
    row: 'POST /console/api/deadletters/replay',
    path: '/deadletters/replay',
    body: { reason: REASON, ids: ['a/b#1.1'] },
  },
  {
    row: 'POST /console/api/dependencies/:dependency/:policy/hold',
    path: '/dependencies/alipay/transfer/hold',
    body: { reason: REASON, ttlMinutes: 5 },
    role: 'sre',
  },
  {
    row: 'POST /console/api/dependencies/:dependency/:policy/release',
    path: '/dependencies/alipay/transfer/release',
    body: { reason: REASON },
    role: 'sre',
  },
  {
    row: 'POST /console/api/dependencies/:dependency/:policy/probe',
    path: '/dependencies/alipay/transfer/probe',
    body: { reason: REASON },
    role: 'sre',
  },
  {
    row: 'POST /console/api/dependencies/:dependency/:policy/limit',
    path: '/dependencies/alipay/transfer/limit',
    body: { reason: REASON, limit: 2, ttlMinutes: 5 },
    role: 'sre',
  },
  {
    row: 'POST /console/api/dependencies/:dependency/:policy/restore',
    path: '/dependencies/alipay/transfer/restore',
    body: { reason: REASON },
    role: 'sre',
  },
];

const lines = () => server.runtime.rows({ table: 'audit', owner: 'log', limit: 100 });

it.each(WRITES)('$row', async ({ row, path, body, role = 'approver' }) => {
  const action = CONSOLE_ACCESS[row]?.audit ?? '';
  const before = (await lines()).length;
  const actor = /^(\/actors\/[^/]+\/[^/]+)\/events/.exec(path)?.[1];
  const seq = actor === undefined ? 1 : (await browsers[role]!.get(`${actor}/actions`)).body.seq;
  const headers = { 'idempotency-key': `key of ${path}`, 'if-match': `"${seq}"` };
  const first = await browsers[role]!.post(path, body, headers);
  const [line] = await lines();
  expect((await lines()).length).toBe(before + 1);
  expect(line?.data).toMatchObject({
    action,
    by: role,
    outcome: first.status < 400 ? 'done' : 'refused',
    code: first.status < 400 ? null : first.body.code,
    reason: 'reason' in body ? REASON : null,
  });
  await browsers[role]!.post(path, body, headers);
  expect((await lines()).length, 'the same request again').toBe(before + 1);
});

it('covers every audited route of the work pages', () => {
  const tested = new Set(WRITES.map(({ row }) => row));
  const missing = Object.entries(CONSOLE_ACCESS)
    .filter(([, { audit = '' }]) =>
      /^(?:event|approval|job|note|follow|unfollow|view|mention|incident|deadletter|dependency)\b/.test(audit),
    )
    .map(([row]) => row)
    .filter((row) => !tested.has(row));
  expect(missing).toEqual([]);
});
