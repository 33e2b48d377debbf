/**
 * One node of the MongoDB benchmark as a process: says when it is ready, runs lifecycles when told, and ends when every
 * head and tell of them is done (J7).
 *
 * `node bench/mongo-node.ts URL DATABASE SERIES WARM_UP_SERIES ORDERS USERS IN_FLIGHT`, started by `mongo.ts`.
 */
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Runtime } from '../src/actors/runtime.ts';
import { MemoryCallQueue } from '../src/infra/memory-call-queue.ts';
import { LeaseTable, MemoryLeases } from '../src/infra/memory-leases.ts';
import { openMongoStore } from '../src/infra/mongo/mongo-store.ts';
import { createPinoLog } from '../src/infra/pino-log.ts';
import { RandomIds } from '../src/infra/random-ids.ts';
import { SystemClock } from '../src/infra/system-clock.ts';
import { createCatalog } from '../src/machines/catalog.ts';
import { defaultRules } from '../src/machines/rules.ts';
import { lifecycles } from './scenarios.ts';

export interface NodeResult {
  readonly node: string;
  readonly elapsedMs: number;
  readonly cpuMs: number;
}

const [url = '', name = '', series = '', warmUpSeries = '', ...counts] = process.argv.slice(2);
const [orders = 0, users = 0, inFlight = 0] = counts.map(Number);
const clock = new SystemClock();
const log = createPinoLog('error');
const store = await openMongoStore(url, { name, log });
const runtime = new Runtime({
  ...store,
  clock,
  log,
  leases: new MemoryLeases(new LeaseTable(clock)),
  queue: new MemoryCallQueue({ clock }),
  ids: new RandomIds(),
  definitions: createCatalog(defaultRules),
});
await runtime.start();
const node = runtime.nodeId;
// The compiler has seen everything, and lists are written, when it counts.
await lifecycles({ runtime, clock }, Math.min(orders, 1_000), 100, inFlight, warmUpSeries);
while (runtime.backlogMs > 0) await setTimeout(50);
process.send?.('ready');
await once(process, 'message');

const startedAt = performance.now();
const cpu = process.cpuUsage();
await lifecycles({ runtime, clock }, orders, users, inFlight, series);
await runtime.stop(600_000);
const { user, system } = process.cpuUsage(cpu);
const result: NodeResult = { node, elapsedMs: performance.now() - startedAt, cpuMs: (user + system) / 1_000 };
process.send?.(result);
await store.close();
process.disconnect();
