/**
 * I5–I7, I14, I16, I17 and I19: each withdrawal against the user's reference books and against the gateway's own book.
 */
import type { JournalRecord, WaitingCall } from '../../../src/actors/record.ts';
import type { Arrival, Payout, PayoutBook } from '../payout-book.ts';
import { hash32 } from '../random.ts';
import { assert, type Facts, leafOf } from './facts.ts';
import type { ReferenceLedger } from './reference-ledger.ts';

const ENDS = ['paid', 'failed', 'denied', 'canceled'];

export interface WithdrawalChecksOptions {
  readonly reviewFen: number;
  /** The gateway breaks its own time limits: a payout may turn up after the release, as an incident. */
  readonly isGatewayLawless: boolean;
}

export class WithdrawalChecks {
  readonly #facts: Facts;
  readonly #ledger: ReferenceLedger;
  readonly #options: WithdrawalChecksOptions;
  #book: PayoutBook | undefined;
  readonly #requests = new Map<string, string>();
  readonly #arrived = new Map<string, number>();
  readonly #paid = new Set<string>();

  constructor(facts: Facts, ledger: ReferenceLedger, options: WithdrawalChecksOptions) {
    this.#facts = facts;
    this.#ledger = ledger;
    this.#options = options;
  }

  watch(book: PayoutBook): void {
    this.#book = book;
  }

  /** Before the record joins the facts. */
  check(record: JournalRecord): void {
    const id = record.actor.slice('withdrawal/'.length);
    const where = `${record.actor} seq ${record.seq}`;
    const state = leafOf(record.snapshot.value);
    const previous = this.#facts.last(record.actor);
    const before = previous === undefined ? undefined : leafOf(previous.snapshot.value);
    for (const { outcome, id: message, reason } of record.messages) {
      assert(outcome !== 'parked', () => `I21 ${where} parked ${message}: ${reason?.detail}`);
    }
    const isEnd = before !== undefined && ENDS.includes(before);
    assert(!isEnd || state === before, () => `I16 ${where} left its end ${before} for ${state}`);
    const isAsked = this.#askedFor(record) !== undefined;
    const isUnasked = state === 'requested' || state === 'canceled';
    assert(isAsked || isUnasked, () => `I9 ${where} is ${state}, and no request of it was taken`);
    for (const entry of record.snapshot.waiting) {
      if (entry.kind === 'call' && entry.name === 'transfer') this.#checkTransfer(record, id, entry, where);
    }
    this.#checkAgreement(id, state, record, where);
  }

  /** I6: one request for ever, of the withdrawal's own number and amount; I19: above the limit not without a person. */
  #checkTransfer(record: JournalRecord, id: string, call: WaitingCall, where: string): void {
    const request = call.input['request'] as { outBizNo: string; amountFen: number };
    const text = JSON.stringify(request);
    const known = this.#requests.get(id) ?? text;
    this.#requests.set(id, known);
    assert(text === known, () => `I6 ${where} sends another request than before`);
    assert(request.outBizNo === id, () => `I6 ${where} sends the number ${request.outBizNo}`);
    const asked = this.#askedFor(record);
    assert(request.amountFen === asked, () => `I6 ${where} sends ${request.amountFen} fen, asked was ${asked}`);
    const isApproved = this.#messages(record).some(
      ({ event, cause, outcome }) => event.type === 'approve' && outcome === 'done' && cause.startsWith('staff:'),
    );
    const needsPerson = request.amountFen > this.#options.reviewFen;
    assert(!needsPerson || isApproved, () => `I19 ${where} pays ${request.amountFen} fen without an approval`);
  }

  *#messages(record: JournalRecord) {
    for (const { messages } of [...(this.#facts.journals.get(record.actor) ?? []), record]) yield* messages;
  }

  #askedFor(record: JournalRecord): unknown {
    for (const { event, outcome } of this.#messages(record)) {
      if (event.type === 'request' && outcome === 'done') return event['amountFen'];
    }
    return undefined;
  }

  /** I7 and I17: the state against the books, in both directions. */
  #checkAgreement(id: string, state: string, record: JournalRecord, where: string): void {
    const userId = record.snapshot.context['userId'] as string;
    const books = this.#ledger.booksOf(userId);
    const end = books.ended.get(id)?.end;
    const isHeld = books.holds.has(id);
    const payout = this.#book?.payouts.get(id)?.status;
    if (state === 'review' || state.startsWith('paying.')) {
      assert(isHeld, () => `I17 ${where} is in ${state} without an open hold`);
    }
    if (state === 'paid') {
      assert(payout === 'SUCCESS', () => `I7 ${where} is paid, the gateway says ${payout}`);
      assert(isHeld || end === 'captured', () => `I17 ${where} is paid, its hold is ${end}`);
    }
    if (state === 'failed' || state === 'denied' || state === 'canceled') {
      assert(!isHeld && end !== 'captured', () => `I17 ${where} is ${state}, its hold is ${isHeld ? 'open' : end}`);
    }
    const isGivenBack = state === 'releasing' || (ENDS.includes(state) && state !== 'paid');
    const isLawful = !isGivenBack || payout === undefined || payout === 'FAIL' || this.#options.isGatewayLawless;
    assert(isLawful, () => `I7 ${where} is ${state}, the gateway says ${payout}`);
  }

  /** I14: every request at the gateway was committed before; I6: no two differ. */
  arrived({ outBizNo, digest }: Arrival): void {
    const last = this.#facts.last(`withdrawal/${outBizNo}`);
    assert(this.#requests.has(outBizNo), () => `I14 the gateway got ${outBizNo}, which no record sends`);
    const known = this.#arrived.get(outBizNo) ?? digest;
    this.#arrived.set(outBizNo, known);
    assert(known === digest, () => `I6 two requests of ${outBizNo} differ (${hash32(String(digest))})`);
    assert(last !== undefined, () => `I14 ${outBizNo} has no journal`);
  }

  /** I6, I7 at the moment the gateway pays. */
  paid({ outBizNo, amountFen }: Payout): void {
    assert(!this.#paid.has(outBizNo), () => `I6 the gateway paid ${outBizNo} twice`);
    this.#paid.add(outBizNo);
    const last = this.#facts.last(`withdrawal/${outBizNo}`);
    const state = last === undefined ? 'nowhere' : leafOf(last.snapshot.value);
    const isExpected = state.startsWith('paying.') || this.#options.isGatewayLawless;
    assert(isExpected, () => `I7 the gateway pays ${outBizNo}, which is ${state}`);
    const asked = last === undefined ? undefined : this.#askedFor(last);
    assert(asked === amountFen, () => `I6 the gateway pays ${amountFen} fen for ${outBizNo}, asked was ${asked}`);
  }
}
