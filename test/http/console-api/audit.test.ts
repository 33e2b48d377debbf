import { beforeEach, describe, expect, it } from 'vitest';
import type { Address } from '../../../src/actors/address.ts';
import type { AuditEntry } from '../../../src/http/console-api/staff-schemas.ts';
import { type Browser, type Console, serveConsole } from '../support/console-served.ts';

const LOG: Address = 'audit/log';

let console: Console;
let admin: Browser;
let auditor: Browser;
beforeEach(async () => {
  console = await serveConsole();
  admin = await console.signIn('admin');
  auditor = await console.signIn('auditor');
});

async function entries(query = ''): Promise<AuditEntry[]> {
  const { status, body } = await auditor.get(`/audit${query}`);
  expect(status).toBe(200);
  return body.data;
}

const add = (name: string, headers = {}) => admin.post('/users', { name, role: 'sre', reason: 'on call' }, headers);
const shortOf = ({ by, action, subject, outcome, code }: AuditEntry) => [by, action, subject, outcome, code];

describe('the audit log', () => {
  it('has one entry for each write, done or refused, and one for each sign-in', async () => {
    await console.browser().signIn('admin', 'wrong');
    await add('lin');
    await add('lin');
    await admin.post('/users', { name: 'X' });
    await admin.post('/users/lin/role', { role: 'viewer', reason: 'moved' }, { 'x-csrf-token': '' });
    await auditor.post('/users/lin/disable', { reason: 'no right to' });
    expect((await entries()).map(shortOf).reverse()).toEqual([
      ['admin', 'session.signIn', 'staff/admin', 'done', null],
      ['auditor', 'session.signIn', 'staff/auditor', 'done', null],
      ['admin', 'session.signIn', null, 'refused', 'SIGN_IN_FAILED'],
      ['admin', 'user.add', 'staff/lin', 'done', null],
      ['admin', 'user.add', 'staff/lin', 'refused', 'STAFF_EXISTS'],
      ['admin', 'user.add', null, 'refused', 'VALIDATION_FAILED'],
      ['admin', 'user.role', 'staff/lin', 'refused', 'CSRF_TOKEN_INVALID'],
      ['auditor', 'user.disable', 'staff/lin', 'refused', 'ROLE_REQUIRED'],
    ]);
  });

  it('says who, from where, as what, why and under which trace', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await add('lin', { traceparent });
    const [entry] = await entries('?action=user.add');
    expect(entry).toMatchObject({
      by: 'admin',
      role: 'admin',
      reason: 'on call',
      detail: { role: 'sre' },
      traceId: 'a'.repeat(32),
      ip: '127.0.0.1',
    });
  });

  it('keeps neither passwords nor what was typed for a name that nobody has', async () => {
    await console.browser().signIn('my-secret-password', 'hunter2hunter2');
    await admin.post('/users', { name: 'lin', role: 'sre', password: 'hunter2hunter2', reason: 'on call' });
    const text = JSON.stringify(await console.journal.page(LOG, 0, 1_000));
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('my-secret-password');
    expect((await entries('?by=unknown')).map(shortOf)).toEqual([
      ['unknown', 'session.signIn', null, 'refused', 'SIGN_IN_FAILED'],
    ]);
  });

  it('does not let an action begin that it cannot note', async () => {
    const { append } = console.journal;
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    console.journal.append = async (records) => {
      if (records.some(({ actor }) => actor === LOG)) await gate;
      return append.call(console.journal, records);
    };
    const pending = add('lin');
    for (let n = 0; n < 50; n++) await new Promise((resolve) => setImmediate(resolve));
    expect(await console.runtime.inspect('staff/lin')).toBeUndefined();
    open();
    expect((await pending).status).toBe(201);
  });

  it('notes a request that is repeated under its Idempotency-Key once', async () => {
    const headers = { 'idempotency-key': 'k1' };
    await auditor.get('/session');
    await admin.post('/users/auditor/enable', { reason: 'twice' }, headers);
    await admin.post('/users/auditor/enable', { reason: 'twice' }, headers);
    expect(await entries('?action=user.enable')).toHaveLength(1);
  });

  it('is filtered by who, what, on what, outcome and time, and paged', async () => {
    for (const name of ['lin', 'wang', 'zhao']) await add(name);
    console.clock.value += 60_000;
    await add('lin');
    expect(await entries('?subject=staff/lin')).toHaveLength(2);
    expect(await entries('?subject=staff/lin&outcome=refused')).toHaveLength(1);
    expect(await entries(`?action=user.add&from=${console.clock.value}`)).toHaveLength(1);
    expect(await entries(`?action=user.add&to=${console.clock.value - 1}`)).toHaveLength(3);
    expect(await entries('?by=lin')).toHaveLength(0);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await auditor.get(`/audit?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...body.data.map(({ id }: AuditEntry) => id));
      cursor = body.nextCursor;
    }
    expect(new Set(seen).size).toBe(6);
    expect(seen).toHaveLength(6);
  });

  it('takes no cursor of another filter', async () => {
    const { body } = await auditor.get('/audit?limit=1');
    expect((await auditor.get(`/audit?by=admin&cursor=${body.nextCursor}`)).body.code).toBe('CURSOR_INVALID');
  });

  it('is exported as CSV that no spreadsheet runs, for a reason, which is noted', async () => {
    await admin.post('/users', { name: 'lin', role: 'sre', reason: '=cmd|"/c calc"!A1, then' });
    expect((await auditor.get('/audit/export')).status).toBe(400);
    const { text, headers } = await auditor.get('/audit/export?reason=yearly%20review');
    expect(headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(text.split('\r\n')[0]).toContain('seq,at,by,role,action');
    expect(text).toContain(`"'=cmd|""/c calc""!A1, then"`);
    expect(await entries('?action=audit.export')).toMatchObject([
      { by: 'auditor', reason: 'yearly review', outcome: 'done' },
      { outcome: 'refused' },
    ]);
  });

  it('is one unbroken chain, and says where it was broken', async () => {
    await add('lin');
    expect((await auditor.get('/audit/verify')).body).toMatchObject({ isIntact: true, brokenAt: null });
    const fresh = await serveConsole();
    const other = await fresh.signIn('auditor');
    await fresh.signIn('admin');
    const { page } = fresh.journal;
    fresh.journal.page = async (...args) =>
      (await page.apply(fresh.journal, args)).map((record) =>
        record.actor === LOG && record.seq === 2 ? { ...record, at: record.at + 1 } : record,
      );
    expect((await other.get('/audit/verify')).body).toMatchObject({ isIntact: false, seq: 1, brokenAt: 2 });
  });
});
