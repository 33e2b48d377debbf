import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killAll, pause, until } from '../../support/server-process.ts';
import { needsRedisServer, needsService } from '../../support/services.ts';
import { seeded, toYuan } from '../money-oracle.ts';
import { FINAL, type LedgerRow, RestClient, sumOf, token, type Withdrawal, withdrawalId } from '../rest-client.ts';
import { Cluster } from './cluster.ts';

const SEED = 20_260_221;
const FUNDS_FEN = 7_000_000;
const PAYEE = { identity: 'payee@example.com', name: '收款人' };
const WRITES = 1_000;
/** Users of the first test, each of which writes and reads one after the other. */
const WRITERS = 4;
const CROWD = 64;
const CROWD_WITHDRAWALS = 5;

const mongodbUrl = needsService('mongodb');
needsRedisServer();
const random = seeded(SEED);
let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start({ mongodbUrl, title: 'reads', nodes: [{}, {}, {}] });
  await cluster.startNodes();
}, 180_000);

afterAll(async () => {
  killAll();
  await cluster.remove();
}, 60_000);

const relationOf = (number: number) => String(2_883_000_000_000_000_000n + BigInt(number));

/** Gives the user money, by an order of the partner's. */
async function fund(userId: string, number: number): Promise<void> {
  const [node] = cluster.nodes;
  const relationId = relationOf(number);
  await node?.staff().settle('PUT', `/v1/staff/members/${userId}/channel`, { relationId });
  await cluster.sandbox.orders([
    {
      trade_id: String(4_110_000_000_000_000_000n + BigInt(number)),
      tk_status: 3,
      relation_id: relationId,
      pub_share_fee: toYuan(FUNDS_FEN / 0.7),
      alimama_share_fee: '0',
    },
  ]);
  await until(`${userId} has funds`, 60_000, async () =>
    (await node?.clientOf(userId).account())?.availableFen === FUNDS_FEN ? true : undefined,
  );
}

/** Two different nodes. */
function pickTwo() {
  const writer = random.below(3);
  const [wrote, reads] = [writer, (writer + 1 + random.below(2)) % 3].map((index) => cluster.nodes[index]);
  if (wrote === undefined || reads === undefined) throw new Error('there are three nodes');
  return { wrote, reads };
}

describe('what was written by one node', () => {
  it(`is read from another at once, ${WRITES} times`, { timeout: 600_000 }, async () => {
    const startedAt = performance.now();
    const stale: string[] = [];
    const writing = async (number: number) => {
      const userId = `writer-${number}`;
      await fund(userId, number);
      for (let count = 1; count <= WRITES / WRITERS; count += 1) stale.push(...(await writeAndRead(userId, count)));
    };
    await Promise.all(Array.from({ length: WRITERS }, (_, number) => writing(number)));
    expect(stale).toEqual([]);
    console.log(`${WRITES} writes read from another node, ${Math.round((performance.now() - startedAt) / 1000)} s`);
  });

  it('is never unread: what one node has shown of an order, all others show', { timeout: 120_000 }, async () => {
    const stale: string[] = [];
    await fund('buyer', 50);
    let changes = 0;
    const trading = async (tradeId: string) => {
      for (const status of [12, 3]) {
        const { wrote, reads } = pickTwo();
        const fees = { pub_share_pre_fee: '10.00', pub_share_fee: '10.00', alimama_share_fee: '0' };
        await cluster.sandbox.orders([{ trade_id: tradeId, tk_status: status, relation_id: relationOf(50), ...fees }]);
        const shown = await until('a node shows the change', 60_000, async () => {
          const { status: code, body } = await wrote.clientOf('buyer').settle('GET', `/v1/orders/${tradeId}`);
          return code === 200 && (status === 12 || body['status'] !== 'paid') ? body : undefined;
        });
        const seen = (await reads.clientOf('buyer').settle('GET', `/v1/orders/${tradeId}`)).body;
        if (seen['status'] !== shown['status'] && seen['status'] !== 'released') {
          stale.push(`${tradeId}: ${shown['status']} then ${seen['status']}`);
        }
        changes += 1;
        // The partner's times are whole seconds.
        await pause(1_100);
      }
    };
    const tradeIds = Array.from({ length: 20 }, (_, count) => String(4_120_000_000_000_000_000n + BigInt(count)));
    await Promise.all(tradeIds.map(trading));
    expect(changes).toBe(40);
    expect(stale).toEqual([]);
  });
});

