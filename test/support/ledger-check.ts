/**
 * The balance's books, judged from outside: it recomputes everything from the ledger rows and knows none of the code
 * that made them. Numbers are those of the money invariants.
 */
import type { Row } from '../../src/actors/record.ts';

export interface Books {
  readonly pending: number;
  readonly available: number;
  readonly held: number;
  readonly debt: number;
  readonly holds: Readonly<Record<string, number>>;
}

export interface LedgerLine {
  readonly kind: string;
  readonly pendingFen: number;
  readonly availableFen: number;
  readonly heldFen: number;
  readonly debtFen: number;
  readonly contra: string | null;
  readonly contraFen: number;
  readonly orderId?: string;
  readonly withdrawalId?: string;
  readonly adjustmentId?: string;
}

export const LEDGER_KINDS = ['credit', 'release', 'clawback', 'hold', 'capture', 'unhold', 'debtRepaid', 'adjust'];

/** Broken invariants of one balance, one line each: its rows from the first, and what its context says now. */
export function findBrokenBooks(rows: readonly Row[], books: Books): readonly string[] {
  const broken: string[] = [];
  const lines = rows.filter(({ table }) => table === 'ledger').map(({ data }) => data as unknown as LedgerLine);
  for (const line of lines) {
    const { kind, pendingFen, availableFen, heldFen, debtFen, contra, contraFen } = line;
    if (pendingFen + availableFen + heldFen - debtFen + contraFen !== 0) broken.push(`I1 ${kind} does not sum to zero`);
    if ((contraFen === 0) !== (contra === null)) broken.push(`I1 ${kind} has ${contraFen} fen with ${contra}`);
    if (!LEDGER_KINDS.includes(kind)) broken.push(`I9 a line of kind ${kind}`);
    const causes = [line.orderId, line.withdrawalId, line.adjustmentId].filter((id) => id !== undefined);
    if (causes.length !== 1) broken.push(`I9 ${kind} names ${causes.length} causes`);
  }
  const total = (pick: (line: LedgerLine) => number) => lines.reduce((sum, line) => sum + pick(line), 0);
  const sums = {
    pending: total((line) => line.pendingFen),
    available: total((line) => line.availableFen),
    held: total((line) => line.heldFen),
    debt: total((line) => line.debtFen),
  };
  for (const [name, sum] of Object.entries(sums)) {
    const said = books[name as keyof typeof sums];
    if (sum !== said) broken.push(`I2 ${name} is ${said}, its rows say ${sum}`);
  }
  const { available, held, debt, holds } = books;
  if (available < 0 || held < 0 || debt < 0) broken.push(`I3 below zero: ${available}, ${held}, ${debt}`);
  if (debt > 0 && available !== 0) broken.push(`I3 a debt of ${debt} beside ${available} available`);
  const open = Object.values(holds).reduce((sum, fen) => sum + fen, 0);
  if (open !== held) broken.push(`I5 held ${held}, the open holds ${open}`);
  return [...broken, ...brokenHolds(lines, holds)];
}

/** Each hold is opened once and ended by one capture or one release, or still open. */
function brokenHolds(lines: readonly LedgerLine[], holds: Readonly<Record<string, number>>): readonly string[] {
  const withdrawals = new Set(lines.flatMap(({ withdrawalId }) => withdrawalId ?? []));
  return [...withdrawals].flatMap((id) => {
    const count = (kind: string) => lines.filter((line) => line.withdrawalId === id && line.kind === kind).length;
    const [opened, ended] = [count('hold'), count('capture') + count('unhold')];
    const open = Object.hasOwn(holds, id) ? 1 : 0;
    return opened > 1 || opened - ended !== open ? [`I5 ${id}: ${opened} holds, ${ended} ends, ${open} open`] : [];
  });
}
