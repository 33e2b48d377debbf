/**
 * The distributed store: journal, lists and keys on a MongoDB replica set, leases and calls on Redis.
 *
 * Owns the choice of adapters for several processes on one store. Without Redis leases and calls stay in process, which
 * serves one node only. Redis holds nothing that is the only copy; MongoDB holds everything.
 */
import type { CallQueue, Clock, Ids, Leases, Log } from '../actors/ports.ts';
import { MemoryCallQueue } from './memory-call-queue.ts';
import { LeaseTable, MemoryLeases } from './memory-leases.ts';
import { migrateMongoStore, openMongoStore } from './mongo/mongo-store.ts';
import { BullmqCallQueue } from './redis/bullmq-call-queue.ts';
import { RedlockLeases } from './redis/redlock-leases.ts';
import type { ConfiguredSecrets, Secrets } from './secrets.ts';
import type { Store, StoreFigures } from './store.ts';
import { createStoreClock } from './store-clock.ts';

export interface DistributedOptions {
  readonly mongodbUrl: string;
  readonly redisUrl: string | undefined;
  readonly redlockUrls: readonly string[];
  /** The activities this program can run, and how many attempts of each at once. */
  readonly activities: Readonly<Record<string, number>>;
}

interface Helpers {
  readonly leases: Leases;
  readonly queue: CallQueue;
  figures(): StoreFigures | undefined;
  close(): Promise<void>;
}

/** @throws STORE_UNFIT, saying what to set; STORE_UNAVAILABLE */
export async function openDistributedStore(
  { mongodbUrl, ...redis }: DistributedOptions,
  { ids, log }: { ids: Ids; log: Log },
): Promise<Store> {
  const { secrets, close, storeTime, ...store } = await openMongoStore(mongodbUrl, { log });
  const clock = createStoreClock(storeTime);
  const helpers = await openHelpers(redis, { clock, ids, log });
  return {
    ...store,
    clock,
    isExclusive: false,
    leases: helpers.leases,
    queue: helpers.queue,
    figures: () => helpers.figures(),
    loadSecrets: secrets,
    async close() {
      await helpers.close();
      await close();
    },
  };
}

async function openHelpers(
  { redisUrl, redlockUrls, activities }: Omit<DistributedOptions, 'mongodbUrl'>,
  deps: { clock: Clock; ids: Ids; log: Log },
): Promise<Helpers> {
  if (redisUrl === undefined) {
    const leases = new MemoryLeases(new LeaseTable(deps.clock));
    return { leases, queue: new MemoryCallQueue(deps), figures: () => undefined, close: async () => {} };
  }
  const queue = await BullmqCallQueue.open(deps, { url: redisUrl, activities });
  const leases = await RedlockLeases.open(deps, { urls: redlockUrls });
  return {
    leases,
    queue,
    figures: () => ({ leases: leases.figures(), calls: queue.figures() }),
    async close() {
      await queue.close();
      await leases.close();
    },
  };
}

/** The secrets of the store, for a tool beside a running server. @throws STORE_UNFIT, STORE_UNAVAILABLE */
export async function loadDistributedSecrets(
  mongodbUrl: string,
  configured: ConfiguredSecrets,
  log: Log,
): Promise<Secrets> {
  const store = await openMongoStore(mongodbUrl, { log });
  try {
    return await store.secrets(configured);
  } finally {
    await store.close();
  }
}

/** Makes indexes and shard keys; again is fine. @throws STORE_UNFIT, STORE_UNAVAILABLE */
export function migrateStore(mongodbUrl: string): Promise<void> {
  return migrateMongoStore(mongodbUrl);
}
