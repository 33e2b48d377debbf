/**
 * Money as integer fen, and the lines of a user's ledger.
 *
 * A line moves money between a user's four sums and at most one of the platform's accounts. It is balanced by
 * construction, and checked again where it is applied:
 *   I1  pending + available + held − debt + contra = 0, counted in changes.
 *   I3  available, held and debt are never negative, and debt > 0 only with available = 0. `pending` may be negative
 *       for a moment: an order's differences arrive in any order.
 * A broken one throws: the message is parked and no sum moves.
 */

/** What a user has. `debt` is what the user owes us; it counts against the others. */
export interface Sums {
  readonly pending: number;
  readonly available: number;
  readonly held: number;
  readonly debt: number;
}

export type LedgerKind = 'credit' | 'release' | 'clawback' | 'hold' | 'capture' | 'unhold' | 'debtRepaid' | 'adjust';

/** The platform's side of a line that changes what a user has in all: what Taobao will pay us, what Alipay has paid out,
 * what people put right by hand. */
export type Contra = 'taobao-receivable' | 'payout-clearing' | 'manual-adjustment';

/** Signed changes of the four sums and of the platform's account. */
export interface LedgerLine {
  readonly kind: LedgerKind;
  readonly pendingFen: number;
  readonly availableFen: number;
  readonly heldFen: number;
  readonly debtFen: number;
  readonly contra: Contra | null;
  readonly contraFen: number;
  readonly orderId?: string;
  readonly withdrawalId?: string;
  readonly adjustmentId?: string;
}

export interface Changes {
  readonly pendingFen?: number;
  readonly availableFen?: number;
  readonly heldFen?: number;
  readonly debtFen?: number;
}

export type Cause =
  | { readonly orderId: string }
  | { readonly withdrawalId: string }
  | { readonly adjustmentId: string };

/**
 * Returns `value` when it is a safe integer.
 * @throws RangeError otherwise.
 */
export function checkedFen(value: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no whole number of fen`);
  return value;
}

/** @throws RangeError when a term or a sum on the way is not a safe integer. */
export function addFen(...terms: readonly number[]): number {
  return terms.reduce((sum, term) => checkedFen(sum + checkedFen(term)), 0);
}

/**
 * The line of these changes; what they do not balance among themselves comes from or goes to `contra`.
 * @throws RangeError for changes that are no safe integers.
 */
export function toLine(kind: LedgerKind, changes: Changes, cause: Cause, contra: Contra | null = null): LedgerLine {
  const { pendingFen = 0, availableFen = 0, heldFen = 0, debtFen = 0 } = changes;
  const contraFen = 0 - addFen(pendingFen, availableFen, heldFen, 0 - debtFen);
  const sums = { pendingFen, availableFen, heldFen, debtFen };
  return { kind, ...sums, contra: contraFen === 0 ? null : contra, contraFen, ...cause };
}

/** Ends `lines` with the repayment of debt from what they leave available, if there is both. */
export function withRepayment(sums: Sums, lines: readonly LedgerLine[], cause: Cause): readonly LedgerLine[] {
  const { available, debt } = sumUp(sums, lines);
  const repaidFen = Math.min(available, debt);
  if (repaidFen <= 0) return lines;
  const changes = { availableFen: 0 - repaidFen, debtFen: 0 - repaidFen };
  return [...lines, toLine('debtRepaid', changes, cause)];
}

/**
 * The changes that take `amountFen` out of `available` and make a debt of what is not there.
 * @throws RangeError for an amount below zero.
 */
export function takeOut(sums: Sums, amountFen: number): { availableFen: number; debtFen: number } {
  if (checkedFen(amountFen) < 0) throw new RangeError(`${amountFen} fen cannot be taken`);
  const takenFen = Math.min(sums.available, amountFen);
  return { availableFen: 0 - takenFen, debtFen: amountFen - takenFen };
}

/**
 * The sums after these lines.
 * @throws RangeError naming I1 or I3 when a line is not balanced or the sums after the last one cannot be.
 */
export function applyLines(sums: Sums, lines: readonly LedgerLine[]): Sums {
  for (const line of lines) {
    const { pendingFen, availableFen, heldFen, debtFen, contraFen } = line;
    const sum = addFen(pendingFen, availableFen, heldFen, 0 - debtFen, contraFen);
    if (sum !== 0 || (contraFen !== 0) !== (line.contra !== null)) {
      throw new RangeError(`I1 a ${line.kind} line is ${sum} fen out of balance`);
    }
  }
  const after = sumUp(sums, lines);
  const { available, held, debt } = after;
  if (available < 0 || held < 0 || debt < 0 || (debt > 0 && available > 0)) {
    throw new RangeError(`I3 available ${available}, held ${held}, debt ${debt} cannot be`);
  }
  return after;
}

function sumUp(sums: Sums, lines: readonly LedgerLine[]): Sums {
  return {
    pending: addFen(sums.pending, ...lines.map((line) => line.pendingFen)),
    available: addFen(sums.available, ...lines.map((line) => line.availableFen)),
    held: addFen(sums.held, ...lines.map((line) => line.heldFen)),
    debt: addFen(sums.debt, ...lines.map((line) => line.debtFen)),
  };
}
