/**
 * Load for a server that is killed all the time: users who withdraw, cancel and look at their accounts, staff who decide,
 * and a partner whose orders come and change. Each client repeats what was not answered, as a good client does, and
 * remembers what was.
 */

import type { OrderFields, RefundFields, SandboxProcess } from '../support/sandbox-process.ts';
import { pause } from '../support/server-process.ts';
import { type seeded, toYuan } from './money-oracle.ts';
import { type Account, type Answer, type Payee, RestClient, token, withdrawalId } from './rest-client.ts';

export interface BusyUser {
  readonly userId: string;
  readonly relationId: string;
}

export interface Asked {
  readonly userId: string;
  readonly key: string;
  readonly id: string;
  readonly amountFen: number;
  readonly payee: Payee;
}

/** What the server has answered for, and what it should not have answered. */
export class Acknowledged {
  readonly withdrawals: Asked[] = [];
  readonly refused: Asked[] = [];
  readonly canceled = new Set<string>();
  readonly denied = new Set<string>();
  readonly violations: string[] = [];
  reads = 0;

  get writeCount(): number {
    return this.withdrawals.length + this.refused.length + this.canceled.size + this.denied.size;
  }
}

interface Deps {
  /** Asked for anew each time when it is a function: any of several servers. */
  readonly url: string | (() => string);
  readonly acknowledged: Acknowledged;
  readonly random: ReturnType<typeof seeded>;
  readonly signal: AbortSignal;
}

const HIGHEST_AMOUNT_FEN = 1_500;

/** One user's app: asks for withdrawals one after the other, and now and then asks twice or cancels. */
export async function withdrawing({ userId }: BusyUser, app: number, deps: Deps): Promise<void> {
  const { acknowledged, random, signal, url } = deps;
  const client = new RestClient(url, token(userId));
  for (let count = 1; !signal.aborted; count += 1) {
    const key = `app-${app}-${count}`;
    const amountFen = 100 + random.below(HIGHEST_AMOUNT_FEN);
    const payee = { identity: `${userId}.${count}@example.com`, name: `收款人${userId}` };
    const asked = { userId, key, id: withdrawalId(userId, key), amountFen, payee };
    const answer = await client.withdraw(key, amountFen, payee);
    noteAnswer(answer, asked, acknowledged);
    const next = random.next();
    if (next < 0.15) {
      const again = await client.withdraw(key, amountFen, payee);
      if (again.headers.get('idempotency-replayed') !== 'true' && again.status < 300) {
        acknowledged.violations.push(`${asked.id}: not marked as a replay`);
      }
      noteReplay(again, asked, acknowledged);
    } else if (next < 0.4) {
      const { status, body } = await client.settle('POST', `/v1/withdrawals/${asked.id}/cancel`);
      if (status === 200) acknowledged.canceled.add(asked.id);
      else if (body['code'] !== 'WITHDRAWAL_NOT_CANCELABLE') noteViolation('cancel', { status, body }, acknowledged);
    }
    await pause(30 + random.below(60));
  }
}

/** Looks at the account again and again: what was seen once never goes back, and no sum is ever negative. */
export async function watching({ userId }: BusyUser, { url, acknowledged, signal }: Deps): Promise<void> {
  const client = new RestClient(url, token(userId));
  let seen: Account | undefined;
  while (!signal.aborted) {
    const account = await client.account();
    acknowledged.reads += 1;
    const { availableFen, heldFen, debtFen, seq } = account;
    if (seen !== undefined && (seq < seen.seq || (seq === seen.seq && !isSame(account, seen)))) {
      acknowledged.violations.push(`I22 ${JSON.stringify(seen)} then ${JSON.stringify(account)}`);
    }
    if (availableFen < 0 || heldFen < 0 || debtFen < 0 || (debtFen > 0 && availableFen > 0)) {
      acknowledged.violations.push(`I3 ${JSON.stringify(account)}`);
    }
    seen = account;
    await pause(150);
  }
}

/** Staff: decide what waits for a person, as the users' own lists show it. */
export async function deciding(users: readonly BusyUser[], deps: Deps): Promise<void> {
  const { url, acknowledged, random, signal } = deps;
  const staff = new RestClient(url, token('boss', 'approver'));
  while (!signal.aborted) {
    const { userId } = random.pick(users);
    const asUser = new RestClient(url, token(userId));
    const { data } = await asUser.read<{ data: { id: string; status: string }[] }>('/v1/withdrawals?limit=50');
    for (const { id } of data.filter(({ status }) => status === 'review').slice(0, 3)) {
      const decision = random.next() < 0.6 ? 'approve' : 'deny';
      const reason = { reason: 'looked at' };
      const { status, body } = await staff.settle('POST', `/v1/staff/withdrawals/${id}/${decision}`, reason);
      if (status === 200 && decision === 'deny') acknowledged.denied.add(id);
      else if (status !== 200 && status !== 409) noteViolation(decision, { status, body }, acknowledged);
    }
    await pause(200);
  }
}

