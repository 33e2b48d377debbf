/**
 * What must hold once the faults are over and everything had time: nothing is left undone (I13, I14, I21), and every
 * fen at the partners is explained by ours (I4, I6, I7, I18).
 */
import { type Address, toAddress } from '../../../src/actors/address.ts';
import type { Projections } from '../../../src/actors/ports.ts';
import type { JournalRecord } from '../../../src/actors/record.ts';
import type { PayoutBook } from '../payout-book.ts';
import type { OrderFact, TaobaoBook } from '../taobao-book.ts';
import type { Checker } from './checker.ts';
import { assert, type Facts, leafOf } from './facts.ts';
import { type OrderView, type Terms, worthOf } from './reference-orders.ts';

const FINAL = ['paid', 'failed', 'denied', 'canceled', 'review', 'paying.manual'];
/** A due entry may take this long to be found. */
const DUE_GRACE_MS = 1_000;

export interface EndState {
  readonly checker: Checker;
  readonly payouts: PayoutBook;
  readonly taobao: TaobaoBook;
  readonly projections: Projections;
  /** Dead nodes that nobody has taken over. */
  readonly silent: readonly string[];
  readonly terms: Terms;
  /** Store time. */
  readonly now: number;
  /** Feeds that must have read all of Taobao's book. */
  readonly feeds: readonly string[];
  readonly isGatewayLawless: boolean;
}

/** What still keeps the system from rest, one line each. */
export function findUnfinished({ checker, taobao, payouts, feeds, now, silent }: EndState): string[] {
  const { facts } = checker;
  const unfinished = silent.map((id) => `node ${id} is not retired`);
  for (const id of facts.outstanding) unfinished.push(`tell ${id} is not taken`);
  for (const id of facts.undelivered) unfinished.push(`tell ${id} is in the undelivered list`);
  for (const id of facts.missingRows) unfinished.push(`row ${id} is not written`);
  for (const [actor, journal] of facts.journals) {
    const last = journal.at(-1) as JournalRecord;
    if ((facts.headSeqs.get(actor) ?? 0) < last.seq) unfinished.push(`the head of ${actor} is behind seq ${last.seq}`);
    for (const { id, kind, dueAt } of last.snapshot.waiting) {
      if (dueAt <= now - DUE_GRACE_MS) unfinished.push(`${kind} ${id} of ${actor} was due ${now - dueAt} ms ago`);
    }
  }
  for (const [id, journal] of facts.ofType('withdrawal')) {
    const state = leafOf((journal.at(-1) as JournalRecord).snapshot.value);
    // A person is asked, but the partner has a word on it: a query will hear it.
    const isKnown = state === 'paying.manual' && payouts.payouts.has(id);
    if (!FINAL.includes(state) || isKnown) unfinished.push(`withdrawal ${id} is ${state}`);
  }
  for (const feed of feeds) {
    const watermark = facts.last(`feed/${feed}`)?.snapshot.context['watermark'];
    if (typeof watermark !== 'number' || watermark <= taobao.endsAt) {
      unfinished.push(`feed ${feed} has read up to ${watermark}, the book ends at ${taobao.endsAt}`);
    }
  }
  return unfinished;
}

/** @throws Violation naming the first broken invariant. */
export async function assertEnd(end: EndState): Promise<void> {
  end.checker.checkAcknowledgements();
  end.checker.ledger.checkTotals();
  checkPayouts(end);
  if (end.feeds.includes('orders')) checkOrders(end);
  await checkProjections(end);
}

/** I6, I7, I18: each payout at the gateway is one captured withdrawal of ours, and the other way round. */
function checkPayouts({ checker: { facts, ledger }, payouts, isGatewayLawless }: EndState): void {
  let paidFen = 0;
  for (const { outBizNo, amountFen, status } of payouts.payouts.values()) {
    const last = facts.last(`withdrawal/${outBizNo}`);
    const state = last === undefined ? 'nowhere' : leafOf(last.snapshot.value);
    if (status !== 'SUCCESS') continue;
    const isIncident = last?.snapshot.context['incident'] != null;
    // A gateway that keeps to no time may pay long after the last word we heard.
    if (state !== 'paid' && !isIncident && isGatewayLawless) continue;
    paidFen += amountFen;
    const isTaken = state === 'paid' || (isIncident && isGatewayLawless);
    assert(isTaken, () => `I7 the gateway has paid ${outBizNo}, which is ${state}`);
    const takenFen = ledger.paidOut.get(outBizNo);
    assert(
      takenFen === amountFen,
      () => `I18 the gateway paid ${amountFen} fen for ${outBizNo}, taken are ${takenFen}`,
    );
  }
  for (const [id, journal] of facts.ofType('withdrawal')) {
    const state = leafOf((journal.at(-1) as JournalRecord).snapshot.value);
    const isPaid = payouts.payouts.get(id)?.status === 'SUCCESS';
    assert(state !== 'paid' || isPaid, () => `I7 withdrawal ${id} is paid, the gateway has not`);
  }
  const clearedFen = ledger.contra.get('payout-clearing') ?? 0;
  assert(clearedFen === paidFen, () => `I18 the gateway paid ${paidFen} fen, the ledger cleared ${clearedFen}`);
}

