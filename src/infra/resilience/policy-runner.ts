/**
 * Everything one policy has, whatever is called through it: gate, bulkhead, quotas, retry budget, and its row in the
 * store.
 *
 * Owns the way of one attempt from the gate to the partner. Invariants:
 * R1  An attempt that is refused on the way has sent nothing, whoever refused it.
 * R2  The last look at the caller's deadline is after all waiting, right before the attempt leaves.
 * R3  A changed limit ends at its time, by itself, on every node; it never passes what this node's settings bear.
 * R4  What is shown is measured after each change that somebody could see.
 */
import { TaskCancelledError, TimeoutStrategy, timeout } from 'cockatiel';
import type {
  BulkheadRejection,
  DependencyEvent,
  InstanceView,
  LimitView,
  Transition,
} from '../../actors/dependencies.ts';
import type { Clock, Ids } from '../../actors/ports.ts';
import type { Attempted } from './breaker.ts';
import { Bulkhead } from './bulkhead.ts';
import { type DependencyStore, type Gauges, show } from './dependency-store.ts';
import type { Ending, RefusalCause, Verdict } from './endings.ts';
import { Gate } from './gate.ts';
import { Pace } from './pace.ts';
import { mostLimitOf, type PolicySettings } from './policies.ts';
import type { Quota } from './quota.ts';
import type { RetryBudget } from './retry-budget.ts';
import { Temporary } from './temporary.ts';

export interface RunnerDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly dependency: string;
  readonly policy: string;
  readonly settings: PolicySettings;
  readonly quotas: readonly Quota[];
  readonly budget: RetryBudget;
  readonly store: DependencyStore;
  readonly emit: (event: DependencyEvent) => void;
  readonly onTransition: (transition: Transition) => void;
  /** The breaker may have opened, closed, or got another time for its probe. */
  readonly onOpening: () => void;
  /** The partner said that one of its quotas is used up until then. */
  readonly onLimited: (quota: string, until: number) => void;
}

/** One call on its way, for all of its attempts. */
export interface Trip<T> {
  readonly work: (signal: AbortSignal) => Promise<T>;
  readonly judge: (value: T) => Verdict;
  /** Nothing is sent after it. */
  readonly deadline: number;
  attempts: number;
  waitedMs: number;
}

/** For so long an attempt waits for its turn under a limit per second. */
const LONGEST_QUOTA_WAIT_MS = 1_500;
const BUSY_RETRY_MS = 1_000;

const REFUSALS: Readonly<Record<BulkheadRejection, RefusalCause>> = {
  full: 'full',
  timeout_in_queue: 'late',
  aborted: 'cancelled',
};

export class PolicyRunner {
  readonly key: string;
  readonly deps: RunnerDeps;
  readonly gate: Gate;
  readonly #bulkhead: Bulkhead;
  readonly #limitChange: Temporary<LimitView>;
  readonly #pace: Pace;

