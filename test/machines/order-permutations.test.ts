import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Owner } from '../../src/machines/order-account.ts';
import type { OrderRow, OrderStatus, RefundRow } from '../../src/machines/order-row.ts';
import { DAY_MS } from '../../src/machines/shanghai.ts';
import { OrderDriver } from '../support/order-driver.ts';
import { orderRow, PAID_AT, refundRow, settledRow } from '../support/order-rows.ts';

const SETTLED_AT = PAID_AT + 10 * DAY_MS;
const owner: Owner = { userId: 'u1', channel: 'relation-7' };

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

/** What an order has come to: totals told to the balance and the view of its user. */
function outcomeOf(order: OrderDriver) {
  expect(order.posts.map(({ n }) => n)).toEqual(order.posts.map((_, index) => index + 1));
  expect(order.told).toEqual(order.context.credited);
  return { told: order.told, listing: order.listing, trade: order.state.split(',')[0] };
}

/** Six rows: a duplicate time in both scenes, a jump, a close that was overtaken, and a tie only the hash decides. */
const sixRows: readonly OrderRow[] = [
  orderRow({ modifiedAt: PAID_AT }),
  orderRow({ modifiedAt: PAID_AT, relationId: '7' }),
  orderRow({ status: 14, modifiedAt: PAID_AT + 3 * DAY_MS }),
  orderRow({ status: 13, modifiedAt: PAID_AT + 3 * DAY_MS }),
  settledRow(SETTLED_AT, { feeFen: 170 }),
  settledRow(SETTLED_AT, { feeFen: 171 }),
];

const variants = [
  {
    title: 'the owner sent with its row',
    ownerOf: (row: OrderRow) => (row.relationId === null ? null : owner),
    answers: 'none',
  },
  { title: 'the channel answering at once', ownerOf: () => null, answers: 'each' },
  { title: 'the channel answering after all rows', ownerOf: () => null, answers: 'end' },
] as const;

describe.each(variants)('all 720 orders of six rows, with duplicates, $title', ({ ownerOf, answers }) => {
  it.each([
    ['within the holding time', SETTLED_AT + DAY_MS, 'trade.settled'],
    ['after the holding time', SETTLED_AT + 8 * DAY_MS, 'trade.released'],
  ])('end the same %s', (_title, now, trade) => {
    const orders = permutations(sixRows);
    expect(orders).toHaveLength(720);
    const outcomes = new Set<string>();
    for (const [index, rows] of orders.entries()) {
      const order = new OrderDriver({}, now);
      order.channelOwners = { 'relation-7': 'u1' };
      for (const [position, row] of rows.entries()) {
        order.row(row, ownerOf(row));
        // Delivered again: an earlier row under another message id, so the inbox does not stop it.
        const again = rows[index % (position + 1)];
        if (again !== undefined) order.row(again, ownerOf(again), `again-${position}`);
        if (answers === 'each') order.answerAsks();
      }
      order.answerAsks();
      const outcome = outcomeOf(order);
      expect(outcome.trade).toBe(trade);
      outcomes.add(JSON.stringify(outcome));
    }
    expect(outcomes.size).toBe(1);
  });
});

it('all orders of five refund reports and the settled row end the same', () => {
  const at = SETTLED_AT + DAY_MS;
  const refunds: readonly RefundRow[] = [
    refundRow({ suitId: 'a', status: 4, modifiedAt: at }),
    refundRow({ suitId: 'a', status: 2, modifiedAt: at }),
    refundRow({ suitId: 'a', status: 13, modifiedAt: at + 1_000, refundFen: 40 }),
    refundRow({ suitId: 'b', status: 3, modifiedAt: at, refundFen: 50 }),
    refundRow({ suitId: 'b', status: 2, modifiedAt: at, refundFen: 50 }),
  ];
  const outcomes = new Set<string>();
  for (const reports of permutations([settledRow(SETTLED_AT, { relationId: '7' }), ...refunds])) {
    const order = new OrderDriver({}, at + DAY_MS);
    for (const report of reports) {
      if ('suitId' in report) order.refund(report);
      else order.row(report, owner);
    }
    outcomes.add(JSON.stringify(outcomeOf(order)));
  }
  expect([...outcomes].map((text) => JSON.parse(text).told)).toEqual([{ pendingFen: 43, availableFen: 0 }]);
});

type Fact = { readonly row: OrderRow } | { readonly refund: RefundRow };

const minutes = fc.integer({ min: 0, max: 2 }).map((count) => SETTLED_AT + count * 60_000);
const fen = fc.integer({ min: 0, max: 500 });

const rows = fc
  .record({
    status: fc.constantFrom<OrderStatus>(12, 14, 3, 13),
    modifiedAt: minutes,
    earningAt: fc.option(minutes),
    preFeeFen: fen,
    feeFen: fen,
    techFeeFen: fc.integer({ min: 0, max: 60 }),
    relationId: fc.constantFrom(null, '7', '8'),
    adzoneId: fc.constantFrom(null, '9'),
  })
  .map((change): Fact => ({ row: orderRow(change) }));

const refunds = fc
  .record({
    suitId: fc.constantFrom('a', 'b', 'c'),
    status: fc.constantFrom(2, 3, 4, 11, 12, 13, 14, 15),
    modifiedAt: minutes,
    refundFen: fen,
  })
  .map((change): Fact => ({ refund: refundRow(change) }));

/** Takes the facts a step of time apart, then looks at the order long after. */
function liveThrough(facts: readonly Fact[], stepMs: number, sendsOwner: boolean) {
  const order = new OrderDriver({ release: { kind: 'days', days: 1 } }, SETTLED_AT);
  order.channelOwners = { 'relation-7': 'u1', 'relation-8': 'u1', 'adzone-9': 'u1' };
  for (const [index, fact] of facts.entries()) {
    if ('refund' in fact) order.refund(fact.refund, `refund-${index}`);
    else {
      const { relationId } = fact.row;
      const known = sendsOwner && relationId !== null ? { userId: 'u1', channel: `relation-${relationId}` } : null;
      order.row(fact.row, known, `row-${index}`);
    }
    order.answerAsks();
    order.advance(stepMs);
  }
  order.advance(SETTLED_AT + 10 * DAY_MS - order.now);
  return outcomeOf(order);
}

it('any rows and refunds, in any order, any number of times, at any pace, end the same', () => {
  const facts = fc.array(fc.oneof({ weight: 2, arbitrary: rows }, refunds), { minLength: 1, maxLength: 8 });
  const cases = facts.chain((all) =>
    fc.record({
      all: fc.constant(all),
      shuffled: fc
        .array(fc.constantFrom(...all), { maxLength: 4 })
        .chain((again) => fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length })),
      stepMs: fc.constantFrom(0, 1_000, 7 * 3_600_000),
      sendsOwner: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(cases, ({ all, shuffled, stepMs, sendsOwner }) => {
      expect(liveThrough(shuffled, stepMs, sendsOwner)).toEqual(liveThrough(all, 0, false));
    }),
    { numRuns: 500 },
  );
});
