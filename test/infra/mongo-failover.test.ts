/**
 * A runtime on a replica set whose primary steps down, is killed, and loses its majority, under load.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Address } from '../../src/actors/address.ts';
import type { Journal } from '../../src/actors/ports.ts';
import { isIntact } from '../../src/actors/record.ts';
import { Runtime } from '../../src/actors/runtime.ts';
import { MemoryCallQueue } from '../../src/infra/memory-call-queue.ts';
import { openMongoStore } from '../../src/infra/mongo/mongo-store.ts';
import { RandomIds } from '../../src/infra/random-ids.ts';
import { SystemClock } from '../../src/infra/system-clock.ts';
import { createCatalog } from '../../src/machines/catalog.ts';
import { defaultRules } from '../../src/machines/rules.ts';
import { alwaysGranted } from '../support/actor-world.ts';
import { listeningLog } from '../support/listening-log.ts';
import { type ReplicaSet, startReplicaSet } from '../support/services/replica-set.ts';
import { needsService } from '../support/services.ts';

needsService('mongodb');
const ACCOUNTS = 40;
const WRITERS = 32;
const accounts = Array.from({ length: ACCOUNTS }, (_, index): Address => `balance/u${index}`);
const folder = mkdtempSync(join(tmpdir(), 'taoke-failover-'));
let set: ReplicaSet;

beforeAll(async () => {
  set = await startReplicaSet(folder);
}, 90_000);
afterAll(async () => {
  await set?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function startRuntime() {
  const log = listeningLog();
  const store = await openMongoStore(set.url, { log });
  const clock = new SystemClock();
  const runtime = new Runtime({
    ...store,
    clock,
    log,
    leases: alwaysGranted,
    queue: new MemoryCallQueue({ clock }),
    ids: new RandomIds(),
    definitions: createCatalog(defaultRules),
  });
  await runtime.start();
  return { runtime, store, log };
}

/** Writers that post one fen at a time, each post under one id until it is acknowledged. */
function startLoad(runtime: Runtime) {
  const acknowledged: { account: Address; id: string }[] = [];
  let repeated = 0;
  let isOver = false;
  const write = async (writer: number) => {
    for (let n = 1; !isOver; n += 1) {
      const account = accounts[(writer + n * 7) % ACCOUNTS] as Address;
      const id = `w${writer}-${n}`;
      const event = { type: 'post', order: id, n: 1, kind: 'credit', pendingFen: 0, availableFen: 1 };
      for (;;) {
        try {
          await runtime.send(account, event, { id, cause: 'test', repeatable: true, deadlineMs: 2_000 });
          break;
        } catch {
          repeated += 1;
          await pause(50);
        }
      }
      acknowledged.push({ account, id });
    }
  };
  const writers = Array.from({ length: WRITERS }, (_, writer) => write(writer));
  return {
    acknowledged,
    /** Resolves when so many more are acknowledged. */
    async goesOn(count = 200) {
      const goal = acknowledged.length + count;
      await expect.poll(() => acknowledged.length, { timeout: 60_000, interval: 20 }).toBeGreaterThanOrEqual(goal);
    },
    async stop() {
      isOver = true;
      await Promise.all(writers);
      return { acknowledged, repeated };
    },
  };
}

async function primaryOf(url: string) {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 30_000 });
  const { primary } = await client.db('admin').command({ hello: 1 });
  return { client, port: Number(String(primary).split(':')[1]) };
}

async function stepDown(): Promise<void> {
  const { client, port } = await primaryOf(set.url);
  await client
    .db('admin')
    .command({ replSetStepDown: 10, secondaryCatchUpPeriodSecs: 5 })
    .catch(() => {});
  await client.close();
  const next = await primaryOf(set.url);
  await next.client.close();
  expect(next.port).not.toBe(port);
}

async function withPrimary(work: (members: { primary: Member; others: Member[] }) => Promise<void>): Promise<void> {
  const { client, port } = await primaryOf(set.url);
  await client.close();
  const primary = set.members.find((member) => member.port === port);
  if (primary === undefined) throw new Error(`no member has the port ${port}`);
  await work({ primary, others: set.members.filter((member) => member !== primary) });
}

type Member = ReplicaSet['members'][number];

/** Every account's records: without a gap, chained, intact, no message twice. Returns what was taken by each. */
async function audited(journal: Journal): Promise<Map<Address, Set<string>>> {
  const taken = new Map<Address, Set<string>>();
  for (const account of accounts) {
    const ids = new Set<string>();
    let prev: string | undefined;
    for (let seq = 0; ; ) {
      const records = await journal.page(account, seq, 500);
      if (records.length === 0) break;
      for (const record of records) {
        seq += 1;
        expect([record.seq, record.prev, isIntact(record)]).toEqual([seq, prev, true]);
        prev = record.hash;
        for (const { id } of record.messages) {
          expect(ids.has(id)).toBe(false);
          ids.add(id);
        }
      }
    }
    taken.set(account, ids);
  }
  return taken;
}

it('[J1, J4] loses no acknowledged post, takes none twice, and resolves every unknown one', async () => {
  const { runtime, store, log } = await startRuntime();
  const load = startLoad(runtime);
  await load.goesOn();

  await stepDown();
  await load.goesOn();

  let killed: Member | undefined;
  await withPrimary(async ({ primary }) => {
    await primary.kill();
    killed = primary;
  });
  await load.goesOn();
  await killed?.restart();
  await load.goesOn();

  // Without its secondaries a primary acknowledges nothing; what it has then written is rolled back when it returns.
  await withPrimary(async ({ primary, others }) => {
    await Promise.all(others.map((member) => member.kill()));
    await pause(3_500);
    const before = load.acknowledged.length;
    await pause(1_000);
    expect(load.acknowledged.length).toBe(before);
    await primary.kill();
    await Promise.all(others.map((member) => member.restart()));
    await load.goesOn();
    await primary.restart();
  });
  await load.goesOn();

  const { acknowledged } = await load.stop();
  expect(log.lines.some(({ message }) => message.includes('is unknown'))).toBe(true);
  await runtime.stop(30_000);

  const fresh = await openMongoStore(set.url, { log });
  const taken = await audited(fresh.journal);
  for (const { account, id } of acknowledged) expect(taken.get(account)?.has(id), id).toBe(true);
  for (const account of accounts) {
    const ids = taken.get(account) as Set<string>;
    const last = await fresh.journal.last(account);
    expect(last?.snapshot.context['available']).toBe(ids.size);
    const [head] = await fresh.projections.heads({
      type: 'balance',
      owner: account.slice('balance/'.length),
      limit: 1,
    });
    expect([head?.seq, head?.view['availableFen']]).toEqual([last?.seq, ids.size]);
  }
  await fresh.close();
  await store.close();
}, 240_000);
