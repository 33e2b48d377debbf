/**
 * Products and links behind the real breakers, when Taobao answers nothing.
 */
import { expect, it } from 'vitest';
import { GOODS } from '../../src/infra/sandbox/goods.ts';
import { SystemClock } from '../../src/infra/system-clock.ts';
import { guardTopClient } from '../../src/infra/taobao/guarded-top-client.ts';
import type { TopClient } from '../../src/infra/taobao/top-client.ts';
import { resilienceWorld } from '../support/resilience-world.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import { bindRelation, openShop } from './support/goods-shop.ts';

const MIN_CALLS = 3;
const SETTINGS = ['link', 'item', 'search']
  .map((policy) => `taobao/${policy}.minCalls=${MIN_CALLS}, taobao/${policy}.retries=0`)
  .join(', ');

async function openBrokenShop() {
  const { resilience } = resilienceWorld({
    settings: SETTINGS,
    clock: new SystemClock() as unknown as VirtualClock,
  });
  const sent: string[] = [];
  const broken: TopClient = {
    async call(method) {
      sent.push(method);
      return { ok: false, failure: { class: 'transient', code: 'TRANSPORT', detail: 'ECONNREFUSED' } };
    },
  };
  const client = guardTopClient(broken, { resilience, clock: new SystemClock() });
  const shop = await openShop({ client });
  await bindRelation(shop, 'u1', '777');
  return { shop, sent };
}

it('links fail fast once the breaker is open: nothing is sent, and Retry-After says until when', async () => {
  const { shop, sent } = await openBrokenShop();
  const make = () => shop.server.call('POST', '/v1/links', { token: shop.token, body: { itemId: GOODS[0]?.itemId } });
  for (let n = 0; n < MIN_CALLS; n++) expect((await make()).body.code).toBe('TAOBAO_UNAVAILABLE');
  const sentBefore = sent.filter((method) => method.includes('convert')).length;
  const { status, body, headers } = await make();
  expect([status, body.code, body.retryable]).toEqual([503, 'TAOBAO_UNAVAILABLE', true]);
  expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(3);
  expect(sent.filter((method) => method.includes('convert'))).toHaveLength(sentBefore);
});

it('products stay 200 while the breaker opens, and nothing is sent for them any more', async () => {
  const { shop, sent } = await openBrokenShop();
  const read = (n: number) => shop.server.call('GET', `/v1/products/item-${n}`, { token: shop.token });
  for (let n = 0; n < 20; n++) {
    const { status, body } = await read(n);
    expect([status, body.placeholder]).toEqual([200, true]);
  }
  expect(sent.filter((method) => method.includes('item.info'))).toHaveLength(MIN_CALLS);
  const found = await shop.server.call('GET', '/v1/products?q=x', { token: shop.token });
  expect([found.status, found.body.placeholder]).toEqual([200, true]);
});
