/**
 * The demo's order life: what makes a fresh start worth looking at without a real Taobao account.
 *
 * Owns: the demo orders, known by their number's first digits. Their count in the book says where the life stands, so
 * a restart goes on where the last run ended and seeds nothing twice.
 * Bounds: at most `MAX_OPEN` orders not yet settled or closed, and `MAX_TOTAL` altogether.
 */
import type { Clock, Ids, Log } from '../../actors/ports.ts';
import type { OrderBook } from './order-book.ts';
import type { OrderRow } from './order-rows.ts';
import { DAY_MS, fromShanghai, MINUTE_MS, SECOND_MS, toShanghai } from './shanghai-time.ts';

/** The channel id of the demo user's orders, and that of a channel which belongs to nobody. */
export const DEMO_RELATION_ID = '2880000001';
const STRANGER_RELATION_ID = '2880000002';

const FIRST_TRADE_ID = 2_888_000_000_000_000_000n;
const MAX_OPEN = 200;
const MAX_TOTAL = 500;
const STEP_MS = 5 * SECOND_MS;
const REST_MS = 8 * SECOND_MS;

/** Settled eight days ago: with a holding time of seven days the rebate is there at once. */
const SEED_PRICES_YUAN = ['189.00', '216.00', '159.90', '238.00', '199.00', '268.00'];

interface Deps {
  readonly orders: OrderBook;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

/** Seeds the book if it has no demo orders yet and lets new ones live on until the returned function is called. */
export async function startDemo(deps: Deps): Promise<() => void> {
  if (demoOrders(deps.orders).length === 0) seed(deps);
  await deps.orders.flushed();
  let cancel = () => {};
  const step = () => {
    live(deps);
    deps.orders.flushed().catch((error: unknown) => {
      cancel();
      deps.log.error('the demo stops: its orders cannot be written', { error: String(error) });
    });
    cancel = deps.clock.after(STEP_MS + Math.floor(deps.ids.fraction() * STEP_MS), step);
  };
  cancel = deps.clock.after(STEP_MS, step);
  return () => cancel();
}

function demoOrders(orders: OrderBook): readonly OrderRow[] {
  return orders.orders().filter((row) => row.trade_id.startsWith('2888'));
}

function seed({ orders, clock }: Deps): void {
  const now = clock.now();
  const strangersFrom = SEED_PRICES_YUAN.length;
  const relationIds = [...SEED_PRICES_YUAN.map(() => DEMO_RELATION_ID), STRANGER_RELATION_ID, STRANGER_RELATION_ID];
  relationIds.forEach((relationId, index) => {
    const createdAt = toShanghai(now - 20 * DAY_MS - index * 7 * MINUTE_MS);
    orders.put({
      trade_id: tradeId(index),
      tk_status: 3,
      tk_create_time: createdAt,
      tk_earning_time: toShanghai(now - 8 * DAY_MS - index * MINUTE_MS),
      modified_time: toShanghai(now - (50 - index * 5) * MINUTE_MS),
      alipay_total_price: SEED_PRICES_YUAN[index % strangersFrom],
      total_commission_rate: '9.00',
      relation_id: relationId,
    });
  });
}

/** One step: orders that rested long enough move on, then perhaps a new one is paid. */
function live({ orders, clock, ids }: Deps): void {
  const now = clock.now();
  const known = demoOrders(orders);
  const open = known.filter(({ tk_status: status }) => status === 12 || status === 14);
  for (const row of open) {
    if (now - (fromShanghai(row.modified_time) ?? 0) < REST_MS) continue;
    const isClosed = row.tk_status === 12 && ids.fraction() < 0.1;
    orders.put({ trade_id: row.trade_id, tk_status: isClosed ? 13 : row.tk_status === 12 ? 14 : 3 });
  }
  if (open.length >= MAX_OPEN || known.length >= MAX_TOTAL) return;
  const kind = ids.fraction();
  orders.put({
    trade_id: tradeId(known.length),
    alipay_total_price: (20 + Math.floor(ids.fraction() * 28_000) / 100).toFixed(2),
    total_commission_rate: (3 + Math.floor(ids.fraction() * 90) / 10).toFixed(2),
    // Most are the demo user's; the rest show a channel that nobody has bound, and orders without any.
    ...(kind < 0.85 && { relation_id: kind < 0.7 ? DEMO_RELATION_ID : STRANGER_RELATION_ID }),
  });
}

function tradeId(index: number): string {
  return String(FIRST_TRADE_ID + BigInt(index) * 1_000_003n);
}
