/**
 * The activity `alipayQuery`: asks what became of a transfer, by the withdrawal's number. Asking changes nothing, so it
 * may be repeated at will. `NOT_FOUND` does not say that a request on its way will not still arrive: the withdrawal
 * decides what that is worth.
 */
import type { Activity, Clock } from '../../actors/ports.ts';
import { QUERY_METHOD, TRANSFER_KIND } from './alipay-calls.ts';
import type { AlipayGateway } from './alipay-gateway.ts';
import { type Asked, queryOutcome } from './alipay-outcomes.ts';

export interface AlipayQueryDeps {
  readonly gateway: AlipayGateway;
  readonly clock: Clock;
}

/**
 * Returns the activity: `ok {status: SUCCESS | FAIL | DEALING | REFUND | NOT_FOUND, code?, detail?, orderId?, paidAt?}`,
 * `postponed` when Alipay asks to slow down or the query was not sent, else `unknown`. Input `{outBizNo, amountFen?}`; with the amount, an answer
 * about another one is `unknown` ANSWER_MISMATCH.
 */
export function createAlipayQuery({ gateway, clock }: AlipayQueryDeps): Activity {
  return async (input) => {
    const asked = input as unknown as Asked;
    const answer = await gateway.exec(QUERY_METHOD, {
      out_biz_no: asked.outBizNo,
      ...TRANSFER_KIND,
    });
    return queryOutcome(answer, asked, clock.now());
  };
}