/** Asks for a withdrawal on one node and at once for everything about it on another; returns what was not there yet. */
async function writeAndRead(userId: string, count: number): Promise<string[]> {
  const stale: string[] = [];
  const note = (what: string, ...seen: unknown[]) => stale.push(`${userId} ${count} ${what}: ${JSON.stringify(seen)}`);
  const { wrote, reads } = pickTwo();
  const key = `key-${count}`;
  const id = withdrawalId(userId, key);
  // Above 10 yuan a person decides, so it rests; below, it is paid meanwhile.
  const amountFen = count % 2 === 0 ? 100 : 1_001;
  const asked = await wrote.clientOf(userId).withdraw(key, amountFen, PAYEE);
  if (asked.status !== 201) note('answered', asked.status, asked.body);
  const client = reads.clientOf(userId);
  const [one, list, ledger, account] = await Promise.all([
    client.withdrawal(id),
    client.read<{ data: Withdrawal[] }>('/v1/withdrawals?limit=5'),
    client.read<{ data: LedgerRow[] }>('/v1/account/ledger?limit=20'),
    client.account(),
  ]);
  const listed = list.data.find((withdrawal) => withdrawal.id === id);
  const held = ledger.data.some((row) => row.withdrawalId === id && row.kind === 'hold');
  if (one.amountFen !== amountFen || isOlder(one, asked.body)) note('withdrawal', asked.body['status'], one);
  if (listed === undefined || isOlder(listed, asked.body)) note('list', asked.body['status'], listed);
  if (!held) note('ledger', ledger.data[0]);
  if (account.heldFen < (amountFen > 1_000 ? amountFen : 0)) note('account', account);
  if (amountFen > 1_000) {
    const another = pickTwo().reads;
    const canceled = await another.clientOf(userId).settle('POST', `/v1/withdrawals/${id}/cancel`);
    const after = await wrote.clientOf(userId).read<{ data: Withdrawal[] }>('/v1/withdrawals?limit=5');
    const seen = after.data.find((withdrawal) => withdrawal.id === id);
    if (canceled.status !== 200 || seen === undefined || isOlder(seen, canceled.body)) {
      note('canceled', canceled.status, canceled.body['status'], seen);
    }
  }
  return stale;
}

const STAGES = ['processing', 'review', 'paid', 'failed', 'denied', 'canceled'];

function isOlder(seen: Withdrawal, answered: Readonly<Record<string, unknown>>): boolean {
  const stageOf = (status: unknown) => Math.min(2, STAGES.indexOf(String(status)));
  return stageOf(seen.status) < stageOf(answered['status']);
}

/** Hears what nodes say to each other when one gives a lease up and the next in line may take it. */
async function listenToLeases(userId: string) {
  const offers: string[] = [];
  const client = new Redis(cluster.redis[1]?.port ?? 0, '127.0.0.1');
  await client.subscribe('taoke:lease:signals');
  client.on('message', (_channel, text) => {
    const { kind, actor, node } = JSON.parse(text) as Record<string, string>;
    if (kind === 'free' && actor === `balance/${userId}`) offers.push(node ?? '');
  });
  return { offered: () => offers.length, nodes: () => new Set(offers), close: () => client.disconnect() };
}

describe('64 clients of one user over three nodes', () => {
  it('all come through, each in its turn, and find the sum right', { timeout: 300_000 }, async () => {
    const userId = 'crowded';
    await fund(userId, 60);
    const leases = await listenToLeases(userId);
    const startedAt = performance.now();
    const failures: string[] = [];
    const ends: number[] = [];
    const crowd = Array.from({ length: CROWD }, async (_, number) => {
      const node = cluster.nodes[number % 3];
      const client = new RestClient(node?.url ?? '', token(userId));
      const waits: number[] = [];
      for (let count = 1; count <= CROWD_WITHDRAWALS; count += 1) {
        const sentAt = performance.now();
        const { status, body } = await client.withdraw(`crowd-${number}-${count}`, 100, PAYEE);
        waits.push(performance.now() - sentAt);
        if (status !== 201 && status !== 202) failures.push(`${number} ${count}: ${status} ${JSON.stringify(body)}`);
      }
      ends.push(performance.now() - startedAt);
      return waits;
    });
    const waits = (await Promise.all(crowd)).flat().toSorted((a, b) => a - b);
    expect(failures).toEqual([]);
    const client = cluster.nodes[0]?.clientOf(userId);
    if (client === undefined) throw new Error('there are three nodes');
    await until('all is paid', 120_000, async () => {
      const all = await client.list<Withdrawal>('/v1/withdrawals');
      const isOver = all.length === CROWD * CROWD_WITHDRAWALS && all.every(({ status }) => FINAL.includes(status));
      return isOver && (await client.account()).heldFen === 0 ? true : undefined;
    });
    const { availableFen } = await client.account();
    expect(availableFen).toBe(FUNDS_FEN - CROWD * CROWD_WITHDRAWALS * 100);
    await until('the ledger has followed', 20_000, async () => {
      const rows = await client.list<LedgerRow>('/v1/account/ledger');
      return sumOf(rows).availableFen === availableFen ? true : undefined;
    });
    const at = (part: number) => Math.round(waits[Math.floor((waits.length - 1) * part)] ?? 0);
    const [first = 0, last = 0] = [Math.min(...ends), Math.max(...ends)];
    console.log(
      `${waits.length} withdrawals of one user by ${CROWD} clients over 3 nodes in ${Math.round(last)} ms: each waited ` +
        `${at(0.5)} ms (median), ${at(0.99)} ms (p99), ${at(1)} ms (most); clients ended after ${Math.round(first)}–${Math.round(last)} ms`,
    );
    console.log(`its lease was offered to another node ${leases.offered()} times, to ${leases.nodes().size} nodes`);
    leases.close();
    expect(leases.nodes().size).toBe(3);
    // Nobody starves: the last client is not far behind the first.
    expect(last).toBeLessThan(first * 3 + 2_000);
  });
});
