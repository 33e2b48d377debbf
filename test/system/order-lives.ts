/**
 * Thousands of orders as a partner might report them: jumping states, several reports in one second, closed and opened
 * again, refunded in parts. What happened is fixed by one seed; how it is delivered, and when, by another.
 */
import { type OrderHistory, seeded, toShanghai, toYuan } from './money-oracle.ts';
import type { Delivery, Row } from './top-gateway.ts';

export interface Channel {
  readonly userId: string | undefined;
  readonly field: 'relation_id' | 'special_id' | 'adzone_id';
  readonly id: string;
}

const DAY_MS = 86_400_000;
const PATHS: readonly (readonly number[])[] = [
  [12],
  [12, 14],
  [12, 14, 3],
  [12, 14, 3],
  [12, 3],
  [14, 3],
  [3],
  [3],
  [13],
  [12, 13],
  [12, 14, 13],
  [12, 14, 3, 13],
  [12, 13, 14, 3],
  [13, 14],
];
const STAGES = [12, 14, 3, 13];

export interface Period {
  readonly from: number;
  readonly to: number;
}

/** What happened to `count` orders, reported within `period`. The last channels in the list are the rarer ones. */
export function liveOrders(count: number, channels: readonly Channel[], period: Period, seed: number): OrderHistory[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, index) => {
    const channel = random.next() < 0.1 ? undefined : channels[Math.floor(random.next() ** 2 * channels.length)];
    const tradeId = String(4_300_000_000_000_000_000n + BigInt(index) * 1_000_003n);
    const rows = rowsOf(tradeId, channel, period, random);
    const settled = rows.findLast((row) => row['tk_status'] === 3);
    const refunds = settled !== undefined && random.next() < 0.2 ? refundsOf(settled, period, random) : [];
    return { userId: channel?.userId, rows, refunds };
  });
}

type Random = ReturnType<typeof seeded>;

function rowsOf(tradeId: string, channel: Channel | undefined, { from, to }: Period, random: Random): Row[] {
  const path = random.pick(PATHS);
  const incomeFen = 100 + random.below(5_000);
  const createdAt = toShanghai(from - DAY_MS * (12 + random.below(10)));
  let at = from + random.below((to - from) / 2);
  let before = 0;
  return path.map((status) => {
    // Two reports within the same second are told apart by their stage only.
    const isSameSecond = STAGES.indexOf(status) > STAGES.indexOf(before) && before !== 0 && random.next() < 0.2;
    if (before !== 0 && !isSameSecond) at += 1_000 * (1 + random.below((to - at) / 1_000 / 4));
    before = status;
    const isSettled = status === 3;
    return {
      trade_id: tradeId,
      trade_parent_id: tradeId,
      tk_status: status,
      modified_time: toShanghai(at),
      tk_create_time: createdAt,
      tb_paid_time: createdAt,
      tk_paid_time: random.next() < 0.5 ? createdAt : '--',
      tk_earning_time: isSettled ? toShanghai(from - DAY_MS * random.pick([1, 2, 8, 9])) : '',
      item_id: `abc-${tradeId.slice(-6)}`,
      item_title: '"好物" \\ 领券立减￥20 🎁',
      alipay_total_price: toYuan(incomeFen * 10),
      pub_share_pre_fee: toYuan(incomeFen),
      pub_share_fee: isSettled ? toYuan(incomeFen - random.below(60)) : '0',
      alimama_share_fee: toYuan(Math.floor(incomeFen / 10)),
      refund_tag: 0,
      // The slot of most links; nobody holds it.
      adzone_id: '111500000001',
      ...(channel !== undefined && { [channel.field]: channel.id }),
    };
  });
}

function refundsOf(row: Row, { to }: Period, random: Random): Row[] {
  const suits = 1 + random.below(2);
  const refunds: Row[] = [];
  for (let suit = 0; suit < suits; suit += 1) {
    const tradeId = String(row['trade_id']);
    let at = to - 1_000 * (600 + random.below(600));
    for (const status of random.pick([[4, 2], [2], [4, 12, 13], [2, 3], [4], [14]])) {
      at += 1_000 * (1 + random.below(100));
      refunds.push({
        refund_suit_id: `${tradeId.slice(-13)}${suit}`,
        tb_trade_id: tradeId,
        refund_status: status,
        modified_time: toShanghai(at),
        pub_share_fee: row['pub_share_fee'],
        tk_commission_fee_refund: toYuan(20 + random.below(300)),
        tk_subsidy_fee_refund: '0.11',
      });
    }
  }
  return refunds;
}

/** All reports as one gateway delivers them: at their own time or any other, and some once more long after. */
export function deliver(rows: readonly Row[], { from, to }: Period, seed: number): Delivery[] {
  const random = seeded(seed);
  const anyTime = () => from + 1_000 + 1_000 * random.below((to - from) / 1_000 - 2);
  return rows.flatMap((row) => {
    const own = Date.parse(`${String(row['modified_time']).replace(' ', 'T')}+08:00`);
    const deliveries = [{ at: random.next() < 0.5 ? own : anyTime(), row }];
    if (random.next() < 0.15) deliveries.push({ at: anyTime(), row });
    return deliveries;
  });
}

/** Rows that no one can use: unpaid, of a state not known, without an id. None of them may hold up its neighbours. */
export function uselessRows(row: Row): Row[] {
  return [
    { ...row, trade_id: '4399999999999999001', tk_status: 11 },
    { ...row, trade_id: '4399999999999999002', tk_status: 99 },
    { ...row, trade_id: '--' },
    { ...row, trade_id: '4399999999999999003', pub_share_pre_fee: '1,234.56' },
    { ...row, trade_id: '4399999999999999004', modified_time: '2026-02-31 10:00:00' },
  ];
}
