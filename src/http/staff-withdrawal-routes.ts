import { toAddress } from '../actors/address.ts';
import { callerOf } from './auth/authorize.ts';
import type { App, RouteDeps } from './deps.ts';
import type { ProblemCode } from './problem-codes.ts';
import { problemsOf } from './problem-responses.ts';
import { assertDone } from './receipts.ts';
import { Withdrawal, WithdrawalPath, WithReason } from './schemas.ts';
import { toWithdrawal, withdrawalIn } from './views.ts';

interface Decision {
  readonly command: 'approve' | 'deny' | 'requery';
  readonly summary: string;
  /** The first stands for any refusal that is not one of the others. */
  readonly refusals: readonly [ProblemCode, ...ProblemCode[]];
}

const DECISIONS: readonly Decision[] = [
  {
    command: 'approve',
    summary: '批准提现 / Let a withdrawal be paid that waits for a person',
    refusals: ['WITHDRAWAL_NOT_APPROVABLE'],
  },
  {
    command: 'deny',
    summary: '拒绝提现 / Refuse a withdrawal that waits for a person and give its funds back',
    refusals: ['WITHDRAWAL_NOT_DENIABLE', 'PAYOUT_NOT_SETTLED'],
  },
  {
    command: 'requery',
    summary: '重新查询付款 / Ask Alipay now for the outcome of a payout',
    refusals: ['WITHDRAWAL_NOT_QUERYABLE'],
  },
];

export function staffWithdrawalRoutes(app: App, { actors }: RouteDeps): void {
  for (const { command, summary, refusals } of DECISIONS) {
    app.post(
      `/v1/staff/withdrawals/:id/${command}`,
      {
        schema: {
          tags: ['staff'],
          security: [{ bearer: [] }],
          summary,
          params: WithdrawalPath,
          body: WithReason,
          response: { 200: Withdrawal, ...problemsOf('send', 'ACTOR_NOT_FOUND', ...refusals) },
        },
      },
      async (request) => {
        const { id } = request.params;
        const by = callerOf(request);
        const receipt = await actors.send(
          toAddress('withdrawal', id),
          { type: command, by, reason: request.body.reason },
          { cause: `staff:${by}`, trace: request.trace.traceparent, mustExist: true, awaitHead: true },
        );
        assertDone(receipt, refusals);
        return toWithdrawal(withdrawalIn(id, receipt.snapshot).shown);
      },
    );
  }
}
