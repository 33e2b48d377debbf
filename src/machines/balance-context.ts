/**
 * What a balance remembers, and how each event changes it: pure functions from context and event to ledger lines,
 * memory and answers. The chart in `balance.ts` says which of them happens when.
 */
import type {
  AdjustEvent,
  CaptureEvent,
  DebitEvent,
  FreezeEvent,
  HoldEvent,
  HoldRefusal,
  PostEvent,
  ReleaseEvent,
} from './balance-events.ts';
import type { Stamped } from './effects.ts';
import { addFen, checkedFen, type LedgerLine, type Sums, takeOut, toLine, withRepayment } from './money.ts';

/** Closed withdrawals and orders that are remembered: the journal's inbox is the memory that never ends. */
export const REMEMBERED_COUNT = 64;
/** Open holds of one user; each stays in the context until it ends. */
export const HOLDS_LIMIT = 1_000;

/** How a withdrawal's dealings ended: `fenced` was released before any hold came, `debited` was paid after its release. */
export type Ending = 'captured' | 'released' | 'debited' | 'fenced' | HoldRefusal;

interface Closed {
  readonly withdrawal: string;
  readonly end: Ending;
  /** A fence stands at least until here; a hold that comes later is refused by its own deadline. */
  readonly deadline?: number;
}

/** An order, the n up to which all its differences were posted, and those ahead of that. */
type Posted = readonly [order: string, upTo: number, ...ahead: readonly number[]];

export interface BalanceContext extends Sums {
  readonly id: string;
  readonly createdAt: number;
  readonly frozen: { readonly by: string; readonly reason: string; readonly at: number } | null;
  /** Number of the last freeze or unfreeze of the member's that counted. */
  readonly freezeN: number;
  /** Open holds: withdrawal id → fen. */
  readonly holds: Readonly<Record<string, number>>;
  readonly closed: readonly Closed[];
  readonly posted: readonly Posted[];
  /** The last corrections by hand. */
  readonly adjusted: readonly string[];
}

/** An event of that type, as the machine gets it, with the context before or after. */
export interface Seen<E> {
  readonly context: BalanceContext;
  readonly event: E & Stamped;
}

export type OfWithdrawal = HoldEvent | CaptureEvent | ReleaseEvent | DebitEvent;

export function newBalance({ id, at }: { id: string; at: number }): BalanceContext {
  const sums: Sums = { pending: 0, available: 0, held: 0, debt: 0 };
  return { id, ...sums, createdAt: at, frozen: null, freezeN: 0, holds: {}, closed: [], posted: [], adjusted: [] };
}

// ---- ledger lines

export function postLines({ context, event }: Seen<PostEvent>): readonly LedgerLine[] {
  const { pendingFen, availableFen, order, kind } = event;
  const cause = { orderId: order };
  const changes = checkedFen(availableFen) < 0 ? takeOut(context, 0 - availableFen) : { availableFen };
  return withRepayment(context, [toLine(kind, { pendingFen, ...changes }, cause, 'taobao-receivable')], cause);
}

/** @throws RangeError for an amount that is zero or no whole number. */
export function adjustLines({ context, event }: Seen<AdjustEvent>): readonly LedgerLine[] {
  const { adjustment, deltaFen } = event;
  if (checkedFen(deltaFen) === 0) throw new RangeError('an adjustment of nothing');
  const cause = { adjustmentId: adjustment };
  const changes = deltaFen < 0 ? takeOut(context, 0 - deltaFen) : { availableFen: deltaFen };
  return withRepayment(context, [toLine('adjust', changes, cause, 'manual-adjustment')], cause);
}

/** @throws RangeError for an amount that is not above zero. */
export function holdLines({ event }: Seen<HoldEvent>): readonly LedgerLine[] {
  const { withdrawal, amountFen } = event;
  if (!(amountFen > 0)) throw new RangeError(`${amountFen} fen cannot be held`);
  return [toLine('hold', { availableFen: 0 - amountFen, heldFen: amountFen }, { withdrawalId: withdrawal })];
}

export function captureLines({ context, event }: Seen<CaptureEvent | DebitEvent>): readonly LedgerLine[] {
  const changes = { heldFen: 0 - heldFor(context, event.withdrawal) };
  return [toLine('capture', changes, { withdrawalId: event.withdrawal }, 'payout-clearing')];
}

export function releaseLines({ context, event }: Seen<ReleaseEvent>): readonly LedgerLine[] {
  const cause = { withdrawalId: event.withdrawal };
  const amountFen = heldFor(context, event.withdrawal);
  const changes = { heldFen: 0 - amountFen, availableFen: amountFen };
  return withRepayment(context, [toLine('unhold', changes, cause)], cause);
}

/**
 * Release and debit may arrive in either order: with the hold still open it is what pays. A debit after the release is
 * an `adjust` line, since a hold ends by one capture or one release only (I5).
 * @throws RangeError for an amount that is not above zero or not the hold's.
 */
