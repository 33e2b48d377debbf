import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killAll, pause, until } from '../../support/server-process.ts';
import { needsRedisServer, needsService } from '../../support/services.ts';
import { Acknowledged, type BusyUser, binding, deciding, trading, watching, withdrawing } from '../busy-users.ts';
import { FinalTruth } from '../final-truth.ts';
import { seeded } from '../money-oracle.ts';
import { Cluster, type ClusterNode } from './cluster.ts';

const KILLS = 100;
const LEAST_WITHDRAWALS = 50;
const SEED = 20_260_220;
/** What a dead node left is taken over after 10 s of silence. */
const QUIET_WITHIN_MS = 120_000;

/** The last one's channel is bound only when half of the kills are over, and takes in the orders seen before. */
const USERS: readonly BusyUser[] = [1, 2, 3, 4].map((n) => ({
  userId: `spread-${n}`,
  relationId: `28820000000000000${n}`,
}));

const mongodbUrl = needsService('mongodb');
needsRedisServer();
const random = seeded(SEED);
const acknowledged = new Acknowledged();
let cluster: Cluster;
let killed = 0;

beforeAll(async () => {
  cluster = await Cluster.start({ mongodbUrl, title: 'nodes', nodes: [{}, {}, {}] });
}, 120_000);

afterAll(async () => {
  killAll();
  await cluster.remove();
}, 60_000);

describe('three nodes that are killed again and again under load', () => {
  it('lose no acknowledged write, pay each withdrawal once and keep every fen', { timeout: 600_000 }, async () => {
    const startedAt = performance.now();
    const { sandbox, nodes } = cluster;
    // A partner that takes its time, so that many kills find a payout under way, and breaks some lines on its own.
    await sandbox.faults([
      { match: { gateway: 'alipay' }, do: 'delay', ms: 15 },
      ...[5, 13, 29, 41].map((nth) => ({
        match: { gateway: 'alipay', method: 'alipay.fund.trans.uni.transfer', nth } as const,
        do: 'dropAfter' as const,
      })),
    ]);
    await killRepeatedly();
    const killedMs = performance.now() - startedAt;
    for (const { url } of nodes) {
      const truth = new FinalTruth({ users: USERS, sandbox, acknowledged, url });
      await truth.quiet(QUIET_WITHIN_MS);
      await truth.expect(LEAST_WITHDRAWALS);
    }
    await Promise.all(nodes.map(({ process }) => process.end('SIGTERM')));
    const { faults, records, lostPayouts } = await cluster.inspectJournal();
    expect(faults).toEqual([]);
    const { withdrawals, refused, canceled, denied, reads, writeCount } = acknowledged;
    const { payouts, orders } = await sandbox.book();
    const paid = payouts.filter(({ payout }) => payout !== undefined).length;
    const arrivals = payouts.reduce((sum, entry) => sum + entry.arrivals.length, 0);
    console.log(
      `${killed} kills in ${Math.round(killedMs / 1000)} s, ${writeCount} acknowledged writes ` +
        `(${withdrawals.length} withdrawals, ${refused.length} refused, ${canceled.size} canceled, ${denied.size} denied), ` +
        `${reads} reads, ${orders.length} orders, ${paid} payouts by ${arrivals} attempts, ${lostPayouts} of them lost, ` +
        `${records} records, ${Math.round((performance.now() - startedAt) / 1000)} s, seed ${SEED}`,
    );
  });
});

/** Runs the load against whatever lives, and returns with three nodes up. */
async function killRepeatedly(): Promise<void> {
  const { nodes, sandbox } = cluster;
  const stopping = new AbortController();
  const url = () => random.pick(nodes).url;
  const deps = { url, acknowledged, random, signal: stopping.signal };
  const clients = Promise.all([
    binding(USERS.slice(0, -1), deps),
    trading(USERS, sandbox, deps),
    deciding(USERS, deps),
    ...USERS.flatMap((user) => [withdrawing(user, 1, deps), watching(user, deps)]),
  ]);
  const failed = clients.then(() => new Promise<never>(() => {}));
  const waiting = new Set(nodes);
  const killing = async () => {
    while (killed < KILLS) {
      const node = random.pick([...waiting]);
      waiting.delete(node);
      await strike(node, failed);
      waiting.add(node);
      await pause(random.below(400));
    }
  };
  await cluster.startNodes();
  const half = until('half of the kills are over', 300_000, () => (killed >= KILLS / 2 ? true : undefined));
  const turn = half.then(() => Promise.all([binding(USERS, deps), forgetAll()]));
  // One of the three is left alone at any time, another one each time.
  await Promise.all([killing(), killing(), turn]);
  await Promise.all(nodes.map((node) => node.kill()));
  killed += nodes.length;
  await cluster.startNodes();
  stopping.abort();
  await clients;
}

/** Kills the node, often again while it is getting up and joining, and brings it back. */
async function strike(node: ClusterNode, failed: Promise<never>): Promise<void> {
  do {
    await node.kill();
    killed += 1;
    node.spawn();
    await pause(random.below(1_200));
  } while (random.next() < 0.6 && killed < KILLS);
  await Promise.race([failed, node.process.ready()]);
}

async function forgetAll(): Promise<void> {
  for (const { port } of cluster.redis) {
    const client = new Redis(port, '127.0.0.1');
    await client.flushall();
    client.disconnect();
  }
}
