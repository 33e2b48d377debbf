/**
 * What a withdrawal remembers, and how its events change it, except for the payout itself (`withdrawal-payout.ts`):
 * pure functions from context and event. The chart in `withdrawal.ts` says which of them happens when.
 */
import type { Row, Stamped, Tell } from './effects.ts';
import type { PayoutScene } from './rules.ts';
import type {
  CancelEvent,
  HoldRefusedEvent,
  LateEvent,
  MarkEvent,
  MaskedAccount,
  QueryOkEvent,
  Reason,
  RequestEvent,
  StaffEvent,
  TransferOkEvent,
} from './withdrawal-events.ts';

/** How long the balance may take to accept the hold; after that the answer is no. */
export const HOLD_WINDOW_MS = 10 * 60_000;
/** Where payouts that came after their release are listed. */
export const PAID_AFTER_RELEASE = { table: 'paid-after-release', owner: 'all' } as const;
/** Shown in the payee's bill. */
const PAYOUT_TITLE = '返利提现';

/** Built once and sent by every attempt; the partner's idempotency key is the withdrawal's own id. */
export interface PayoutRequest {
  readonly outBizNo: string;
  readonly amountFen: number;
  readonly title: string;
  readonly sealed: string;
  readonly userId: string;
  readonly scene?: PayoutScene;
}

type End = 'failed' | 'denied' | 'canceled';

export interface WithdrawalContext {
  readonly id: string;
  readonly userId: string;
  readonly amountFen: number;
  readonly account: MaskedAccount;
  readonly fingerprint: string;
  readonly request: PayoutRequest | null;
  readonly createdAt: number;
  readonly holdDeadline: number;
  readonly heldAt: number | null;

  /** Transfers sent so far, and how many of them ended without a word that counts. */
  readonly attempts: number;
  readonly unknowns: number;
  /** No attempt is sent later than this. */
  readonly lastSendBy: number;
  readonly firstUnknownAt: number | null;
  /** The partner's own word asks for a person's decision; until then nothing is sent again. */
  readonly needsPerson: boolean;
  /** Until when the partner's side asked us to wait. */
  readonly resumeAt: number | null;
  /** Queries in this round that decided nothing, and the pause before the next. */
  readonly queries: number;
  readonly queryDelayMs: number;
  /** When the last query was asked. */
  readonly askedAt: number | null;
  /** The partner does not know the number, and no attempt can still reach it. */
  readonly isAbsent: boolean;
  /** A definite no that is on record but does not count before the waiting rule holds. */
  readonly refusal: Reason | null;
  /** What last kept it from being paid, for support. */
  readonly trouble: Reason | null;

  readonly decision: {
    readonly verdict: 'approved' | 'denied' | 'canceled' | 'markedPaid' | 'markedNotPaid';
    readonly by: string;
    /** Who agreed, where two were needed. */
    readonly approvedBy?: string;
    /** The approval whose glass was broken. */
    readonly emergency?: string;
    readonly reason: string | null;
    readonly at: number;
  } | null;
  /** Where it ends, or will once the hold is released; null while it may still be paid. */
  readonly end: End | null;
  /** Code of why it failed or was denied. */
  readonly reason: string | null;
  readonly detail: string | null;
  readonly orderId: string | null;
  readonly paidAt: number | null;
  /** The partner paid although the amount was given back; the balance was debited. */
  readonly incident: { readonly code: string; readonly at: number; readonly orderId: string | null } | null;
}

interface AnyEvent {
  readonly type: string;
}

/** An event as the machine gets it, with the context before it. */
export interface Seen<E = AnyEvent> {
  readonly context: WithdrawalContext;
  readonly event: E & Stamped;
}

export type Change = Partial<WithdrawalContext>;

export function newWithdrawal({ id, at }: { id: string; at: number }): WithdrawalContext {
  return {
    id,
    userId: '',
    amountFen: 0,
    account: { identity: '', name: '' },
    fingerprint: '',
    request: null,
    createdAt: at,
    holdDeadline: at,
    heldAt: null,
    attempts: 0,
    unknowns: 0,
    lastSendBy: 0,
    firstUnknownAt: null,
    needsPerson: false,
    resumeAt: null,
    queries: 0,
    queryDelayMs: 0,
    askedAt: null,
    isAbsent: false,
    refusal: null,
    trouble: null,
    decision: null,
    end: null,
    reason: null,
    detail: null,
    orderId: null,
    paidAt: null,
    incident: null,
  };
}

// ---- request and hold

export function requestNoter(scene: PayoutScene | undefined) {
  return ({ context, event }: Seen<RequestEvent>): Change => {
    const { userId, amountFen, account, fingerprint, at } = event;
    const request = { outBizNo: context.id, amountFen, title: PAYOUT_TITLE, sealed: account.sealed, userId };
    return {
      userId,
      amountFen,
      account: account.masked,
      fingerprint,
      request: scene === undefined ? request : { ...request, scene },
      createdAt: at,
      holdDeadline: at + HOLD_WINDOW_MS,
    };
  };
}

