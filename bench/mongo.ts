/**
 * `npm run bench -- --store mongo`: turns per second on a MongoDB replica set beside what the same set does with the very
 * same documents by `insertMany`, and beside order lifecycles written by hand, in turn and in one run.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { MongoClient } from 'mongodb';
import type { JournalRecord } from '../src/actors/record.ts';
import { openMongoDatabase } from '../src/infra/mongo/mongo-database.ts';
import { MongoJournal } from '../src/infra/mongo/mongo-journal.ts';
import { type StoredRecord, toStored } from '../src/infra/mongo/mongo-records.ts';
import { migrate } from '../src/infra/mongo/mongo-schema.ts';
import { createPinoLog } from '../src/infra/pino-log.ts';
import type { NodeResult } from './mongo-node.ts';
import { peerLifecycles } from './mongo-peer.ts';
import { readRecords } from './scenarios.ts';
import { perSecond } from './world.ts';

const NAME = 'taoke-bench';
const ROUNDS = 5;
/** And on; what these make is not counted. */
const WARM_UP_SERIES = 77;
const USERS = 500;
const IN_FLIGHT = 512;
const PEER_IN_FLIGHT = 64;

export interface MongoFigures {
  readonly server: string;
  readonly ordersPerSecond: number;
  readonly turnsPerSecond: number;
  readonly recordsPerLifecycle: number;
  readonly groupSize: number;
  readonly rawPerSecond: number;
  readonly ratioToRaw: number;
  readonly twoNodesTurnsPerSecond: number;
  readonly twoNodesToOne: number;
  /** Of this machine's processors, what was in use while one node worked. */
  readonly busyWithOne: number;
  readonly peerOrdersPerSecond: number;
  readonly ratioToPeer: number;
}

/** Runs all of it on the replica set at `url`, in a database of its own which is dropped. `scale` 1 takes some minutes. */
export async function mongoFigures(url: string, scale: number): Promise<MongoFigures> {
  const orders = Math.round(12_000 * scale);
  const rounds: Awaited<ReturnType<typeof round>>[] = [];
  for (let index = 0; index < ROUNDS; index += 1) rounds.push(await round(url, orders));
  const median = (value: (figures: (typeof rounds)[number]) => number) =>
    rounds.map(value).sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] as number;
  const two = (ratio: number) => Math.round(ratio * 100) / 100;
  return {
    server: await serverOf(url),
    ordersPerSecond: median(({ one }) => one.ordersPerSecond),
    turnsPerSecond: median(({ one }) => one.turnsPerSecond),
    recordsPerLifecycle: two(median(({ one }) => one.records.length / orders)),
    groupSize: median(({ one }) => one.groupSize),
    rawPerSecond: median(({ raw }) => raw),
    ratioToRaw: two(median(({ one, raw }) => one.turnsPerSecond / raw)),
    twoNodesTurnsPerSecond: median(({ both }) => both.turnsPerSecond),
    twoNodesToOne: two(median(({ one, both }) => both.turnsPerSecond / one.turnsPerSecond)),
    busyWithOne: two(median(({ one }) => one.busy)),
    peerOrdersPerSecond: median(({ peer }) => peer),
    ratioToPeer: two(median(({ one, peer }) => one.ordersPerSecond / peer)),
  };
}

export function mongoLines(figures: MongoFigures): string[] {
  const { groupSize, recordsPerLifecycle: each, ratioToRaw, ratioToPeer, twoNodesToOne } = figures;
  return [
    `MongoDB ${figures.server}, majority, journaled`,
    `order lifecycles   ${figures.ordersPerSecond}/s = ${figures.turnsPerSecond} turns/s (${each} records each), heads included`,
    `raw insertMany     ${figures.rawPerSecond}/s of the same documents, in groups of ${groupSize} like ours; ratio ${ratioToRaw}`,
    `two nodes          ${figures.twoNodesTurnsPerSecond} turns/s, ${twoNodesToOne} × one node${limitOf(figures)}`,
    `written by hand    ${figures.peerOrdersPerSecond} orders/s, one transaction per status change; ratio ${ratioToPeer}`,
  ];
}

/** Another node adds nothing where the servers on the same machine have left it no processor. */
function limitOf({ busyWithOne }: MongoFigures): string {
  const busy = `${Math.round(busyWithOne * 100)} % of this machine’s processors`;
  return busyWithOne < 0.8 ? '' : `; the servers and one node use ${busy}, so the machine is the limit`;
}

