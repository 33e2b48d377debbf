import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../src/infra/config.ts';
import { defaultPolicies, overridePolicies } from '../../src/infra/resilience/policy-overrides.ts';

const DEFAULTS = defaultPolicies(5_000);
const change = (text: string) => overridePolicies(DEFAULTS, text);

describe('changes to the settings of policies', () => {
  it('are made one by one, or for all of a dependency, or for all', () => {
    const { policies, problems } = change('taobao/item.attemptMs=800, alipay/*.shadow=1,*/*.queue=7,');
    expect(problems).toEqual([]);
    expect(policies.taobao['item']).toEqual({ ...DEFAULTS.taobao['item'], attemptMs: 800, queue: 7 });
    expect(policies.alipay['transfer']).toMatchObject({ shadow: 1, queue: 7 });
    expect(policies.taobao['orders']).toMatchObject({ shadow: 0, queue: 7 });
  });

  it('win in their order', () => {
    expect(change('*/*.queue=7, taobao/item.queue=9').policies.taobao['item']).toMatchObject({ queue: 9 });
    expect(change('taobao/item.queue=9, */*.queue=7').policies.taobao['item']).toMatchObject({ queue: 7 });
  });

  it('leave the defaults as they are', () => {
    change('*/*.queue=7');
    expect(DEFAULTS).toEqual(defaultPolicies(5_000));
  });

  it.each([
    ['taobao.item=1', 'not of the form'],
    ['taobao/item.queue=-1', 'not of the form'],
    ['taobao/item.queue=1.5', 'not of the form'],
    ['taobao/nothing.queue=1', 'no such policy; there are taobao/orders'],
    ['nobody/item.queue=1', 'no such policy'],
    ['taobao/toString.queue=1', 'no such policy'],
    ['taobao/item.speed=1', 'no such setting; there are totalMs'],
    ['taobao/item.constructor=1', 'no such setting'],
    ['taobao/item.shadow=2', 'shadow must be from 0 to 1'],
    ['taobao/item.attemptMs=0', 'attemptMs must be from 1'],
  ])('%s is refused by what is wrong with it', (text, why) => {
    const { policies, problems } = change(text);
    expect(problems).toEqual([expect.stringContaining(why)]);
    expect(policies).toEqual(DEFAULTS);
  });

  it('come from the environment, with all problems told together', () => {
    const { resilience } = loadConfig({ DEPENDENCY_SETTINGS: 'taobao/item.queue=9', TAOBAO_CALLS_PER_DAY: '5000' });
    expect(resilience.policies.taobao['item']).toMatchObject({ queue: 9 });
    expect(resilience).toMatchObject({ probes: true, taobaoOrdersPerSecond: 20, taobaoCallsPerDay: 5_000 });
    expect(() => loadConfig({ DEPENDENCY_SETTINGS: 'a, b', DEPENDENCY_PROBES: 'maybe' })).toThrow(
      expect.objectContaining({ problems: expect.toSatisfy((problems: string[]) => problems.length === 3) }),
    );
    expect(() => loadConfig({ TAOBAO_ORDERS_PER_SECOND: '0' })).toThrow(ConfigError);
  });

  it('an attempt of a payout has the payout’s own time', () => {
    const { resilience } = loadConfig({ PAYOUT_TIMEOUT_MS: '700' });
    expect(resilience.policies.alipay['transfer']).toMatchObject({ attemptMs: 700, slowMs: 560 });
  });
});
