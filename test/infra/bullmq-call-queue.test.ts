import { BullmqCallQueue } from '../../src/infra/redis/bullmq-call-queue.ts';
import { SystemClock } from '../../src/infra/system-clock.ts';
import { redisNamespace } from '../support/redis-namespace.ts';
import { silentLog } from '../support/sandbox-client.ts';
import { pause } from '../support/server-process.ts';
import { needsService } from '../support/services.ts';
import { callQueueContract } from './call-queue.contract.ts';

const deps = { clock: new SystemClock(), log: silentLog };
const url = needsService('redis');

callQueueContract('BullmqCallQueue', async () => {
  const { prefix, clear } = redisNamespace([url]);
  const activities = { alipayTransfer: 16, orderPage: 16 };
  const queue = await BullmqCallQueue.open(deps, { url, prefix, activities });
  return {
    queue,
    // A real server takes real time: no less for an attempt to arrive, and nothing in the contract needs more.
    advance: (ms) => pause(Math.min(Math.max(ms, 300), 500)),
    close: async () => {
      await queue.close();
      await clear();
    },
  };
});