/** I4, I18: each order at Taobao is worth to its user what Taobao's own last word says. */
function checkOrders({ checker, taobao, terms, now }: EndState): void {
  const { facts, orders, ledger } = checker;
  const last = new Map<string, OrderFact>();
  for (const { fact } of taobao.orders) {
    const known = last.get(fact.tradeId);
    if (known === undefined || isLater(fact, known)) last.set(fact.tradeId, fact);
  }
  for (const [tradeId, fact] of last) {
    const order = orders.orders.get(tradeId);
    assert(order?.row !== undefined, () => `I18 order ${tradeId} of Taobao's book was never seen`);
    const { row } = order;
    const isSame = row.status === fact.status && row.modifiedAt === fact.modifiedAt;
    assert(isSame, () => `I18 order ${tradeId} is ${fact.status} of ${fact.modifiedAt} at Taobao, here ${row.status}`);
    const owner = ownerOf(facts, fact, order);
    assert(order.userId === owner, () => `I4 order ${tradeId} belongs to ${owner}, here to ${order.userId}`);
    const refunds = newestRefunds(taobao, tradeId);
    const { totalFen, availableFrom } = worthOf(fact, refunds, terms);
    const dueFen = owner === null ? 0 : totalFen;
    const creditedFen = ledger.byOrder.get(tradeId) ?? 0;
    assert(creditedFen === dueFen, () => `I18 order ${tradeId} is worth ${dueFen} fen, credited are ${creditedFen}`);
    const availableFen = availableFrom !== null && availableFrom <= now - DUE_GRACE_MS ? dueFen : 0;
    const isReleased = order.availableFen === availableFen || (availableFrom ?? 0) > now - 2 * DUE_GRACE_MS;
    assert(isReleased, () => `I13 order ${tradeId} has ${order.availableFen} fen available, due are ${availableFen}`);
  }
}

/** The user whom its channel is bound to, or who proved a claim. */
function ownerOf(facts: Facts, { tradeId, channel }: OrderFact, order: OrderView): string | null {
  const bound = channel === null ? undefined : facts.last(`channel/${channel.kind}-${channel.id}`);
  const claimants = (facts.journals.get(`order/${tradeId}`) ?? []).flatMap(({ messages }) =>
    messages.flatMap(({ event, outcome }) => (event.type === 'claim' && outcome === 'done' ? [event['userId']] : [])),
  );
  const candidates = [bound?.snapshot.context['owner'] ?? null, ...claimants];
  const named = candidates.filter((candidate) => candidate !== null);
  if (named.length <= 1) return (named[0] as string | undefined) ?? null;
  return named.some((user) => user === order.userId) ? order.userId : (named[0] as string);
}

function newestRefunds({ refunds }: TaobaoBook, tradeId: string): { status: number; refundFen: number }[] {
  const newest = new Map<string, { status: number; refundFen: number; modifiedAt: number }>();
  for (const { fact } of refunds) if (fact.tradeId === tradeId) newest.set(fact.suitId, fact);
  return [...newest.values()];
}

function isLater(a: OrderFact, b: OrderFact): boolean {
  const rank = [12, 14, 3, 13];
  return (
    a.modifiedAt > b.modifiedAt || (a.modifiedAt === b.modifiedAt && rank.indexOf(a.status) > rank.indexOf(b.status))
  );
}

/** J6: heads and rows are what the journals say, no more and no less. */
async function checkProjections({ checker: { facts }, projections }: EndState): Promise<void> {
  for (const [actor, journal] of facts.journals) {
    const last = journal.at(-1) as JournalRecord;
    const head = await projections.head(actor as Address);
    const dues = last.snapshot.waiting.map(({ dueAt }) => dueAt);
    const nextDue = dues.length === 0 ? null : Math.min(...dues);
    const isSame = head?.seq === last.seq && head.nextDue === nextDue && head.state === leafOf(last.snapshot.value);
    assert(isSame, () => `J6 the head of ${actor} is ${JSON.stringify(head)}, its record says seq ${last.seq}`);
  }
  for (const [userId, journal] of facts.ofType('balance')) {
    const due = journal.flatMap(({ rows }) => rows.map(({ id }) => id)).sort();
    const listed = await projections.rows({ table: 'ledger', owner: userId, limit: 10_000 });
    const ids = listed.map(({ id }) => id).sort();
    assert(
      ids.join() === due.join(),
      () => `J6 ${toAddress('balance', userId)} has ${due.length} rows, ${ids.length} listed`,
    );
  }
}