  constructor(deps: RunnerDeps) {
    const { dependency, policy, settings, clock, store } = deps;
    this.key = `${dependency}/${policy}`;
    this.deps = deps;
    this.#bulkhead = new Bulkhead(clock, { limit: settings.concurrency, queueLimit: settings.queue }, () =>
      this.measure(),
    );
    this.#pace = new Pace(clock);
    this.#limitChange = new Temporary(clock, () => this.#applyLimit());
    this.gate = new Gate({
      ...deps,
      onTransition: (transition) => {
        store.trigger.moved({ key: this.key, transition });
        deps.onTransition(transition);
      },
      onChange: () => {
        this.measure();
        deps.onOpening();
      },
    });
  }

  /** One attempt through gate, bulkhead and quotas. Never throws. */
  async attempt<T>(trip: Trip<T>, signal: AbortSignal): Promise<Ending<T>> {
    if (signal.aborted) return this.#refused('cancelled');
    const refusal = this.gate.refusal();
    if (refusal !== null) return { kind: 'refused', ...refusal };
    const { ending } = await this.gate.execute(() => this.#admitted(trip, signal));
    return ending;
  }

  /** Null goes back to the configured limit. A change whose time is over is none. */
  setLimit(change: LimitView | null): void {
    this.#limitChange.set(change);
    this.#applyLimit();
  }

  stop(): void {
    this.gate.stop();
    this.#limitChange.stop();
  }

  /** R4 */
  measure(): void {
    show(this.deps.store, this.key, this.#gauges());
  }

  /** Also what takes a while to add up, or is known to others only: for when somebody looks. */
  measureAll(instances: readonly InstanceView[]): void {
    show(this.deps.store, this.key, { ...this.#gauges(), pace: this.#pace.view(), instances });
  }

  #gauges(): Gauges {
    const { clock, quotas, budget } = this.deps;
    const { breaker, hold } = this.gate;
    return {
      openedAt: breaker.opening?.openedAt ?? null,
      nextProbeAt: breaker.opening?.nextProbeAt ?? null,
      ...breaker.ratios(),
      limit: this.#bulkhead.limit,
      limitChange: this.#limitChange.value,
      inFlight: this.#bulkhead.inFlight,
      queueDepth: this.#bulkhead.queueDepth,
      retryBudgetRatio: budget.ratio,
      quotas: quotas.map((quota) => quota.view(clock.now())),
      hold,
    };
  }

  #applyLimit(): void {
    const { settings } = this.deps;
    // Another node may be configured for more.
    this.#bulkhead.setLimit(Math.min(this.#limitChange.value?.limit ?? settings.concurrency, mostLimitOf(settings)));
  }

  async #admitted<T>(trip: Trip<T>, signal: AbortSignal): Promise<Attempted<T>> {
    const { clock, store } = this.deps;
    const { deadline } = trip;
    const since = clock.now();
    const place = await this.#bulkhead.enter({ signal, deadline });
    if (typeof place === 'string') {
      store.trigger.rejected({ key: this.key, cause: place });
      return { ending: this.#refused(REFUSALS[place]), durationMs: 0 };
    }
    try {
      const refused = await this.#waitForQuota(signal);
      const waitedMs = clock.now() - since;
      trip.waitedMs += waitedMs;
      if (refused !== null) return { ending: refused, durationMs: 0 };
      if (clock.now() > deadline) return { ending: this.#refused('late'), durationMs: 0 };
      return await this.#send(trip, waitedMs, signal);
    } finally {
      place.leave();
    }
  }

  /** Books the next free place under all quotas, in the order of asking, and waits for it. */
  async #waitForQuota(signal: AbortSignal): Promise<Ending<never> | null> {
    const { clock, quotas } = this.deps;
    const freeAt = (now: number) => Math.max(now, ...quotas.map((quota) => quota.freeAt(now)));
    const now = clock.now();
    const at = freeAt(now);
    if (at > now + LONGEST_QUOTA_WAIT_MS) return { kind: 'refused', cause: 'quota', until: at };
    for (const quota of quotas) quota.book(at);
    if (at > now) await new Promise<void>((resolve) => clock.after(at - now, resolve));
    if (signal.aborted) return this.#refused('cancelled');
    const bannedUntil = Math.max(...quotas.map((quota) => quota.bannedUntil));
    return bannedUntil > clock.now() ? { kind: 'refused', cause: 'quota', until: bannedUntil } : null;
  }

  async #send<T>(trip: Trip<T>, queueWaitMs: number, signal: AbortSignal): Promise<Attempted<T>> {
    const { clock, settings, store, emit, dependency, policy } = this.deps;
    trip.attempts += 1;
    const attempt = trip.attempts;
    const startedAt = clock.now();
    const ending = await this.#inTime(trip, signal);
    const durationMs = clock.now() - startedAt;
    this.#pace.note(durationMs);
    store.trigger.attempted({ key: this.key, attempt, isSlow: durationMs >= settings.slowMs });
    const labels = { dependency, policy, operation: policy, ...labelsOf(ending) };
    emit({ type: 'attempt', ...labels, attempt, durationMs, queueWaitMs });
    return { ending, durationMs };
  }

  async #inTime<T>({ work, judge }: Trip<T>, outer: AbortSignal): Promise<Ending<T>> {
    const limit = timeout(this.deps.settings.attemptMs, TimeoutStrategy.Aggressive);
    try {
      const value = await limit.execute(({ signal }) => work(signal), outer);
      return { kind: 'answered', value, verdict: judge(value) };
    } catch (error) {
      return error instanceof TaskCancelledError ? { kind: 'timeout' } : { kind: 'threw', error };
    }
  }

  #refused(cause: RefusalCause): Ending<never> {
    return { kind: 'refused', cause, until: this.deps.clock.now() + BUSY_RETRY_MS };
  }
}

/** The outcome's name for an attempt, and the kind of its failure. */
function labelsOf(ending: Ending<unknown>) {
  if (ending.kind === 'timeout') return { outcome: 'timeout', errorType: 'TIMEOUT' } as const;
  if (ending.kind !== 'answered') return { outcome: 'failed', errorType: 'THREW' } as const;
  const { verdict } = ending;
  if (verdict.kind === 'failed') return { outcome: 'failed', errorType: verdict.errorType } as const;
  return { outcome: verdict.kind === 'ok' ? 'ok' : 'ignored', errorType: '' } as const;
}
