/**
 * The cache as metrics: by its own statistics, which tell its tiers apart, and by bentocache's plugin.
 *
 * Owns the names and the groups of keys. Invariant: a key is shown by its part before the colon only; the rest is
 * somebody's or something's id.
 */
import { prometheusPlugin } from '@bentocache/plugin-prometheus';
import type { BentoCachePlugin } from 'bentocache/types';
import type { Registry } from 'prom-client';
import type { CacheStats } from '../cache/tiered-cache.ts';
import { registerRead } from './read-metric.ts';

const KEY_GROUPS: [RegExp, string | ((match: RegExpMatchArray) => string)][] = [
  [/^([a-z]+):/, ([, group = 'other']) => group],
  [/^/, 'other'],
];

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
  return prometheusPlugin({ registry, keyGroups: KEY_GROUPS });
}
