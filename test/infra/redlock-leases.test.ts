import type { Leases } from '../../src/actors/ports.ts';
import { RandomIds } from '../../src/infra/random-ids.ts';
import { RedlockLeases } from '../../src/infra/redis/redlock-leases.ts';
import { SystemClock } from '../../src/infra/system-clock.ts';
import { redisNamespace } from '../support/redis-namespace.ts';
import { silentLog } from '../support/sandbox-client.ts';
import { pause } from '../support/server-process.ts';
import { needsService } from '../support/services.ts';
import { leasesContract } from './leases.contract.ts';

const deps = { clock: new SystemClock(), ids: new RandomIds(), log: silentLog };
const three = needsService('redlock').split(',');

for (const [title, urls] of [
  ['RedlockLeases on one Redis', three.slice(0, 1)],
  ['RedlockLeases on three Redis', three],
] as const) {
  leasesContract(title, async () => {
    const { prefix, clear } = redisNamespace(urls);
    const opening: Promise<RedlockLeases>[] = [];
    const open = (): Leases => {
      const node = RedlockLeases.open(deps, { urls, prefix });
      opening.push(node);
      return {
        acquire: async (actor, waitMs) => (await node).acquire(actor, waitMs),
        release: async (actor) => (await node).release(actor),
      };
    };
    // The first two, which the contract times, are connected before it begins.
    const ready = [open(), open()];
    await Promise.all(opening);
    return {
      node: () => ready.pop() ?? open(),
      // Real servers take real time; nothing in the contract needs more of it.
      advance: (ms) => pause(Math.min(ms, 500)),
      close: async () => {
        for (const node of await Promise.all(opening)) await node.close();
        await clear();
      },
    };
  });
}
