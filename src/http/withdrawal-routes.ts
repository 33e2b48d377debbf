import type { FastifyReply } from 'fastify';
import { toAddress } from '../actors/address.ts';
import type { Inspection } from '../actors/facade.ts';
import type { Head } from '../actors/ports.ts';
import { callerOf } from './auth/authorize.ts';
import type { App, RouteDeps } from './deps.ts';
import { isFresh } from './etag.ts';
import { readPage } from './paging.ts';
import { Problem } from './problem.ts';
import { problemsOf } from './problem-responses.ts';
import { assertDone } from './receipts.ts';
import {
  IdempotencyKey,
  ListQuery,
  listOf,
  NoBody,
  NotModified,
  Withdrawal,
  WithdrawalPath,
  WithdrawalRequest,
} from './schemas.ts';
import { toWithdrawal, withdrawalIn, withdrawalOf } from './views.ts';
import { askForWithdrawal, idempotencyKeyOf, isUndecided, type WithdrawalAnswer } from './withdrawal-request.ts';

const RELEASE_WAIT_MS = 2_000;
const common = { tags: ['withdrawals'], security: [{ bearer: [] }] };

/** A withdrawal the funds for which were refused is answered as this refusal, each time it is asked for again. */
const HOLD_REFUSALS = [
  'INSUFFICIENT_FUNDS',
  'ACCOUNT_FROZEN',
  'HOLD_TOO_LATE',
  'HOLD_CANCELED',
  'TOO_MANY_HOLDS',
] as const;

export function withdrawalRoutes(app: App, deps: RouteDeps): void {
  addCreate(app, deps);
  addReads(app, deps);
  addCancel(app, deps);
}

function addCreate(app: App, deps: RouteDeps): void {
  app.post(
    '/v1/withdrawals',
    {
      // Before the schema has its say: a missing key has a code of its own.
      preValidation: async (request) => {
        idempotencyKeyOf(request);
      },
      schema: {
        ...common,
        summary: '申请提现 / Ask for a withdrawal',
        description:
          'Waits up to 2 s for the funds: 201 once they are held, 202 when that is not known yet. The same Idempotency-Key with the same body answers with the same withdrawal as it is now.',
        headers: IdempotencyKey,
        body: WithdrawalRequest,
        response: {
          201: Withdrawal,
          202: Withdrawal,
          ...problemsOf(
            'send',
            'IDEMPOTENCY_KEY_REQUIRED',
            'IDEMPOTENCY_KEY_INVALID',
            'IDEMPOTENCY_KEY_REUSED',
            'AMOUNT_TOO_SMALL',
            ...HOLD_REFUSALS,
          ),
        },
      },
    },
    async (request, reply) => {
      const key = idempotencyKeyOf(request);
      const { amountFen, account } = request.body;
      if (amountFen < deps.withdrawMinFen) {
        throw new Problem('AMOUNT_TOO_SMALL', { extra: { minimumFen: deps.withdrawMinFen } });
      }
      const { traceparent } = request.trace;
      const asked = { userId: callerOf(request), key, amountFen, account, traceparent };
      return answer(await askForWithdrawal(deps, asked), reply);
    },
  );
}

/** @throws the hold's refusal, when that is what the withdrawal failed by. */
function answer({ id, snapshot, isReplay }: WithdrawalAnswer, reply: FastifyReply) {
  const withdrawal = toWithdrawal(withdrawalIn(id, snapshot).shown);
  reply.header('location', `/v1/withdrawals/${id}`);
  if (isReplay) reply.header('idempotency-replayed', 'true');
  const refusal = withdrawal.status === 'failed' && HOLD_REFUSALS.find((code) => code === withdrawal.reason);
  if (refusal) throw new Problem(refusal, { extra: { withdrawalId: id } });
  return reply.code(isUndecided(snapshot) ? 202 : 201).send(withdrawal);
}

function addReads(app: App, { actors, cursors }: RouteDeps): void {
  app.get(
    '/v1/withdrawals',
    {
      schema: {
        ...common,
        summary: '我的提现 / My withdrawals, newest first',
        querystring: ListQuery,
        response: { 200: listOf(Withdrawal), ...problemsOf('read', 'CURSOR_INVALID') },
      },
    },
    async (request) => {
      const owner = callerOf(request);
      return await readPage(
        {
          query: request.query,
          cursors,
          scope: ['withdrawals', owner],
          fetch: (range) => actors.heads({ type: 'withdrawal', owner, ...range }),
          positionOf: (head: Head) => [head.sortKey, head.actor],
        },
        (head) => toWithdrawal(withdrawalOf(head)),
      );
    },
  );

  app.get(
    '/v1/withdrawals/:id',
    {
      schema: {
        ...common,
        summary: '提现详情 / One of my withdrawals',
        params: WithdrawalPath,
        response: { 200: Withdrawal, 304: NotModified, ...problemsOf('read', 'NOT_FOUND') },
      },
    },
    async (request, reply) => {
      const withdrawal = await findOwn(actors, request.params.id, callerOf(request));
      if (isFresh(request, reply, withdrawal.seq)) return reply.code(304).send(null);
      return toWithdrawal(withdrawalIn(request.params.id, withdrawal.snapshot).shown);
    },
  );
}

function addCancel(app: App, { actors }: RouteDeps): void {
  app.post(
    '/v1/withdrawals/:id/cancel',
    {
      schema: {
        ...common,
        summary: '取消提现 / Cancel a withdrawal before it is paid',
        params: WithdrawalPath,
        body: NoBody,
        response: { 200: Withdrawal, ...problemsOf('send', 'NOT_FOUND', 'WITHDRAWAL_NOT_CANCELABLE') },
      },
    },
    async (request) => {
      const { id } = request.params;
      const userId = callerOf(request);
      await findOwn(actors, id, userId);
      // One id for every cancel: a repeated one gets the first one's answer and costs no write.
      const address = toAddress('withdrawal', id);
      const receipt = await actors.send(
        address,
        { type: 'cancel', by: userId },
        { id: 'cancel', cause: `api:${userId}`, trace: request.trace.traceparent, repeatable: true, awaitHead: true },
      );
      assertDone(receipt, ['WITHDRAWAL_NOT_CANCELABLE']);
      // Who looks at the account next finds the money there.
      const released = await actors.waitUntil(address, ({ value }) => value !== 'releasing', RELEASE_WAIT_MS);
      return toWithdrawal(withdrawalIn(id, released?.snapshot ?? receipt.snapshot).shown);
    },
  );
}

/** @throws NOT_FOUND for another user's withdrawal exactly as for none. */
async function findOwn(actors: RouteDeps['actors'], id: string, userId: string): Promise<Inspection> {
  const found = await actors.inspect(toAddress('withdrawal', id));
  if (found === undefined || withdrawalIn(id, found.snapshot).owner !== userId) throw new Problem('NOT_FOUND');
  return found;
}
