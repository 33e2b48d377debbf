/**
 * What a benchmark runs on: the embedded store in a folder of its own, the real runtime and machines, and a payout
 * partner that says yes at once.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../src/actors/ports.ts';
import { Runtime } from '../src/actors/runtime.ts';
import { openEmbeddedStore } from '../src/infra/embedded-store.ts';
import { createPinoLog } from '../src/infra/pino-log.ts';
import { RandomIds } from '../src/infra/random-ids.ts';
import type { Store } from '../src/infra/store.ts';
import { createCatalog } from '../src/machines/catalog.ts';
import { defaultRules } from '../src/machines/rules.ts';

export interface BenchWorld {
  readonly runtime: Runtime;
  readonly store: Store;
  readonly clock: Clock;
  close(): Promise<void>;
}

export async function openBenchWorld(): Promise<BenchWorld> {
  const dir = mkdtempSync(join(tmpdir(), 'taoke-bench-'));
  const store = await openEmbeddedStore(dir);
  const { clock } = store;
  const deps = { ...store, ids: new RandomIds(), log: createPinoLog('error') };
  const runtime = new Runtime({ ...deps, definitions: createCatalog(defaultRules) }, { exclusive: true });
  runtime.provideActivity('alipayTransfer', async () => ({
    kind: 'ok',
    output: { status: 'SUCCESS', orderId: '1', paidAt: clock.now() },
  }));
  await runtime.start();
  return {
    runtime,
    store,
    clock,
    async close() {
      await runtime.stop();
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Runs `work(0…count−1)` with at most `inFlight` at once; returns each one's time in ms and the whole. */
export async function drive(
  count: number,
  inFlight: number,
  work: (index: number) => Promise<unknown>,
): Promise<{ elapsedMs: number; eachMs: number[] }> {
  const eachMs: number[] = new Array(count);
  let next = 0;
  const startedAt = performance.now();
  const lane = async () => {
    for (let index = next++; index < count; index = next++) {
      const from = performance.now();
      await work(index);
      eachMs[index] = performance.now() - from;
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, lane));
  return { elapsedMs: performance.now() - startedAt, eachMs };
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export function perSecond(count: number, elapsedMs: number): number {
  return Math.round((count / elapsedMs) * 1_000);
}
