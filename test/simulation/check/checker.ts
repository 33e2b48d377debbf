/**
 * The independent checker: after every durable change the invariants that must hold at once, at quiescence those that
 * must hold in the end. It reads journals, projections, the partners' books and what users were told; nothing else.
 */
import type { Head, ListedRow, UndeliveredTell } from '../../../src/actors/ports.ts';
import type { JournalRecord, Outcome } from '../../../src/actors/record.ts';
import type { StoreObserver } from '../durable-store.ts';
import type { Arrival, Payout, PayoutBook, PayoutObserver } from '../payout-book.ts';
import { DeliveryChecks } from './delivery-checks.ts';
import { assert, Facts } from './facts.ts';
import { ReferenceLedger } from './reference-ledger.ts';
import { ReferenceOrders, type Terms } from './reference-orders.ts';
import { WithdrawalChecks, type WithdrawalChecksOptions } from './withdrawal-checks.ts';

/** What a user was told about a message. */
export interface Acknowledgement {
  readonly actor: string;
  readonly messageId: string;
  readonly outcome: Outcome;
  readonly seq: number;
}

export class Checker implements StoreObserver, PayoutObserver {
  readonly facts = new Facts();
  readonly ledger = new ReferenceLedger(this.facts);
  readonly orders: ReferenceOrders;
  readonly #delivery = new DeliveryChecks(this.facts);
  readonly #withdrawals: WithdrawalChecks;
  readonly #onRecord: (record: JournalRecord, previous: JournalRecord | undefined) => void;
  readonly #acknowledged: Acknowledgement[] = [];

  constructor(
    options: WithdrawalChecksOptions & Terms,
    onRecord: (record: JournalRecord, previous: JournalRecord | undefined) => void = () => {},
  ) {
    this.orders = new ReferenceOrders(options);
    this.#withdrawals = new WithdrawalChecks(this.facts, this.ledger, options);
    this.#onRecord = onRecord;
  }

  watch(book: PayoutBook): void {
    this.#withdrawals.watch(book);
  }

  stored(record: JournalRecord, landedAt: number): void {
    this.#delivery.check(record);
    if (record.actor.startsWith('balance/')) this.ledger.check(record);
    if (record.actor.startsWith('order/')) this.orders.check(record);
    if (record.actor.startsWith('withdrawal/')) this.#withdrawals.check(record);
    const previous = this.facts.last(record.actor);
    this.facts.add(record, landedAt);
    this.#onRecord(record, previous);
  }

  projected(heads: readonly Head[], rows: readonly ListedRow[]): void {
    this.facts.projected(heads, rows);
  }

  undeliveredAdded(tells: readonly UndeliveredTell[]): void {
    this.facts.undeliveredAdded(tells);
  }

  undeliveredRemoved(ids: readonly string[]): void {
    this.#delivery.undeliveredRemoved(ids);
  }

  watermarkSet(node: string, watermark: number): void {
    this.#delivery.watermarkSet(node, watermark);
  }

  retired(node: string, heardAt: number, now: number): void {
    this.#delivery.retired(node, heardAt, now);
  }

  arrived(arrival: Arrival): void {
    this.#withdrawals.arrived(arrival);
  }

  paid(payout: Payout): void {
    this.#withdrawals.paid(payout);
  }

  /** I8, J3: what a user is told stands in the journal, with that outcome. */
  acknowledged(told: Acknowledgement): void {
    this.#acknowledged.push(told);
    this.#assertKept(told);
  }

  /** Again at the end: nothing acknowledged was lost. */
  checkAcknowledgements(): void {
    for (const told of this.#acknowledged) this.#assertKept(told);
  }

  get acknowledgementCount(): number {
    return this.#acknowledged.length;
  }

  #assertKept({ actor, messageId, outcome, seq }: Acknowledgement): void {
    const kept = this.facts.recorded(actor, messageId);
    const isKept = kept?.message.outcome === outcome && kept.record.seq === seq;
    assert(isKept, () => `I8 ${actor} was said to have ${outcome} ${messageId} at seq ${seq}, its journal has not`);
  }
}
