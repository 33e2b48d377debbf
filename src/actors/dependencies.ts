/**
 * The port through which everybody sees and steers the calls to outside partners: breakers, bulkheads, quotas, holds.
 *
 * Owns the words and shapes of that view. The ops endpoint, the metrics and the console read it and nothing else; the
 * adapter in `infra/resilience` is its only writer.
 */

/** `probe_due`: the pause after opening is over and no call has come yet to find out; `isolated`: held by a person;
 * `shadow_open`: would be open, but only reports. */
export const DEPENDENCY_STATES = ['closed', 'open', 'probe_due', 'half_open', 'isolated', 'shadow_open'] as const;
export type DependencyState = (typeof DEPENDENCY_STATES)[number];

/**
 * How a call ended, as every call does exactly once. `ignored`: answered with a no about this request, which says
 * nothing against the partner; `cancelled`: its total time was over before anything was sent; `rejected_…`: refused
 * here, nothing was sent: breaker open or held, bulkhead full or its queue too slow, partner's quota used up.
 */
export const CALL_OUTCOMES = [
  'ok',
  'failed',
  'ignored',
  'timeout',
  'cancelled',
  'rejected_open',
  'rejected_bulkhead',
  'rejected_budget',
] as const;
export type CallOutcomeName = (typeof CALL_OUTCOMES)[number];

/** `peer`: another node saw the partner fail; `expired`: a hold's time was over. */
export type TransitionCause =
  | 'failures'
  | 'slow'
  | 'time'
  | 'probe_failed'
  | 'probe_ok'
  | 'operator'
  | 'expired'
  | 'hydrated'
  | 'peer';

/** Why a bulkhead let a call go: no place to wait, past its deadline in the queue, out of its total time. */
export const BULKHEAD_REJECTIONS = ['full', 'timeout_in_queue', 'aborted'] as const;
export type BulkheadRejection = (typeof BULKHEAD_REJECTIONS)[number];

export interface Transition {
  readonly at: number;
  readonly from: DependencyState;
  readonly to: DependencyState;
  readonly cause: TransitionCause;
}

export interface TransitionCount extends Omit<Transition, 'at'> {
  readonly count: number;
}

/** A partner's limit. Two policies may show the same one. */
export interface QuotaView {
  readonly name: string;
  /** Calls per second or per day, as `name` says; null where only the partner knows. */
  readonly limit: number | null;
  readonly remaining: number | null;
  /** When `remaining` is full again; null for a limit per second. */
  readonly resetsAt: number | null;
  /** The partner refuses all calls under it until then. */
  readonly bannedUntil: number | null;
}

export interface HoldView {
  readonly by: string;
  readonly reason: string;
  readonly until: number;
}

/** Another number of calls at once than configured, on each node. */
export interface LimitView {
  readonly limit: number;
  readonly by: string;
  readonly reason: string;
  readonly until: number;
}

