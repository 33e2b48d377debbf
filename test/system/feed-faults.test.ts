import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killAll, type ServerProcess, startServer, tempFolder, until } from '../support/server-process.ts';
import { type OrderHistory, owedByUser, rebateOf, seeded } from './money-oracle.ts';
import { type Channel, deliver, liveOrders, type Period, uselessRows } from './order-lives.ts';
import { RestClient, token } from './rest-client.ts';
import {
  type GatewayOptions,
  rawAnswer,
  reset,
  startTopGateway,
  type TopGateway,
  type Trouble,
  topError,
} from './top-gateway.ts';

const ORDER_COUNT = 1_200;
const MINUTE_MS = 60_000;
const SYNC_WITHIN_MS = 180_000;
const RULES = { share: 7_000, releaseDays: 7 };

/** Ids beyond 2^53, as the partner's are. `early` is bound before the first row, `late` after the last; nobody has the last. */
const CHANNELS: readonly (Channel & { readonly bound: 'early' | 'midway' | 'late' | 'never' })[] = [
  { userId: 'early-1', field: 'relation_id', id: '288190000000000001', bound: 'early' },
  { userId: 'midway-1', field: 'relation_id', id: '288190000000000002', bound: 'midway' },
  { userId: 'late-1', field: 'relation_id', id: '288190000000000003', bound: 'late' },
  { userId: 'early-2', field: 'special_id', id: '288190000000000004', bound: 'early' },
  { userId: 'late-2', field: 'adzone_id', id: '288190000000000005', bound: 'late' },
  { userId: 'late-1', field: 'special_id', id: '288190000000000006', bound: 'late' },
  { userId: undefined, field: 'relation_id', id: '288190000000000007', bound: 'never' },
];
const USERS = [...new Set(CHANNELS.flatMap(({ userId }) => userId ?? []))];

const HTML =
  '<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>';
const ROOT = 'tbk_order_details_get_response';

/** Every class of the reference that heals soon: worth a retry, throttled, and refused until somebody sets it right. */
const TROUBLES: readonly Trouble[] = [
  topError(15, 'isp.remote-service-error'),
  topError(50, 'isp.pubrpt-service-unavailable'),
  topError(10),
  topError(50, '3001', 'busy'),
  topError('3001'),
  topError(777, 'something.nobody-knows'),
  topError(7, 'accesscontrol.limited-by-api-access-count', 'This ban will last for 1 more seconds'),
  topError(7, 'accesscontrol.limited-by-app-api-access-count', 'This ban will last for 0 more seconds'),
  topError(7, 'accesscontrol.limited-by-dynamic-access-count', 'This ban will last for 1 more seconds'),
  topError(50, 'isp.call-limited'),
  rawAnswer(502, HTML),
  rawAnswer(200, HTML),
  rawAnswer(200, ''),
  rawAnswer(200, `{"${ROOT}":{"data":{"results":{"publisher_order_dto":[{"trade_id":"43`),
  rawAnswer(200, Buffer.from([0x7b, 0x22, 0xb6, 0xa9, 0xb5, 0xa5, 0x22, 0x3a, 0x31, 0x7d])),
  rawAnswer(200, '[]'),
  rawAnswer(200, `{"${ROOT}":{"request_id":"r"}}`),
  rawAnswer(200, `{"${ROOT}":{"data":{"results":{"publisher_order_dto":"none"},"has_next":false}}}`),
  rawAnswer(200, `{"${ROOT}":{"data":{"has_next":false},"data":{"has_next":false}}}`),
  rawAnswer(302, '', { location: 'http://127.0.0.1:9/' }),
  reset,
];
const THROTTLED_FOR_SECONDS: readonly Trouble[] = [topError(50, '9100'), topError(8)];
const REFUSED: readonly Trouble[] = [
  topError(25, undefined),
  topError(27, 'session-expired'),
  topError(15, 'isv.invalid-parameter:start_time'),
  topError(11, 'isv.permission-api-package-limit'),
  topError(50, 'isp.param-error'),
  topError(50, '1008'),
];
const REFUND_TROUBLES: readonly Trouble[] = [
  rawAnswer(200, '{"tbk_order_refund_get_response":{"biz_error_code":101,"biz_error_desc":"x","result_code":500}}'),
  topError(15, 'isp.remote-service-timeout'),
  rawAnswer(200, '{"biz_error_code":"103","biz_error_desc":"x","result_code":500}'),
];

/** Whole seconds, as the partner's. */
const now = Math.floor(Date.now() / 1_000) * 1_000;
const period: Period = { from: now - 120 * MINUTE_MS, to: now - MINUTE_MS };
const histories = liveOrders(ORDER_COUNT, CHANNELS, period, 4_711);
const folder = tempFolder();

interface Synced {
  readonly server: ServerProcess & { readonly url: string };
  readonly gateway: TopGateway;
  readonly accounts: unknown;
  readonly orders: ReadonlyMap<string, readonly Body[]>;
}

