/**
 * The Alipay gateway that the product uses: transfers and queries go through a pipeline each.
 *
 * Owns what Alipay's answers say of Alipay itself. Invariant: a pipeline sends a transfer at most once per `exec` and never
 * by itself; whether it goes out again is the withdrawal's decision alone. Only `notSent` says that it has not left.
 */
import type { Clock } from '../../actors/ports.ts';
import type { Miss, Verdict } from '../resilience/endings.ts';
import type { Pipeline } from '../resilience/pipeline.ts';
import type { PolicyOf } from '../resilience/policies.ts';
import type { Resilience } from '../resilience/resilience.ts';
import { QUERY_METHOD, TRANSFER_KIND, TRANSFER_METHOD } from './alipay-calls.ts';
import type { AlipayAnswer, AlipayGateway } from './alipay-gateway.ts';

const POLICY_OF: Readonly<Record<string, PolicyOf<'alipay'>>> = {
  [TRANSFER_METHOD]: 'transfer',
  [QUERY_METHOD]: 'query',
};

/** No withdrawal has it: their numbers begin with `wd_`. */
const PROBE_NUMBER = 'probe_0';
/** "Too many calls at once", without a time. */
const BUSY_MS = 5_000;

/** Alipay's own trouble; all other codes are answers. */
const TROUBLE = /^(?:SYSTEM_ERROR|isp\..*|aop\..*)$/;

/** The same gateway behind its pipelines. @throws Error for a method that has no policy */
export function guardAlipayGateway(
  gateway: AlipayGateway,
  { resilience, clock }: { readonly resilience: Pick<Resilience, 'pipelineFor'>; readonly clock: Clock },
): AlipayGateway {
  const judge = (answer: AlipayAnswer) => judgeAt(answer, clock.now());
  // A query finds out for both, for no transfer is harmless.
  const probe = () => gateway.exec(QUERY_METHOD, { out_biz_no: PROBE_NUMBER, ...TRANSFER_KIND });
  const pipelines: Readonly<Record<PolicyOf<'alipay'>, Pipeline<AlipayAnswer>>> = {
    transfer: resilience.pipelineFor('alipay', 'transfer', { judge, onMiss: missed, probe }),
    query: resilience.pipelineFor('alipay', 'query', { judge, onMiss: missed, probe }),
  };
  return {
    async exec(method, bizContent, options) {
      const policy = POLICY_OF[method];
      if (policy === undefined) throw new Error(`${method} has no policy: name it in guarded-alipay-gateway.ts`);
      return pipelines[policy].run(() => gateway.exec(method, bizContent), options);
    },
  };
}

function judgeAt(answer: AlipayAnswer, now: number): Verdict {
  if (answer.kind === 'none') return { kind: 'failed', errorType: answer.code };
  if (answer.kind === 'notSent' || answer.code === '10000') return { kind: 'ok' };
  if (answer.subCode === 'RESOURCE_LIMIT_EXCEED') return { kind: 'limited', quota: 'api', until: now + BUSY_MS };
  const isTrouble = answer.code === '20000' || TROUBLE.test(answer.subCode);
  return isTrouble ? { kind: 'failed', errorType: 'ALIPAY_UNAVAILABLE' } : { kind: 'ignored' };
}

function missed(miss: Miss): AlipayAnswer {
  if (miss.kind === 'timeout') return { kind: 'none', code: 'TIMEOUT' };
  return { kind: 'notSent', cause: miss.cause, until: miss.until };
}
