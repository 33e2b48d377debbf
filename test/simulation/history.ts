/**
 * Order histories: what happens to each order at Taobao during a run, drawn from a seed.
 */
import type { Random } from './random.ts';
import type { OrderFact, RefundFact, Shown } from './taobao-book.ts';

const DAY_MS = 86_400_000;

export interface HistoryOptions {
  readonly startAt: number;
  readonly spanMs: number;
  readonly orderCount: number;
  /** Of these, how many are settled and released from the first moment. */
  readonly earlyCount: number;
  /** Channels that orders may carry, as `relation-11`. */
  readonly channels: readonly string[];
  /** Days between settlement and release under the rules of the run. */
  readonly releaseDays: number;
  /** A row may be shown this much after its own time. */
  readonly maxLagMs: number;
}

export interface History {
  readonly orders: Shown<OrderFact>[];
  readonly refunds: Shown<RefundFact>[];
}

type Status = OrderFact['status'];

const LIVES: readonly (readonly Status[])[] = [
  [12, 14, 3],
  [12, 14, 3],
  [12, 3],
  [3],
  [3],
  [12],
  [12, 14],
  [12, 13],
  [13],
  [12, 3, 13],
  [12, 13, 3],
];

export function drawHistory(random: Random, options: HistoryOptions): History {
  const history: History = { orders: [], refunds: [] };
  for (let index = 0; index < options.orderCount; index += 1) addOrder(history, random, options, index);
  const byTime = <T>(a: Shown<T>, b: Shown<T>) => a.shownAt - b.shownAt;
  history.orders.sort(byTime);
  history.refunds.sort(byTime);
  return history;
}

function addOrder({ orders, refunds }: History, random: Random, options: HistoryOptions, index: number): void {
  const { startAt, spanMs, releaseDays } = options;
  const tradeId = String(2_839_000_000_000_000_000n + BigInt(index));
  // The first orders are money to withdraw soon, so that most runs have withdrawals that get somewhere.
  const isEarly = index < options.earlyCount;
  const life = isEarly ? [3 as const] : random.pick(LIVES);
  const times = isEarly ? [startAt - 2_000] : drawTimes(random, life.length, startAt, spanMs);
  // A closed order is opened again at a later second: of one second, the closing would count.
  if (life.at(-2) === 13) times[life.length - 1] = (times[life.length - 1] as number) + 1_000;
  const preFeeFen = isEarly
    ? random.between(3_000, 90_000)
    : random.pick([random.between(1, 99), random.between(100, 3_000), random.between(3_000, 90_000)]);
  const channel = toChannel(
    isEarly ? options.channels[index % options.channels.length] : random.pick([...options.channels, undefined]),
  );
  const settled = { feeFen: random.chance(0.7) ? preFeeFen : random.between(0, preFeeFen), agoMs: 0 };
  if (releaseDays > 0) {
    settled.agoMs = random.pick([
      0,
      releaseDays * DAY_MS,
      releaseDays * DAY_MS - random.between(0, spanMs),
      9 * DAY_MS,
    ]);
  }
  let shownAt = 0;
  life.forEach((status, step) => {
    const modifiedAt = times[step] as number;
    shownAt = Math.max(shownAt, modifiedAt + (random.chance(0.3) ? random.between(0, options.maxLagMs) : 0));
    const fact: OrderFact = {
      tradeId,
      status,
      modifiedAt,
      createdAt: times[0] as number,
      earningAt: status === 3 ? wholeSecond(modifiedAt - (isEarly ? 9 * DAY_MS : settled.agoMs)) : null,
      paidFen: preFeeFen * 10,
      preFeeFen,
      feeFen: status === 3 ? settled.feeFen : 0,
      techFeeFen: Math.floor(preFeeFen / 10),
      channel,
    };
    orders.push({ shownAt, fact });
  });
  if (life.includes(3) && random.chance(0.35)) addRefunds(refunds, random, options, tradeId, settled.feeFen);
}

/** A dispute after the settlement: opened, then decided; sometimes two. */
function addRefunds(
  refunds: History['refunds'],
  random: Random,
  { startAt, spanMs }: HistoryOptions,
  tradeId: string,
  feeFen: number,
): void {
  const count = random.pick([1, 1, 2]);
  for (let suit = 0; suit < count; suit += 1) {
    const refundFen = random.chance(0.4) ? feeFen : random.between(0, feeFen);
    const times = drawTimes(random, 2, startAt, spanMs);
    const end = random.pick([2, 2, 3, 13]);
    [4, end].forEach((status, step) => {
      const modifiedAt = times[step] as number;
      const fact = { suitId: `${tradeId.slice(-9)}${suit + 1}`, tradeId, status, modifiedAt, refundFen };
      refunds.push({ shownAt: modifiedAt, fact });
    });
  }
}

function toChannel(name: string | undefined): OrderFact['channel'] {
  const [kind, id] = (name ?? '').split('-') as ['relation' | 'special' | 'adzone', string | undefined];
  return id === undefined ? null : { kind, id };
}

/** Whole seconds in order; stages of one order may share one. */
function drawTimes(random: Random, count: number, startAt: number, spanMs: number): number[] {
  const times = Array.from({ length: count }, () => wholeSecond(startAt + random.between(0, spanMs)));
  return times.sort((a, b) => a - b);
}

function wholeSecond(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000;
}
