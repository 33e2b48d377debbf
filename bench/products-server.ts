/**
 * The process that `bench/products.ts` loads: the real server with one product in its memory, and beside it a bare
 * Fastify route that returns the same body. Tells its parent where both are, and ends with it.
 */
import { fastify } from 'fastify';
import { Registry } from 'prom-client';
import { createVerifier, issueToken } from '../src/http/auth/tokens.ts';
import { buildServer } from '../src/http/server.ts';
import { createPinoLog } from '../src/infra/pino-log.ts';
import { createGoods } from '../src/infra/promotion/goods.ts';
import { RandomIds } from '../src/infra/random-ids.ts';
import type { TopClient } from '../src/infra/taobao/top-client.ts';
import { registerCacheMetrics } from '../src/infra/telemetry/cache-metrics.ts';
import { registerHttpMetrics } from '../src/infra/telemetry/http-metrics.ts';
import { createCatalog } from '../src/machines/catalog.ts';
import { defaultRules } from '../src/machines/rules.ts';
import { openBenchWorld } from './world.ts';

const SECRET = 'a secret that only this benchmark knows';
const ITEM_ID = 'y387e49cRt262Ozub0TvtA-dAeOMBinqPdm6Wxu0';

const item = {
  item_id: ITEM_ID,
  item_basic_info: { title: '纯棉毛巾家用三条装 吸水不掉毛', pict_url: '//img.alicdn.com/bao/uploaded/i1/a.jpg' },
  price_promotion_info: { zk_final_price: '29.90' },
  publish_info: { income_rate: '12.50' },
};
const client: TopClient = {
  call: async () => ({ ok: true, data: { results: { tbk_item_detail: [item] } } }),
};

const world = await openBenchWorld();
const { clock, runtime } = world;
const ids = new RandomIds();
const log = createPinoLog('error');
const registry = new Registry();
const cachePlugins = [registerCacheMetrics(registry, () => goods.cacheStats())];
const goods = createGoods(
  { actors: runtime, client, clock, ids, log, cachePlugins },
  { taobao: undefined, redisUrl: undefined, share: defaultRules.share },
);
const server = await buildServer(
  {
    actors: runtime,
    sealer: { seal: () => '', fingerprint: () => '' },
    mask: { identity: () => '', name: () => '' },
    verifyToken: createVerifier(SECRET, clock),
    products: goods.products,
    promotion: goods.promotion,
    clock,
    ids,
    log,
    observer: registerHttpMetrics(registry),
  },
  {
    withdrawMinFen: 100,
    cursorKey: 'key',
    actorTypes: createCatalog(defaultRules).map(({ type }) => type),
    publicUrl: () => '',
    taobaoReturnUrl: undefined,
    version: '0.0.0',
  },
);
const token = await issueToken(SECRET, { sub: 'u1' }, clock.now() + 3_600_000);
const { body } = await server.inject({
  url: `/v1/products/${ITEM_ID}`,
  headers: { authorization: `Bearer ${token}` },
});
const product = JSON.parse(body) as object;
const bare = fastify();
bare.get('/product', () => Promise.resolve(product));

const options = { host: '127.0.0.1', port: 0 };
const [productUrl, bareUrl] = [await server.listen(options), await bare.listen(options)];
process.send?.({ productUrl: `${productUrl}/v1/products/${ITEM_ID}`, bareUrl: `${bareUrl}/product`, token });
process.on('disconnect', async () => {
  await Promise.all([server.close(), bare.close()]);
  await goods.stop();
  await world.close();
});
