/**
 * Every pipeline there is, with its settings: which partner, which operation, and how patient, how many, how fast.
 *
 * Owns the names (they are labels of metrics and stand in people's commands, so they stay) and the defaults. A name's
 * settings are changed by `DEPENDENCY_SETTINGS`, see `parseOverrides`.
 */

export interface PolicySettings {
  /** From the caller's ask to an answer or a miss, queueing and retries included. */
  readonly totalMs: number;
  /** One attempt. */
  readonly attemptMs: number;
  /** Further attempts after one that failed; 0 where the caller has a better plan. */
  readonly retries: number;
  /** Before the first retry, on average; doubling. */
  readonly retryDelayMs: number;
  /** The breaker opens when so many percent of at least `minCalls` attempts in the window failed, … */
  readonly failurePercent: number;
  /** … or so many took `slowMs` or longer. */
  readonly slowPercent: number;
  readonly slowMs: number;
  readonly windowMs: number;
  readonly minCalls: number;
  /** How long it stays open the first time; doubling to `longestOpenMs` while probes fail. */
  readonly openMs: number;
  readonly longestOpenMs: number;
  /** Attempts under way at once, and how many more may wait for a place. */
  readonly concurrency: number;
  readonly queue: number;
  /** 1: the breaker reports what it would do and lets all pass. */
  readonly shadow: number;
}

/** What sockets, memory and the partner were sized for bears this much more for a while; beyond it, change the setting. */
const MOST_TIMES_LIMIT = 4;

/** The most calls at once that a person may allow for a time. */
export function mostLimitOf({ concurrency }: PolicySettings): number {
  return concurrency * MOST_TIMES_LIMIT;
}

/** Feeds and payouts: their machines wait, try again and give up; a pipeline sends what it is given once. */
const BACKGROUND: PolicySettings = {
  totalMs: 30_000,
  attemptMs: 10_000,
  retries: 0,
  retryDelayMs: 200,
  failurePercent: 50,
  slowPercent: 80,
  slowMs: 5_000,
  windowMs: 60_000,
  minCalls: 10,
  openMs: 5_000,
  longestOpenMs: 60_000,
  concurrency: 16,
  queue: 64,
  shadow: 0,
};

/** Somebody looks at a screen. */
const INTERACTIVE: PolicySettings = {
  ...BACKGROUND,
  totalMs: 3_000,
  attemptMs: 1_500,
  retries: 1,
  retryDelayMs: 100,
  slowMs: 1_000,
  windowMs: 30_000,
  minCalls: 20,
  queue: 32,
};

/** As above, for a call that creates something and is not worth a second try in the same breath. */
const INTERACTIVE_WRITE: PolicySettings = { ...INTERACTIVE, retries: 0, attemptMs: 3_000, slowMs: 2_000 };

export const POLICIES = {
  taobao: {
    orders: { ...BACKGROUND, concurrency: 4, windowMs: 120_000, minCalls: 6 },
    refunds: { ...BACKGROUND, concurrency: 4, windowMs: 120_000, minCalls: 6 },
    item: INTERACTIVE,
    search: INTERACTIVE,
    link: INTERACTIVE_WRITE,
    tpwd: INTERACTIVE_WRITE,
    publisher: INTERACTIVE_WRITE,
    token: INTERACTIVE_WRITE,
  },
  alipay: {
    transfer: { ...BACKGROUND, attemptMs: 5_000, slowMs: 4_000, minCalls: 20 },
    query: { ...BACKGROUND, attemptMs: 5_000, slowMs: 4_000, minCalls: 20 },
  },
} as const satisfies Record<string, Record<string, PolicySettings>>;

export type Dependency = keyof typeof POLICIES;
export type PolicyOf<D extends Dependency> = keyof (typeof POLICIES)[D] & string;
