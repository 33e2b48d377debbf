/**
 * The TOP client that the product uses: every call goes through the pipeline of its method.
 *
 * Owns which method belongs to which policy, and what TOP's answers say of Taobao itself: a no about the request is an
 * answer like any other, a limit is kept to by everybody it holds back, and only the rest speaks against Taobao.
 */
import type { Clock } from '../../actors/ports.ts';
import type { Miss, Verdict } from '../resilience/endings.ts';
import type { Pipeline } from '../resilience/pipeline.ts';
import type { PolicyOf } from '../resilience/policies.ts';
import type { Resilience } from '../resilience/resilience.ts';
import { toShanghaiText } from '../shanghai-text.ts';
import type { TopInput } from './signature.ts';
import type { TopClient, TopResult } from './top-client.ts';

type Policy = PolicyOf<'taobao'>;

const POLICY_OF: Readonly<Record<string, Policy>> = {
  'taobao.tbk.order.details.get': 'orders',
  'taobao.tbk.order.refund.get': 'refunds',
  'taobao.tbk.item.info.upgrade.get': 'item',
  'taobao.tbk.dg.material.optional.upgrade': 'search',
  'taobao.tbk.dg.general.link.parse': 'link',
  'taobao.tbk.dg.general.link.convert': 'link',
  'taobao.tbk.tpwd.create': 'tpwd',
  'taobao.tbk.sc.publisher.info.save': 'publisher',
  'taobao.top.auth.token.create': 'token',
};

const PROBE_WINDOW_MS = 1_000;

/** Harmless calls by which a policy finds out, when nobody calls it, whether Taobao answers: the least there is to read. */
const PROBES: { readonly [P in Policy]?: (now: number) => readonly [method: string, input: TopInput] } = {
  orders: (now) => ['taobao.tbk.order.details.get', { ...probeWindow(now), query_type: 4, page_no: 1, page_size: 1 }],
  refunds: (now) => [
    'taobao.tbk.order.refund.get',
    {
      publisher_refund_order_query_option: {
        ...probeWindow(now),
        page_size: 1,
        page_no: 1,
        query_type: 1,
        order_scene: 1,
        member_type: 4,
      },
    },
  ],
  item: () => ['taobao.tbk.item.info.upgrade.get', { item_id: '1', biz_scene_id: 1 }],
};

/**
 * The same client behind its pipelines. A call that was refused before it left fails as `notSent`, one that was cut off
 * as `transient` TIMEOUT. @throws Error for a method that has no policy
 */
export function guardTopClient(
  client: TopClient,
  { resilience, clock }: { readonly resilience: Pick<Resilience, 'pipelineFor'>; readonly clock: Clock },
): TopClient {
  const pipelines = new Map<Policy, Pipeline<TopResult>>();
  for (const policy of new Set(Object.values(POLICY_OF))) {
    const probe = PROBES[policy];
    const pipeline = resilience.pipelineFor('taobao', policy, {
      judge,
      onMiss: (miss) => missed(policy, miss),
      ...(probe && { probe: (signal: AbortSignal) => client.call(...probe(clock.now()), { signal }) }),
    });
    pipelines.set(policy, pipeline);
  }
  return {
    async call(method, input, options) {
      const policy = POLICY_OF[method];
      const pipeline = policy && pipelines.get(policy);
      if (pipeline === undefined) throw new Error(`${method} has no policy: name it in guarded-top-client.ts`);
      return pipeline.run((signal) => client.call(method, input, { ...options, signal }));
    },
  };
}

function judge(result: TopResult): Verdict {
  if (result.ok) return { kind: 'ok' };
  const { failure } = result;
  switch (failure.class) {
    case 'rateLimited':
      return { kind: 'limited', quota: failure.scope, until: failure.until };
    case 'transient':
      return { kind: 'failed', errorType: failure.code };
    default:
      return { kind: 'ignored' };
  }
}

function missed(policy: Policy, miss: Miss): TopResult {
  if (miss.kind === 'timeout') {
    return { ok: false, failure: { class: 'transient', code: 'TIMEOUT', detail: `taobao/${policy}` } };
  }
  const { cause, until } = miss;
  return { ok: false, failure: { class: 'notSent', cause, until, detail: `taobao/${policy}: ${cause}` } };
}

function probeWindow(now: number) {
  return { start_time: toShanghaiText(now - 2 * PROBE_WINDOW_MS), end_time: toShanghaiText(now - PROBE_WINDOW_MS) };
}
