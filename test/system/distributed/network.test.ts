import { afterAll, beforeAll, describe, it } from 'vitest';
import { killAll, pause, tempFolder } from '../../support/server-process.ts';
import { type ReplicaSet, startReplicaSet } from '../../support/services/replica-set.ts';
import { startToxiproxy, type Toxic, type Toxiproxy } from '../../support/services/toxiproxy.ts';
import { needsRedisServer, needsService, needsToxiproxy } from '../../support/services.ts';
import type { BusyUser } from '../busy-users.ts';
import { seeded } from '../money-oracle.ts';
import { Cluster } from './cluster.ts';
import { endure, type Faults } from './under-faults.ts';

const SEED = 20_260_223;
const LEAST_WITHDRAWALS = 40;
/** Longer than a lease lasts, and than a command to MongoDB may take. */
const SPOILED_MS = 6_000;

const USERS: readonly BusyUser[] = [1, 2, 3, 4].map((n) => ({
  userId: `cut-${n}`,
  relationId: `28860000000000000${n}`,
}));

needsService('mongodb');
needsRedisServer();
needsToxiproxy();
const folder = tempFolder();
const random = seeded(SEED);
let toxiproxy: Toxiproxy;
let mongo: ReplicaSet;
let cluster: Cluster;

beforeAll(async () => {
  toxiproxy = await startToxiproxy(folder.path);
  const { doorOf } = toxiproxy;
  mongo = await startReplicaSet(folder.path, doorOf);
  cluster = await Cluster.start({ mongodbUrl: mongo.url, title: 'network', nodes: [{}, {}, {}], doorOf });
}, 180_000);

afterAll(async () => {
  killAll();
  await toxiproxy.heal();
  await cluster.remove();
  await mongo.stop();
  await toxiproxy.stop();
  folder.remove();
}, 60_000);

const SLOW: Toxic = { type: 'latency', attributes: { latency: 120, jitter: 80 } };
/** Every command to Redis takes longer than it may. */
const TOO_SLOW: Toxic = { type: 'latency', attributes: { latency: 700, jitter: 200 } };
const SILENT: Toxic = { type: 'timeout', attributes: { timeout: 0 } };
const RESET: Toxic = { type: 'reset_peer', attributes: { timeout: 250 } };
const CUT_SHORT: Toxic = { type: 'limit_data', attributes: { bytes: 20_000 } };
const SLOW_TO_CLOSE: Toxic = { type: 'slow_close', attributes: { delay: 3_000 } };

const DOORS = {
  primary: async () => [(await mongo.primary()).door],
  members: async () => mongo.members.map(({ door }) => door),
  calls: async () => cluster.redis.slice(0, 1).map(({ door }) => door),
  leases: async () => cluster.redis.slice(1).map(({ door }) => door),
  redis: async () => cluster.redis.map(({ door }) => door),
  all: async () => [...mongo.members, ...cluster.redis].map(({ door }) => door),
} as const;

function spoil(which: keyof typeof DOORS, ...toxics: readonly Toxic[]): () => Promise<void> {
  return async () => {
    const doors = await DOORS[which]();
    for (const toxic of toxics) await toxiproxy.poison(doors, toxic);
    await pause(SPOILED_MS);
    await toxiproxy.heal();
  };
}

const FAULTS: Faults = {
  'every member of the replica set is far away': spoil('members', SLOW),
  'the primary is not heard of, and nobody hangs up': spoil('primary', SILENT),
  'connections to the primary are reset again and again': spoil('primary', RESET),
  'connections to all members are reset again and again': spoil('members', RESET),
  'connections to all members break in the middle of what they carry': spoil('members', CUT_SHORT),
  'connections to all members break, and close slowly': spoil('members', CUT_SHORT, SLOW_TO_CLOSE),
  'every Redis answers too late': spoil('redis', TOO_SLOW),
  'the Redis for calls is not heard of, and nobody hangs up': spoil('calls', SILENT),
  'connections to the Redis for calls are reset again and again': spoil('calls', RESET),
  'connections to the Redis for leases break, and close slowly': spoil('leases', CUT_SHORT, SLOW_TO_CLOSE),
  'nothing is heard of anything': spoil('all', SILENT),
};

describe('three nodes under load whose network is spoiled', () => {
  it('lose no acknowledged write, pay each withdrawal once and keep every fen', { timeout: 900_000 }, () =>
    endure({ cluster, users: USERS, random, faults: FAULTS, leastWithdrawals: LEAST_WITHDRAWALS }),
  );
});
