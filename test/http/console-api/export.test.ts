/**
 * The whole history of one actor as a file.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Browser, type Console, serveConsole } from '../support/console-served.ts';

const RECORDS = 1_234;

let server: Console;
let auditor: Browser;

beforeAll(async () => {
  server = await serveConsole();
  auditor = await server.signIn('auditor');
  for (let n = 0; n < RECORDS; n += 1) {
    await server.tell('member/u1', { type: n % 2 === 0 ? 'freeze' : 'unfreeze', by: 'x', reason: 'y' });
  }
});

afterAll(() => server.close());

const exported = (browser: Browser, query = '?reason=asked%20by%20the%20court') =>
  browser.get(`/actors/member/u1/export${query}`);
const audited = async () =>
  (await server.runtime.rows({ table: 'audit', owner: 'action:actor.export', limit: 20 })).map(({ data }) => data);

it('has every record once, in order, and says at its end that none is missing', async () => {
  const { status, text, headers } = await exported(auditor);
  expect([status, headers['content-type']]).toEqual([200, 'application/x-ndjson']);
  expect(headers['content-disposition']).toBe('attachment; filename="member-u1.jsonl"');
  expect(text.endsWith('\n')).toBe(true);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.pop()).toEqual({ address: 'member/u1', isComplete: true, lastSeq: RECORDS });
  expect(lines.map(({ seq }) => seq)).toEqual(Array.from({ length: RECORDS }, (_, n) => n + 1));
  expect(lines[0]).toMatchObject({ state: 'frozen', messages: [{ event: { type: 'freeze', by: 'x' } }] });
});

it('is one line in the audit log, with the reason', async () => {
  const before = (await audited()).length;
  await exported(auditor);
  const lines = await audited();
  expect(lines).toHaveLength(before + 1);
  expect(lines[0]).toMatchObject({
    by: 'auditor',
    subject: 'member/u1',
    outcome: 'done',
    reason: 'asked by the court',
    detail: { seq: RECORDS },
  });
});

it('takes a reason, and the role', async () => {
  expect((await exported(auditor, '')).body.code).toBe('VALIDATION_FAILED');
  const operator = await server.signIn('operator');
  expect((await exported(operator)).body.code).toBe('ROLE_REQUIRED');
  const [first, second] = await audited();
  expect([first, second]).toMatchObject([{ outcome: 'refused' }, { outcome: 'refused' }]);
});

it('of what does not exist is a problem, not a file', async () => {
  const { status, body } = await auditor.get('/actors/member/404/export?reason=check');
  expect([status, body.code]).toEqual([404, 'ACTOR_NOT_FOUND']);
});
