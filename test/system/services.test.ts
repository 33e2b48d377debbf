import { once } from 'node:events';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, it } from 'vitest';
import { killAll, spawnProgram, tempFolder, until } from '../support/server-process.ts';
import { needsRedisServer } from '../support/services.ts';

needsRedisServer();

const OWNER = `
  const { startRedis } = await import(process.argv[1]);
  const { port } = await startRedis(process.argv[2]);
  process.stdout.write('port ' + port + '\\n');
  setInterval(() => {}, 1_000);
`;

describe('a service', () => {
  const folder = tempFolder();
  afterAll(() => {
    killAll();
    folder.remove();
  });

  it('does not outlive the process that started it, even when that one is killed', async () => {
    const module = new URL('../support/services/redis-server.ts', import.meta.url).href;
    const owner = spawnProgram([process.execPath, '--input-type=module', '-e', OWNER, module, folder.path], {});
    const port = await until('the service runs', 20_000, () => /^port (\d+)$/m.exec(owner.stdout())?.[1], owner.stderr);
    const client = new Redis(Number(port), '127.0.0.1', { retryStrategy: () => null });
    client.on('error', () => {});
    expect(await client.ping()).toBe('PONG');
    const gone = once(client, 'end');
    await owner.end('SIGKILL');
    await gone;
  });
});
