import type { FastifyRequest } from 'fastify';
import { toAddress } from '../actors/address.ts';
import type { Receipt } from '../actors/facade.ts';
import { type StoredSnapshot, stateName } from '../actors/record.ts';
import type { Payee, RouteDeps } from './deps.ts';
import { Problem } from './problem.ts';
import { assertNotParked } from './receipts.ts';
import { toWithdrawalId } from './withdrawal-id.ts';

/** How long a creating POST waits for the balance's answer. */
const HOLD_WAIT_MS = 2_000;

export interface WithdrawalAsked {
  readonly userId: string;
  readonly key: string;
  readonly amountFen: number;
  readonly account: Payee;
  readonly traceparent: string;
}

export interface WithdrawalAnswer {
  readonly id: string;
  readonly snapshot: StoredSnapshot;
  /** The key had been used before, for the same request. */
  readonly isReplay: boolean;
}

/**
 * Asks for a withdrawal and waits up to 2 s until its funds are held or refused. One key is one withdrawal for ever,
 * however often, from wherever and how simultaneously it is asked for: the id follows from user and key, and the
 * request is one message id in that actor's journal.
 * @throws IDEMPOTENCY_KEY_REUSED when the key stands for another amount or account.
 */
export async function askForWithdrawal(deps: RouteDeps, asked: WithdrawalAsked): Promise<WithdrawalAnswer> {
  const { actors, sealer, mask } = deps;
  const { userId, key, amountFen, account, traceparent } = asked;
  const id = toWithdrawalId(userId, key);
  const address = toAddress('withdrawal', id);
  const { identity, name } = account;
  const fingerprint = await sealer.fingerprint(userId, JSON.stringify([amountFen, identity, name]));
  const receipt = await actors.send(
    address,
    {
      type: 'request',
      userId,
      amountFen,
      account: {
        sealed: await sealer.seal(userId, { identity, name }),
        masked: { identity: mask.identity(identity), name: mask.name(name) },
      },
      fingerprint,
    },
    { id: 'request', cause: `api:${userId}`, trace: traceparent, repeatable: true },
  );
  assertSameRequest(receipt, fingerprint);
  const seen = await actors.waitUntil(address, (snapshot) => !isUndecided(snapshot), HOLD_WAIT_MS);
  return { id, snapshot: seen?.snapshot ?? receipt.snapshot, isReplay: receipt.repeated };
}

/** Neither held nor refused yet. */
export function isUndecided(snapshot: StoredSnapshot): boolean {
  return ['requested', 'holding'].includes(stateName(snapshot.value));
}

function assertSameRequest(receipt: Receipt, fingerprint: string): void {
  assertNotParked(receipt);
  if (receipt.snapshot.context['fingerprint'] !== fingerprint) throw new Problem('IDEMPOTENCY_KEY_REUSED');
}

const PRINTABLE_ASCII = /^[\x20-\x7e]{1,255}$/;

/** @throws IDEMPOTENCY_KEY_REQUIRED, IDEMPOTENCY_KEY_INVALID */
export function idempotencyKeyOf({ headers, raw }: FastifyRequest): string {
  const key = headers['idempotency-key'];
  if (key === undefined || key === '') throw new Problem('IDEMPOTENCY_KEY_REQUIRED');
  // Node joins repeated headers into one text, which would pass for a key of its own.
  const count = raw.rawHeaders.filter((name, index) => index % 2 === 0 && /^idempotency-key$/i.test(name)).length;
  if (typeof key !== 'string' || count > 1 || !PRINTABLE_ASCII.test(key)) throw new Problem('IDEMPOTENCY_KEY_INVALID');
  return key;
}
