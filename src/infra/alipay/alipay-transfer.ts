/**
 * The activity `alipayTransfer`: pays one withdrawal, by one request that is the same at every attempt.
 *
 * Invariants:
 * P1  Every attempt of a withdrawal carries the same `biz_content`, byte for byte: it is built from the journaled
 *     request alone, never from the clock or from what has changed since. Its number is the withdrawal's, so Alipay pays
 *     it once however often it arrives.
 * P2  Nothing is signed or sent after the attempt's send-by time. What was surely not sent is `postponed`, so that it
 *     uses no attempt up and leaves nothing to find out.
 * P3  The payee is opened only here, and stands in no outcome and no log line.
 */
import { isActorError } from '../../actors/errors.ts';
import type { Activity, CallOutcome, Clock, Log } from '../../actors/ports.ts';
import type { PayoutScene } from '../../machines/rules.ts';
import type { PayoutRequest } from '../../machines/withdrawal-context.ts';
import type { Payee, Sealer } from '../sealing/sealer.ts';
import { TRANSFER_KIND, TRANSFER_METHOD } from './alipay-calls.ts';
import type { AlipayGateway } from './alipay-gateway.ts';
import { toYuan, transferOutcome } from './alipay-outcomes.ts';

export interface AlipayTransferDeps {
  readonly gateway: AlipayGateway;
  readonly sealer: Pick<Sealer, 'open'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** From this amount Alipay wants a remark. */
const REMARK_FROM_FEN = 5_000_000;
const UNREADABLE_RETRY_MS = 60_000;
/** Of a store that is away for a failover. */
const AWAY_RETRY_MS = 2_000;

/**
 * Returns the activity: `ok {status, orderId, paidAt}`, or an outcome of the table in `alipay-outcomes.ts`. A payee
 * whose key is erased is `refused` PAYEE_ERASED; one that does not open for another reason is `postponed` NOT_SENT, for
 * a wrong data key is our failure and not the user's, and a store that is away comes back.
 */
export function createAlipayTransfer({ gateway, sealer, clock, log }: AlipayTransferDeps): Activity {
  return async (input, attempt) => {
    const request = input['request'] as unknown as PayoutRequest;
    const payee = await sealer.open(request.userId, request.sealed).catch((error: unknown) => ({ error }));
    if (payee === null) return { kind: 'refused', reason: { code: 'PAYEE_ERASED' } };
    if ('error' in payee && isActorError(payee.error, 'STORE_UNAVAILABLE')) {
      return notSent(clock.now() + AWAY_RETRY_MS, 'the store of user keys is away');
    }
    if ('error' in payee) {
      log.error('a sealed payee does not open', { withdrawal: request.outBizNo });
      return notSent(clock.now() + UNREADABLE_RETRY_MS, 'the sealed payee does not open');
    }
    const now = clock.now();
    if (now > attempt.sendBy) return notSent(now, 'past the send-by time');
    const answer = await gateway.exec(TRANSFER_METHOD, toBizContent(request, payee), { deadline: attempt.sendBy });
    return transferOutcome(answer, request, clock.now());
  };
}

function toBizContent({ outBizNo, amountFen, title, scene }: PayoutRequest, { identity, name }: Payee) {
  return {
    out_biz_no: outBizNo,
    trans_amount: toYuan(amountFen),
    ...TRANSFER_KIND,
    order_title: title,
    payee_info: {
      identity,
      identity_type: /^2088\d{12}$/.test(identity) ? 'ALIPAY_USER_ID' : 'ALIPAY_LOGON_ID',
      name,
    },
    ...(amountFen < REMARK_FROM_FEN ? {} : { remark: title }),
    ...(scene === undefined ? {} : sceneFields(scene)),
  };
}

function sceneFields({ name, reports }: PayoutScene) {
  return {
    transfer_scene_name: name,
    transfer_scene_report_infos: reports.map(({ type, content }) => ({ info_type: type, info_content: content })),
  };
}

function notSent(until: number, detail: string): CallOutcome {
  return { kind: 'postponed', until, reason: { code: 'NOT_SENT', detail } };
}