type Body = Readonly<Record<string, unknown>> & { readonly tradeId: string };

afterAll(() => {
  killAll();
  folder.remove();
});

/** Two servers, told the same by two gateways in two ways; the second lives in New York. */
let synced: { readonly one: Synced; readonly other: Synced };

beforeAll(async () => {
  const startedAt = performance.now();
  const [one, other] = await Promise.all([
    sync('one', { seed: 1, signMethod: 'md5', troubles: shuffled([...TROUBLES, ...REFUSED.slice(0, 3)], 1, 0) }, {}),
    sync(
      'other',
      { seed: 2, signMethod: 'hmac', troubles: shuffled([...TROUBLES, ...REFUSED.slice(3)], 2, 1) },
      { TZ: 'America/New_York' },
    ),
  ]);
  synced = { one, other };
  const calls = [one, other].map(({ gateway }) => [...gateway.calls.values()].reduce((sum, count) => sum + count, 0));
  const rows = histories.reduce((sum, history) => sum + history.rows.length + history.refunds.length, 0);
  console.log(
    `${ORDER_COUNT} orders in ${rows} rows, read in ${calls.join(' and ')} calls with ${TROUBLES.length + 7} troubles each, ` +
      `${Math.round((performance.now() - startedAt) / 1000)} s`,
  );
}, 400_000);

describe('a feed served by a gateway that knows no order', () => {
  it('ends in the balances that the oracle works out from the rows, to the fen', () => {
    expect(synced.one.accounts).toEqual(expectedAccounts());
    expect(synced.other.accounts).toEqual(expectedAccounts());
  });

  it('ends in the same orders, whatever the order of arrival and the zone of the process', () => {
    for (const userId of USERS) {
      expect(synced.one.orders.get(userId)?.length).toBeGreaterThan(0);
      expect(synced.one.orders.get(userId)).toEqual(synced.other.orders.get(userId));
    }
  });

  it('shows each order as its newest row has it, at +08:00', () => {
    const shown = new Map(USERS.flatMap((userId) => synced.one.orders.get(userId) ?? []).map((o) => [o.tradeId, o]));
    const owned = histories.filter(({ userId }) => userId !== undefined);
    expect(shown.size).toBe(owned.length);
    for (const history of owned) {
      const order = shown.get(String(history.rows[0]?.['trade_id']));
      const times = history.rows.map((row) => String(row['modified_time'])).toSorted();
      expect(order).toMatchObject({
        rebateFen: rebateOf(history, { ...RULES, now }).fen,
        modifiedAt: `${times.at(-1)?.replace(' ', 'T')}.000+08:00`,
        paidAt: `${String(history.rows[0]?.['tb_paid_time']).replace(' ', 'T')}.000+08:00`,
      });
    }
  });

  it('asks as the documents want it: signed, in time, with the positions it was given', () => {
    expect(synced.one.gateway.violations).toEqual([]);
    expect(synced.other.gateway.violations).toEqual([]);
  });
});

describe('a feed whose quota for the day is used up', () => {
  it('asks no more until 00:00 +08:00, for orders and for refunds', { timeout: 90_000 }, async () => {
    const gateway = await startTopGateway({
      seed: 3,
      signMethod: 'hmac-sha256',
      orders: [],
      refunds: [],
      always: {
        'taobao.tbk.order.details.get': topError(7, 'accesscontrol.limited-by-app-access-count', 'quota'),
        'taobao.tbk.order.refund.get': topError(50, '3000'),
      },
    });
    const server = await startServer({
      dataDir: `${folder.path}/quota`,
      env: { ...gateway.env, ORDER_POLL_MS: '10', ORDER_START: new Date(now - 600_000).toISOString() },
    });
    const staff = new RestClient(server.url, token('boss', 'approver'));
    for (const feed of ['orders', 'refunds']) {
      const due = await until(`feed/${feed} waits`, 20_000, async () => {
        const { state, waiting } = await staff.read<FeedView>(`/v1/staff/actors/feed/${feed}`);
        return state === 'postponed' ? waiting.map(({ dueAt }) => dueAt) : undefined;
      });
      expect(due).toEqual([expect.stringMatching(/T00:00:00\.000\+08:00$/)]);
      expect(Date.parse(due[0] ?? '')).toBeGreaterThan(Date.now());
    }
    expect([...gateway.calls.values()]).toEqual([1, 1]);
    await server.end('SIGTERM');
    gateway.close();
  });
});

interface FeedView {
  readonly state: string;
  readonly context: { readonly watermark: number; readonly lastError: unknown };
  readonly waiting: readonly { readonly dueAt: string }[];
}

