/**
 * A part of a shared Redis for one test.
 */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

/** A prefix for keys that nobody else has, and the removal of all keys under it on those servers. */
export function redisNamespace(urls: readonly string[]): { readonly prefix: string; clear(): Promise<void> } {
  const prefix = `test-${randomUUID()}:`;
  const clear = async (url: string) => {
    const client = new Redis(url);
    const keys = await client.keys(`${prefix}*`);
    if (keys.length > 0) await client.unlink(...keys);
    client.disconnect();
  };
  return {
    prefix,
    clear: async () => {
      await Promise.all(urls.map(clear));
    },
  };
}