/** Staff: give each user the channel by which the partner tells whose an order is. */
export async function binding(users: readonly BusyUser[], { url, acknowledged }: Deps): Promise<void> {
  const staff = new RestClient(url, token('boss', 'approver'));
  for (const { userId, relationId } of users) {
    const { status } = await staff.settle('PUT', `/v1/staff/members/${userId}/channel`, { relationId });
    if (status !== 200) acknowledged.violations.push(`bind ${userId}: ${status}`);
  }
}

/** The partner: orders come, move on, close after all, are opened again and refunded in parts. */
export async function trading(users: readonly BusyUser[], sandbox: SandboxProcess, deps: Deps): Promise<void> {
  const market = new Market(users, deps.random);
  while (!deps.signal.aborted) {
    const { orders, refunds } = market.next();
    if (orders.length > 0) await sandbox.orders(orders);
    if (refunds.length > 0) await sandbox.refunds(refunds);
    await pause(60);
  }
}

interface Trade {
  readonly id: string;
  readonly incomeFen: number;
  status: number;
  suits: number;
  changedAt: number;
}

/** The partner's times are whole seconds: two changes of one order in the same second could not be told apart. */
const BETWEEN_CHANGES_MS = 1_200;
const MOST_ORDERS = 600;
const NEXT: Readonly<Record<number, readonly number[]>> = { 12: [14, 14, 3, 13], 14: [3, 3, 3, 13], 3: [13], 13: [14] };

class Market {
  readonly #users: readonly BusyUser[];
  readonly #random: Deps['random'];
  readonly #trades: Trade[] = [];

  constructor(users: readonly BusyUser[], random: Deps['random']) {
    this.#users = users;
    this.#random = random;
  }

  next(): { orders: OrderFields[]; refunds: RefundFields[] } {
    const random = this.#random;
    const orders: OrderFields[] = [];
    const refunds: RefundFields[] = [];
    if (this.#trades.length < MOST_ORDERS) orders.push(this.#begin());
    const now = performance.now();
    const rested = this.#trades.filter(({ changedAt }) => now - changedAt > BETWEEN_CHANGES_MS);
    if (rested.length === 0) return { orders, refunds };
    const trade = random.pick(rested);
    trade.changedAt = now;
    if (trade.status !== 3) orders.push(this.#move(trade, random.pick(NEXT[trade.status] ?? [3])));
    else if (random.next() < 0.1) orders.push(this.#move(trade, 13));
    else if (random.next() < 0.2) refunds.push(this.#refund(trade));
    return { orders, refunds };
  }

  #begin(): OrderFields {
    const random = this.#random;
    const status = random.pick([12, 12, 14, 3, 3, 3]);
    const incomeFen = 1_000 + random.below(6_000);
    const id = String(4_100_000_000_000_000_000n + BigInt(this.#trades.length) * 7n);
    this.#trades.push({ id, incomeFen, status, suits: 0, changedAt: performance.now() });
    return {
      trade_id: id,
      tk_status: status,
      relation_id: random.pick(this.#users).relationId,
      pub_share_pre_fee: toYuan(incomeFen),
      alimama_share_fee: toYuan(Math.floor(incomeFen / 10)),
      ...(status === 3 && { pub_share_fee: toYuan(incomeFen) }),
    };
  }

  #move(trade: Trade, status: number): OrderFields {
    trade.status = status;
    // What is settled is seldom what was estimated.
    const settledFen = trade.incomeFen - this.#random.below(60);
    return { trade_id: trade.id, tk_status: status, ...(status === 3 && { pub_share_fee: toYuan(settledFen) }) };
  }

  #refund(trade: Trade): RefundFields {
    const isReversal = trade.suits > 0 && this.#random.next() < 0.3;
    if (!isReversal) trade.suits += 1;
    return {
      refund_suit_id: `${trade.id.slice(-12)}${trade.suits}`,
      tb_trade_id: trade.id,
      refund_status: isReversal ? 3 : this.#random.pick([2, 12, 13, 4]),
      tk_commission_fee_refund: toYuan(Math.floor(trade.incomeFen / 4)),
    };
  }
}

function noteAnswer(answer: Answer, asked: Asked, acknowledged: Acknowledged): void {
  const { status, body } = answer;
  if (status === 409 && body['code'] === 'INSUFFICIENT_FUNDS') acknowledged.refused.push(asked);
  else if (status === 201 || status === 202) acknowledged.withdrawals.push(asked);
  else noteViolation('withdraw', answer, acknowledged);
  if (status < 300 && (body['id'] !== asked.id || body['amountFen'] !== asked.amountFen)) {
    noteViolation(`another withdrawal than ${asked.id}`, answer, acknowledged);
  }
}

function noteReplay(answer: Answer, asked: Asked, acknowledged: Acknowledged): void {
  const id = answer.status === 409 ? answer.body['withdrawalId'] : answer.body['id'];
  if (id !== asked.id) noteViolation(`replay of ${asked.id}`, answer, acknowledged);
}

function noteViolation(what: string, { status, body }: Pick<Answer, 'status' | 'body'>, to: Acknowledged): void {
  to.violations.push(`${what}: ${status} ${JSON.stringify(body)}`);
}

function isSame(account: Account, other: Account): boolean {
  const sums = ({ pendingFen, availableFen, heldFen, debtFen }: Account) =>
    [pendingFen, availableFen, heldFen, debtFen].join();
  return sums(account) === sums(other);
}
