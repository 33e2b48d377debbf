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

/** What Alipay wants to know about transfers of merchants who joined lately: the scene that they declared, and its reports. */
export interface PayoutScene {
  readonly name: string;
  readonly reports: readonly { readonly type: string; readonly content: string }[];
}

export interface Rules {
  readonly share: Share;
  readonly release: Release;
  readonly withdrawMinFen: number;
  /** Above this a person approves. */
  readonly withdrawReviewFen: number;
  /** How long one attempt at the payout gateway may take. */
  readonly payoutTimeoutMs: number;
  /** A withdrawal keeps the one it was born under: every attempt sends the same. Undefined = none is sent. */
  readonly payoutScene: PayoutScene | undefined;
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
  payoutScene: undefined,
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

/** Those that can be declared, by the API page of `alipay.fund.trans.uni.transfer`. */
const SCENES = ['现金营销', '企业退款', '佣金报酬', '业务结算', '二手回收', '公益补助', '行政补贴和退款', '保险理赔'];
/** The scene of rebates, whose one report is known. */
const COMMISSION: PayoutScene = { name: '佣金报酬', reports: [{ type: '佣金报酬说明', content: '返利提现' }] };

/**
 * Reads `佣金报酬`, or any scene with its reports: `企业退款:类型=内容;类型=内容`.
 * @throws RangeError saying what is expected.
 */
export function parsePayoutScene(text: string): PayoutScene {
  const [name = '', told] = text.split(/:(.*)/s);
  if (!SCENES.includes(name)) throw new RangeError(`expected one of ${SCENES.join('、')}, got "${name}"`);
  if (told === undefined && name === COMMISSION.name) return COMMISSION;
  const reports = (told ?? '').split(';').map((report) => {
    const [, type, content] = /^\s*([^=]{1,32}?)\s*=\s*(.{1,64}?)\s*$/.exec(report) ?? [];
    if (type === undefined || content === undefined) {
      throw new RangeError(
        `expected "${name}:type=content;type=content" as Alipay lists them for that scene, got "${text}"`,
      );
    }
    return { type, content };
  });
  return { name, reports };
}