/** One server on one gateway, from the first row to the last. */
async function sync(
  name: string,
  { seed, signMethod, troubles }: Pick<GatewayOptions, 'seed' | 'signMethod'> & { troubles: readonly Trouble[] },
  env: Record<string, string>,
): Promise<Synced> {
  const opened = Promise.withResolvers<void>();
  const rows = histories.flatMap((history) => history.rows);
  const gateway = await startTopGateway({
    seed,
    signMethod,
    orders: deliver([...rows, ...uselessRows(rows[0] ?? {})], period, seed),
    refunds: deliver(
      histories.flatMap(({ refunds }) => refunds),
      period,
      seed + 100,
    ),
    orderTroubles: troubles,
    refundTroubles: REFUND_TROUBLES,
    saleUntil: period.from + 30 * MINUTE_MS,
    opened: opened.promise,
  });
  const server = await startServer({
    dataDir: `${folder.path}/${name}`,
    env: {
      ...gateway.env,
      ...env,
      LOG_LEVEL: 'error',
      ORDER_START: new Date(period.from - MINUTE_MS).toISOString(),
      ORDER_POLL_MS: '100',
    },
  });
  await bind(server, 'early');
  opened.resolve();
  const callCount = () => gateway.calls.get('taobao.tbk.order.details.get') ?? 0;
  await until('half of it is read', SYNC_WITHIN_MS, () => (callCount() > 60 ? true : undefined));
  await bind(server, 'midway');
  await readWhole(server, gateway);
  await bind(server, 'late');
  return { server, gateway, ...(await settledState(server)) };
}

async function bind({ url }: { readonly url: string }, when: string): Promise<void> {
  const staff = new RestClient(url, token('ops', 'operator'));
  const keys = { relation_id: 'relationId', special_id: 'specialId', adzone_id: 'adzoneId' } as const;
  for (const { userId, field, id, bound } of CHANNELS) {
    if (bound !== when) continue;
    const { status } = await staff.settle('PUT', `/v1/staff/members/${userId}/channel`, { [keys[field]]: id });
    expect(status).toBe(200);
  }
}

/** Both feeds have passed the last row, through every trouble there was. */
async function readWhole({ url }: { readonly url: string }, gateway: TopGateway): Promise<void> {
  const staff = new RestClient(url, token('boss', 'approver'));
  let seen: unknown;
  for (const feed of ['orders', 'refunds']) {
    await until(
      `feed/${feed} has read everything`,
      SYNC_WITHIN_MS,
      async () => {
        const { state, context } = await staff.read<FeedView>(`/v1/staff/actors/feed/${feed}`);
        seen = [state, new Date(context.watermark).toISOString(), context.lastError, gateway.troublesLeft()];
        return context.watermark > period.to && gateway.troublesLeft() === 0 ? true : undefined;
      },
      () => [seen, gateway.violations],
    );
  }
}

/** Accounts and orders once they are as expected, or as they are after a while. */
async function settledState({ url }: { readonly url: string }): Promise<Pick<Synced, 'accounts' | 'orders'>> {
  const expected = JSON.stringify(expectedAccounts());
  let accounts: Record<string, unknown> = {};
  const orders = new Map<string, readonly Body[]>();
  const look = async () => {
    accounts = {};
    for (const userId of [...USERS, 'nobody']) {
      const { pendingFen, availableFen, heldFen, debtFen } = await new RestClient(url, token(userId)).account();
      accounts[userId] = { pendingFen, availableFen, heldFen, debtFen };
    }
    return JSON.stringify(accounts) === expected ? true : undefined;
  };
  await until('the balances are right', 10_000, look).catch(() => {});
  for (const userId of USERS) {
    // Lists are written a moment behind.
    const count = histories.filter((history) => history.userId === userId).length;
    await until(`the orders of ${userId}`, 10_000, async () => {
      orders.set(userId, await new RestClient(url, token(userId)).list<Body>('/v1/orders'));
      return orders.get(userId)?.length === count ? true : undefined;
    });
    orders.set(
      userId,
      (orders.get(userId) ?? []).toSorted((a, b) => (a.tradeId < b.tradeId ? -1 : 1)),
    );
  }
  return { accounts, orders };
}

function expectedAccounts(): Record<string, unknown> {
  const owed = owedByUser(histories as readonly OrderHistory[], { ...RULES, now });
  return Object.fromEntries(
    [...USERS, 'nobody'].map((userId) => {
      const { pendingFen = 0, releasedFen = 0 } = owed.get(userId) ?? {};
      return [userId, { pendingFen, availableFen: releasedFen, heldFen: 0, debtFen: 0 }];
    }),
  );
}

/** Every second list has one of the bans that last five seconds. */
function shuffled(troubles: readonly Trouble[], seed: number, ban: number): readonly Trouble[] {
  const random = seeded(seed);
  const rest = [...troubles, ...THROTTLED_FOR_SECONDS.slice(ban, ban + 1)];
  return Array.from({ length: rest.length }, () => rest.splice(random.below(rest.length), 1)[0] as Trouble);
}
