/**
 * From what machines show (their listing views: ms and fen) to what clients read. A list row is made of the head's
 * view, a single thing of the same listing applied to the last record, so the two never disagree.
 */
import type { Static } from 'typebox';
import { idOf } from '../actors/address.ts';
import type { Inspection } from '../actors/facade.ts';
import type { Head, ListedRow } from '../actors/ports.ts';
import { type JsonObject, type StoredSnapshot, stateName } from '../actors/record.ts';
import type { BalanceContext } from '../machines/balance-context.ts';
import type { LedgerLine } from '../machines/money.ts';
import { orderListing } from '../machines/order.ts';
import type { OrderContext } from '../machines/order-account.ts';
import { withdrawalListing } from '../machines/withdrawal.ts';
import type { WithdrawalContext } from '../machines/withdrawal-context.ts';
import type { Account, LedgerRow, Order, Withdrawal } from './schemas.ts';
import { toRfc3339, toRfc3339OrNull } from './times.ts';

/** The balance of a user; one that was never used is empty. */
export function toAccount(userId: string, balance: Inspection | undefined): Static<typeof Account> {
  const context = balance?.snapshot.context as unknown as BalanceContext | undefined;
  const { pending = 0, available = 0, held = 0, debt = 0 } = context ?? {};
  return {
    userId,
    currency: 'CNY',
    pendingFen: pending,
    availableFen: available,
    heldFen: held,
    debtFen: debt,
    seq: balance?.seq ?? 0,
  };
}

/** A ledger line without the platform's side of it. */
export function toLedgerRow({ seq, at, data }: ListedRow): Static<typeof LedgerRow> {
  const { kind, pendingFen, availableFen, heldFen, debtFen, orderId, withdrawalId, adjustmentId } =
    data as unknown as LedgerLine;
  return {
    seq,
    at: toRfc3339(at),
    kind,
    pendingFen,
    availableFen,
    heldFen,
    debtFen,
    ...(orderId === undefined ? {} : { orderId }),
    ...(withdrawalId === undefined ? {} : { withdrawalId }),
    ...(adjustmentId === undefined ? {} : { adjustmentId }),
  };
}

export function listingOfOrder({ address, snapshot, state }: Inspection): { owner: string | null; view: JsonObject } {
  return orderListing(snapshot.context as unknown as OrderContext, state, idOf(address));
}

export function toOrder(view: JsonObject): Static<typeof Order> {
  const { paidAt, receivedAt, settledAt, releaseAt, modifiedAt, ...rest } = view as unknown as OrderView;
  return {
    ...rest,
    paidAt: toRfc3339OrNull(paidAt),
    receivedAt: toRfc3339OrNull(receivedAt),
    settledAt: toRfc3339OrNull(settledAt),
    releaseAt: toRfc3339OrNull(releaseAt),
    modifiedAt: toRfc3339(modifiedAt),
  };
}

/** A withdrawal as its actor's state shows it, and whose it is. */
export function withdrawalIn(id: string, snapshot: StoredSnapshot): { owner: string | null; shown: ShownWithdrawal } {
  const state = stateName(snapshot.value);
  const { owner, status, view } = withdrawalListing(snapshot.context as unknown as WithdrawalContext, state);
  return { owner, shown: { id, state, status, view } };
}

export function toWithdrawal({ id, state, status, view }: ShownWithdrawal): Static<typeof Withdrawal> {
  const { amountFen, account, reason, createdAt, paidAt } = view as unknown as WithdrawalView;
  return {
    id,
    status: status as WithdrawalStatus,
    state,
    amountFen,
    account,
    ...(reason === null ? {} : { reason }),
    createdAt: toRfc3339(createdAt),
    ...(paidAt === null ? {} : { paidAt: toRfc3339(paidAt) }),
  };
}

export function withdrawalOf({ actor, state, status, view }: Head): ShownWithdrawal {
  return { id: idOf(actor), state, status, view };
}

export interface ShownWithdrawal {
  readonly id: string;
  readonly state: string;
  readonly status: string;
  readonly view: JsonObject;
}

type WithdrawalStatus = Static<typeof Withdrawal>['status'];

interface WithdrawalView {
  readonly amountFen: number;
  readonly account: { readonly identity: string; readonly name: string };
  readonly reason: string | null;
  readonly createdAt: number;
  readonly paidAt: number | null;
}

type OrderTimes = 'paidAt' | 'receivedAt' | 'settledAt' | 'releaseAt';
/** An order as its machine shows it: the public shape with its times in ms. */
type OrderView = Omit<Static<typeof Order>, OrderTimes | 'modifiedAt'> & {
  readonly [time in OrderTimes]: number | null;
} & { readonly modifiedAt: number };
