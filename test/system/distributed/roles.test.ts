import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seriesOf } from '../../support/metrics-world.ts';
import { killAll, until } from '../../support/server-process.ts';
import { needsRedisServer, needsService } from '../../support/services.ts';
import { toYuan } from '../money-oracle.ts';
import { FINAL, type NodeEntry, type Withdrawal, withdrawalId } from '../rest-client.ts';
import { Cluster, type ClusterNode } from './cluster.ts';

const USER = 'divided';
const FUNDS_FEN = 70_000;
const AMOUNT_FEN = 100;
const WITHDRAWALS = 20;
const PAYEE = { identity: 'payee@example.com', name: '收款人' };
/** After 10 s of silence, as others see it a moment later. */
const SILENT_WITHIN_MS = 40_000;
/** After 20 s of silence. */
const RETIRED_WITHIN_MS = 40_000;

const mongodbUrl = needsService('mongodb');
needsRedisServer();
let cluster: Cluster;
let api: ClusterNode;
let worker: ClusterNode;

beforeAll(async () => {
  cluster = await Cluster.start({ mongodbUrl, title: 'roles', nodes: [{ ROLE: 'api' }, { ROLE: 'worker' }] });
  [api, worker] = cluster.nodes as [ClusterNode, ClusterNode];
  await cluster.startNodes();
  const relationId = '2884000000000000001';
  await api.staff().settle('PUT', `/v1/staff/members/${USER}/channel`, { relationId });
  await cluster.sandbox.orders([
    {
      trade_id: '4130000000000000001',
      tk_status: 3,
      relation_id: relationId,
      pub_share_fee: toYuan(FUNDS_FEN / 0.7),
      alimama_share_fee: '0',
    },
  ]);
  await until('funds', 60_000, async () =>
    (await api.clientOf(USER).account()).availableFen === FUNDS_FEN ? true : undefined,
  );
}, 240_000);

afterAll(async () => {
  killAll();
  await cluster.remove();
}, 60_000);

const nodesOf = async (role: string) =>
  (await api.staff().read<{ data: NodeEntry[] }>('/v1/staff/nodes')).data.filter((node) => node.role === role);

describe('a worker', () => {
  it('names nothing that it does not serve', () => {
    const printed = worker.process.stdout();
    expect(printed).toContain(`${worker.url}/readyz`);
    expect(printed).not.toMatch(/\/v1|\/docs|openapi/);
    expect(api.process.stdout()).toContain(`${api.url}/v1`);
  });

  it('serves its health and nothing else', async () => {
    for (const path of ['/livez', '/readyz']) expect((await fetch(`${worker.url}${path}`)).status).toBe(200);
    for (const path of ['/v1/account', '/v1/withdrawals', '/v1/staff/nodes', '/docs', '/openapi.json', '/']) {
      expect((await worker.staff().send('GET', path)).status, path).toBe(404);
    }
  });
});

describe('the internal port of each role', () => {
  const metricsOf = async ({ process }: ClusterNode) => {
    const [, url = ''] = /^ *Metrics +(http:\S+)/m.exec(process.stdout()) ?? [];
    return seriesOf(await (await fetch(url)).text());
  };

  it('shows its leases and calls, and the oldest of them what is true of all', { timeout: 60_000 }, async () => {
    const [ofApi, ofWorker] = [await metricsOf(api), await metricsOf(worker)];
    const count = (name: string) => (ofApi.get(name) ?? 0) + (ofWorker.get(name) ?? 0);
    for (const series of [ofApi, ofWorker]) {
      expect(series.get('rebate_lease_servers{state="usable"}')).toBe(
        series.get('rebate_lease_servers{state="configured"}'),
      );
      expect(series.get('rebate_call_queue_usable')).toBe(1);
    }
    expect(count('rebate_lease_requests_total{result="granted"}')).toBeGreaterThan(0);
    expect(ofWorker.get('rebate_call_queue_attempts_total{result="started"}')).toBeGreaterThan(0);
    expect(ofApi.get('rebate_call_queue_attempts_total{result="started"}')).toBe(0);
    const shown = [ofApi, ofWorker].map((series) => series.get('rebate_nodes{status="live"}'));
    expect(shown.filter((live) => live !== undefined)).toEqual([2]);
  });
});

describe('an api without a worker', () => {
  it('takes and answers everything; a worker that comes later pays it, once each', { timeout: 180_000 }, async () => {
    await worker.process.end('SIGTERM');
    expect((await nodesOf('worker')).map(({ status }) => status)).toEqual(['retired']);
    const client = api.clientOf(USER);
    for (let count = 1; count <= WITHDRAWALS; count += 1) {
      const { status, body } = await client.withdraw(`key-${count}`, AMOUNT_FEN, PAYEE);
      expect([201, 202]).toContain(status);
      expect(body['id']).toBe(withdrawalId(USER, `key-${count}`));
    }
    // Above 10 yuan a person decides, which needs no worker either.
    const asked = await client.withdraw('large', 1_500, PAYEE);
    expect(asked.body['status']).toBe('review');
    const canceled = await client.settle('POST', `/v1/withdrawals/${withdrawalId(USER, 'large')}/cancel`);
    expect(canceled.status).toBe(200);
    await until('it is canceled', 30_000, async () =>
      (await client.withdrawal(withdrawalId(USER, 'large'))).status === 'canceled' ? true : undefined,
    );
    expect((await cluster.sandbox.book()).payouts).toEqual([]);
    const open = await client.list<Withdrawal>('/v1/withdrawals');
    expect(open.filter(({ status }) => status === 'processing')).toHaveLength(WITHDRAWALS);

    await worker.start();
    await until('all is paid', 90_000, async () => {
      const all = await client.list<Withdrawal>('/v1/withdrawals');
      return all.length === WITHDRAWALS + 1 && all.every(({ status }) => FINAL.includes(status)) ? true : undefined;
    });
    const { payouts } = await cluster.sandbox.book();
    expect(payouts.filter(({ payout }) => payout?.status === 'SUCCESS')).toHaveLength(WITHDRAWALS);
    await until('the account has followed', 30_000, async () => {
      const { availableFen, heldFen } = await client.account();
      return availableFen === FUNDS_FEN - WITHDRAWALS * AMOUNT_FEN && heldFen === 0 ? true : undefined;
    });
  });
});

describe('GET /v1/staff/nodes', () => {
  it('shows who lives, who fell silent and who is retired', { timeout: 180_000 }, async () => {
    const [here] = await nodesOf('api');
    expect(here).toMatchObject({ role: 'api', status: 'live' });
    expect(here?.lag).toBe((here?.batch ?? 0) - (here?.watermark ?? 0));
    expect(Date.parse(here?.heartbeatAt ?? '')).toBeGreaterThan(Date.parse(here?.startedAt ?? ''));
    const killed = (await nodesOf('worker')).find(({ status }) => status === 'live');
    if (killed === undefined) throw new Error('a worker lives');
    await worker.kill();
    const statusOf = async () => (await nodesOf('worker')).find(({ id }) => id === killed.id)?.status;
    await until('it is silent', SILENT_WITHIN_MS, async () => ((await statusOf()) === 'silent' ? true : undefined));
    await until('it is retired', RETIRED_WITHIN_MS, async () => ((await statusOf()) === 'retired' ? true : undefined));
    expect((await nodesOf('worker')).filter(({ lag, status }) => status === 'retired' && lag > 0)).toEqual([]);
    expect((await nodesOf('api')).filter(({ status }) => status === 'live')).toHaveLength(1);
  });
});