/** The peer is measured before and after ours: a shared machine's speed changes by a quarter within a minute. */
async function round(url: string, orders: number) {
  const peer = async () => {
    const some = Math.max(50, Math.round(orders / 24));
    return (await peerLifecycles(url, `${NAME}-peer`, some, USERS, PEER_IN_FLIGHT)).perSecond;
  };
  const before = await peer();
  const one = await lifecyclesOn(url, 1, orders);
  const after = await peer();
  const raw = await rawInserts(url, one.records, one.groupSize);
  const both = await lifecyclesOn(url, 2, orders);
  return { one, raw, peer: Math.round((before + after) / 2), both };
}

/** Lifecycles of as many orders, shared by the nodes; each has users of its own. */
async function lifecyclesOn(url: string, nodes: number, orders: number) {
  await drop(url);
  const share = Math.round(orders / nodes);
  const children = Array.from({ length: nodes }, (_, index) => {
    const args = [
      url,
      NAME,
      `${28 + index}`,
      `${WARM_UP_SERIES + index}`,
      `${share}`,
      `${Math.round(USERS / nodes)}`,
      `${Math.round(IN_FLIGHT / nodes)}`,
    ];
    return fork(new URL('./mongo-node.ts', import.meta.url), args);
  });
  await Promise.all(children.map((child) => once(child, 'message')));
  const before = processorTimes();
  const results = await Promise.all(
    children.map(async (child) => {
      child.send('go');
      const [result] = await once(child, 'message');
      await once(child, 'exit');
      return result as NodeResult;
    }),
  );
  const after = processorTimes();
  const records = await recordsOf(
    url,
    results.map(({ node }) => node),
  );
  const elapsedMs = Math.max(...results.map((result) => result.elapsedMs));
  const batches = new Set(records.map(({ node, batch }) => `${node} ${batch}`)).size;
  return {
    records,
    busy: 1 - (after.idle - before.idle) / (after.all - before.all),
    groupSize: Math.max(1, Math.round(records.length / batches)),
    ordersPerSecond: perSecond(share * nodes, elapsedMs),
    turnsPerSecond: perSecond(records.length, elapsedMs),
  };
}

function processorTimes(): { idle: number; all: number } {
  const sum = { idle: 0, all: 0 };
  for (const { times } of cpus()) {
    sum.idle += times.idle;
    sum.all += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return sum;
}

async function recordsOf(url: string, nodes: readonly string[]): Promise<JournalRecord[]> {
  const database = await openMongoDatabase(url, { name: NAME });
  const journal = new MongoJournal(database, createPinoLog('error'));
  const records = [];
  for (const node of nodes) records.push(...(await readRecords({ store: { journal } }, node)));
  await database.close();
  return records.filter(({ actor }) => !/^(order\/|balance\/bench)7/.test(actor));
}

/** The journal's documents, indexes, write concern and number of writes in flight, and nothing else. */
async function rawInserts(url: string, records: readonly JournalRecord[], groupSize: number): Promise<number> {
  await drop(url);
  const database = await openMongoDatabase(url, { name: NAME });
  await migrate(database);
  const documents = records.map(toStored);
  const { concurrency } = new MongoJournal(database, createPinoLog('error'));
  const journal = database.db.collection<StoredRecord>('journal');
  const startedAt = performance.now();
  let next = 0;
  const lane = async () => {
    while (next < documents.length) {
      const from = next;
      next += groupSize;
      await journal.insertMany(documents.slice(from, next), { ordered: false });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  const elapsedMs = performance.now() - startedAt;
  await database.close();
  await drop(url);
  return perSecond(documents.length, elapsedMs);
}

async function serverOf(url: string): Promise<string> {
  const client = new MongoClient(url);
  const admin = client.db('admin');
  const [{ version }, { hosts = [] }] = await Promise.all([
    admin.command({ buildInfo: 1 }),
    admin.command({ hello: 1 }),
  ]);
  await client.close();
  return `${version}, ${hosts.length} members`;
}

async function drop(url: string): Promise<void> {
  const client = new MongoClient(url);
  await client.db(NAME).dropDatabase();
  await client.close();
}
