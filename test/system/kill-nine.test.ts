import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SandboxBook, type SandboxProcess, startSandboxProcess } from '../support/sandbox-process.ts';
import {
  freePort,
  killAll,
  pause,
  type ServerProcess,
  spawnServer,
  startServer,
  tempFolder,
  until,
} from '../support/server-process.ts';
import { Acknowledged, type Asked, type BusyUser, deciding, trading, watching, withdrawing } from './busy-users.ts';
import { owedByUser, seeded } from './money-oracle.ts';
import { type Account, FINAL, type LedgerRow, RestClient, sumOf, token, type Withdrawal } from './rest-client.ts';
import { inspectJournal } from './stored-journal.ts';

const KILLS = 55;
const SEED = 20_260_115;
const QUIET_WITHIN_MS = 60_000;

/** The last one's channel is bound only when half of the kills are over, and takes in the orders seen before. */
const USERS: readonly BusyUser[] = [1, 2, 3, 4, 5].map((n) => ({
  userId: `busy-${n}`,
  relationId: `28810000000000000${n}`,
}));

const folder = tempFolder();
const dataDir = `${folder.path}/data`;
const random = seeded(SEED);
const acknowledged = new Acknowledged();
let sandbox: SandboxProcess;
let port: number;

function env(): Record<string, string> {
  return {
    ...sandbox.env,
    ORDER_START: new Date(Date.now() - 300_000).toISOString(),
    ORDER_POLL_MS: '100',
    ORDER_OVERLAP_MS: '20000',
    REBATE_RELEASE: 'days:0',
    WITHDRAW_REVIEW_FEN: '1000',
    PAYOUT_TIMEOUT_MS: '400',
    PAYOUT_QUERY_MS: '100',
  };
}

const spawn = () => spawnServer({ dataDir, env: env(), port });
const url = () => `http://127.0.0.1:${port}`;
const clientOf = (userId: string) => new RestClient(url(), token(userId));
const staff = () => new RestClient(url(), token('boss', 'approver'));

beforeAll(async () => {
  [sandbox, port] = [await startSandboxProcess(`${folder.path}/sandbox`), await freePort()];
}, 90_000);

afterAll(() => {
  killAll();
  folder.remove();
});

describe('a server that is killed again and again under load', () => {
  it('loses no acknowledged write, pays each withdrawal once and keeps every fen', { timeout: 300_000 }, async () => {
    const startedAt = performance.now();
    // A partner that takes its time, so that many kills find a payout under way, and breaks some lines on its own.
    await sandbox.faults([
      { match: { gateway: 'alipay' }, do: 'delay', ms: 15 },
      ...[5, 13, 29, 41].map((nth) => ({
        match: { gateway: 'alipay', method: 'alipay.fund.trans.uni.transfer', nth } as const,
        do: 'dropAfter' as const,
      })),
    ]);
    const last = await killRepeatedly();
    await quiet();
    await expectTruth();
    await last.end('SIGTERM');
    const { faults, records, lostPayouts } = inspectJournal(dataDir);
    expect(faults).toEqual([]);
    const { withdrawals, refused, canceled, denied, reads } = acknowledged;
    const { payouts, orders } = await sandbox.book();
    const paid = payouts.filter(({ payout }) => payout !== undefined).length;
    const arrivals = payouts.reduce((sum, entry) => sum + entry.arrivals.length, 0);
    console.log(
      `${KILLS} kills, ${acknowledged.writeCount} acknowledged writes (${withdrawals.length} withdrawals, ` +
        `${refused.length} refused, ${canceled.size} canceled, ${denied.size} denied), ${reads} reads, ` +
        `${orders.length} orders, ${paid} payouts by ${arrivals} attempts, ${lostPayouts} of them cut off by a kill, ` +
        `${records} records, ` +
        `${Math.round((performance.now() - startedAt) / 1000)} s, seed ${SEED}`,
    );
  });
});

/** Runs the load against server after server, and returns the one that lives. */
async function killRepeatedly(): Promise<ServerProcess> {
  const stopping = new AbortController();
  const deps = { url: url(), acknowledged, random, signal: stopping.signal };
  const clients = Promise.all([
    bind(USERS.slice(0, -1)),
    trading(USERS, sandbox, deps),
    deciding(USERS, deps),
    ...USERS.flatMap((user) => [withdrawing(user, 1, deps), withdrawing(user, 2, deps), watching(user, deps)]),
  ]);
  const failed = clients.then(() => new Promise<never>(() => {}));
  for (let kills = 0; kills < KILLS; kills += 1) {
    if (kills === Math.floor(KILLS / 2)) void bind(USERS);
    const server = spawn();
    // Most kills hit a server at work, the others one that is just getting up and taking over.
    if (random.next() < 0.7) await Promise.race([failed, server.ready()]);
    await pause(random.below(450));
    const { signal } = await server.end('SIGKILL');
    if (signal !== 'SIGKILL') throw new Error(`the server ended by itself: ${server.stderr()}`);
  }
  const server = await startServer({ dataDir, env: env(), port });
  stopping.abort();
  await clients;
  return server;
}

