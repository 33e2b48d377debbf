/**
 * The cache over a real Redis that is shared, hangs, dies and comes back.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type CacheKey, TieredCache } from '../../src/infra/cache/tiered-cache.ts';
import { SystemClock } from '../../src/infra/system-clock.ts';
import { silentLog } from '../support/sandbox-client.ts';
import { tempFolder, until } from '../support/server-process.ts';
import { type RedisServer, startRedis } from '../support/services/redis-server.ts';
import { needsRedisServer } from '../support/services.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

needsRedisServer();

/** Far above what one command may take, far below what a client would wait for a lost connection. */
const BOUND_MS = 2_000;

describe('the cache on Redis', () => {
  const folder = tempFolder();
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis(folder.path);
  });
  afterAll(async () => {
    await server.stop();
    folder.remove();
  });

  function open(redisUrl: string, prefix: string): TieredCache {
    const cache = new TieredCache({ clock: new SystemClock(), log: silentLog }, { redisUrl, prefix });
    onTestFinished(() => cache.close());
    return cache;
  }

  /** Until what one has loaded is a hit for another that has never seen it. */
  async function untilShared(one: TieredCache, other: TieredCache): Promise<void> {
    let turn = 0;
    await until('the one to see what the other has loaded', 15_000, async () => {
      const key: CacheKey = `product:warm-${++turn}`;
      await one.read(key, async () => 'warm');
      let isLoaded = false;
      await other.read(key, async () => {
        isLoaded = true;
        return 'cold';
      });
      return isLoaded ? undefined : true;
    });
  }

  it('shows one process what another has loaded, and forgets in both', async () => {
    const prefix = randomUUID();
    const [one, other] = [open(server.url, prefix), open(server.url, prefix)];
    await untilShared(one, other);
    await one.read('product:1', async () => 'cup');
    expect(await other.read('product:1', () => Promise.reject(new Error('not asked')))).toEqual({
      value: 'cup',
      isStale: false,
    });
    expect(other.stats()['product']?.redisHits).toBeGreaterThan(0);
    expect(other.peek('product:1')).toBe('cup');
    await one.forget('product:1');
    await until('the other to forget', 5_000, async () => (other.peek('product:1') === undefined ? true : undefined));
    expect(await other.read('product:1', async () => 'mug')).toEqual({ value: 'mug', isStale: false });
  });

  it('that hangs or is away costs a bounded time and no answer, and is used again when it is back', async () => {
    const proxy = await startTcpProxy(Number(new URL(server.url).port));
    onTestFinished(() => proxy.stop());
    const prefix = randomUUID();
    const [behind, direct] = [open(`redis://127.0.0.1:${proxy.port}`, prefix), open(server.url, prefix)];
    await untilShared(behind, direct);
    for (const mode of ['mute', 'refuse'] as const) {
      proxy.set(mode);
      if (mode === 'refuse') proxy.cut();
      const startedAt = performance.now();
      const reads = Array.from({ length: 200 }, (_, n) => behind.read(`product:${mode}-${n}`, async () => n));
      expect((await Promise.all(reads)).map(({ value }) => value)).toEqual(Array.from({ length: 200 }, (_, n) => n));
      expect(behind.peek(`product:${mode}-7`)).toBe(7);
      expect(performance.now() - startedAt).toBeLessThan(BOUND_MS);
    }
    proxy.set('pass');
    await untilShared(direct, behind);
  }, 30_000);
});
