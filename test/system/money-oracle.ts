/**
 * What users are owed, worked out from the partners' own rows and payouts alone. It shares nothing with the server: the
 * fields are the partner's, the rules are those of the documents.
 */

type Fields = Readonly<Record<string, unknown>>;

/** Everything that was ever reported about one order, in any order. */
export interface OrderHistory {
  readonly userId: string | undefined;
  readonly rows: readonly Fields[];
  readonly refunds: readonly Fields[];
}

export interface Owed {
  readonly pendingFen: number;
  readonly releasedFen: number;
}

export interface OracleRules {
  /** Of 10,000. */
  readonly share: number;
  readonly releaseDays: number;
  readonly now: number;
}

const DAY_MS = 86_400_000;
const LATER_STAGES = [12, 14, 3, 13];
const LATER_REFUND_STAGES = [4, 11, 3, 14, 15, 2, 12, 13];
/** Refund states in which the money is taken back. */
const TAKEN = [2, 12, 13];

/** What each user is owed for all of these orders together. */
export function owedByUser(orders: Iterable<OrderHistory>, rules: OracleRules): Map<string, Owed> {
  const owed = new Map<string, Owed>();
  for (const order of orders) {
    if (order.userId === undefined) continue;
    const { pendingFen, releasedFen } = owed.get(order.userId) ?? { pendingFen: 0, releasedFen: 0 };
    const { fen, isReleased } = rebateOf(order, rules);
    owed.set(order.userId, {
      pendingFen: pendingFen + (isReleased ? 0 : fen),
      releasedFen: releasedFen + (isReleased ? fen : 0),
    });
  }
  return owed;
}

/** One order's rebate at the newest of its rows, less what its disputes took back. */
export function rebateOf({ rows, refunds }: OrderHistory, rules: OracleRules): { fen: number; isReleased: boolean } {
  const row = newest(rows, 'tk_status', LATER_STAGES);
  const status = Number(row?.['tk_status']);
  if (row === undefined || status === 13) return { fen: 0, isReleased: false };
  const income = status === 3 ? row['pub_share_fee'] : row['pub_share_pre_fee'];
  const net = Math.max(0, toFen(income) - toFen(row['alimama_share_fee']));
  const full = Math.floor((net * rules.share) / 10_000);
  const suits = Map.groupBy(refunds, (refund) => String(refund['refund_suit_id']));
  let taken = 0;
  for (const reports of suits.values()) {
    const report = newest(reports, 'refund_status', LATER_REFUND_STAGES) ?? {};
    if (!TAKEN.includes(Number(report['refund_status']))) continue;
    taken += toFen(report['tk_commission_fee_refund']) + toFen(report['tk_subsidy_fee_refund']);
  }
  const fen = net === 0 ? 0 : Math.floor((full * Math.max(0, net - taken)) / net);
  const settledAt = fromShanghai(String(row['tk_earning_time'] || row['modified_time']));
  return { fen, isReleased: status === 3 && settledAt + rules.releaseDays * DAY_MS <= rules.now };
}

/** The latest by time, then by stage; two that tie must say the same, or this oracle could not tell. */
function newest(rows: readonly Fields[], stageField: string, stages: readonly number[]): Fields | undefined {
  const placeOf = (row: Fields) =>
    `${String(row['modified_time'])} ${String(stages.indexOf(Number(row[stageField]))).padStart(2, '0')}`;
  return rows.reduce<Fields | undefined>(
    (best, row) => (best === undefined || placeOf(row) > placeOf(best) ? row : best),
    undefined,
  );
}

/** Yuan, as text or as a number, to fen without arithmetic on floats. */
function toFen(yuan: unknown): number {
  const [whole = '0', cents = ''] = String(yuan ?? '0').split('.');
  return Number(whole || '0') * 100 + Number(cents.padEnd(2, '0').slice(0, 2));
}

export function toYuan(fen: number): string {
  return `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`;
}

/** `yyyy-MM-dd HH:mm:ss` of Shanghai, which has had no summer time since 1991. */
export function toShanghai(ms: number): string {
  return new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
}

export function fromShanghai(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}+08:00`);
}

/** Numbers that look random and are the same for the same seed. */
export function seeded(seed: number): { next(): number; below(count: number): number; pick<T>(list: readonly T[]): T } {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    // The low bits of such a generator repeat soon.
    return ((state ^ (state >>> 15)) >>> 0) / 2 ** 32;
  };
  const below = (count: number) => Math.floor(next() * count);
  return { next, below, pick: (list) => list[below(list.length)] as never };
}