async function bind(users: readonly BusyUser[]): Promise<void> {
  for (const { userId, relationId } of users) {
    const { status } = await staff().settle('PUT', `/v1/staff/members/${userId}/channel`, { relationId });
    if (status !== 200) acknowledged.violations.push(`bind ${userId}: ${status}`);
  }
}

/** Approves what still waits for a person, until every withdrawal has ended and every account has followed. */
async function quiet(): Promise<void> {
  let left: unknown;
  await until(
    'everything has come to rest',
    QUIET_WITHIN_MS,
    async () => {
      const open: Withdrawal[] = [];
      for (const { userId } of USERS) {
        const all = await clientOf(userId).list<Withdrawal>('/v1/withdrawals');
        open.push(...all.filter(({ status }) => !FINAL.includes(status)));
      }
      for (const { id } of open.filter(({ status }) => status === 'review')) {
        await staff().settle('POST', `/v1/staff/withdrawals/${id}/approve`, { reason: 'the end' });
      }
      const wrong = await accountsUnlike(await sandbox.book());
      left = { open: open.map(({ id, state }) => `${id} ${state}`), wrong };
      return open.length === 0 && wrong.length === 0 ? true : undefined;
    },
    () => left,
  );
}

/** The accounts that are not what the partners' books say they should be. */
async function accountsUnlike(book: SandboxBook): Promise<readonly unknown[]> {
  const wrong: unknown[] = [];
  const owed = owedByUser(historiesIn(book), { share: 7_000, releaseDays: 0, now: Date.now() });
  for (const { userId } of USERS) {
    const account = await clientOf(userId).account();
    const { pendingFen = 0, releasedFen = 0 } = owed.get(userId) ?? {};
    const ids = new Set((await clientOf(userId).list<Withdrawal>('/v1/withdrawals')).map(({ id }) => id));
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

function historiesIn(book: SandboxBook) {
  return book.orders.map(({ tradeId, versions }) => ({
    userId: USERS.find(({ relationId }) => relationId === versions.at(-1)?.['relation_id'])?.userId,
    rows: versions,
    refunds: book.refunds.filter((refund) => refund['tb_trade_id'] === tradeId),
  }));
}

async function expectTruth(): Promise<void> {
  const book = await sandbox.book();
  expect(acknowledged.violations).toEqual([]);
  expect(acknowledged.withdrawals.length).toBeGreaterThan(KILLS);
  const known = new Map<string, Withdrawal>();
  for (const { userId } of USERS) {
    const withdrawals = await clientOf(userId).list<Withdrawal>('/v1/withdrawals');
    for (const withdrawal of withdrawals) known.set(withdrawal.id, withdrawal);
    await expectLedger(userId, withdrawals);
  }
  expectAcknowledged(known);
  await expectReplays();
  for (const { outBizNo, arrivals, payout } of book.payouts) {
    const { status, amountFen } = known.get(outBizNo) ?? {};
    expect(new Set(arrivals.map(({ digest }) => digest)).size, `${outBizNo}: attempts differ`).toBeLessThanOrEqual(1);
    if (payout === undefined) expect(status, `${outBizNo}: nothing was paid`).not.toBe('paid');
    else expect({ outBizNo, status, amountFen }).toEqual({ outBizNo, status: 'paid', amountFen: payout.amountFen });
  }
  const payoutIds = book.payouts.filter(({ payout }) => payout !== undefined).map(({ outBizNo }) => outBizNo);
  expect(new Set(payoutIds).size).toBe(payoutIds.length);
  const paidIds = [...known.values()].filter(({ status }) => status === 'paid').map(({ id }) => id);
  expect(paidIds.toSorted()).toEqual(payoutIds.toSorted());
}

function expectAcknowledged(known: ReadonlyMap<string, Withdrawal>): void {
  const lost = ({ id, amountFen }: Asked) => known.get(id)?.amountFen !== amountFen;
  expect(acknowledged.withdrawals.filter(lost)).toEqual([]);
  expect(acknowledged.refused.filter(({ id }) => known.get(id)?.reason !== 'INSUFFICIENT_FUNDS')).toEqual([]);
  expect([...acknowledged.canceled].filter((id) => known.get(id)?.status !== 'canceled')).toEqual([]);
  expect([...acknowledged.denied].filter((id) => known.get(id)?.status !== 'denied')).toEqual([]);
}

/** Each key still stands for its withdrawal. */
async function expectReplays(): Promise<void> {
  for (const { userId, key, id, amountFen, payee } of acknowledged.withdrawals.slice(-60)) {
    const { status, body, headers } = await clientOf(userId).withdraw(key, amountFen, payee);
    expect({ status, id: body['id'], replayed: headers.get('idempotency-replayed') }).toEqual({
      status: 201,
      id,
      replayed: 'true',
    });
  }
}

/** The rows sum up to the account, and each withdrawal was held once and ended once. */
async function expectLedger(userId: string, withdrawals: readonly Withdrawal[]): Promise<void> {
  const rows = await clientOf(userId).list<LedgerRow>('/v1/account/ledger');
  const { pendingFen, availableFen, heldFen, debtFen } = await clientOf(userId).account();
  expect(sumOf(rows)).toEqual({ pendingFen, availableFen, heldFen, debtFen } satisfies Partial<Account>);
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