export function noteHeld({ event }: Seen): Change {
  return { heldAt: event.at };
}

export function noteHoldRefused({ event }: Seen<HoldRefusedEvent>): Change {
  return { end: 'failed', reason: event.code };
}

export function noteHoldTimeout(): Change {
  return { end: 'failed', reason: 'HOLD_TOO_LATE' };
}

// ---- people's decisions

export function noteCancel({ event }: Seen<CancelEvent>): Change {
  return { end: 'canceled', decision: { verdict: 'canceled', by: event.by, reason: null, at: event.at } };
}

export function noteApproval({ event }: Seen<StaffEvent>): Change {
  return { decision: { verdict: 'approved', by: event.by, reason: event.reason, at: event.at } };
}

export function noteDenial({ event }: Seen<StaffEvent>): Change {
  const decision = { verdict: 'denied', by: event.by, reason: event.reason, at: event.at } as const;
  return { end: 'denied', reason: 'DENIED', detail: event.reason, decision };
}

/** One person's word is not enough to say what became of money, but in an emergency that is reviewed afterwards. */
export function isWordOfOne({ event }: Seen<MarkEvent>): boolean {
  return event.emergency === undefined && (event.approvedBy === undefined || event.approvedBy === event.by);
}

export function noteMarkedPaid({ event }: Seen<MarkEvent>): Change {
  const decision = { verdict: 'markedPaid', ...wordOf(event) } as const;
  return { orderId: event.voucher ?? null, paidAt: event.at, trouble: null, refusal: null, decision };
}

export function noteMarkedNotPaid({ event }: Seen<MarkEvent>): Change {
  const decision = { verdict: 'markedNotPaid', ...wordOf(event) } as const;
  return { end: 'failed', reason: 'MARKED_NOT_PAID', detail: event.reason, trouble: null, decision };
}

function wordOf({ by, approvedBy, emergency, reason, at }: MarkEvent & Stamped) {
  const second = {
    ...(approvedBy === undefined ? {} : { approvedBy }),
    ...(emergency === undefined ? {} : { emergency }),
  };
  return { by, ...second, reason, at };
}

// ---- news of a payout

type PayoutNews = TransferOkEvent | QueryOkEvent | LateEvent;

/** What the partner says about the payout when it says that it is done, whichever way the news came; else null. */
function payoutIn(event: PayoutNews): { orderId?: string; paidAt?: number } | null {
  const output = event.type === 'transfer.ok' || event.type === 'query.ok' ? event.output : event.outcome.output;
  return output?.status === 'SUCCESS' ? output : null;
}

export function saysPaid({ event }: Seen<PayoutNews>): boolean {
  return payoutIn(event) !== null;
}

export function notePaid({ event }: Seen<PayoutNews>): Change {
  const payout = payoutIn(event);
  return { orderId: payout?.orderId ?? null, paidAt: payout?.paidAt ?? event.at, trouble: null, refusal: null };
}

/** Paid although the amount is being, or has been, given back; true for the first such news only. */
export function isPaidAfterAll(seen: Seen<LateEvent>): boolean {
  const { end, incident } = seen.context;
  return end !== null && incident === null && saysPaid(seen);
}

export function noteIncident({ event }: Seen<LateEvent>): Change {
  const orderId = payoutIn(event)?.orderId ?? null;
  return { incident: { code: 'PAID_AFTER_RELEASE', at: event.at, orderId } };
}

/** Such payouts are listed apart: each is a loss until the debt is repaid. */
export function incidentRow({ context, event }: Seen<LateEvent>): Row {
  const { id, userId, amountFen } = context;
  const data = { withdrawal: id, userId, amountFen, orderId: payoutIn(event)?.orderId ?? null };
  return { ...PAID_AFTER_RELEASE, data };
}

// ---- messages to the balance

function tellBalance(context: WithdrawalContext, event: Tell['event']): Tell {
  return { to: `balance/${context.userId}`, event: { ...event, withdrawal: context.id } };
}

export function holdTell({ context }: Seen): Tell {
  return tellBalance(context, { type: 'hold', amountFen: context.amountFen, deadline: context.holdDeadline });
}

export function captureTell({ context }: Seen): Tell {
  return tellBalance(context, { type: 'capture' });
}

export function releaseTell({ context }: Seen): Tell {
  return tellBalance(context, { type: 'release', deadline: context.holdDeadline });
}

export function debitTell({ context }: Seen): Tell {
  return tellBalance(context, { type: 'debit', amountFen: context.amountFen });
}

// ---- what it can be found by

/** Where the partner's number of a payout leads to its withdrawal: rows under that number as owner. */
export const VOUCHER_TABLE = 'voucher';

/** The partner's number, once it is known. */
export function voucherRow({ context: { orderId, incident, id } }: Pick<Seen, 'context'>): Row | null {
  const voucher = orderId ?? incident?.orderId ?? null;
  return voucher === null ? null : { table: VOUCHER_TABLE, owner: voucher, data: { withdrawal: id } };
}
