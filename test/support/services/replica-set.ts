/**
 * An own three-member MongoDB replica set.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { type ChildService, childService, freePorts } from './child-service.ts';
import { findMongod } from './programs.ts';

const SET = 'rs0';
const MEMBERS = 3;
const ELECTION_TIMEOUT_MS = 2_000;
const READY_WITHIN_MS = 60_000;

interface Member extends Omit<ChildService, 'start' | 'whenReady'> {
  /** Starts it again with its data on its port; resolves when it answers. */
  restart(): Promise<void>;
}

export interface ReplicaSet {
  readonly url: string;
  readonly members: readonly Member[];
  /** Kills all of it: nobody reads its data again. */
  stop(): Promise<void>;
}

/** Starts one with its data in `folder`; resolves when it has a primary and two secondaries. @throws MissingProgram */
export async function startReplicaSet(folder: string): Promise<ReplicaSet> {
  const mongod = findMongod();
  const services = (await freePorts(MEMBERS)).map((port) => mongodService(mongod, port, folder));
  const stop = async () => {
    await Promise.all(services.map((service) => service.kill()));
  };
  try {
    for (const service of services) service.start();
    await Promise.all(services.map((service) => service.whenReady(() => answers(service.port), READY_WITHIN_MS)));
    await initiate(services);
  } catch (error) {
    await stop();
    throw error;
  }
  const hosts = services.map(({ port }) => `127.0.0.1:${port}`).join(',');
  return { url: `mongodb://${hosts}/taoke?replicaSet=${SET}`, members: services.map(memberOf), stop };
}

function mongodService(mongod: string, port: number, folder: string): ChildService {
  const dataFolder = join(folder, `mongod-${port}`);
  mkdirSync(dataFolder, { recursive: true });
  const args = ['--replSet', SET, '--port', String(port), '--bind_ip', '127.0.0.1', '--dbpath', dataFolder];
  args.push('--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '256', '--quiet', '--nounixsocket');
  return childService(port, mongod, args, join(folder, `mongod-${port}.log`));
}

function memberOf(service: ChildService): Member {
  const { port, signal, kill, stop } = service;
  const restart = async () => {
    service.start();
    await service.whenReady(() => answers(port), READY_WITHIN_MS);
  };
  return { port, signal, kill, stop, restart };
}

async function answers(port: number): Promise<boolean> {
  await onMember(port, (client) => client.db('admin').command({ ping: 1 }));
  return true;
}

async function initiate(services: readonly ChildService[]): Promise<void> {
  const [first] = services;
  if (first === undefined) return;
  const members = services.map(({ port }, index) => ({ _id: index, host: `127.0.0.1:${port}` }));
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
