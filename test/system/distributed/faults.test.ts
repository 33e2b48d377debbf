import { existsSync } from 'node:fs';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killAll, pause, tempFolder, until } from '../../support/server-process.ts';
import { type ReplicaSet, startReplicaSet } from '../../support/services/replica-set.ts';
import { needsRedisServer, needsService } from '../../support/services.ts';
import { Acknowledged, type BusyUser, binding, deciding, trading, watching, withdrawing } from '../busy-users.ts';
import { FinalTruth } from '../final-truth.ts';
import { seeded } from '../money-oracle.ts';
import { Cluster, type ClusterNode, type Environment } from './cluster.ts';

const SEED = 20_260_222;
const QUIET_WITHIN_MS = 180_000;
/** Between two faults, for the load to get on. */
const CALM_MS = 4_000;
/** A lease lasts 3 s, and a node counts as dead after 10 s of silence. */
const LONGER_THAN_A_LEASE_MS = 4_500;
const LONGER_THAN_DEAD_MS = 13_000;
const LEAST_WITHDRAWALS = 40;

const USERS: readonly BusyUser[] = [1, 2, 3, 4].map((n) => ({
  userId: `hit-${n}`,
  relationId: `28850000000000000${n}`,
}));

/** A machine whose clock is a day off; the monotonic clock of a machine is never. */
const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
const ANOTHER_DAY: Environment = existsSync(FAKETIME)
  ? { LD_PRELOAD: FAKETIME, FAKETIME: '+1d', FAKETIME_DONT_FAKE_MONOTONIC: '1' }
  : {};

needsService('mongodb');
needsRedisServer();
const folder = tempFolder();
const random = seeded(SEED);
const acknowledged = new Acknowledged();
let mongo: ReplicaSet;
let cluster: Cluster;

beforeAll(async () => {
  mongo = await startReplicaSet(folder.path);
  cluster = await Cluster.start({ mongodbUrl: mongo.url, title: 'faults', nodes: [{}, {}, ANOTHER_DAY] });
}, 180_000);

afterAll(async () => {
  killAll();
  await cluster.remove();
  await mongo.stop();
  folder.remove();
}, 60_000);

const FAULTS: Readonly<Record<string, () => Promise<void>>> = {
  'the primary steps down': () =>
    cluster.withDatabase(async (db) => {
      await db.admin().command({ replSetStepDown: 10, force: true });
    }),
  'the primary is killed and comes back': async () => {
    const member = await primary();
    await member.kill();
    await pause(5_000);
    await member.restart();
  },
  'a secondary stands still': async () => {
    const { port } = await primary();
    const member = mongo.members.find((other) => other.port !== port);
    member?.signal('SIGSTOP');
    await pause(5_000);
    member?.signal('SIGCONT');
  },
  'a node stands still for longer than its leases last': () => standStill(0, LONGER_THAN_A_LEASE_MS),
  'a node stands still until it counts as dead': async () => {
    await standStill(1, LONGER_THAN_DEAD_MS);
    await until('it goes on as another node', 30_000, () =>
      nodeAt(1).process.stderr().includes('going on under a new node id') ? true : undefined,
    );
  },
  'every Redis is killed and comes back': async () => {
    await Promise.all(cluster.redis.map((server) => server.kill()));
    await pause(4_000);
    await Promise.all(cluster.redis.map((server) => server.restart()));
  },
  'the Redis for calls stands still': async () => {
    cluster.redis[0]?.signal('SIGSTOP');
    await pause(4_000);
    cluster.redis[0]?.signal('SIGCONT');
  },
  'the primary is killed together with a node': async () => {
    const [member, node] = [await primary(), nodeAt(2)];
    await Promise.all([member.kill(), node.kill()]);
    await Promise.all([pause(3_000).then(() => member.restart()), node.start()]);
  },
};

function nodeAt(index: number): ClusterNode {
  const node = cluster.nodes[index];
  if (node === undefined) throw new Error(`there is no node ${index}`);
  return node;
}

async function standStill(index: number, ms: number): Promise<void> {
  nodeAt(index).signal('SIGSTOP');
  await pause(ms);
  nodeAt(index).signal('SIGCONT');
}

async function primary(): Promise<ReplicaSet['members'][number]> {
  const client = new MongoClient(mongo.url);
  try {
    const { primary: host } = await client.db('admin').command({ hello: 1 });
    const member = mongo.members.find(({ port }) => String(host).endsWith(`:${port}`));
    if (member === undefined) throw new Error(`${host} is none of ours`);
    return member;
  } finally {
    await client.close();
  }
}

describe('three nodes under load, one of them a day ahead of its time', () => {
  it('come through every fault of MongoDB, Redis and their own machines', { timeout: 900_000 }, async () => {
    const startedAt = performance.now();
    const { sandbox, nodes } = cluster;
    await sandbox.faults([{ match: { gateway: 'alipay' }, do: 'delay', ms: 15 }]);
    await cluster.startNodes();
    const stopping = new AbortController();
    const url = () => random.pick(nodes).url;
    const deps = { url, acknowledged, random, signal: stopping.signal };
    const clients = Promise.all([
      binding(USERS, deps),
      trading(USERS, sandbox, deps),
      deciding(USERS, deps),
      ...USERS.flatMap((user) => [withdrawing(user, 1, deps), watching(user, deps)]),
    ]);
    const failed = clients.then(() => new Promise<never>(() => {}));
    await pause(CALM_MS);
    for (const [title, inject] of Object.entries(FAULTS)) {
      const before = acknowledged.writeCount;
      await Promise.race([failed, inject()]);
      const during = acknowledged.writeCount - before;
      await Promise.race([failed, pause(CALM_MS)]);
      console.log(`${title}: ${during} writes acknowledged meanwhile, ${acknowledged.writeCount - before} soon after`);
    }
    stopping.abort();
    await clients;
    for (const node of nodes) {
      const truth = new FinalTruth({ users: USERS, sandbox, acknowledged, url: node.url });
      await truth.quiet(QUIET_WITHIN_MS);
      await truth.expect(LEAST_WITHDRAWALS);
    }
    await Promise.all(nodes.map(({ process }) => process.end('SIGTERM')));
    const { faults, records } = await cluster.inspectJournal();
    expect(faults).toEqual([]);
    const { payouts } = await sandbox.book();
    console.log(
      `${Object.keys(FAULTS).length} faults, ${acknowledged.writeCount} acknowledged writes, ${acknowledged.reads} reads, ` +
        `${payouts.length} payouts, ${records} records, ${Math.round((performance.now() - startedAt) / 1000)} s, ` +
        `a clock a day off: ${'FAKETIME' in ANOTHER_DAY ? 'yes' : 'no (apt-get install -y faketime)'}`,
    );
  });
});
