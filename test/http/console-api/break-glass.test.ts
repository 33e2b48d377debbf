/**
 * What needs two done by one in an emergency: only where it is allowed, confirmed twice, on record, and reviewed by another.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Browser, type Console, serveConsole } from '../support/console-served.ts';

const LIMITS = { amountFen: 200_000, jobItems: 1, jobFen: 1_000_000 };
const ASK = { reason: 'identity checked by phone', reasonCode: 'identity_checked', ticket: 'T-1' };
const GLASS = { reason: 'nobody else can be reached', ticket: 'SEV-7', confirm: 'wd_1' };

let server: Console;
let ann: Browser;
let bo: Browser;
const warnings: unknown[] = [];

async function open(breakGlass: boolean): Promise<void> {
  warnings.length = 0;
  const log = { debug() {}, info() {}, warn: (...words: unknown[]) => void warnings.push(words), error() {} };
  server = await serveConsole({ fourEyes: { ...LIMITS, breakGlass }, log });
  ann = await server.signIn('approver', 'ann');
  bo = await server.signIn('approver', 'bo');
}

beforeEach(() => open(true));
afterEach(() => server.close());

/** A request of ann's to pay a large withdrawal out. */
async function requested(): Promise<string> {
  const post = { type: 'post', order: '1', n: 1, kind: 'credit', pendingFen: 0, availableFen: 600_000 };
  await server.tell('balance/u1', post);
  const account = { sealed: 'v1.x', masked: { identity: '138****0000', name: '*三' } };
  const wanted = { type: 'request', userId: 'u1', amountFen: 600_000, account, fingerprint: 'f' };
  await server.tell('withdrawal/wd_1', wanted);
  await server.runtime.waitUntil('withdrawal/wd_1', ({ value }) => value === 'review', 1_000);
  return ask('/actors/withdrawal/wd_1', 'approve');
}

let keys = 0;
const headers = (seq: number) => {
  keys += 1;
  return { 'idempotency-key': `k${keys}`, 'if-match': `"${seq}"` };
};

async function ask(path: string, event: string, more: object = {}): Promise<string> {
  const { seq } = (await ann.get(path)).body;
  const { body, text } = await ann.post(`${path}/events/${event}`, { ...ASK, ...more }, headers(seq));
  if (body.status !== 'approval') throw new Error(text);
  return `/approvals/${body.approval}`;
}

const detailOf = async (browser: Browser, path: string) => (await browser.get(path)).body.approval;
async function say(browser: Browser, path: string, verb: string, body: object) {
  return browser.post(`${path}/${verb}`, body, headers((await detailOf(browser, path)).seq));
}

async function auditOf(action: string) {
  return (await server.runtime.rows({ table: 'audit', owner: `action:${action}`, limit: 10 })).map(({ data }) => data);
}

