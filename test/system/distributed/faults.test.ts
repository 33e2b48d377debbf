import { afterAll, beforeAll, describe, it } from 'vitest';
import { killAll, pause, tempFolder, until } from '../../support/server-process.ts';
import { type ReplicaSet, startReplicaSet } from '../../support/services/replica-set.ts';
import { needsFaketime, needsRedisServer, needsService } from '../../support/services.ts';
import type { BusyUser } from '../busy-users.ts';
import { seeded } from '../money-oracle.ts';
import { Cluster, type ClusterNode } from './cluster.ts';
import { endure, type Faults } from './under-faults.ts';

const SEED = 20_260_222;
/** A lease lasts 3 s, and a node counts as dead after 10 s of silence. */
const LONGER_THAN_A_LEASE_MS = 4_500;
const LONGER_THAN_DEAD_MS = 13_000;
const LEAST_WITHDRAWALS = 40;

const USERS: readonly BusyUser[] = [1, 2, 3, 4].map((n) => ({
  userId: `hit-${n}`,
  relationId: `28850000000000000${n}`,
}));

needsService('mongodb');
needsRedisServer();
const anotherDay = needsFaketime('+1d');
const folder = tempFolder();
const random = seeded(SEED);
let mongo: ReplicaSet;
let cluster: Cluster;

beforeAll(async () => {
  mongo = await startReplicaSet(folder.path);
  cluster = await Cluster.start({ mongodbUrl: mongo.url, title: 'faults', nodes: [{}, {}, anotherDay] });
}, 180_000);

afterAll(async () => {
  killAll();
  await cluster.remove();
  await mongo.stop();
  folder.remove();
}, 60_000);

const FAULTS: Faults = {
  'the primary steps down': () =>
    cluster.withDatabase(async (db) => {
      await db.admin().command({ replSetStepDown: 10, force: true });
    }),
  'the primary is killed and comes back': async () => {
    const member = await mongo.primary();
    await member.kill();
    await pause(5_000);
    await member.restart();
  },
  'a secondary stands still': async () => {
    const { port } = await mongo.primary();
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
    const [member, node] = [await mongo.primary(), nodeAt(2)];
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

describe('three nodes under load, one of them a day ahead of its time', () => {
  it('come through every fault of MongoDB, Redis and their own machines', { timeout: 900_000 }, () =>
    endure({ cluster, users: USERS, random, faults: FAULTS, leastWithdrawals: LEAST_WITHDRAWALS }),
  );
});
