/**
 * What must be so when the load is over, whatever happened under it: asked of a server by its documents, held against
 * what it has acknowledged and against the partners' books.
 */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { SandboxBook, SandboxProcess } from '../support/sandbox-process.ts';
import { pause, until } from '../support/server-process.ts';
import type { Acknowledged, Asked, BusyUser } from './busy-users.ts';
import { owedByUser } from './money-oracle.ts';
import {
  type Account,
  FINAL,
  type LedgerRow,
  type NodeEntry,
  RestClient,
  sumOf,
  token,
  type Withdrawal,
} from './rest-client.ts';

const REPLAYED = 60;
/** An undelivered tell is tried again within this time. */
const REST_MS = 3_000;
const LOOK_MS = 1_000;

export interface TruthDeps {
  readonly users: readonly BusyUser[];
  readonly sandbox: SandboxProcess;
  readonly acknowledged: Acknowledged;
  /** The server that is asked. */
  readonly url: string;
}

export class FinalTruth {
  readonly #deps: TruthDeps;

  constructor(deps: TruthDeps) {
    this.#deps = deps;
  }

  /** Approves what still waits for a person, until every withdrawal has ended, every account has followed, and of no node
   * anything is left to do. */
  async quiet(withinMs: number): Promise<void> {
    const { users, sandbox } = this.#deps;
    const staff = new RestClient(this.#deps.url, token('boss', 'approver'));
    let left: unknown;
    let restedSince = Number.POSITIVE_INFINITY;
    const begun = new Map<string, NodeEntry>();
    await until(
      'everything has come to rest',
      withinMs,
      async () => {
        const open: Withdrawal[] = [];
        for (const { userId } of users) {
          const all = await this.#clientOf(userId).list<Withdrawal>('/v1/withdrawals');
          open.push(...all.filter(({ status }) => !FINAL.includes(status)));
        }
        for (const { id } of open.filter(({ status }) => status === 'review')) {
          await staff.settle('POST', `/v1/staff/withdrawals/${id}/approve`, { reason: 'the end' });
        }
        const wrong = await this.#accountsUnlike(await sandbox.book());
        const { data: nodes } = await staff.read<{ data: readonly NodeEntry[] }>('/v1/staff/nodes');
        const busy = nodes.filter((node) => !hasDone(node, begun.get(node.id)));
        left = { open: open.map(({ id, state }) => `${id} ${state}`), wrong, busy };
        if (open.length > 0 || wrong.length > 0) {
          restedSince = Number.POSITIVE_INFINITY;
          begun.clear();
          return undefined;
        }
        restedSince = Math.min(restedSince, performance.now());
        for (const node of nodes) if (!begun.has(node.id)) begun.set(node.id, node);
        if (busy.length === 0 && performance.now() - restedSince >= REST_MS) return true;
        await pause(LOOK_MS);
        return undefined;
      },
      () => left,
    );
  }

  /** Everything acknowledged is there, each payout was made once, and all sums agree. */
  async expect(leastWithdrawals: number): Promise<void> {
    const { users, sandbox, acknowledged } = this.#deps;
    const book = await sandbox.book();
    expect(acknowledged.violations).toEqual([]);
    expect(acknowledged.withdrawals.length).toBeGreaterThan(leastWithdrawals);
    const known = new Map<string, Withdrawal>();
    for (const { userId } of users) {
      const withdrawals = await this.#clientOf(userId).list<Withdrawal>('/v1/withdrawals');
      for (const withdrawal of withdrawals) known.set(withdrawal.id, withdrawal);
      await this.#expectLedger(userId, withdrawals);
    }
    this.#expectAcknowledged(known);
    await this.#expectReplays(known);
    expectPayouts(book, known);
  }

  #clientOf(userId: string): RestClient {
    return new RestClient(this.#deps.url, token(userId));
  }

  /** The accounts that are not what the partners' books say they should be. */
  async #accountsUnlike(book: SandboxBook): Promise<readonly unknown[]> {
    const wrong: unknown[] = [];
    const owed = owedByUser(this.#historiesIn(book), { share: 7_000, releaseDays: 0, now: Date.now() });
    for (const { userId } of this.#deps.users) {
      const account = await this.#clientOf(userId).account();
      const { pendingFen = 0, releasedFen = 0 } = owed.get(userId) ?? {};
      const ids = new Set((await this.#clientOf(userId).list<Withdrawal>('/v1/withdrawals')).map(({ id }) => id));
      const paidFen = book.payouts
        .filter(({ outBizNo, payout }) => ids.has(outBizNo) && payout?.status === 'SUCCESS')
        .reduce((sum, { payout }) => sum + (payout?.amountFen ?? 0), 0);
      const restFen = releasedFen - paidFen;
      const expected = { pendingFen, availableFen: Math.max(0, restFen), heldFen: 0, debtFen: Math.max(0, -restFen) };
      const { pendingFen: pending, availableFen, heldFen, debtFen } = account;
      const seen = { pendingFen: pending, availableFen, heldFen, debtFen };
      if (JSON.stringify(seen) !== JSON.stringify(expected)) wrong.push({ userId, seen, expected });
    }
    return wrong;
  }

  #historiesIn(book: SandboxBook) {
    return book.orders.map(({ tradeId, versions }) => ({
      userId: this.#deps.users.find(({ relationId }) => relationId === versions.at(-1)?.['relation_id'])?.userId,
      rows: versions,
      refunds: book.refunds.filter((refund) => refund['tb_trade_id'] === tradeId),
    }));
  }

  #expectAcknowledged(known: ReadonlyMap<string, Withdrawal>): void {
    const { withdrawals, refused, canceled, denied } = this.#deps.acknowledged;
    const lost = ({ id, amountFen }: Asked) => known.get(id)?.amountFen !== amountFen;
    expect(withdrawals.filter(lost)).toEqual([]);
    expect(refused.filter(({ id }) => known.get(id)?.reason !== 'INSUFFICIENT_FUNDS')).toEqual([]);
    expect([...canceled].filter((id) => known.get(id)?.status !== 'canceled')).toEqual([]);
    expect([...denied].filter((id) => known.get(id)?.status !== 'denied')).toEqual([]);
  }

  /** Each key still stands for its withdrawal, also for one that was refused after it had been answered for. */
  async #expectReplays(known: ReadonlyMap<string, Withdrawal>): Promise<void> {
    for (const { userId, key, id, amountFen, payee } of this.#deps.acknowledged.withdrawals.slice(-REPLAYED)) {
      const { status, body, headers } = await this.#clientOf(userId).withdraw(key, amountFen, payee);
      const replayed = headers.get('idempotency-replayed');
      if (known.get(id)?.reason === 'INSUFFICIENT_FUNDS') {
        const { code, withdrawalId } = body;
        const refusal = { status: 409, replayed: 'true', code: 'INSUFFICIENT_FUNDS', withdrawalId: id };
        expect({ status, replayed, code, withdrawalId }).toEqual(refusal);
      } else {
        expect({ status, replayed, id: body['id'] }).toEqual({ status: 201, replayed: 'true', id });
      }
    }
  }