describe('breaking the glass', () => {
  it('carries it out at once, and loudly', async () => {
    const path = await requested();
    expect(await detailOf(ann, path)).toMatchObject({ canBreakGlass: true, canDecide: false });
    expect(await detailOf(bo, path)).toMatchObject({ canBreakGlass: false, canDecide: true });
    const { status, body } = await say(ann, path, 'break-glass', GLASS);
    expect([status, body]).toMatchObject([
      200,
      { approval: { state: 'unreviewed', emergency: 'SEV-7', decidedBy: 'ann' }, result: { outcome: 'done' } },
    ]);
    expect((await server.runtime.inspect('withdrawal/wd_1'))?.state).toBe('paying.sending');
    expect(await auditOf('approval.breakGlass')).toMatchObject([
      { by: 'ann', outcome: 'done', ticket: 'SEV-7', detail: { event: 'approve', amountFen: 600_000 } },
    ]);
    expect(warnings).toHaveLength(1);
  });

  it('happens once, however often it is sent', async () => {
    const path = await requested();
    const once = headers((await detailOf(ann, path)).seq);
    const both = await Promise.all([1, 2].map(() => ann.post(`${path}/break-glass`, GLASS, once)));
    for (const { status } of both) expect(status).toBe(200);
    const records = await server.runtime.history('withdrawal/wd_1', 0, 20);
    const approvals = records.flatMap(({ messages }) => messages).filter(({ event }) => event.type === 'approve');
    expect(approvals).toHaveLength(1);
    expect((await say(bo, path, 'approve', { reason: 'now I am awake' })).body.code).toBe('APPROVAL_DECIDED');
  });

  it('takes the end of the id, a ticket, and whoever asked', async () => {
    const path = await requested();
    expect((await say(ann, path, 'break-glass', { ...GLASS, confirm: 'wd_2' })).body.code).toBe(
      'BREAK_GLASS_UNCONFIRMED',
    );
    const { ticket: _, ...without } = GLASS;
    expect((await say(ann, path, 'break-glass', without)).status).toBe(400);
    expect((await say(bo, path, 'break-glass', GLASS)).body.code).toBe('BREAK_GLASS_NEEDLESS');
    const operator = await server.signIn('operator');
    expect((await say(operator, path, 'break-glass', GLASS)).body.code).toBe('ROLE_REQUIRED');
    expect((await server.runtime.inspect('withdrawal/wd_1'))?.state).toBe('review');
  });

  it('is never how a balance is put right, or a job begun', async () => {
    await requested();
    const adjustment = await ask('/actors/balance/u1', 'adjust', { params: { deltaFen: 100 } });
    expect(await detailOf(ann, adjustment)).toMatchObject({ canBreakGlass: false });
    expect((await say(ann, adjustment, 'break-glass', { ...GLASS, confirm: 'u1' })).body.code).toBe(
      'BREAK_GLASS_NEVER',
    );
    await server.tell('member/u1', { type: 'channelBound', channel: 'relation-1', by: 'x' });
    await server.tell('member/u2', { type: 'channelBound', channel: 'relation-2', by: 'x' });
    const wanted = { ...ASK, type: 'member', ids: ['u1', 'u2'], event: 'freeze' };
    const { body: job } = await ann.post('/jobs', wanted, { 'idempotency-key': 'job' });
    const path = `/approvals/${job.approval}`;
    expect((await say(ann, path, 'break-glass', { ...GLASS, confirm: job.id.slice(-4) })).body.code).toBe(
      'BREAK_GLASS_NEVER',
    );
  });

  it('is refused where it is not allowed', async () => {
    await server.close();
    await open(false);
    const path = await requested();
    expect(await detailOf(ann, path)).toMatchObject({ canBreakGlass: false });
    expect((await say(ann, path, 'break-glass', GLASS)).body.code).toBe('BREAK_GLASS_OFF');
    expect((await server.runtime.inspect('withdrawal/wd_1'))?.state).toBe('review');
  });
});

describe('the review afterwards', () => {
  it('stays with every other approver until one of them has reviewed it', async () => {
    const path = await requested();
    await say(ann, path, 'break-glass', GLASS);
    const cy = await server.signIn('approver', 'cy');
    const operator = await server.signIn('operator');
    const due = async (browser: Browser) => (await browser.get('/home')).body.reviews.length;
    expect(await Promise.all([ann, bo, cy, operator].map(due))).toEqual([0, 1, 1, 0]);
    expect((await say(ann, path, 'agree', { reason: 'I was quite right' })).body.code).toBe('APPROVAL_SAME_PERSON');
    const { body } = await say(bo, path, 'object', { reason: 'it could have waited' });
    expect(body.approval).toMatchObject({ state: 'objected', reviewedBy: 'bo', reviewReason: 'it could have waited' });
    expect(await Promise.all([bo, cy].map(due))).toEqual([0, 0]);
    expect((await say(cy, path, 'agree', { reason: 'I see it otherwise' })).body.code).toBe('APPROVAL_DECIDED');
    expect(await auditOf('approval.object')).toMatchObject([{ by: 'bo', outcome: 'done' }]);
  });
});
