/**
 * From what machines show (their listing views: ms and fen) to what clients read. A list row is made of the head's
 * view, a single thing of the same listing applied to the last record, so the two never disagree.
 */
import type { Static } from 'typebox';
import { idOf } from '../actors/address.ts';
import type { Inspection } from '../actors/facade.ts';
import type { ListedRow } from '../actors/ports.ts';
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
  const { kind, pendingFen, availableFen, heldFen, debtFen, orderId, withdrawalId } = data as unknown as LedgerLine;
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

export function listingOfWithdrawal(id: string, snapshot: StoredSnapshot): { owner: string | null; view: JsonObject } {
  return withdrawalListing(snapshot.context as unknown as WithdrawalContext, stateName(snapshot.value), id);
}

export function toWithdrawal(view: JsonObject): Static<typeof Withdrawal> {
  const { id, status, state, amountFen, account, reason, createdAt, paidAt } = view as unknown as WithdrawalView;
  return {
    id,
    status,
    state,
    amountFen,
    account,
    ...(reason === null ? {} : { reason }),
    createdAt: toRfc3339(createdAt),
    ...(paidAt === null ? {} : { paidAt: toRfc3339(paidAt) }),
  };
}

/** A public shape as its machine shows it: the same, with times in ms and nothing left out. */
type InMs<T, Times extends keyof T> = Omit<Required<T>, Times> & { readonly [K in Times]: number | null };

type OrderView = InMs<Static<typeof Order>, 'paidAt' | 'receivedAt' | 'settledAt' | 'releaseAt'> & {
  readonly modifiedAt: number;
};
type WithdrawalView = InMs<Static<typeof Withdrawal>, 'paidAt'> & {
  readonly reason: string | null;
  readonly createdAt: number;
};
