import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { toWithdrawalId } from '../../../src/http/withdrawal-id.ts';
import { type Browser, type Console, type Stores, serveConsole } from '../support/console-served.ts';

const ID = toWithdrawalId('u1', 'k1');

export interface OpenStores extends Stores {
  close(): Promise<void>;
}

/** The console answers the same whatever the runtime keeps its records and lists in. */
export function consoleStoresContract(name: string, open: () => Promise<OpenStores>): void {
  describe(`the console on ${name}`, () => {
    let stores: OpenStores;
    let console: Console;
    let admin: Browser;
    beforeAll(async () => {
      stores = await open();
      console = await serveConsole({}, stores);
      admin = await console.signIn('admin');
      for (let n = 1; n <= 5; n++) {
        await console.tell('balance/u1', {
          type: 'post',
          order: '1',
          n,
          kind: 'credit',
          pendingFen: 0,
          availableFen: 20_000,
        });
      }
      await console.tell(`withdrawal/${ID}`, {
        type: 'request',
        userId: 'u1',
        amountFen: 60_000,
        account: { sealed: 's', masked: { identity: '1***', name: '**' } },
        fingerprint: 'f',
      });
      await console.runtime.waitUntil(`withdrawal/${ID}`, ({ value }) => value === 'review', 5_000);
    });
    afterAll(async () => {
      await console.close();
      await console.runtime.stop();
      await stores.close();
    });

    it('adds users, shows them as they are now, and ends their sessions', async () => {
      const made = await admin.post('/users', { name: 'lin', role: 'sre', reason: 'on call' });
      expect(made).toMatchObject({ status: 201, body: { name: 'lin', role: 'viewer' } });
      const second = await console.signIn('admin', 'second');
      const path = `/approvals/${made.body.approval}`;
      const headers = { 'idempotency-key': 'grant', 'if-match': `"${(await second.get(path)).body.approval.seq}"` };
      await second.post(`${path}/approve`, { reason: 'lin is on call' }, headers);
      expect(await second.resultOf(path)).toMatchObject({ outcome: 'done' });
      const lin = console.browser();
      expect((await lin.signIn('lin', made.body.password)).body).toMatchObject({ role: 'sre' });
      const changed = await admin.post('/users/lin/role', { role: 'viewer', reason: 'moved' });
      expect(changed).toMatchObject({ status: 200, body: { role: 'viewer' } });
      expect((await lin.get('/session')).status).toBe(401);
    });

    it('lists and checks the audit log', async () => {
      const { data } = (await admin.get('/audit?subject=staff/lin')).body;
      expect(data.map(({ action }: { action: string }) => action)).toEqual(['user.role', 'session.signIn', 'user.add']);
      const page = (await admin.get('/audit?limit=2')).body;
      const rest = (await admin.get(`/audit?cursor=${page.nextCursor}`)).body;
      expect([page.data.length, rest.data.length, rest.hasMore]).toEqual([2, 4, false]);
      expect((await admin.get('/audit/verify')).body).toMatchObject({ isIntact: true });
    });

    it('finds, shows and replays an actor, and its ledger', async () => {
      const { exact } = (await admin.post('/search', { q: ID })).body;
      expect(exact).toBe(`withdrawal/${ID}`);
      const near = async () => (await admin.post('/search', { q: ID.slice(0, -1) })).body.near[0]?.address;
      expect(await vi.waitUntil(near, { timeout: 10_000, interval: 50 })).toBe(exact);
      const entity = (await admin.get(`/actors/${exact}`)).body;
      expect(entity).toMatchObject({ state: 'review', amountFen: 60_000, owner: 'u1' });
      expect((await admin.get(`/actors/${exact}/at/1`)).body.state).toBe('holding');
      expect((await admin.get(`/actors/${exact}/journal`)).body.lastSeq).toBe(entity.seq);
      const { data } = (await admin.get('/accounts/u1/ledger')).body;
      expect(data.map(({ after }: { after: { availableFen: number } }) => after.availableFen)).toEqual([
        40_000, 100_000, 80_000, 60_000, 40_000, 20_000,
      ]);
    });
  });
}
