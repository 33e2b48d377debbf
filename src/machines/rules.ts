/**
 * The business rules that configuration decides, and the parsers of their text forms. Machines get them once, at
 * creation; an order keeps the share and release rule it was born under.
 */

/** The user's part of the net commission, as an exact fraction: 0.7 is 7000 / 10000. */
export interface Share {
  readonly numerator: number;
  readonly denominator: number;
}

/** When a settled rebate becomes available: N × 24 h after settlement, or 00:00 +08:00 on a day of the month after. */
export type Release =
  | { readonly kind: 'days'; readonly days: number }
  | { readonly kind: 'monthly'; readonly day: number };

export interface Rules {
  readonly share: Share;
  readonly release: Release;
  readonly withdrawMinFen: number;
  /** Above this a person approves. */
  readonly withdrawReviewFen: number;
  /** How long one attempt at the payout gateway may take. */
  readonly payoutTimeoutMs: number;
  /** First query after an unknown outcome; later ones back off to five minutes. */
  readonly payoutQueryMs: number;
  /** After this long without a definite answer a person is asked. */
  readonly payoutAlertMs: number;
  /** Pause between two polls of a feed, counted from the end of the first. */
  readonly orderPollMs: number;
  readonly orderWindowMs: number;
  /** How far a window reaches back into what has been read; less than a window. */
  readonly orderOverlapMs: number;
  /** Where a new feed begins, epoch ms; a feed never begins more than 90 days back. */
  readonly orderStart: number;
  /** How long a promotion slot stays a user's after its last use, and then nobody else's. */
  readonly adzoneLeaseMs: number;
  readonly adzoneRestMs: number;
}

export const defaultRules: Rules = {
  share: { numerator: 7000, denominator: 10000 },
  release: { kind: 'days', days: 7 },
  withdrawMinFen: 100,
  withdrawReviewFen: 50_000,
  payoutTimeoutMs: 5_000,
  payoutQueryMs: 5_000,
  payoutAlertMs: 2 * 3_600_000,
  orderPollMs: 60_000,
  orderWindowMs: 20 * 60_000,
  orderOverlapMs: 10 * 60_000,
  orderStart: 0,
  adzoneLeaseMs: 86_400_000,
  adzoneRestMs: 86_400_000,
};

/** Longest holding time that is still taken for meant. */
const MAX_RELEASE_DAYS = 366;

/**
 * Reads a share between 0 and 1 with up to four decimals, exactly.
 * @throws RangeError saying what is expected.
 */
export function parseShare(text: string): Share {
  const match = /^([01])(?:\.(\d{1,4}))?$/.exec(text);
  const numerator = match === null ? -1 : Number(`${match[1]}${(match[2] ?? '').padEnd(4, '0')}`);
  if (numerator < 0 || numerator > 10_000) {
    throw new RangeError(`expected a share from 0 to 1 with up to four decimals, like 0.7, got "${text}"`);
  }
  return { numerator, denominator: 10_000 };
}

/**
 * Reads `days:N` (0 to 366) or `monthly:D` (1 to 28, the days that every month has).
 * @throws RangeError saying what is expected.
 */
export function parseRelease(text: string): Release {
  const match = /^(days|monthly):(\d{1,3})$/.exec(text);
  const count = Number(match?.[2]);
  if (match?.[1] === 'days' && count <= MAX_RELEASE_DAYS) return { kind: 'days', days: count };
  if (match?.[1] === 'monthly' && count >= 1 && count <= 28) return { kind: 'monthly', day: count };
  throw new RangeError(`expected days:0 to days:${MAX_RELEASE_DAYS} or monthly:1 to monthly:28, got "${text}"`);
}