/** Attempts of the last whole minute on this process. */
export interface PaceView {
  readonly perSecond: number;
  /** So long took at most 50, 95, 99 percent of them; in whole ms, within 1 %. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** What a breaker is on one process. */
export interface InstanceView {
  readonly id: string;
  readonly role: string;
  readonly state: DependencyState;
  /** It has not been heard of for a while: `state` is what it last was. */
  readonly isSilent: boolean;
  /** The process that is asked. */
  readonly isSelf: boolean;
}

/** One breaker with its bulkhead and limits. Times are epoch ms; counts are since the process started. */
export interface DependencyView {
  readonly dependency: string;
  readonly policy: string;
  readonly state: DependencyState;
  readonly isShadow: boolean;
  readonly openedAt: number | null;
  /** Null when closed. */
  readonly nextProbeAt: number | null;
  /** What the breaker itself sees in its window, from 0 to 1, and from where on it opens. */
  readonly failureRatio: number;
  readonly slowRatio: number;
  readonly thresholdRatio: number;
  readonly slowThresholdRatio: number;
  /** From when on a call counts as slow. */
  readonly slowMs: number;
  /** Calls that may be under way at once: as many as configured, or as a person has changed it to for a time. */
  readonly limit: number;
  readonly configuredLimit: number;
  /** No change may go beyond it. */
  readonly mostLimit: number;
  readonly limitChange: LimitView | null;
  readonly inFlight: number;
  readonly queueLimit: number;
  readonly queueDepth: number;
  /** Null when there was no attempt. */
  readonly pace: PaceView | null;
  readonly instances: readonly InstanceView[];
  /** Of the whole dependency; 0 = no retries left. */
  readonly retryBudgetRatio: number;
  readonly calls: Readonly<Record<CallOutcomeName, number>>;
  readonly slowCalls: number;
  readonly bulkheadRejections: Readonly<Record<BulkheadRejection, number>>;
  readonly attempts: { readonly first: number; readonly second: number; readonly third_plus: number };
  /** Calls that failed although they were tried again as often as allowed. */
  readonly retriesExhausted: number;
  readonly quotas: readonly QuotaView[];
  readonly hold: HoldView | null;
  /** The last 20, oldest first. */
  readonly transitions: readonly Transition[];
  readonly transitionCounts: readonly TransitionCount[];
}

/** What happened, for histograms. `operation` is one of a closed set. */
export type DependencyEvent =
  | {
      readonly type: 'call';
      readonly dependency: string;
      readonly policy: string;
      readonly operation: string;
      readonly outcome: CallOutcomeName;
      /** From the caller's ask to its answer, retries and queueing included. */
      readonly durationMs: number;
      readonly attempts: number;
      /** Of all its attempts together. */
      readonly queueWaitMs: number;
    }
  | {
      readonly type: 'attempt';
      readonly dependency: string;
      readonly policy: string;
      readonly operation: string;
      /** 1, 2, 3 … */
      readonly attempt: number;
      readonly outcome: 'ok' | 'failed' | 'ignored' | 'timeout';
      /** From a closed set, such as `TIMEOUT` or `TRANSPORT`; empty unless it failed. */
      readonly errorType: string;
      readonly durationMs: number;
      readonly queueWaitMs: number;
    };

/** Who does something to a policy, and why, for the record. */
interface Steering {
  readonly by: string;
  readonly reason: string;
}

/** A hold or a changed limit ends by itself; nobody can forget one for longer than a day. */
export const LONGEST_STEERING_MS = 86_400_000;

export interface Dependencies {
  /** All policies in a fixed order, as of now. The same object as long as nothing changed. */
  snapshot(): readonly DependencyView[];
  /** Calls `listener` after each change of the snapshot; returns how to stop. */
  subscribe(listener: () => void): () => void;
  /** Calls `listener` for each call and attempt as it ends; returns how to stop. */
  observe(listener: (event: DependencyEvent) => void): () => void;
  /**
   * Sends nothing to it on any node for `ttlMs` (1 s to one day), instead of a hold that stands. Returns once that
   * is kept durably; other nodes follow within a few seconds.
   * @throws DEPENDENCY_UNKNOWN, DEPENDENCY_REFUSED for a bad `ttlMs`, STORE_UNAVAILABLE
   */
  hold(dependency: string, policy: string, hold: Steering & { readonly ttlMs: number }): Promise<void>;
  /** Ends the hold, which need not stand; the breaker goes on where it was. @throws as `hold` */
  release(dependency: string, policy: string, steering: Steering): Promise<void>;
  /**
   * Finds out at once, by a harmless call, whether the partner answers, without waiting for the next probe's time.
   * `due`: no harmless call is known for it, so its next call will find out.
   * @throws DEPENDENCY_UNKNOWN, DEPENDENCY_REFUSED while it is held
   */
  probe(dependency: string, policy: string, steering: Steering): Promise<CallOutcomeName | 'due'>;
  /**
   * Lets so many of its calls (1 to `mostLimit`) be under way at once on each node for `ttlMs` (1 s to one day), instead
   * of as many as configured or of a change that stands. Fewer than are under way cuts none of those off: none is added
   * until they are fewer. Returns once that is kept durably; other nodes follow within a few seconds.
   * @throws DEPENDENCY_UNKNOWN, DEPENDENCY_REFUSED for a bad `limit` or `ttlMs`, STORE_UNAVAILABLE
   */
  limit(
    dependency: string,
    policy: string,
    change: Steering & { readonly limit: number; readonly ttlMs: number },
  ): Promise<void>;
  /** Ends the change, which need not stand: as many as configured may go. @throws as `limit` */
  restore(dependency: string, policy: string, steering: Steering): Promise<void>;
}
