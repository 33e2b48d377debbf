/**
 * What a withdrawal takes, and the words support staff read for it.
 */
import type { Stamped } from './effects.ts';

export interface Reason {
  readonly code: string;
  readonly detail?: string;
}

/** What a list may show of the payee. The account itself is sealed. */
export interface MaskedAccount {
  readonly identity: string;
  readonly name: string;
}

export interface RequestEvent {
  readonly type: 'request';
  readonly userId: string;
  readonly amountFen: number;
  readonly account: { readonly sealed: string; readonly masked: MaskedAccount };
  /** Tells a repeated request from another one under the same key. */
  readonly fingerprint: string;
}

export interface HoldRefusedEvent {
  readonly type: 'holdRefused';
  readonly code: string;
}

export interface CancelEvent {
  readonly type: 'cancel';
  readonly by: string;
}

export interface StaffEvent {
  readonly type: 'approve' | 'deny' | 'requery';
  readonly by: string;
  readonly reason: string;
}

/** What two people found out elsewhere, at the partner's own desk say. */
export interface MarkEvent {
  readonly type: 'markPaid' | 'markNotPaid';
  readonly by: string;
  /** The second of them. */
  readonly approvedBy?: string;
  /** The approval whose glass was broken: the word of one, reviewed afterwards. */
  readonly emergency?: string;
  readonly reason: string;
  readonly evidence: string;
  /** The partner's number of the payout. */
  readonly voucher?: string;
}

/** What the partner says of a payout. Only `SUCCESS` is paid; a transfer that answers anything else is unknown. */
export interface PayoutOutput {
  readonly status: 'SUCCESS' | 'FAIL' | 'DEALING' | 'NOT_FOUND' | 'REFUND';
  readonly code?: string;
  readonly detail?: string;
  readonly orderId?: string;
  /** Epoch ms. */
  readonly paidAt?: number;
}

export interface TransferOkEvent {
  readonly type: 'transfer.ok';
  readonly output: PayoutOutput;
}

export interface TransferRefusedEvent {
  readonly type: 'transfer.refused';
  readonly reason: Reason;
}

export interface TransferUnknownEvent {
  readonly type: 'transfer.unknown';
  readonly reason: Reason;
}

export interface QueryOkEvent {
  readonly type: 'query.ok';
  readonly output: PayoutOutput;
}

export interface NoAnswerEvent {
  readonly type: 'query.refused' | 'query.unknown';
  readonly reason: Reason;
}

/** Certainly not done; the identical request may go out at `until` (epoch ms). */
export interface PostponedEvent<T extends string> {
  readonly type: T;
  readonly until: number;
  readonly reason: Reason;
}

/** The outcome of a call that was given up before: lost, or overtaken by other news. */
export interface LateEvent {
  readonly type: 'transfer.late' | 'query.late';
  readonly outcome: {
    readonly kind: 'ok' | 'refused' | 'postponed' | 'unknown';
    readonly output?: PayoutOutput;
    readonly reason?: Reason;
  };
}

export type WithdrawalEvent = Stamped &
  (
    | RequestEvent
    | { readonly type: 'held' }
    | HoldRefusedEvent
    | { readonly type: 'unheld' }
    | CancelEvent
    | StaffEvent
    | MarkEvent
    | TransferOkEvent
    | TransferRefusedEvent
    | TransferUnknownEvent
    | PostponedEvent<'transfer.postponed'>
    | QueryOkEvent
    | NoAnswerEvent
    | PostponedEvent<'query.postponed'>
    | LateEvent
  );
