/**
 * What Taobao and the journal said lately: memory (10,000 entries, 5 minutes) → Redis, when there is one → the source.
 *
 * Owns the groups of keys with their times, single flight, the fallback to what is kept, and the count of hits.
 * Invariants:
 * - any number of readers of one key cause one load at a time, and share what it comes to, failures included;
 * - a load that fails or is slow is answered with what memory or Redis still keeps, marked stale;
 * - Redis away, hanging or full costs a bounded time and never an answer;
 * - nothing that money depends on is kept here.
 */
import { EventEmitter } from 'node:events';
import { BentoCache, bentostore } from 'bentocache';
import { redisDriver } from 'bentocache/drivers/redis';
import type { BentoCachePlugin, CacheEvents } from 'bentocache/types';
import type { Clock, Log } from '../../actors/ports.ts';
import { RedisConnection } from '../redis/redis-connection.ts';
import { MemoryTier } from './memory-tier.ts';
import { RedisBus } from './redis-bus.ts';

const HOUR_MS = 3_600_000;

/** How long a value is good in Redis, by the first word of its key. */
const GOOD_MS = { product: 6 * HOUR_MS, user: 24 * HOUR_MS, search: HOUR_MS, link: HOUR_MS } as const;

type CacheGroup = keyof typeof GOOD_MS;
export type CacheKey = `${CacheGroup}:${string}`;
const CACHE_GROUPS = Object.keys(GOOD_MS) as readonly CacheGroup[];

/** A stale value is kept this many times as long as it is good. */
const KEPT_TIMES = 2;
const MEMORY_FRESH_MS = 5 * 60_000;
const MEMORY_ITEMS = 10_000;
/** With something stale at hand nobody waits longer for the fresh. */
const PATIENCE_MS = 300;
const REDIS_COMMAND_MS = 250;
const REDIS_PAUSE_MS = 5_000;
const PREFIX = 'taoke';
const STORE = 'goods';

export interface Cached<T> {
  readonly value: T;
  /** The source failed or is slow, and this is what it said earlier. */
  readonly isStale: boolean;
}

export interface CacheStats {
  readonly memoryHits: number;
  readonly redisHits: number;
  readonly staleHits: number;
  readonly misses: number;
}

export interface CacheDeps {
  readonly clock: Clock;
  readonly log: Log;
}

export interface CacheOptions {
  readonly redisUrl?: string | undefined;
  readonly plugins?: readonly BentoCachePlugin[];
  /** Apart from other caches in the same Redis. */
  readonly prefix?: string;
}

interface Flight {
  readonly promise: Promise<Cached<unknown>>;
  /** Set by bentocache's own event: what it answered with was expired. */
  isStale: boolean;
}

export class TieredCache {
  readonly #clock: Clock;
  readonly #memory: MemoryTier;
  readonly #bento: BentoCache<{ [STORE]: ReturnType<typeof bentostore> }>;
  readonly #redis: RedisConnection | undefined;
  readonly #flights = new Map<string, Flight>();
  readonly #emitter = new EventEmitter();
  readonly #stats = new Map<string, { memoryHits: number; redisHits: number; staleHits: number; misses: number }>();

