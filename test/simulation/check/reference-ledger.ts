/**
 * The reference ledger: what each user must have, worked out again from the messages the balance took.
 *
 * A user's own money is one signed sum here; what is available is its positive part and the debt its negative one. That
 * is the whole of the rule that a debt leaves nothing available (I3), written the other way round than in the product.
 */
import type { ActorEvent, JournalRecord, RecordedMessage } from '../../../src/actors/record.ts';
import { LEDGER_KINDS, type LedgerLine } from '../../support/ledger-check.ts';
import { assert, type Facts } from './facts.ts';

export type HoldEnd = 'captured' | 'released' | 'fenced' | 'debited' | 'refused';

export interface UserBooks {
  pendingFen: number;
  /** Available less debt. */
  ownFen: number;
  heldFen: number;
  isFrozen: boolean;
  freezeNumber: number;
  readonly holds: Map<string, number>;
  readonly ended: Map<string, { readonly end: HoldEnd; readonly code?: string }>;
  readonly differences: Set<string>;
}

interface Sums {
  pending: number;
  available: number;
  held: number;
  debt: number;
}

export class ReferenceLedger {
  readonly users = new Map<string, UserBooks>();
  /** Net effect of each order and each payout on its user, from ledger rows alone. */
  readonly byOrder = new Map<string, number>();
  readonly paidOut = new Map<string, number>();
  readonly contra = new Map<string, number>();
  readonly #facts: Facts;
  readonly #sums = new Map<string, Sums>();
  readonly #holdLines = new Map<string, { opened: number; ended: number; openFen: number }>();

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  booksOf(userId: string): UserBooks {
    let books = this.users.get(userId);
    if (books === undefined) {
      books = {
        pendingFen: 0,
        ownFen: 0,
        heldFen: 0,
        isFrozen: false,
        freezeNumber: 0,
        holds: new Map(),
        ended: new Map(),
        differences: new Set(),
      };
      this.users.set(userId, books);
    }
    return books;
  }

  /** Before the record joins the facts. */
  check(record: JournalRecord): void {
    const userId = record.actor.slice('balance/'.length);
    const where = `${record.actor} seq ${record.seq}`;
    const books = this.booksOf(userId);
    const answers = record.messages.flatMap((message) => this.#apply(books, message, record.at, where));
    const told = record.tells.map(({ to, event }) => `${to} ${event.type} ${event['code'] ?? ''}`);
    assert(told.join() === answers.join(), () => `I5 ${where} answers [${told}] where [${answers}] was due`);
    this.#checkRows(record, userId, books, where);
    this.#checkContext(record, books, where);
  }

  /** What the message does, and the answers it asks for. */
  #apply(books: UserBooks, { event, outcome, id }: RecordedMessage, at: number, where: string): string[] {
    const wasRefused = outcome === 'refused';
    assert(outcome !== 'parked', () => `I21 ${where} parked ${id}`);
    switch (event.type) {
      case 'post':
        return this.#post(books, event, wasRefused, where);
      case 'hold':
        return this.#hold(books, event, at);
      case 'capture':
        return this.#capture(books, event, wasRefused, where);
      case 'release':
        return this.#release(books, event, wasRefused, where);
      case 'debit':
        return this.#debit(books, event);
      case 'freeze':
      case 'unfreeze': {
        const number = event['n'] as number | undefined;
        if (number !== undefined && number <= books.freezeNumber) return [];
        books.isFrozen = event.type === 'freeze';
        books.freezeNumber = number ?? books.freezeNumber;
        return [];
      }
      default:
        assert(outcome === 'ignored', () => `I9 ${where} takes ${event.type}`);
        return [];
    }
  }

