/**
 * The pipeline of one operation: total time → fallback → retry → breaker → bulkhead → quota → attempt's time.
 *
 * Owns the order of these, and that every call ends exactly once in the store and for the observers. Invariants:
 * N1  `run` settles within the policy's total time, with an answer of the partner's or the fallback for a miss.
 * N2  A miss that says `refused` is certain: no attempt of this call has left.
 * N3  A policy without retries sends what it is given at most once.
 */
import { handleWhenResult, type RetryPolicy, retry, TaskCancelledError, TimeoutStrategy, timeout } from 'cockatiel';
import type { CallOutcomeName } from '../../actors/dependencies.ts';
import { type Ending, isFailure, type Miss, type Verdict } from './endings.ts';
import type { PolicyRunner, Trip } from './policy-runner.ts';

/** How a partner's client reads and writes what goes through. */
export interface PipelineKind<T> {
  /** What an answer says of the partner. */
  readonly judge: (value: T) => Verdict;
  /** The fallback: what the caller gets where there is no answer. */
  readonly onMiss: (miss: Miss) => T;
  /** A call that changes nothing, to find out whether the partner answers. */
  readonly probe?: (signal: AbortSignal) => Promise<T>;
}

export interface Pipeline<T> {
  /** Nothing is sent after `deadline`. @throws only what `work` itself throws. */
  run(work: (signal: AbortSignal) => Promise<T>, options?: { readonly deadline?: number }): Promise<T>;
}

/** As its owner has it. */
export interface OwnedPipeline<T> extends Pipeline<T> {
  /** Makes the probe's call like any other; undefined where there is none. */
  readonly probe: (() => Promise<CallOutcomeName>) | undefined;
}

interface Tried<T> {
  readonly ending: Ending<T>;
  readonly retry: number;
}

/** A pipeline over what its policy has; several over one policy share it all. */
export function createPipeline<T>(runner: PolicyRunner, { judge, onMiss, probe }: PipelineKind<T>): OwnedPipeline<T> {
  const { clock, settings, onLimited } = runner.deps;
  const retrying = createRetry(runner);
  const inTotal = timeout(settings.totalMs, TimeoutStrategy.Aggressive);

  const travel = async (work: Trip<T>['work'], latest = Number.POSITIVE_INFINITY): Promise<Ending<T>> => {
    const startedAt = clock.now();
    // What could only be cut off at once is not sent either.
    const deadline = Math.min(latest, startedAt + settings.totalMs - 1);
    const trip: Trip<T> = { work, judge, deadline, attempts: 0, waitedMs: 0 };
    const ending = await inTotal
      .execute(({ signal }) => tryAll(runner, retrying, trip, signal))
      .catch((error: unknown) => cutOff(error, trip, startedAt + settings.totalMs));
    if (ending.kind === 'answered' && ending.verdict.kind === 'limited') {
      onLimited(ending.verdict.quota, ending.verdict.until);
    }
    note(runner, ending, { ...trip, durationMs: clock.now() - startedAt });
    return ending;
  };

  return {
    async run(work, { deadline } = {}) {
      const ending = await travel(work, deadline);
      if (ending.kind === 'answered') return ending.value;
      if (ending.kind === 'threw') throw ending.error;
      return onMiss(ending);
    },
    probe: probe && (async () => outcomeOf(await travel(probe))),
  };
}

async function tryAll<T>(runner: PolicyRunner, retrying: RetryPolicy, trip: Trip<T>, signal: AbortSignal) {
  let last: Ending<T> | undefined;
  const { ending } = await retrying.execute(async ({ attempt }): Promise<Tried<T>> => {
    const now = await runner.attempt(trip, signal);
    // A retry that was refused says less than the failure before it, and must not look as if nothing was sent.
    last = now.kind === 'refused' && last !== undefined ? last : now;
    return { ending: last, retry: attempt };
  }, signal);
  return ending;
}

function createRetry({ deps, gate, key }: PolicyRunner): RetryPolicy {
  const { settings, budget, store, ids } = deps;
  const shouldRetry = (result: unknown) => {
    const { ending, retry } = result as Tried<unknown>;
    if (retry === 0 && ending.kind !== 'refused') budget.save();
    if (!isFailure(ending) || settings.retries === 0) return false;
    const mayRetry = retry < settings.retries && gate.refusal() === null && budget.spend();
    if (!mayRetry) store.trigger.exhausted({ key });
    return mayRetry;
  };
  const pause = (n: number) => ({
    duration: settings.retryDelayMs * 2 ** n * (0.5 + ids.fraction()),
    next: () => pause(n + 1),
  });
  return retry(handleWhenResult(shouldRetry), {
    maxAttempts: settings.retries,
    backoff: { next: () => pause(0) },
  });
}

/** The total time was over. */
function cutOff<T>(error: unknown, trip: Trip<T>, until: number): Ending<T> {
  if (!(error instanceof TaskCancelledError)) throw error;
  return trip.attempts > 0 ? { kind: 'timeout' } : { kind: 'refused', cause: 'cancelled', until };
}

type Course = Pick<Trip<unknown>, 'attempts' | 'waitedMs'> & { readonly durationMs: number };

function note(runner: PolicyRunner, ending: Ending<unknown>, { attempts, waitedMs, durationMs }: Course): void {
  const { store, emit, dependency, policy } = runner.deps;
  const outcome = outcomeOf(ending);
  store.trigger.ended({ key: runner.key, outcome });
  runner.measure();
  const operation = policy;
  emit({ type: 'call', dependency, policy, operation, outcome, durationMs, attempts, queueWaitMs: waitedMs });
}

function outcomeOf(ending: Ending<unknown>): CallOutcomeName {
  switch (ending.kind) {
    case 'answered':
      return ending.verdict.kind === 'limited' ? 'ignored' : ending.verdict.kind;
    case 'threw':
      return 'failed';
    case 'timeout':
      return 'timeout';
    default:
      return REFUSED_OUTCOMES[ending.cause];
  }
}

const REFUSED_OUTCOMES = {
  open: 'rejected_open',
  held: 'rejected_open',
  full: 'rejected_bulkhead',
  late: 'rejected_bulkhead',
  quota: 'rejected_budget',
  cancelled: 'cancelled',
} as const satisfies Record<string, CallOutcomeName>;
