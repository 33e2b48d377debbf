/**
 * Products and promotion put together: one cache, one client, one counter of clicks.
 *
 * Owns which of them there is under which configuration: without a Taobao gateway all products are placeholders, without
 * a slot of the publisher's there is nothing to promote by.
 */
import type { BentoCachePlugin } from 'bentocache/types';
import type { ActorSystem } from '../../actors/facade.ts';
import type { Clock, Ids, Log } from '../../actors/ports.ts';
import type { Share } from '../../machines/rules.ts';
import { type CacheStats, TieredCache } from '../cache/tiered-cache.ts';
import type { TaobaoConfig } from '../config.ts';
import { createProducts, type Products } from '../products/products.ts';
import type { TopClient } from '../taobao/top-client.ts';
import { createClickCounter } from './click-counter.ts';
import { createPromotion, type Promotion } from './promotion.ts';
import { createUserChannels } from './user-channels.ts';

export interface GoodsDeps {
  readonly actors: ActorSystem;
  /** Undefined without a Taobao gateway. */
  readonly client: TopClient | undefined;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly cachePlugins?: readonly BentoCachePlugin[];
}

export interface GoodsOptions {
  readonly taobao: TaobaoConfig | undefined;
  readonly redisUrl: string | undefined;
  readonly share: Share;
}

export interface Goods {
  readonly products: Products;
  readonly promotion: Promotion | undefined;
  cacheStats(): Readonly<Record<string, CacheStats>>;
  /** Tells the links their last clicks, and leaves Redis; before the runtime stops. */
  stop(): Promise<void>;
}

export function createGoods(deps: GoodsDeps, { taobao, redisUrl, share }: GoodsOptions): Goods {
  const { actors, client, clock, cachePlugins = [] } = deps;
  const cache = new TieredCache(deps, { redisUrl, plugins: cachePlugins });
  const settings = taobao?.promotion;
  const products = createProducts({ client, cache, clock, share, adzoneId: settings?.adzoneId });
  const clicks = createClickCounter(deps);
  const promotion =
    client === undefined || taobao === undefined || settings === undefined
      ? undefined
      : createPromotion({
          settings: { ...settings, appKey: taobao.appKey },
          client,
          actors,
          cache,
          products,
          channels: createUserChannels({ actors, cache, clock, ...settings }),
          clicks,
          clock,
        });
  return {
    products,
    promotion,
    cacheStats: () => cache.stats(),
    async stop() {
      await clicks.stop();
      await cache.close();
    },
  };
}
