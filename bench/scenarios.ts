/**
 * The benchmarks of the embedded default. Each returns plain figures; `main.ts` prints them.
 */
import type { Address } from '../src/actors/address.ts';
import type { JournalRecord } from '../src/actors/record.ts';
import { type BenchWorld, drive, percentile, perSecond } from './world.ts';

const CAUSE = 'bench';
const DAY_MS = 86_400_000;

/** One row of an order, as the page activity sends it. */
function rowOf(tradeId: string, user: string, status: 12 | 14 | 3, now: number) {
  const step = status === 12 ? 0 : status === 14 ? 1 : 2;
  const row = {
    tradeId,
    parentId: tradeId,
    status,
    modifiedAt: now - 9 * DAY_MS + step * 60_000,
    createdAt: now - 9 * DAY_MS,
    paidAt: now - 9 * DAY_MS,
    earningAt: status === 3 ? now - 8 * DAY_MS : null,
    itemId: 'P0tnUWxyz-mvmeP0001',
    itemTitle: '夏季新款纯棉短袖T恤男女同款宽松百搭上衣',
    itemImageUrl: 'https://img.alicdn.com/i1/2200000000000/O1CN01abcdef.jpg',
    paidFen: 19_80,
    preFeeFen: 180,
    feeFen: status === 3 ? 180 : 0,
    techFeeFen: 18,
    relationId: '2880000001',
    specialId: null,
    adzoneId: '110000000001',
    refunded: false,
    hash: `${tradeId}${status}`.padStart(64, '0'),
  };
  return {
    event: { type: 'row', row, owner: { userId: user, channel: 'relation-2880000001' } },
    id: `row:${row.hash}`,
  };
}

/** Orders from first sight to a released rebate: paid, received, settled. The third turn settles and releases at once, the
 * order having settled eight days ago. Series have orders and users of their own. */
export async function lifecycles(
  { runtime, clock }: Pick<BenchWorld, 'runtime' | 'clock'>,
  orders: number,
  users: number,
  inFlight: number,
  series = '28',
) {
  const now = clock.now();
  const { elapsedMs: sentMs } = await drive(orders, inFlight, async (index) => {
    const tradeId = `${series}${String(index).padStart(16, '0')}`;
    for (const status of [12, 14, 3] as const) {
      const { event, id } = rowOf(tradeId, `bench${series}-${index % users}`, status, now);
      await runtime.send(`order/${tradeId}`, event, { id, cause: CAUSE, repeatable: true });
    }
  });
  const from = performance.now();
  const rebateFen = Math.floor(((180 - 18) * 7) / 10);
  // All at once: that every account is looked at by itself must not count as work of the system.
  const settled = async (user: number) => {
    const expectedFen = rebateFen * (Math.floor(orders / users) + (user < orders % users ? 1 : 0));
    const isSettled = (seen: { context: Readonly<Record<string, unknown>> }) =>
      seen.context['available'] === expectedFen;
    await runtime.waitUntil(`balance/bench${series}-${user}`, isSettled, 60_000);
  };
  await Promise.all(Array.from({ length: users }, (_, user) => settled(user)));
  return { orders, users, inFlight, perSecond: perSecond(orders, sentMs + performance.now() - from) };
}

/** Orders of which only the first row has come, so that there are many. */
export async function firstSights(
  { runtime, clock }: Pick<BenchWorld, 'runtime' | 'clock'>,
  orders: number,
  users: number,
  inFlight: number,
  series: string,
): Promise<void> {
  const now = clock.now();
  await drive(orders, inFlight, (index) => {
    const tradeId = `${series}${String(index).padStart(16, '0')}`;
    const { event, id } = rowOf(tradeId, `bench${series}-${index % users}`, 12, now);
    return runtime.send(`order/${tradeId}`, event, { id, cause: CAUSE, repeatable: true });
  });
}

/** Every record that the lifecycles made, for the raw insert rate of equal records. */
export async function readRecords(
  { store }: { store: Pick<BenchWorld['store'], 'journal'> },
  node: string,
): Promise<JournalRecord[]> {
  const records: JournalRecord[] = [];
  for (let batch = 0; ; batch = records.at(-1)?.batch ?? 0) {
    const page = await store.journal.committedBy(node, batch, 10_000);
    if (page.length === 0) return records;
    records.push(...page);
  }
}

/** Withdrawals from the request to `paid`: hold, transfer, capture. */
export async function withdrawals({ runtime }: BenchWorld, count: number, inFlight: number) {
  await fund(runtime, count);
  const account = { sealed: 'x'.repeat(120), masked: { identity: '138****00', name: '*三' } };
  const { elapsedMs } = await drive(count, inFlight, async (index) => {
    const address: Address = `withdrawal/wd_${String(index).padStart(26, 'a')}`;
    const event = { type: 'request', userId: `payee${index}`, amountFen: 1_000, account, fingerprint: 'f' };
    await runtime.send(address, event, { id: 'request', cause: CAUSE });
    await runtime.waitUntil(address, (seen) => seen.value === 'paid', 60_000);
  });
  return { withdrawals: count, inFlight, perSecond: perSecond(count, elapsedMs) };
}

async function fund(runtime: BenchWorld['runtime'], count: number): Promise<void> {
  const credit = { type: 'post', order: '1', n: 1, kind: 'credit', pendingFen: 0, availableFen: 5_000 };
  await drive(count, 256, (index) => runtime.send(`balance/payee${index}`, credit, { cause: CAUSE }));
}

/** Single turns on many accounts: rate and latency at a given concurrency. */
export async function turns({ runtime }: BenchWorld, count: number, inFlight: number) {
  const { elapsedMs, eachMs } = await drive(count, inFlight, (index) => {
    const event = { type: 'post', order: `${index}`, n: 1, kind: 'credit', pendingFen: 1, availableFen: 0 };
    return runtime.send(`balance/t${inFlight}-${index % 2_000}`, event, { cause: CAUSE });
  });
  const round = (ms: number) => Math.round(ms * 100) / 100;
  const [p50Ms, p99Ms] = [round(percentile(eachMs, 0.5)), round(percentile(eachMs, 0.99))];
  return { inFlight, turns: count, perSecond: perSecond(count, elapsedMs), p50Ms, p99Ms };
}

/** One account that everybody posts to. */
export async function hotAccount({ runtime }: BenchWorld, count: number, inFlight: number) {
  const address: Address = `balance/hot${count}`;
  const { elapsedMs, eachMs } = await drive(count, inFlight, (index) => {
    const event = { type: 'post', order: `${index}`, n: 1, kind: 'credit', pendingFen: 1, availableFen: 0 };
    return runtime.send(address, event, { cause: CAUSE });
  });
  const pendingFen = (await runtime.inspect(address))?.snapshot.context['pending'];
  if (pendingFen !== count) throw new Error(`lost: ${count} messages gave ${pendingFen}`);
  return {
    messages: count,
    inFlight,
    perSecond: perSecond(count, elapsedMs),
    p99Ms: Math.round(percentile(eachMs, 0.99)),
  };
}
