/**
 * User ids that say something about a person: nobody sees one without a reason, and everything still works.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Veil } from '../../../src/http/console-api/veil.ts';
import { orderRow } from '../../support/order-rows.ts';
import { type Browser, type Console, ROLES, serveConsole } from '../support/console-served.ts';

const PHONE = '13800138000';
const ID = 'wd_masked';

describe('a cover', () => {
  const veil = new Veil('a key', 'personal');

  it('is the same for the same id, opens under its own key only, and shows what the display rule lets through', () => {
    const cover = veil.id(PHONE);
    expect(cover).toMatch(/^masked\.138-00\./);
    expect(cover).not.toContain('13800138');
    expect(new Veil('a key', 'personal').id(PHONE)).toBe(cover);
    expect(veil.uncover(`actor:balance/${cover},dependencies`)).toBe(`actor:balance/${PHONE},dependencies`);
    expect(new Veil('another key', 'personal').uncover(cover)).toBe(cover);
    const forged = `${cover.slice(0, -1)}${cover.endsWith('A') ? 'B' : 'A'}`;
    expect(veil.uncover(forged)).toBe(forged);
  });

  it.each([
    ['u1', false],
    ['u-20391', false],
    ['4082390712345678901', false],
    [PHONE, true],
    ['lin@example.com', true],
    ['11010519491231002X', true],
  ])('of %s by default: %s', (id, isMasked) => {
    expect(veil.id(id).startsWith('masked.')).toBe(isMasked);
    expect(new Veil('a key', 'all').id(id).startsWith('masked.')).toBe(true);
    expect(new Veil('a key', 'none').id(id)).toBe(id);
  });

  it('stands wherever the id of a user stands, and nowhere else', () => {
    const data = {
      owner: PHONE,
      tells: [{ to: `balance/${PHONE}`, id: `balance/${PHONE}#3.0`, event: { by: PHONE } }],
      changes: [{ cause: `api:${PHONE}` }],
      itemId: '13900139000',
      count: 1,
    };
    const covered = veil.cover(data);
    expect(JSON.stringify(covered)).not.toContain(PHONE);
    expect(covered).toMatchObject({ itemId: '13900139000', count: 1 });
    expect(JSON.parse(veil.uncover(JSON.stringify(covered)))).toEqual(data);
    const incident = { owner: PHONE, snoozedUntil: null };
    expect(veil.cover(incident)).toEqual(incident);
  });
});

describe('the console', () => {
  let server: Console;
  const browsers = new Map<string, Browser>();
  let operator: Browser;
  beforeAll(async () => {
    server = await serveConsole();
    for (const role of ROLES) browsers.set(role, await server.signIn(role));
    operator = browsers.get('operator') as Browser;
    await server.tell(`channel/relation-1`, { type: 'bind', userId: PHONE, by: 'x' });
    await server.tell(`member/${PHONE}`, { type: 'channelBound', channel: 'relation-1', by: 'x' });
    await server.tell('order/4082390712345678901', { type: 'row', row: orderRow(), owner: PHONE } as never);
    const post = { type: 'post', order: '1', n: 1, kind: 'credit', pendingFen: 0, availableFen: 60_000 };
    await server.tell(`balance/${PHONE}`, post);
    const account = { sealed: 'v1.x', masked: { identity: '138****0000', name: '*三' } };
    const wanted = { type: 'request', userId: PHONE, amountFen: 60_000, account, fingerprint: 'f' };
    await server.runtime.send(`withdrawal/${ID}`, wanted, { cause: `api:${PHONE}` });
    await server.runtime.waitUntil(`withdrawal/${ID}`, ({ value }) => value === 'review', 1_000);
    await operator.post(`/actors/member/${PHONE}/follow`, {});
    await operator.post(`/actors/member/${PHONE}/notes`, { text: 'hello @viewer' }, { 'idempotency-key': 'n' });
    await server.elapse(0);
  });
  afterAll(() => server.close());

  it('sends no such id in any answer to anybody', async () => {
    const cover = (await operator.get(`/actors/withdrawal/${ID}`)).body.owner as string;
    const paths = new Set(
      server.routes
        .filter(({ method, url }) => method === 'GET' && url.startsWith('/console/api/') && !url.endsWith('/stream'))
        .flatMap(({ url }) =>
          [`withdrawal/${ID}`, `member/${cover}`, `balance/${cover}`, 'channel/relation-1'].map((actor) =>
            url
              .slice('/console/api'.length)
              .replace(':type/:id', actor)
              .replace(':type', actor.split('/')[0] ?? '')
              .replace(':seq', '1')
              .replace(':userId', cover)
              .replace(/\/export$/, '/export?reason=check'),
          ),
        ),
    );
    let coveredCount = 0;
    for (const path of paths) {
      for (const [role, browser] of browsers) {
        const { status, text } = await browser.get(path);
        expect(text, `${role} ${path} ${status}`).not.toContain(PHONE);
        if (status === 200 && text.includes(cover)) coveredCount += 1;
      }
    }
    for (const q of [ID, PHONE, cover]) {
      const { status, text } = await operator.post('/search', { q });
      expect([status, text.includes(PHONE)]).toEqual([200, false]);
    }
    expect(coveredCount).toBeGreaterThan(60);
  });

  it('finds by the whole id, leads on by the cover, and writes where the id would', async () => {
    const { body } = await operator.post('/search', { q: PHONE });
    const member = body.results.find(({ type }: { type: string }) => type === 'member');
    expect((await operator.get(`/actors/${member.address}`)).body).toMatchObject({ address: member.address });
    expect((await operator.get(`/accounts/${member.id}`)).body).toMatchObject({ userId: member.id, availableFen: 0 });
    const { seq } = (await operator.get(`/actors/${member.address}`)).body;
    const why = { reason: 'asked by the customer', reasonCode: 'risk', ticket: 'T-1' };
    const headers = { 'idempotency-key': 'freeze', 'if-match': `"${seq}"` };
    expect((await operator.post(`/actors/${member.address}/events/freeze`, why, headers)).status).toBe(200);
    expect((await server.runtime.inspect(`member/${PHONE}`))?.state).toBe('frozen');
    const job = { type: 'member', ids: [member.id, 'nobody'], event: 'freeze' };
    const preview = await operator.post('/jobs/preview', job);
    expect([preview.status, preview.text.includes(PHONE)]).toEqual([200, false]);
  });

  it('shows it for a minute to who says why, on record', async () => {
    const { status, body } = await operator.post(`/actors/withdrawal/${ID}/reveal`, {
      field: 'owner',
      reason: 'the customer is on the phone',
    });
    expect([status, body.value]).toEqual([200, PHONE]);
    const [line] = await server.runtime.rows({ table: 'audit', owner: 'action:reveal', limit: 1 });
    expect(line?.data).toMatchObject({ by: 'operator', outcome: 'done', detail: { field: 'owner' } });
    const viewer = browsers.get('viewer') as Browser;
    expect((await viewer.post(`/actors/withdrawal/${ID}/reveal`, { field: 'owner', reason: 'x' })).status).toBe(403);
  });
});
