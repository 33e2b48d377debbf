import { describe, expect, it, onTestFinished } from 'vitest';
import type { Log } from '../../src/actors/ports.ts';
import { TieredCache } from '../../src/infra/cache/tiered-cache.ts';
import { SystemClock } from '../../src/infra/system-clock.ts';
import { handClock } from '../support/sandbox-client.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
const MINUTE_MS = 60_000;

function newCache() {
  // The library reads the machine's clock beside ours.
  const clock = handClock(new SystemClock().now());
  const cache = new TieredCache({ clock, log: silent });
  onTestFinished(() => cache.close());
  return { clock, cache };
}

/** A source that answers when the test says so. */
function heldSource<T>() {
  const calls: PromiseWithResolvers<T>[] = [];
  const load = () => {
    const call = Promise.withResolvers<T>();
    calls.push(call);
    return call.promise;
  };
  return { calls, load };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

describe('reading', () => {
  it('asks the source once for a thousand readers of a cold key', async () => {
    const { cache } = newCache();
    const source = heldSource<string>();
    const reads = Array.from({ length: 1_000 }, () => cache.read('product:1', source.load));
    await until(() => source.calls.length > 0);
    source.calls[0]?.resolve('cup');
    expect(new Set((await Promise.all(reads)).map(({ value }) => value))).toEqual(new Set(['cup']));
    expect(source.calls).toHaveLength(1);
  });

  it('asks it once too when it fails, and tells everybody', async () => {
    const { cache } = newCache();
    const source = heldSource<string>();
    const reads = Array.from({ length: 100 }, () => cache.read('product:1', source.load));
    await until(() => source.calls.length > 0);
    source.calls[0]?.reject(new Error('away'));
    for (const read of await Promise.allSettled(reads))
      expect(read).toMatchObject({ status: 'rejected', reason: { message: 'away' } });
    expect(source.calls).toHaveLength(1);
  });

  it('finds it in memory for five minutes, without waiting', async () => {
    const { cache, clock } = newCache();
    expect(cache.peek('product:1')).toBe(undefined);
    await cache.read('product:1', async () => 'cup');
    expect(cache.peek('product:1')).toBe('cup');
    clock.advance(5 * MINUTE_MS);
    expect(cache.peek('product:1')).toBe(undefined);
    expect(await cache.read('product:1', async () => 'mug')).toEqual({ value: 'mug', isStale: false });
    expect(cache.stats()['product']).toEqual({ memoryHits: 1, redisHits: 0, staleHits: 0, misses: 2 });
  });

  it('keeps a value only as long as the value itself says', async () => {
    const { cache, clock } = newCache();
    await cache.read(
      'product:1',
      async () => 'nothing',
      () => 0,
    );
    clock.advance(1_000);
    expect(cache.peek('product:1')).toBe(undefined);
    expect(await cache.read('product:1', async () => 'cup')).toMatchObject({ value: 'cup' });
  });

  it('holds ten thousand entries, the latest used', async () => {
    const { cache } = newCache();
    for (let n = 0; n < 10_001; n++) await cache.read(`product:${n}`, async () => n);
    expect(cache.peek('product:0')).toBe(undefined);
    expect(cache.peek('product:1')).toBe(1);
  });
});

describe('a source in trouble', () => {
  it('is answered for with what it said before, marked stale, as often as it fails', async () => {
    const { cache, clock } = newCache();
    await cache.read('product:1', async () => 'cup');
    clock.advance(5 * MINUTE_MS);
    const fail = () => cache.read<string>('product:1', () => Promise.reject(new Error('away')));
    expect(await fail()).toEqual({ value: 'cup', isStale: true });
    expect(await fail()).toEqual({ value: 'cup', isStale: true });
    expect(await cache.read('product:1', async () => 'mug')).toEqual({ value: 'mug', isStale: false });
  });

  it('keeps nobody waiting who can have what it said before', async () => {
    const { cache, clock } = newCache();
    await cache.read('product:1', async () => 'cup');
    clock.advance(5 * MINUTE_MS);
    const source = heldSource<string>();
    const read = cache.read('product:1', source.load);
    await until(() => source.calls.length > 0);
    clock.advance(300);
    expect(await read).toEqual({ value: 'cup', isStale: true });
    source.calls[0]?.resolve('mug');
    await until(() => cache.peek('product:1') !== undefined);
    expect(cache.peek('product:1')).toBe('mug');
    expect(source.calls).toHaveLength(1);
  });
});

it('what is kept for a failing source ends too: after twelve hours a product is not shown any more', async () => {
  const { cache, clock } = newCache();
  await cache.read('product:1', async () => 'cup');
  clock.advance(12 * 60 * MINUTE_MS);
  await expect(cache.read('product:1', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
});

it('forgetting makes the next read ask the source, and leaves nothing stale', async () => {
  const { cache } = newCache();
  await cache.read('user:1', async () => 'relation-1');
  await cache.forget('user:1');
  await expect(cache.read('user:1', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
});