export function debitLines(seen: Seen<DebitEvent>): readonly LedgerLine[] {
  const { withdrawal, amountFen } = seen.event;
  if (!(amountFen > 0)) throw new RangeError(`${amountFen} fen cannot be debited`);
  if (!isHeld(seen)) {
    return [toLine('adjust', takeOut(seen.context, amountFen), { withdrawalId: withdrawal }, 'payout-clearing')];
  }
  const heldFen = heldFor(seen.context, withdrawal);
  if (heldFen !== amountFen) throw new RangeError(`I5 ${withdrawal} holds ${heldFen} fen, not ${amountFen}`);
  return captureLines(seen);
}

// ---- what is known of a withdrawal or an order

export function isHeld({ context, event }: Seen<OfWithdrawal>): boolean {
  return Object.hasOwn(context.holds, event.withdrawal);
}

export function endingOf({ context, event }: Seen<OfWithdrawal>): Ending | undefined {
  return context.closed.find((closed) => closed.withdrawal === event.withdrawal)?.end;
}

/** Why this hold cannot be accepted, or null. */
export function refusalOf({ context, event }: Seen<HoldEvent>): HoldRefusal | null {
  if (event.at > event.deadline) return 'HOLD_TOO_LATE';
  if (context.frozen !== null) return 'ACCOUNT_FROZEN';
  if (context.available < event.amountFen) return 'INSUFFICIENT_FUNDS';
  if (Object.keys(context.holds).length >= HOLDS_LIMIT) return 'TOO_MANY_HOLDS';
  return null;
}

/** What a withdrawal is told about its hold, from what is remembered: null = held (or was, and is spent). */
export function answerFor(seen: Seen<HoldEvent>): HoldRefusal | null {
  const end = endingOf(seen);
  if (end === undefined || end === 'captured' || end === 'debited') return null;
  return end === 'released' || end === 'fenced' ? 'HOLD_CANCELED' : end;
}

export function isPosted({ context, event }: Seen<PostEvent>): boolean {
  const known = postedOf(context, event.order);
  if (known === undefined) return false;
  const [, upTo, ...ahead] = known;
  return event.n <= upTo || ahead.includes(event.n);
}

/** Looked for with every posting, among all that are remembered: by place, since taking each apart costs ten times that, and
 * from the end, where the latest are. */
function postedOf({ posted }: BalanceContext, order: string): Posted | undefined {
  return posted.findLast((known) => known[0] === order);
}

export function isAdjusted({ context, event }: Seen<AdjustEvent>): boolean {
  return context.adjusted.includes(event.adjustment);
}

/** One person's word is not enough to move money. */
export function isWordOfOne({ event }: Seen<AdjustEvent>): boolean {
  return event.approvedBy === undefined || event.approvedBy === event.by;
}

export function isNewerFreeze({ context, event }: Seen<FreezeEvent>): boolean {
  return event.n === undefined || event.n > context.freezeN;
}

// ---- changes of memory

/** @throws RangeError for a number that is not 1, 2, 3 … */
export function rememberPost({ context, event }: Seen<PostEvent>): Partial<BalanceContext> {
  if (!Number.isSafeInteger(event.n) || event.n < 1) throw new RangeError(`${event.n} numbers no difference`);
  const known = postedOf(context, event.order);
  const [, before, ...ahead] = known ?? [event.order, 0];
  const open = new Set([...ahead, event.n]);
  let upTo = before;
  while (open.delete(upTo + 1)) upTo += 1;
  const others = context.posted.filter((other) => other !== known);
  return { posted: [...others, [event.order, upTo, ...open] as const].slice(-REMEMBERED_COUNT) };
}

export function rememberAdjustment({ context, event }: Seen<AdjustEvent>): Partial<BalanceContext> {
  return { adjusted: [...context.adjusted, event.adjustment].slice(-REMEMBERED_COUNT) };
}

export function openHold({ context, event }: Seen<HoldEvent>): Partial<BalanceContext> {
  return withHolds(context, { ...context.holds, [event.withdrawal]: event.amountFen });
}

/** Ends the withdrawal's hold, if it has one, and remembers how. */
export function close({ context, event }: Seen<OfWithdrawal>, end: Ending): Partial<BalanceContext> {
  const { [event.withdrawal]: _, ...holds } = context.holds;
  const closed: Closed = {
    withdrawal: event.withdrawal,
    end,
    ...(end === 'fenced' ? { deadline: (event as ReleaseEvent).deadline } : {}),
  };
  const others = context.closed.filter((other) => other.withdrawal !== event.withdrawal);
  return { ...withHolds(context, holds), closed: forgetOldest([...others, closed], event.at) };
}

/** Drops the oldest beyond the limit, but no fence that a hold could still run into. */
function forgetOldest(closed: readonly Closed[], at: number): readonly Closed[] {
  const surplus = closed.length - REMEMBERED_COUNT;
  return closed.filter(({ deadline }, index) => index >= surplus || (deadline !== undefined && at <= deadline));
}

function withHolds(context: BalanceContext, holds: Readonly<Record<string, number>>): Partial<BalanceContext> {
  const openFen = addFen(...Object.values(holds));
  if (openFen !== context.held) throw new RangeError(`I5 held is ${context.held}, the open holds are ${openFen}`);
  return { holds };
}

function heldFor(context: BalanceContext, withdrawal: string): number {
  const heldFen = context.holds[withdrawal];
  if (heldFen === undefined) throw new RangeError(`I5 ${withdrawal} has no open hold`);
  return heldFen;
}
