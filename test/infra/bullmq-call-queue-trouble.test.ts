/**
 * The call queue on a Redis that hangs, dies, forgets, evicts and comes back, and with workers that fall silent.
 */
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { BullmqCallQueue, type CallQueueOptions } from '../../src/infra/redis/bullmq-call-queue.ts';
import { SystemClock } from '../../src/infra/system-clock.ts';
import { redisNamespace } from '../support/redis-namespace.ts';
import { silentLog } from '../support/sandbox-client.ts';
import { pause, tempFolder, until } from '../support/server-process.ts';
import { type RedisServer, startRedis } from '../support/services/redis-server.ts';
import { needsRedisServer } from '../support/services.ts';
import { attemptOf, heldRun } from './call-queue.contract.ts';

needsRedisServer();

const UNAVAILABLE = { code: 'QUEUE_UNAVAILABLE' };

describe('BullmqCallQueue', () => {
  const folder = tempFolder();
  let server: RedisServer;
  let prefix: string;
  let held: ReturnType<typeof heldRun>;

  beforeAll(async () => {
    server = await startRedis(folder.path);
  });
  beforeEach(() => {
    ({ prefix } = redisNamespace([server.url]));
    held = heldRun();
  });
  afterAll(async () => {
    await server.stop();
    folder.remove();
  });

  async function open(options: Partial<CallQueueOptions> = {}): Promise<BullmqCallQueue> {
    const deps = { clock: new SystemClock(), log: silentLog };
    const activities = { alipayTransfer: 16 };
    const queue = await BullmqCallQueue.open(deps, { url: server.url, prefix, activities, ...options });
    onTestFinished(() => queue.close());
    return queue;
  }

  async function command(...words: [string, ...string[]]): Promise<unknown> {
    const client = new Redis(server.url);
    const answer = await client.call(...words);
    client.disconnect();
    return answer;
  }

  const usable = (queue: BullmqCallQueue, isUsable: boolean) =>
    until('that is known', 5_000, () => (queue.figures().isUsable === isUsable ? true : undefined));
  const started = (id: string, withinMs: number) =>
    until(`${id} has started`, withinMs, () => (held.ids().includes(id) ? true : undefined));

  async function msOf(work: Promise<unknown>): Promise<number> {
    const startedAt = performance.now();
    await work;
    return performance.now() - startedAt;
  }

  it('shares attempts among processes, each run once', async () => {
    const [first, second] = [await open(), await open()];
    const seen: string[] = [];
    const run = async ({ id }: { id: string }) => {
      seen.push(id);
      await pause(2);
    };
    await first.start(run);
    await second.start(run);
    for (let index = 0; index < 200; index += 1) await first.add(attemptOf(`${index}`));
    await until('all have run', 10_000, () => (seen.length >= 200 ? true : undefined));
    expect(new Set(seen).size).toBe(200);
    expect(first.figures().started + second.figures().started).toBe(200);
    expect(Math.min(first.figures().started, second.figures().started)).toBeGreaterThan(0);
  });

  it('[Q2] runs no more attempts of an activity at once than it is told', async () => {
    const queue = await open({ activities: { alipayTransfer: 2, orderPage: 1 } });
    await queue.start(held.run);
    for (const id of ['a', 'b', 'c', 'd']) await queue.add(attemptOf(id));
    await until('two have started', 5_000, () => (held.started.length === 2 ? true : undefined));
    await pause(200);
    expect(held.ids().sort()).toEqual(['a', 'b']);
    held.end('a');
    await started('c', 5_000);
    expect(queue.figures()).toMatchObject({ running: 2, started: 3 });
  });

  it('leaves activities that it cannot run to processes that can', async () => {
    const [api, worker] = [await open({ activities: {} }), await open()];
    await (await api.start(held.run))(100);
    await api.add(attemptOf('a'));
    await pause(100);
    expect(held.started).toEqual([]);
    await worker.start(held.run);
    await started('a', 5_000);
  });

  it('takes an id with colons for what it is', async () => {
    const queue = await open();
    await queue.start(held.run);
    for (const id of ['a:b~1', 'a%3Ab~1', 'a%b~1']) await queue.add(attemptOf('a', { id }));
    await until('all have started', 5_000, () => (held.started.length === 3 ? true : undefined));
    expect(held.started.map(({ id }) => id).sort()).toEqual(['a%3Ab~1', 'a%b~1', 'a:b~1']);
  });

  it('refuses to open on a Redis that evicts keys, and says what to set', async () => {
    await command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    onTestFinished(async () => {
      await command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    });
    await expect(open()).rejects.toMatchObject({
      code: 'STORE_UNFIT',
      message: expect.stringContaining('set maxmemory-policy noeviction'),
    });
  });

  it('[Q3] refuses an attempt when Redis is full, and takes it when there is room again', async () => {
    const queue = await open();
    await command('CONFIG', 'SET', 'maxmemory', '1');
    onTestFinished(async () => {
      await command('CONFIG', 'SET', 'maxmemory', '0');
    });
    await expect(queue.add(attemptOf('a'))).rejects.toMatchObject(UNAVAILABLE);
    await command('CONFIG', 'SET', 'maxmemory', '0');
    await until('taken', 5_000, () =>
      queue.add(attemptOf('a')).then(
        () => true,
        () => undefined,
      ),
    );
  });

  it('[Q3] refuses at once while Redis is gone, and hands over again once it is back', async () => {
    const queue = await open();
    await queue.start(held.run);
    await server.kill();
    await usable(queue, false);
    const refusals = Array.from({ length: 500 }, (_, n) =>
      expect(queue.add(attemptOf(`x${n}`))).rejects.toMatchObject(UNAVAILABLE),
    );
    expect(await msOf(Promise.all(refusals))).toBeLessThan(200);
    await server.restart();
    await usable(queue, true);
    await queue.add(attemptOf('a'));
    await started('a', 10_000);
  });

  it('[Q3] waits less than a second for a Redis that hangs, then not at all', async () => {
    const queue = await open();
    server.signal('SIGSTOP');
    onTestFinished(() => server.signal('SIGCONT'));
    const refused = () => expect(queue.add(attemptOf('a'))).rejects.toMatchObject(UNAVAILABLE);
    expect(await msOf(Promise.all([refused(), refused(), refused()]))).toBeLessThan(1_000);
    expect(await msOf(refused())).toBeLessThan(50);
    server.signal('SIGCONT');
    await until('taken', 8_000, () =>
      queue.add(attemptOf('a')).then(
        () => true,
        () => undefined,
      ),
    );
    // Those that were refused may have arrived all the same; they are one attempt.
    await queue.start(held.run);
    await started('a', 5_000);
    await pause(100);
    expect(held.ids()).toEqual(['a']);
  });

  it('opens without Redis, refuses, and works once it is there', async () => {
    await server.stop();
    const queue = await open();
    await queue.start(held.run);
    await expect(queue.add(attemptOf('a'))).rejects.toMatchObject(UNAVAILABLE);
    await server.restart();
    await usable(queue, true);
    await queue.add(attemptOf('a'));
    await started('a', 10_000);
  });

  it('[Q1] starts nothing again when Redis is wiped, and goes on with what comes after', async () => {
    const queue = await open();
    await queue.start(held.run);
    await queue.add(attemptOf('a'));
    await started('a', 5_000);
    await command('FLUSHALL');
    await queue.add(attemptOf('a'));
    await queue.add(attemptOf('b'));
    held.end('a');
    await started('b', 5_000);
    await until('the repetition is seen', 5_000, () => (queue.figures().repeated === 1 ? true : undefined));
    expect(held.ids()).toEqual(['a', 'b']);
  });

  it('[Q1] does not run anew what runs while Redis restarts, and finishes it', async () => {
    const queue = await open();
    await queue.start(held.run);
    await queue.add(attemptOf('a'));
    await started('a', 5_000);
    await server.kill();
    held.end('a');
    await server.restart();
    await usable(queue, true);
    await queue.add(attemptOf('b'));
    await started('b', 10_000);
    await queue.add(attemptOf('a'));
    await pause(300);
    expect(held.ids()).toEqual(['a', 'b']);
  });

  it('[Q1] gives up the attempt of a worker that is blocked for longer than its lock, and runs it nowhere else', async () => {
    // With no room for it in the first, whoever takes it up again is the second.
    const options = { lockMs: 400, activities: { alipayTransfer: 1 } };
    const [first, second] = [await open(options), await open(options)];
    await first.start(held.run);
    await first.add(attemptOf('a'));
    await started('a', 5_000);
    // Neither this worker's renewal nor anything else of this process runs meanwhile.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
    await second.start(held.run);
    const failed = () => command('ZCARD', `${prefix}calls:alipayTransfer:failed`);
    await until('given up', 10_000, async () => ((await failed()) === 1 ? true : undefined));
    expect(held.ids()).toEqual(['a']);
    expect(second.figures().started).toBe(0);
    held.end('a');
    await first.add(attemptOf('b'));
    await started('b', 5_000);
  });

  it('[W2] replaces a worker that has fallen silent, before an attempt needs it', async () => {
    const getNextJob = vi.spyOn(Worker.prototype as unknown as { _getNextJob(): Promise<undefined> }, '_getNextJob');
    onTestFinished(() => getNextJob.mockRestore());
    getNextJob.mockImplementationOnce(() => new Promise(() => {}));
    const queue = await open({ watchMs: 200 });
    await queue.start(held.run);
    await until('replaced', 5_000, () => (queue.figures().rebuilt === 1 ? true : undefined));
    await queue.add(attemptOf('a'));
    await started('a', 2_000);
    expect(held.ids()).toEqual(['a']);
  });

  it('[W2] leaves a worker alone that is idle, or has its hands full', async () => {
    const queue = await open({ watchMs: 50, activities: { alipayTransfer: 1 } });
    await queue.start(held.run);
    await pause(500);
    await queue.add(attemptOf('a'));
    await queue.add(attemptOf('b'));
    await started('a', 2_000);
    await pause(500);
    expect(queue.figures()).toMatchObject({ rebuilt: 0, running: 1 });
    held.end('a');
    await started('b', 2_000);
  });

  it('[W1] hands back what it is given while it is stopping, for another process to run', async () => {
    const [first, second] = [await open(), await open()];
    const close = Worker.prototype.close;
    // As if Redis had answered just before it heard of the stop.
    const slowClose = vi.spyOn(Worker.prototype, 'close').mockImplementationOnce(async function (this: Worker) {
      await pause(200);
      await close.call(this);
    });
    onTestFinished(() => slowClose.mockRestore());
    const stop = await first.start(held.run);
    await pause(200);
    const stopped = stop(2_000);
    await first.add(attemptOf('a'));
    await stopped;
    expect(held.started).toEqual([]);
    await second.start(held.run);
    await started('a', 5_000);
    expect(second.figures().started).toBe(1);
  });
});
