/**
 * An own `redis-server`, journaled like one that must not forget, on a free port.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type ChildService, childService, freePorts } from './child-service.ts';
import { findRedisServer } from './programs.ts';

const READY_WITHIN_MS = 10_000;

export interface RedisServer extends Omit<ChildService, 'start' | 'whenReady'> {
  readonly url: string;
  /** Where its clients reach it. */
  readonly door: number;
  /** Starts it again with its data on its port; resolves when it answers. */
  restart(): Promise<void>;
}

/**
 * Starts one with its data in `folder`; `options` are more of its command line. `doorOf` tells where a server on that port
 * is reached, when not there.
 * @throws MissingProgram
 */
export async function startRedis(
  folder: string,
  options: readonly string[] = [],
  doorOf: (port: number) => Promise<number> = async (port) => port,
): Promise<RedisServer> {
  const [port = 0] = await freePorts(1);
  const door = await doorOf(port);
  const dataFolder = join(folder, `redis-${port}`);
  mkdirSync(dataFolder, { recursive: true });
  const service = childService(
    port,
    findRedisServer(),
    [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', dataFolder, '--save', '', '--appendonly', 'yes'],
      ...['--maxmemory-policy', 'noeviction', ...options],
    ],
    join(folder, `redis-${port}.log`),
  );
  const restart = async () => {
    service.start();
    await service.whenReady(() => answers(port), READY_WITHIN_MS);
  };
  await restart();
  const { signal, kill, stop } = service;
  return { port, door, url: `redis://127.0.0.1:${door}`, restart, signal, kill, stop };
}

async function answers(port: number): Promise<boolean> {
  const client = new Redis(port, '127.0.0.1', {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } finally {
    client.disconnect();
  }
}
