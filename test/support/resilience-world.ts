/**
 * Pipelines over a virtual clock, and a partner that answers as told, call by call.
 */
import type { DependencyEvent, DependencyView } from '../../src/actors/dependencies.ts';
import type { Miss, Verdict } from '../../src/infra/resilience/endings.ts';
import type { Pipeline } from '../../src/infra/resilience/pipeline.ts';
import { defaultPolicies, overridePolicies } from '../../src/infra/resilience/policy-overrides.ts';
import { Resilience, type ResilienceSettings } from '../../src/infra/resilience/resilience.ts';
import { MemoryKeptState } from './memory-kept-state.ts';
import { keepingLog } from './partner-server.ts';
import { SeededIds } from './seeded-ids.ts';
import { VirtualClock } from './virtual-clock.ts';

export type Said = Verdict | Miss;

export const OK = { kind: 'ok' } as const;
export const FAILED = { kind: 'failed', errorType: 'TRANSPORT' } as const;
export const NO = { kind: 'ignored' } as const;

interface WorldOptions extends Partial<Omit<ResilienceSettings, 'policies'>> {
  /** As in `DEPENDENCY_SETTINGS`. */
  readonly settings?: string;
  readonly clock?: VirtualClock;
  readonly kept?: MemoryKeptState;
  readonly seed?: number;
}

export function resilienceWorld(options: WorldOptions = {}) {
  const { settings = '', clock = new VirtualClock(), kept = new MemoryKeptState(), seed = 1, ...limits } = options;
  const { policies, problems } = overridePolicies(defaultPolicies(5_000), settings);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const log = keepingLog();
  const resilience = new Resilience(
    { clock, ids: new SeededIds(seed), log, kept, self: () => ({ id: `node-${seed}`, role: 'all' }) },
    { policies, probes: false, taobaoOrdersPerSecond: 1_000, taobaoCallsPerDay: undefined, ...limits },
  );
  const events: DependencyEvent[] = [];
  resilience.observe((event) => events.push(event));
  return {
    resilience,
    clock,
    kept,
    log,
    events,
    /** A policy whose answers are verdicts and whose fallback is the miss itself. */
    pipeline: (policy: 'orders' | 'item' | 'search', probe?: () => Promise<Said>): Pipeline<Said> =>
      resilience.pipelineFor('taobao', policy, {
        judge: (said) => said as Verdict,
        onMiss: (miss) => miss,
        ...(probe && { probe }),
      }),
    view(policy: string, dependency = 'taobao'): DependencyView {
      const found = resilience.snapshot().find((one) => one.dependency === dependency && one.policy === policy);
      if (found === undefined) throw new Error(`no ${dependency}/${policy}`);
      return found;
    },
  };
}

export type World = ReturnType<typeof resilienceWorld>;

/** Calls so many times, one after another. */
export async function callAll(pipeline: Pipeline<Said>, answers: readonly Said[]): Promise<Said[]> {
  const said: Said[] = [];
  for (const answer of answers) said.push(await pipeline.run(async () => answer));
  return said;
}

export function times<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value);
}
