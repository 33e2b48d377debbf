import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, killAll, until } from '../../support/server-process.ts';
import { needsRedisServer, needsService } from '../../support/services.ts';
import { toYuan } from '../money-oracle.ts';
import { RestClient, token, withdrawalId } from '../rest-client.ts';
import { Cluster } from './cluster.ts';

const USER = 'patient';
const FUNDS_FEN = 7_000;
const AMOUNT_FEN = 700;
const HOLD_MS = 15_000;
const PAYEE = { identity: 'payee@example.com', name: '收款人' };

interface PolicyEntry {
  readonly dependency: string;
  readonly policy: string;
  readonly state: string;
  readonly hold: { readonly by: string; readonly reason: string } | null;
}

const mongodbUrl = needsService('mongodb');
needsRedisServer();
let cluster: Cluster;
let opsUrls: readonly string[];

beforeAll(async () => {
  const ports = [await freePort(), await freePort()];
  opsUrls = ports.map((port) => `http://127.0.0.1:${port}`);
  const nodes = ports.map((port) => ({ OPS_PORT: String(port) }));
  cluster = await Cluster.start({ mongodbUrl, title: 'holds', nodes });
  await cluster.startNodes();
  const [one] = cluster.nodes;
  const relationId = '2884000000000000002';
  await one?.staff().settle('PUT', `/v1/staff/members/${USER}/channel`, { relationId });
  await cluster.sandbox.orders([
    {
      trade_id: '4130000000000000002',
      tk_status: 3,
      relation_id: relationId,
      pub_share_fee: toYuan(FUNDS_FEN / 0.7),
      alimama_share_fee: '0',
    },
  ]);
  await until('funds', 60_000, async () =>
    (await one?.clientOf(USER).account())?.availableFen === FUNDS_FEN ? true : undefined,
  );
}, 240_000);

afterAll(async () => {
  killAll();
  await cluster.remove();
}, 60_000);

/** The breaker of transfers, as that node shows it. */
async function transfersAt(opsUrl: string): Promise<PolicyEntry | undefined> {
  const response = await fetch(`${opsUrl}/ops/dependencies`);
  const { data } = (await response.json()) as { data: PolicyEntry[] };
  return data.find(({ dependency, policy }) => dependency === 'alipay' && policy === 'transfer');
}

describe('a hold', () => {
  it('on one node keeps every node from sending, and ends by itself on all', { timeout: 120_000 }, async () => {
    const [first = '', second = ''] = opsUrls;
    const sre = new RestClient(first, token('sre-ann', 'sre'));
    const hold = { reason: 'Alipay asked us to stop', ttlMs: HOLD_MS };
    expect((await sre.send('POST', '/ops/dependencies/alipay/transfer/hold', hold)).status).toBe(200);
    const isHeld = async () => {
      const seen = await transfersAt(second);
      return seen?.state === 'isolated' ? seen : undefined;
    };
    expect((await until('the other node holds too', HOLD_MS, isHeld)).hold).toMatchObject({ by: 'sre-ann' });

    const client = cluster.nodes[1]?.clientOf(USER) as RestClient;
    expect((await client.withdraw('held', AMOUNT_FEN, PAYEE)).status).toBe(201);
    const id = withdrawalId(USER, 'held');
    await until('the payout waits', HOLD_MS, async () =>
      (await client.withdrawal(id)).state === 'paying.postponed' ? true : undefined,
    );
    expect((await cluster.sandbox.book()).payouts).toEqual([]);

    await until('it is paid', 60_000, async () => ((await client.withdrawal(id)).status === 'paid' ? true : undefined));
    for (const url of opsUrls) expect(await transfersAt(url)).toMatchObject({ state: 'closed', hold: null });
    const { payouts } = await cluster.sandbox.book();
    expect(payouts.map(({ payout }) => payout)).toMatchObject([{ amountFen: AMOUNT_FEN, status: 'SUCCESS' }]);
    expect(payouts[0]?.arrivals).toHaveLength(1);
  });
});
