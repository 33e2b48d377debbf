/**
 * Leases and the call queue among processes as metrics.
 *
 * Owns the names; the figures are the adapters' own. In one process there are none, and all stand at what means health.
 */
import type { Registry } from 'prom-client';
import type { StoreFigures } from '../store.ts';
import { registerRead, type Sample } from './read-metric.ts';

const NONE: StoreFigures = {
  leases: {
    held: 0,
    waiting: 0,
    serversUsable: 0,
    servers: 0,
    granted: 0,
    refused: 0,
    unavailable: 0,
    handedOver: 0,
    lost: 0,
  },
  calls: { isUsable: true, running: 0, added: 0, refused: 0, started: 0, repeated: 0, rebuilt: 0 },
};

type Read = (figures: StoreFigures) => readonly Sample[];

/** Registers what `figures` tells at each scrape. */
export function registerStoreMetrics(registry: Registry, figures: () => StoreFigures | undefined): void {
  const add = (type: 'counter' | 'gauge', name: string, label: string | undefined, help: string, read: Read) => {
    const labels = label === undefined ? [] : [label];
    registerRead(registry, { name, type, labels, help }, () => read(figures() ?? NONE));
  };
  const one = (read: (figures: StoreFigures) => number | boolean): Read => {
    return (current) => [{ labels: {}, value: Number(read(current)) }];
  };
  const each = (label: string, read: (figures: StoreFigures) => Readonly<Record<string, number>>): Read => {
    return (current) => Object.entries(read(current)).map(([name, value]) => ({ labels: { [label]: name }, value }));
  };
  add(
    'gauge',
    'rebate_leases',
    'state',
    'Leases of this process',
    each('state', ({ leases: { held, waiting } }) => ({ held, waiting })),
  );
  add(
    'gauge',
    'rebate_lease_servers',
    'state',
    'Redis servers for leases; more than half must be usable',
    each('state', ({ leases: { servers, serversUsable } }) => ({ configured: servers, usable: serversUsable })),
  );
  add(
    'counter',
    'rebate_lease_requests_total',
    'result',
    'Asked-for leases by the answer',
    each('result', ({ leases: { granted, refused, unavailable } }) => ({ granted, refused, unavailable })),
  );
  add(
    'counter',
    'rebate_lease_ends_total',
    'cause',
    'Leases given up because others waited, or lost',
    each('cause', ({ leases: { handedOver, lost } }) => ({ handed_over: handedOver, lost })),
  );
  add(
    'gauge',
    'rebate_call_queue_usable',
    undefined,
    'Whether the call queue takes attempts',
    one(({ calls }) => calls.isUsable),
  );
  add(
    'gauge',
    'rebate_call_queue_running',
    undefined,
    'Attempts that run in this process, by the distributed queue',
    one(({ calls }) => calls.running),
  );
  add(
    'counter',
    'rebate_call_queue_attempts_total',
    'result',
    'Attempts the distributed queue took, refused, started, or brought back again',
    each('result', ({ calls: { added, refused, started, repeated } }) => ({ added, refused, started, repeated })),
  );
  add(
    'counter',
    'rebate_call_queue_workers_rebuilt_total',
    undefined,
    'Silent workers that were replaced',
    one(({ calls }) => calls.rebuilt),
  );
}
