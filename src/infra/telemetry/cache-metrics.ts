/**
 * The cache as metrics: by its own statistics, which tell its tiers apart, and by bentocache's plugin.
 *
 * Owns the names and the groups of keys. Invariant: a key is shown by its part before the colon only; the rest is
 * somebody's or something's id.
 */
import { prometheusPlugin } from '@bentocache/plugin-prometheus';
import type { BentoCachePlugin, CacheEvents } from 'bentocache/types';
import type { Counter, Registry } from 'prom-client';
import type { CacheStats } from '../cache/tiered-cache.ts';
import { registerRead } from './read-metric.ts';

const KEY_GROUPS: [RegExp, (match: RegExpMatchArray) => string][] = [[/^/, ({ input = '' }) => groupOf(input)]];

function groupOf(key: string): string {
  const end = key.indexOf(':');
  return end > 0 ? key.slice(0, end) : 'other';
}

/** Registers them; the cache itself is given the returned plugin. */
export function registerCacheMetrics(
  registry: Registry,
  stats: () => Readonly<Record<string, CacheStats>>,
): BentoCachePlugin {
  const reads = {
    name: 'rebate_cache_reads_total',
    type: 'counter',
    labels: ['group', 'answer'],
    help: 'Reads of the cache by what answered them: memory, redis, a stale value, or the source',
  } as const;
  registerRead(registry, reads, () =>
    Object.entries(stats()).flatMap(([group, { memoryHits, redisHits, staleHits, misses }]) =>
      Object.entries({ memory: memoryHits, redis: redisHits, stale: staleHits, source: misses }).map(
        ([answer, value]) => ({ labels: { group, answer }, value }),
      ),
    ),
  );
  return withCheapHits(registry, prometheusPlugin({ registry, keyGroups: KEY_GROUPS }));
}

type Hit = CacheEvents['cache:hit'];

/** The plugin, but its hits, which most requests cause, are plain numbers that its own counter takes at a scrape. */
function withCheapHits(registry: Registry, plugin: BentoCachePlugin): BentoCachePlugin {
  const hits = new Map<string, { readonly labels: { readonly store: string; readonly key: string }; count: number }>();
  const note = ({ key, store }: Hit) => {
    const group = groupOf(key);
    const known = hits.get(group);
    if (known === undefined) hits.set(group, { labels: { store, key: group }, count: 1 });
    else known.count += 1;
  };
  const counter = registry.getSingleMetric('bentocache_hits') as Counter & { collect(): void };
  counter.collect = () => {
    for (const [group, { labels, count }] of hits) {
      counter.inc(labels, count);
      hits.delete(group);
    }
  };
  return {
    register(bento) {
      const on = (event: string, listener: (payload: never) => void) => {
        if (event !== 'cache:hit') return bento.on(event as 'cache:hit', listener as never);
        return bento.on(event, (hit) => (hit.graced ? (listener as (hit: Hit) => void)(hit) : note(hit)));
      };
      plugin.register({ on } as never);
    },
  };
}
