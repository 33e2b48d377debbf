/**
 * An own three-member MongoDB replica set.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, MongoClient } from 'mongodb';
import { type ChildService, childService, freePorts } from './child-service.ts';
import { findMongod } from './programs.ts';

const SET = 'rs0';
const MEMBERS = 3;
const ELECTION_TIMEOUT_MS = 2_000;
const READY_WITHIN_MS = 60_000;

interface Member extends Omit<ChildService, 'start' | 'whenReady'> {
  /** Where the set and its clients reach it. */
  readonly door: number;
  /** Starts it again with its data on its port; resolves when it answers. */
  restart(): Promise<void>;
}

export interface ReplicaSet {
  readonly url: string;
  readonly members: readonly Member[];
  /** The member that takes writes, once there is one. */
  primary(): Promise<Member>;
  /** Kills all of it: nobody reads its data again. */
  stop(): Promise<void>;
}

/**
 * Starts one with its data in `folder`; resolves when it has a primary and two secondaries. `doorOf` tells where a server
 * on that port is reached, when not there.
 * @throws MissingProgram
 */
export async function startReplicaSet(
  folder: string,
  doorOf: (port: number) => Promise<number> = async (port) => port,
): Promise<ReplicaSet> {
  const mongod = findMongod();
  const services = (await freePorts(MEMBERS)).map((port) => mongodService(mongod, port, folder));
  const doors = await Promise.all(services.map(({ port }) => doorOf(port)));
  const stop = async () => {
    await Promise.all(services.map((service) => service.kill()));
  };
  try {
    for (const service of services) service.start();
    await Promise.all(services.map((service) => service.whenReady(() => answers(service.port), READY_WITHIN_MS)));
    await initiate(services, doors);
  } catch (error) {
    await stop();
    throw error;
  }
  const hosts = doors.map((door) => `127.0.0.1:${door}`).join(',');
  const members = services.map((service, index) => memberOf(service, doors[index] ?? 0));
  return { url: `mongodb://${hosts}/taoke?replicaSet=${SET}`, members, primary: () => primaryOf(members), stop };
}

function mongodService(mongod: string, port: number, folder: string): ChildService {
  const dataFolder = join(folder, `mongod-${port}`);
  mkdirSync(dataFolder, { recursive: true });
  const args = ['--replSet', SET, '--port', String(port), '--bind_ip', '127.0.0.1', '--dbpath', dataFolder];
  args.push('--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '256', '--quiet', '--nounixsocket');
  // On one machine nothing is won by packing what members send each other, and its processors are what there is least of.
  args.push('--networkMessageCompressors', 'disabled');
  return childService(port, mongod, args, join(folder, `mongod-${port}.log`));
}

function memberOf(service: ChildService, door: number): Member {
  const { port, signal, kill, stop } = service;
  const restart = async () => {
    service.start();
    await service.whenReady(() => answers(port), READY_WITHIN_MS);
  };
  return { port, door, signal, kill, stop, restart };
}

/** Asks each itself, so that no door is in the way. @throws Error when there is none for long */
async function primaryOf(members: readonly Member[]): Promise<Member> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    for (const member of members) {
      const hello = await onMember(member.port, (client) => client.db('admin').command({ hello: 1 })).catch(() => ({}));
      if ((hello as Document)['isWritablePrimary'] === true) return member;
    }
    if (performance.now() > deadline) throw new Error('the replica set has no primary');
  }
}

async function answers(port: number): Promise<boolean> {
  await onMember(port, (client) => client.db('admin').command({ ping: 1 }));
  return true;
}

async function initiate([first]: readonly ChildService[], doors: readonly number[]): Promise<void> {
  if (first === undefined) return;
  const members = doors.map((door, index) => ({ _id: index, host: `127.0.0.1:${door}` }));
  const settings = { electionTimeoutMillis: ELECTION_TIMEOUT_MS };
  await onMember(first.port, (client) =>
    client.db('admin').command({ replSetInitiate: { _id: SET, members, settings } }),
  );
  await first.whenReady(async () => {
    const status = await onMember(first.port, (client) => client.db('admin').command({ replSetGetStatus: 1 }));
    const states = (status['members'] as { stateStr: string }[]).map(({ stateStr }) => stateStr).sort();
    return states.join() === 'PRIMARY,SECONDARY,SECONDARY';
  }, READY_WITHIN_MS);
}

async function onMember<T>(port: number, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 2_000,
  });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
