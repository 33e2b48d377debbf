import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Browser, type Console, serveConsole } from '../support/console-served.ts';
import type { OpenStores } from './console-stores.contract.ts';

const REASON = 'identity checked by phone';
const ASK = { reason: REASON, reasonCode: 'identity_checked', ticket: 'T-1' };

/** Staff act in the console with the same result whatever the runtime keeps its records and lists in. */
export function workStoresContract(name: string, open: () => Promise<OpenStores>): void {
  describe(`acting in the console on ${name}`, () => {
    let stores: OpenStores;
    let server: Console;
    let ann: Browser;
    let bo: Browser;

    beforeAll(async () => {
      stores = await open();
      const fourEyes = { amountFen: 200_000, jobItems: 20, jobFen: 1_000_000, breakGlass: true };
      server = await serveConsole({ fourEyes }, stores);
      ann = await server.signIn('approver', 'ann');
      bo = await server.signIn('approver', 'bo');
    });

    afterAll(async () => {
      await server.close();
      await server.runtime.stop();
      await stores.close();
    });

    async function review(id: string, amountFen: number): Promise<string> {
      const post = { type: 'post', order: id, n: 1, kind: 'credit', pendingFen: 0, availableFen: amountFen };
      await server.tell('balance/u1', post);
      const account = { sealed: 'v1.x', masked: { identity: '138****0000', name: '*三' } };
      await server.tell(`withdrawal/${id}`, { type: 'request', userId: 'u1', amountFen, account, fingerprint: id });
      await server.runtime.waitUntil(`withdrawal/${id}`, ({ value }) => value === 'review', 5_000);
      return `/actors/withdrawal/${id}`;
    }

    async function headersFor(path: string, key: string, browser = ann): Promise<Record<string, string>> {
      const { body } = await browser.get(path);
      return { 'idempotency-key': key, 'if-match': `"${body.seq ?? body.approval.seq}"` };
    }

    it('counts where actors stand by version, and how they moved', async () => {
      await server.tell('member/u9', { type: 'freeze', by: 'ann', reason: REASON });
      const counted = async () => {
        const { versions, edges } = (await ann.get('/machines/member/map?hours=24')).body;
        const standing = versions.filter(({ count }: { count: number }) => count > 0);
        return standing.length > 0 && edges.length > 0 ? { standing, edges } : undefined;
      };
      const { version } = server.runtime.registry.logic('member');
      const { standing, edges } = await vi.waitUntil(counted, { timeout: 10_000, interval: 50 });
      expect(standing).toMatchObject([{ version, count: 1 }]);
      expect(edges).toEqual([{ id: 'member|freeze|member.frozen', count: 1 }]);
    });

    it('shows what an action would do, does it once, and answers the key with it ever after', async () => {
      const path = await review('wd_deny', 60_000);
      const { body: preview } = await ann.post(`${path}/events/deny/preview`, {});
      expect(preview).toMatchObject({ outcome: 'done', stateAfter: 'releasing', ledger: [{ kind: 'unhold' }] });
      const headers = await headersFor(`${path}/actions`, 'deny');
      const first = await ann.post(`${path}/events/deny`, ASK, headers);
      expect(first).toMatchObject({
        status: 200,
        body: { status: 'committed', seq: preview.seq + 1, isReplay: false },
      });
      expect((await ann.post(`${path}/events/deny`, ASK, headers)).body).toMatchObject({
        seq: first.body.seq,
        isReplay: true,
      });
      const stale = await bo.post(`${path}/events/deny`, ASK, { ...headers, 'idempotency-key': 'other' });
      expect(stale).toMatchObject({ status: 412, body: { code: 'PRECONDITION_FAILED' } });
    });

    it('approves a large withdrawal by two people', async () => {
      const path = await review('wd_large', 600_000);
      const asked = await ann.post(`${path}/events/approve`, ASK, await headersFor(`${path}/actions`, 'large'));
      expect(asked).toMatchObject({ status: 202, body: { status: 'approval' } });
      const approval = `/approvals/${asked.body.approval}`;
      const { data } = (await bo.get('/approvals?state=requested')).body;
      expect(data).toMatchObject([{ id: asked.body.approval, canDecide: true }]);
      const decision = { reason: 'looked at the evidence' };
      const alone = await ann.post(`${approval}/approve`, decision, await headersFor(approval, 'own'));
      expect(alone).toMatchObject({ status: 409, body: { code: 'APPROVAL_SAME_PERSON' } });
      const headers = await headersFor(approval, 'second', bo);
      const both = await Promise.all([1, 2].map(() => bo.post(`${approval}/approve`, decision, headers)));
      for (const { status, body } of both) {
        expect([status, body]).toMatchObject([200, { approval: { state: 'approved' } }]);
      }
      expect(await bo.resultOf(approval)).toMatchObject({ outcome: 'done' });
      expect((await server.runtime.inspect('withdrawal/wd_large'))?.state).toBe('paying.sending');
      expect((await bo.get('/approvals?state=requested')).body.data).toEqual([]);
    });

    it('keeps what staff follow, save and are named in, and exports a whole history', async () => {
      const path = await review('wd_followed', 60_000);
      await ann.post(`${path}/follow`, {});
      const view = { name: '早班', path: 'incidents?show=open' };
      await ann.post('/desk/views', view);
      await bo.post(`${path}/notes`, { text: '@ann have a look' }, { 'idempotency-key': 'named' });
      expect((await ann.get('/desk')).body).toMatchObject({
        followed: ['withdrawal/wd_followed'],
        views: [view],
        mentions: [{ about: 'withdrawal/wd_followed', by: 'bo' }],
      });
      expect((await ann.get('/home')).body.followed).toMatchObject([{ id: 'wd_followed', state: 'review' }]);
      const auditor = await server.signIn('auditor');
      const lines = (await auditor.get(`${path}/export?reason=check`)).text.trimEnd().split('\n');
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ isComplete: true, lastSeq: lines.length - 1 });
      const deny = await headersFor(`${path}/actions`, 'deny followed');
      await ann.post(`${path}/events/deny`, { ...ASK, ticket: 'T-42' }, deny);
      expect((await ann.post('/search', { q: 'T-42' })).body.results).toMatchObject([
        { address: 'withdrawal/wd_followed' },
      ]);
    });

    it('lets one do alone in an emergency what takes two, once, and another review it', async () => {
      const path = await review('wd_glass', 600_000);
      const asked = await ann.post(`${path}/events/approve`, ASK, await headersFor(`${path}/actions`, 'glass'));
      const approval = `/approvals/${asked.body.approval}`;
      const waitingFor = async (who: typeof ann) => JSON.stringify((await who.get('/home')).body.approvals);
      expect(await waitingFor(bo)).toContain(asked.body.approval);
      expect(await waitingFor(ann)).not.toContain(asked.body.approval);
      const glass = { reason: 'nobody else can be reached', ticket: 'SEV-1', confirm: 'lass' };
      const headers = await headersFor(approval, 'break');
      const both = await Promise.all([1, 2].map(() => ann.post(`${approval}/break-glass`, glass, headers)));
      for (const { status, body } of both) {
        expect([status, body]).toMatchObject([200, { approval: { state: 'unreviewed' } }]);
      }
      expect(await bo.resultOf(approval)).toMatchObject({ outcome: 'done' });
      expect((await bo.get('/home')).body.reviews).toMatchObject([{ id: asked.body.approval }]);
      const reviewed = await headersFor(approval, 'review', bo);
      const { body } = await bo.post(`${approval}/agree`, { reason: 'it was right to do so' }, reviewed);
      expect(body.approval).toMatchObject({ state: 'reviewed', reviewedBy: 'bo' });
      expect((await bo.get('/home')).body.reviews).toEqual([]);
    });

    it('lists notes, parked messages, timers, counts and jobs', async () => {
      const path = await review('wd_listed', 60_000);
      for (const n of [1, 2, 3]) await ann.post(`${path}/notes`, { text: `note ${n}` }, { 'idempotency-key': `n${n}` });
      const page = (await ann.get(`${path}/notes?limit=2`)).body;
      const rest = (await ann.get(`${path}/notes?limit=2&cursor=${page.nextCursor}`)).body;
      expect([page.data.length, rest.data.length, rest.hasMore]).toEqual([2, 1, false]);
      const broken = { type: 'post', order: 'x', n: 1, kind: 'credit', pendingFen: 0.5, availableFen: 0 };
      await server.tell('balance/u2', broken);
      await server.runtime.rows({ table: 'none', owner: 'none', limit: 1 });
      expect((await ann.get('/deadletters')).body).toMatchObject({
        undeliveredCount: 0,
        data: [{ kind: 'parked', to: 'balance/u2', reason: { code: 'STEP_FAILED' } }],
      });
      const { machine } = (await ann.get('/machines/withdrawal/map')).body;
      expect(machine.states.find(({ state }: { state: string }) => state === 'review')).toMatchObject({ count: 1 });
      expect((await ann.get('/machines/withdrawal/actors?state=review')).body.data).toMatchObject([
        { id: 'wd_listed' },
      ]);
      const job = { ...ASK, type: 'withdrawal', ids: ['wd_listed'], event: 'deny' };
      expect((await ann.post('/jobs', job, { 'idempotency-key': 'job' })).body).toMatchObject({ state: 'running' });
      expect((await ann.get('/jobs')).body.data).toMatchObject([{ state: 'running', count: 1 }]);
      const due = (await ann.get('/timers')).body.data.map(({ address }: { address: string }) => address.split('/')[0]);
      expect(due).toContain('job');
    });
  });
}
