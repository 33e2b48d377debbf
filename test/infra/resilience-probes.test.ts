/**
 * The harmless calls by which pipelines find out whether a partner answers, as the sandbox takes them.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAlipayGateway } from '../../src/infra/alipay/alipay-gateway.ts';
import { guardAlipayGateway } from '../../src/infra/alipay/guarded-alipay-gateway.ts';
import { loadConfig } from '../../src/infra/config.ts';
import { createTaobaoClient } from '../../src/infra/partners.ts';
import { RandomIds } from '../../src/infra/random-ids.ts';
import { type Sandbox, startSandbox } from '../../src/infra/sandbox/sandbox.ts';
import { SystemClock } from '../../src/infra/system-clock.ts';
import { keepingLog } from '../support/partner-server.ts';
import { resilienceWorld } from '../support/resilience-world.ts';
import { tempFolder } from '../support/server-process.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';

const folder = tempFolder();
const clock = new SystemClock();
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ dir: folder.path, clock, ids: new RandomIds(), log: keepingLog(), demo: false });
});
afterAll(async () => {
  await sandbox.stop();
  folder.remove();
});

it.each([
  ['taobao', 'orders', 'ok'],
  ['taobao', 'refunds', 'ok'],
  ['taobao', 'item', 'ignored'],
  ['alipay', 'transfer', 'ignored'],
  ['alipay', 'query', 'ignored'],
])('%s/%s is probed by a call that is answered and changes nothing', async (dependency, policy, outcome) => {
  const { taobao, alipay } = loadConfig(sandbox.env);
  const { resilience } = resilienceWorld({ clock: clock as unknown as VirtualClock });
  createTaobaoClient(taobao, { clock, resilience });
  if (alipay === undefined) throw new Error('the sandbox names its Alipay gateway');
  const { gatewayUrl, appId, privateKey, publicKey = '', timeoutMs } = alipay;
  const gateway = createAlipayGateway({ gatewayUrl, appId, privateKey, trust: { publicKey }, timeoutMs }, { clock });
  guardAlipayGateway(gateway, { resilience, clock });
  expect(await resilience.probe(dependency, policy, { by: 'ann', reason: 'to see' })).toBe(outcome);
});