  /** The rows sum up to the account, and each withdrawal was held once and ended once. */
  async #expectLedger(userId: string, withdrawals: readonly Withdrawal[]): Promise<void> {
    const { pendingFen, availableFen, heldFen, debtFen } = await this.#clientOf(userId).account();
    const account = { pendingFen, availableFen, heldFen, debtFen } satisfies Partial<Account>;
    // Lists come behind what another node has committed.
    const rows = await until(`the ledger of ${userId} sums up to its account`, 10_000, async () => {
      const all = await this.#clientOf(userId).list<LedgerRow>('/v1/account/ledger');
      return isDeepStrictEqual(sumOf(all), account) ? all : undefined;
    });
    const kindsOf = Map.groupBy(
      rows.filter(({ withdrawalId }) => withdrawalId !== undefined),
      ({ withdrawalId }) => withdrawalId,
    );
    for (const { id, status } of withdrawals) {
      const kinds = (kindsOf.get(id) ?? [])
        .map(({ kind }) => kind)
        .filter((kind) => ['hold', 'capture', 'unhold'].includes(kind))
        .toSorted();
      const allowed = status === 'paid' ? ['capture,hold'] : ['', 'hold,unhold'];
      expect(allowed, `${id} is ${status}`).toContain(kinds.join());
    }
  }
}

/** Whether the node has done all that it had begun then; a dead one only once it is taken over. */
function hasDone({ status, heartbeatAt, watermark }: NodeEntry, then: NodeEntry | undefined): boolean {
  if (status === 'retired') return true;
  return then !== undefined && status === 'live' && heartbeatAt > then.heartbeatAt && watermark >= then.batch;
}

function expectPayouts({ payouts }: SandboxBook, known: ReadonlyMap<string, Withdrawal>): void {
  for (const { outBizNo, arrivals, payout } of payouts) {
    const { status, amountFen } = known.get(outBizNo) ?? {};
    expect(new Set(arrivals.map(({ digest }) => digest)).size, `${outBizNo}: attempts differ`).toBeLessThanOrEqual(1);
    if (payout === undefined) expect(status, `${outBizNo}: nothing was paid`).not.toBe('paid');
    else expect({ outBizNo, status, amountFen }).toEqual({ outBizNo, status: 'paid', amountFen: payout.amountFen });
  }
  const payoutIds = payouts.filter(({ payout }) => payout !== undefined).map(({ outBizNo }) => outBizNo);
  expect(new Set(payoutIds).size).toBe(payoutIds.length);
  const paidIds = [...known.values()].filter(({ status }) => status === 'paid').map(({ id }) => id);
  expect(paidIds.toSorted()).toEqual(payoutIds.toSorted());
}
