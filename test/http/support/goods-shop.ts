/**
 * A server with products and promotion for real: the sandbox behind the real client, the real cache, fake actors.
 */
import { onTestFinished } from 'vitest';
import { createGoods, type Goods } from '../../../src/infra/promotion/goods.ts';
import { SystemClock } from '../../../src/infra/system-clock.ts';
import { createTopClient, type TopClient } from '../../../src/infra/taobao/top-client.ts';
import type { TopFailure } from '../../../src/infra/taobao/top-errors.ts';
import { defaultRules } from '../../../src/machines/rules.ts';
import { type HandClock, handClock, type SandboxHand, startHand } from '../../support/sandbox-client.ts';
import { FakeActors } from './fake-actors.ts';
import { catalog, type Served, serveOn } from './served.ts';

const ADZONE = '111500000001';
const YEAR_MS = 365 * 86_400_000;

export interface Shop {
  readonly server: Served;
  readonly goods: Goods;
  readonly clock: HandClock;
  readonly hand: SandboxHand;
  /** Every call that reached the gateway's client, by method. */
  readonly calls: string[];
  /** What every call fails with, without asking the gateway. */
  trouble: TopFailure | undefined;
  token: string;
}

export interface ShopOptions {
  readonly adzonePool?: readonly string[];
  /** Stands in for the client. */
  readonly client?: TopClient;
  readonly taobaoReturnUrl?: string;
}

export async function openShop({
  adzonePool = ['21', '22'],
  client,
  taobaoReturnUrl,
}: ShopOptions = {}): Promise<Shop> {
  // The cache's library reads the machine's clock beside ours.
  const clock = Object.assign(handClock(new SystemClock().now()), { value: 0 });
  const hand = await startHand({ clock });
  const { env } = hand.sandbox;
  const appKey = env['TAOBAO_APP_KEY'] ?? '';
  const top = {
    gatewayUrl: env['TAOBAO_GATEWAY_URL'] ?? '',
    appKey,
    appSecret: env['TAOBAO_APP_SECRET'] ?? '',
    signMethod: 'hmac-sha256' as const,
  };
  const real = client ?? createTopClient({ ...top, timeoutMs: 5_000 }, { clock });
  const shop = { calls: [] as string[], trouble: undefined as TopFailure | undefined };
  const counted: TopClient = {
    async call(method, input, options) {
      shop.calls.push(method);
      return shop.trouble === undefined ? real.call(method, input, options) : { ok: false, failure: shop.trouble };
    },
  };
  const actors = new FakeActors(catalog, clock);
  const oauthUrl = env['TAOBAO_OAUTH_URL'] ?? '';
  const promotion = { adzoneId: ADZONE, adzonePool, oauthUrl, inviterCode: 'SANDBX' };
  const ids = { random: () => 'process-1', fraction: () => 0.5 };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const goods = createGoods(
    { actors, client: counted, clock, ids, log },
    { taobao: { ...top, promotion }, redisUrl: undefined, share: defaultRules.share },
  );
  onTestFinished(() => goods.stop());
  const server = await serveOn(
    actors,
    clock,
    { taobaoReturnUrl },
    { products: goods.products, promotion: goods.promotion },
  );
  return Object.assign(shop, { server, goods, clock, hand, token: await server.user('u1', YEAR_MS) });
}

/** Gives `userId` a relation id, as staff would. */
export async function bindRelation({ server }: Shop, userId: string, relationId: string): Promise<void> {
  const token = await server.staff('operator');
  await server.call('PUT', `/v1/staff/members/${userId}/channel`, { token, body: { relationId } });
}

/** The breaker is open: nothing was sent. */
export function notSent(until: number): TopFailure {
  return { class: 'notSent', cause: 'open', until, detail: 'taobao/link: open' };
}

export const GARBAGE: TopFailure = { class: 'transient', code: 'GARBAGE', detail: 'the body is not JSON in UTF-8' };