  #post(books: UserBooks, event: ActorEvent, wasRefused: boolean, where: string): string[] {
    const { order, n, pendingFen, availableFen } = event as ActorEvent & Record<string, number>;
    const difference = `${order} ${n}`;
    assert(wasRefused === books.differences.has(difference), () => `I4 ${where} misjudges difference ${difference}`);
    if (wasRefused) return [];
    books.differences.add(difference);
    books.pendingFen += pendingFen as number;
    books.ownFen += availableFen as number;
    return [];
  }

  #hold(books: UserBooks, event: ActorEvent, at: number): string[] {
    const { withdrawal, amountFen, deadline } = event as unknown as {
      withdrawal: string;
      amountFen: number;
      deadline: number;
    };
    const to = `withdrawal/${withdrawal}`;
    const ended = books.ended.get(withdrawal);
    if (books.holds.has(withdrawal)) return [`${to} held `];
    if (ended !== undefined) {
      if (ended.end === 'captured' || ended.end === 'debited') return [`${to} held `];
      return [`${to} holdRefused ${ended.code ?? 'HOLD_CANCELED'}`];
    }
    const code = refusal(books, amountFen, at > deadline);
    if (code !== null) {
      books.ended.set(withdrawal, { end: 'refused', code });
      return [`${to} holdRefused ${code}`];
    }
    books.holds.set(withdrawal, amountFen);
    books.ownFen -= amountFen;
    books.heldFen += amountFen;
    return [`${to} held `];
  }

  #capture(books: UserBooks, event: ActorEvent, wasRefused: boolean, where: string): string[] {
    const withdrawal = event['withdrawal'] as string;
    const end = books.ended.get(withdrawal)?.end;
    const isKnown = books.holds.has(withdrawal) || end === 'captured' || end === 'debited';
    assert(wasRefused !== isKnown, () => `I5 ${where} misjudges the capture of ${withdrawal}`);
    this.#end(books, withdrawal, 'captured');
    return [];
  }

  #release(books: UserBooks, event: ActorEvent, wasRefused: boolean, where: string): string[] {
    const withdrawal = event['withdrawal'] as string;
    const isCaptured = books.ended.get(withdrawal)?.end === 'captured';
    assert(wasRefused === isCaptured, () => `I5 ${where} misjudges the release of ${withdrawal}`);
    if (isCaptured) return [];
    const heldFen = this.#end(books, withdrawal, 'released');
    if (heldFen !== undefined) books.ownFen += heldFen;
    else if (!books.ended.has(withdrawal)) books.ended.set(withdrawal, { end: 'fenced' });
    return [`withdrawal/${withdrawal} unheld `];
  }

  #debit(books: UserBooks, event: ActorEvent): string[] {
    const { withdrawal, amountFen } = event as unknown as { withdrawal: string; amountFen: number };
    const end = books.ended.get(withdrawal)?.end;
    if (end === 'captured' || end === 'debited') return [];
    if (this.#end(books, withdrawal, 'debited') === undefined) {
      books.ownFen -= amountFen;
      books.ended.set(withdrawal, { end: 'debited' });
    }
    return [];
  }

  #end(books: UserBooks, withdrawal: string, end: HoldEnd): number | undefined {
    const heldFen = books.holds.get(withdrawal);
    if (heldFen === undefined) return undefined;
    books.holds.delete(withdrawal);
    books.heldFen -= heldFen;
    books.ended.set(withdrawal, { end });
    return heldFen;
  }

  /** I1, I5 and I9 on the rows, and what they add up to. */
  #checkRows(record: JournalRecord, userId: string, books: UserBooks, where: string): void {
    const sums = this.#sums.get(userId) ?? { pending: 0, available: 0, held: 0, debt: 0 };
    this.#sums.set(userId, sums);
    for (const row of record.rows) {
      const line = row.data as unknown as LedgerLine;
      const { kind, pendingFen, availableFen, heldFen, debtFen, contra, contraFen, orderId, withdrawalId } = line;
      assert(row.table === 'ledger' && row.owner === userId, () => `I9 ${where} has a row of another list`);
      const sum = pendingFen + availableFen + heldFen - debtFen + contraFen;
      assert(sum === 0, () => `I1 ${where} ${kind} is ${sum} fen out of balance`);
      assert((contraFen === 0) === (contra === null), () => `I1 ${where} ${kind} names no account for ${contraFen}`);
      assert(LEDGER_KINDS.includes(kind), () => `I9 ${where} has a line of kind ${kind}`);
      assert((orderId === undefined) !== (withdrawalId === undefined), () => `I9 ${where} ${kind} has no single cause`);
      sums.pending += pendingFen;
      sums.available += availableFen;
      sums.held += heldFen;
      sums.debt += debtFen;
      if (contra !== null) add(this.contra, contra, contraFen);
      if (orderId !== undefined && contra !== null) add(this.byOrder, orderId, -contraFen);
      if (withdrawalId !== undefined && contra !== null) add(this.paidOut, withdrawalId, contraFen);
      if (withdrawalId !== undefined) this.#countHold(withdrawalId, line, where);
    }
    const counts = [...books.holds].every(([id, fen]) => this.#holdLines.get(id)?.openFen === fen);
    assert(counts, () => `I5 ${where} holds what no line holds`);
  }

  #countHold(withdrawal: string, { kind, heldFen }: LedgerLine, where: string): void {
    const lines = this.#holdLines.get(withdrawal) ?? { opened: 0, ended: 0, openFen: 0 };
    this.#holdLines.set(withdrawal, lines);
    if (kind === 'hold') lines.opened += 1;
    if (kind === 'capture' || kind === 'unhold') lines.ended += 1;
    lines.openFen += heldFen;
    const isOnce = lines.opened <= 1 && lines.ended <= lines.opened && lines.openFen >= 0;
    assert(isOnce, () => `I5 ${where}: ${withdrawal} has ${lines.opened} holds and ${lines.ended} ends`);
    assert(lines.ended === 0 || lines.openFen === 0, () => `I5 ${where}: ${withdrawal} ended by another amount`);
  }

  /** I2, I3: rows, context and the reference agree. */
  #checkContext(record: JournalRecord, books: UserBooks, where: string): void {
    const { pending, available, held, debt } = record.snapshot.context as unknown as Sums;
    const expected = {
      pending: books.pendingFen,
      available: Math.max(0, books.ownFen),
      held: books.heldFen,
      debt: Math.max(0, 0 - books.ownFen),
    };
    const sums = this.#sums.get(record.actor.slice('balance/'.length)) as Sums;
    const text = JSON.stringify({ pending, available, held, debt });
    assert(available >= 0 && held >= 0 && debt >= 0, () => `I3 ${where} has ${text}`);
    assert(text === JSON.stringify(expected), () => `I2 ${where} has ${text}, due is ${JSON.stringify(expected)}`);
    assert(text === JSON.stringify(sums), () => `I2 ${where} has ${text}, its rows say ${JSON.stringify(sums)}`);
  }

  /** Every order's money comes from that order's own differences. */
  checkTotals(): void {
    let total = 0;
    for (const { pendingFen, ownFen, heldFen } of this.users.values()) total += pendingFen + ownFen + heldFen;
    for (const fen of this.contra.values()) total += fen;
    assert(total === 0, () => `I1 all accounts together have ${total} fen`);
    assert(this.#facts.recordCount > 0, () => 'nothing happened');
  }
}

function refusal(books: UserBooks, amountFen: number, isLate: boolean): string | null {
  if (isLate) return 'HOLD_TOO_LATE';
  if (books.isFrozen) return 'ACCOUNT_FROZEN';
  return books.ownFen < amountFen ? 'INSUFFICIENT_FUNDS' : null;
}

function add(sums: Map<string, number>, key: string, fen: number): void {
  sums.set(key, (sums.get(key) ?? 0) + fen);
}