  /** Connects to Redis in the background. */
  constructor({ clock, log }: CacheDeps, { redisUrl, plugins = [], prefix = PREFIX }: CacheOptions = {}) {
    this.#clock = clock;
    const memory = new MemoryTier({ maxItems: MEMORY_ITEMS, freshMs: MEMORY_FRESH_MS, clock, prefix });
    this.#memory = memory;
    const store = bentostore().useL1Layer({ options: { serialize: false }, factory: () => memory });
    if (redisUrl !== undefined) {
      const redis = new RedisConnection({ clock, log }, redisUrl, { commandTimeoutMs: REDIS_COMMAND_MS });
      this.#redis = redis;
      const options = { retryQueue: { enabled: false } };
      store
        .useL2Layer(redisDriver({ connection: redis.client }))
        .useBus({ options, factory: () => new RedisBus(redis, { log }) as never });
    }
    this.#bento = new BentoCache({
      default: STORE,
      stores: { [STORE]: store },
      prefix,
      emitter: this.#emitter,
      plugins: [...plugins],
      // Breakers decide how often a failing source is asked; an expired entry stays expired.
      graceBackoff: 0,
      l2CircuitBreakerDuration: REDIS_PAUSE_MS,
    });
    this.#bento.use(STORE);
    this.#count();
  }

  /** The value if memory has it fresh, without waiting. */
  peek<T>(key: CacheKey): T | undefined {
    const value = this.#memory.peek(key) as T | undefined;
    if (value !== undefined) {
      this.#emitter.emit('cache:hit', { key, value, store: STORE, layer: 'l1', graced: false });
    }
    return value;
  }

  /**
   * The value: fresh from memory or Redis, else from `load`, else stale. `goodMs` shortens how long a value is good.
   * @throws what `load` threw, when nothing is kept
   */
  async read<T>(key: CacheKey, load: () => Promise<T>, goodMs?: (value: T) => number): Promise<Cached<T>> {
    const fresh = this.peek<T>(key);
    if (fresh !== undefined) return { value: fresh, isStale: false };
    const { promise } = this.#flights.get(key) ?? this.#start(key, load, goodMs);
    const loaded = promise as Promise<Cached<T>>;
    const kept = this.#memory.kept(key) as T | undefined;
    return kept === undefined ? loaded : this.#withinPatience(loaded, { value: kept, isStale: true });
  }

  /** Forgets the value here, in Redis, and in the other processes' memories. */
  async forget(key: CacheKey): Promise<void> {
    await this.#bento.delete({ key });
  }

  /** By group, since the process started. */
  stats(): Readonly<Record<string, CacheStats>> {
    return Object.fromEntries(this.#stats);
  }

  async close(): Promise<void> {
    if (this.#redis === undefined) return;
    await this.#bento.disconnectAll().catch(() => {});
    this.#redis.close();
  }

  #start<T>(key: CacheKey, load: () => Promise<T>, goodMs?: (value: T) => number): Flight {
    const promise = this.#load(key, load, goodMs).finally(() => this.#flights.delete(key));
    const flight = { promise, isStale: false };
    this.#flights.set(key, flight);
    // Those who have gone on with a stale value no longer listen.
    promise.catch(() => {});
    return flight;
  }

  async #load<T>(key: CacheKey, load: () => Promise<T>, goodMs?: (value: T) => number): Promise<Cached<T>> {
    const ttl = GOOD_MS[groupOf(key)];
    let failure: unknown;
    try {
      const value = await this.#bento.getOrSet<T>({
        key,
        ttl,
        grace: ttl * KEPT_TIMES,
        // Waits for the source; its default would answer with the old value and load behind it.
        timeout: null,
        factory: async ({ setOptions }) => {
          try {
            const loaded = await load();
            if (goodMs !== undefined) setOptions({ ttl: Math.max(1, Math.min(ttl, goodMs(loaded))) });
            return loaded;
          } catch (error) {
            failure = error;
            throw error;
          }
        },
      });
      return { value, isStale: failure !== undefined || this.#flights.get(key)?.isStale === true };
    } catch (error) {
      throw failure ?? error;
    }
  }

  #withinPatience<T>(loaded: Promise<Cached<T>>, kept: Cached<T>): Promise<Cached<T>> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(PATIENCE_MS, () => resolve(kept));
      loaded.then(resolve, reject).finally(cancel);
    });
  }

  #count(): void {
    for (const group of CACHE_GROUPS) this.#stats.set(group, { memoryHits: 0, redisHits: 0, staleHits: 0, misses: 0 });
    this.#emitter.on('cache:hit', ({ key, layer, graced }: CacheEvents['cache:hit']) => {
      const stats = this.#stats.get(groupOf(key));
      if (stats === undefined) return;
      if (graced) stats.staleHits += 1;
      else if (layer === 'l2') stats.redisHits += 1;
      else stats.memoryHits += 1;
      const flight = graced ? this.#flights.get(key) : undefined;
      if (flight !== undefined) flight.isStale = true;
    });
    this.#emitter.on('cache:miss', ({ key }: CacheEvents['cache:miss']) => {
      const stats = this.#stats.get(groupOf(key));
      if (stats !== undefined) stats.misses += 1;
    });
  }
}

function groupOf(key: string): CacheGroup {
  return key.slice(0, key.indexOf(':')) as CacheGroup;
}
