import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ActorEvent } from '../../src/actors/record.ts';
import { about, answersOf, type BalanceDriver, balanceOf, brokenIn, post, sumsOf } from './balance-driver.ts';

/** One order's differences as it tells them: paid, re-estimated, released, partly refunded. */
const differences = [
  post(1, { kind: 'credit', pendingFen: 700 }),
  post(2, { kind: 'adjust', pendingFen: -50 }),
  post(3, { kind: 'release', pendingFen: -650, availableFen: 650 }),
  post(4, { kind: 'clawback', availableFen: -200 }),
];

/** Every order in which `events` can arrive, sharing what two orders have in common; returns how many there were. */
function inEveryOrder(
  start: BalanceDriver,
  events: readonly ActorEvent[],
  mayCome: (balance: BalanceDriver, event: ActorEvent) => boolean,
  atEnd: (balance: BalanceDriver) => void,
): number {
  const next = events.filter((event) => mayCome(start, event));
  if (next.length === 0) {
    atEnd(start);
    return 1;
  }
  return next.reduce((count, event) => {
    const balance = start.fork();
    balance.send(event);
    expect(brokenIn(balance)).toEqual([]);
    return (
      count +
      inEveryOrder(
        balance,
        events.filter((other) => other !== event),
        mayCome,
        atEnd,
      )
    );
  }, 0);
}

/** A withdrawal confirms only what it was told is held; it may cancel before it has heard anything. */
const followsTheHold = (balance: BalanceDriver, event: ActorEvent) =>
  event.type !== 'capture' || answersOf(balance).includes(`${event['withdrawal']} held`);

describe('an order’s differences between hold, capture and release', () => {
  test('end alike in every order, when the funds are there before', () => {
    const start = balanceOf(1_000);
    const [spent, given] = [about(start, 'wd_1', 300), about(start, 'wd_2', 400)];
    const events = [...differences.slice(0, 3), spent.hold, spent.capture, given.hold, given.release];
    const count = inEveryOrder(start, events, followsTheHold, (balance) => {
      expect(sumsOf(balance)).toEqual({ pending: 0, available: 1_350, held: 0, debt: 0 });
      expect(balance.seq).toBe(start.seq + events.length);
    });
    expect(count).toBe(5_040 / 2);
  });

  test('balance in every order, when it depends on the order whether the funds are there', () => {
    const start = balanceOf(100);
    const [spent, given] = [about(start, 'wd_1', 500), about(start, 'wd_2', 150)];
    const events = [...differences, spent.hold, spent.capture, given.hold, given.release];
    const ends = new Set<string>();
    inEveryOrder(start, events, followsTheHold, (balance) => {
      const isSpent = answersOf(balance).includes('wd_1 held');
      // 100 + 650 − 200, less the 500 where they were spent.
      expect(sumsOf(balance)).toEqual({ pending: 0, available: isSpent ? 50 : 550, held: 0, debt: 0 });
      ends.add(`spent: ${isSpent}, given back: ${answersOf(balance).includes('wd_2 held')}`);
    });
    expect([...ends].sort()).toEqual([
      'spent: false, given back: false',
      'spent: false, given back: true',
      'spent: true, given back: false',
      'spent: true, given back: true',
    ]);
  });

  test('leave a debt, never a negative sum, when the clawback comes after the money has gone', () => {
    const start = balanceOf(0);
    const spent = about(start, 'wd_1', 600);
    const events = [...differences, spent.hold, spent.capture];
    const ends = new Set<string>();
    inEveryOrder(start, events, followsTheHold, (balance) => {
      const isSpent = answersOf(balance).includes('wd_1 held');
      expect(sumsOf(balance)).toEqual(
        isSpent ? { pending: 0, available: 0, held: 0, debt: 150 } : { pending: 0, available: 450, held: 0, debt: 0 },
      );
      ends.add(String(isSpent));
    });
    expect(ends.size).toBe(2);
  });
});

test('posts of any amounts end in the same sums in any order, and available less debt is their total', () => {
  const change = fc.record({
    kind: fc.constantFrom('credit', 'release', 'clawback', 'adjust'),
    pendingFen: fc.integer({ min: -500, max: 500 }),
    availableFen: fc.integer({ min: -500, max: 500 }),
  });
  const shuffled = fc
    .array(change, { minLength: 1, maxLength: 8 })
    .map((changes) => changes.map((each, index) => post(index + 1, each)))
    .chain((posts) => fc.tuple(fc.constant(posts), fc.shuffledSubarray(posts, { minLength: posts.length })));
  fc.assert(
    fc.property(shuffled, ([inOrder, shuffledPosts]) => {
      const [one, other] = [balanceOf(), balanceOf()];
      for (const event of inOrder) one.send(event);
      other.sendTogether([...shuffledPosts, ...shuffledPosts]);
      expect(sumsOf(other)).toEqual(sumsOf(one));
      expect(brokenIn(one)).toEqual([]);
      expect(brokenIn(other)).toEqual([]);
      const total = inOrder.reduce((sum, { availableFen }) => sum + availableFen, 0);
      expect(sumsOf(one).available - sumsOf(one).debt).toBe(total);
    }),
    { numRuns: 200 },
  );
});

/** The balance as a child would keep it: no lines, no rows, one number for available and debt together. */
class Model {
  pending = 0;
  net = 0;
  readonly held = new Map<string, number>();
  readonly ended = new Map<string, string>();
  isFrozen = false;

  get sums() {
    const held = [...this.held.values()].reduce((sum, fen) => sum + fen, 0);
    return { pending: this.pending, available: Math.max(0, this.net), held, debt: Math.max(0, 0 - this.net) };
  }

  take(event: ActorEvent, now: number): void {
    const id = event['withdrawal'] as string;
    const amount = event['amountFen'] as number;
    const end = this.ended.get(id);
    switch (event.type) {
      case 'post':
        this.pending += event['pendingFen'] as number;
        this.net += event['availableFen'] as number;
        return;
      case 'freeze':
      case 'unfreeze':
        this.isFrozen = event.type === 'freeze';
        return;
      case 'hold':
        if (this.held.has(id) || end !== undefined) return;
        if (this.isFrozen || now > (event['deadline'] as number) || this.net < amount) this.ended.set(id, 'refused');
        else {
          this.held.set(id, amount);
          this.net -= amount;
        }
        return;
      case 'release':
        if (end === undefined) this.ended.set(id, 'released');
        this.net += this.held.get(id) ?? 0;
        this.held.delete(id);
        return;
      case 'capture':
        if (this.held.delete(id)) this.ended.set(id, 'paid');
        return;
      case 'debit':
        if (end === 'paid') return;
        if (!this.held.delete(id)) this.net -= amount;
        this.ended.set(id, 'paid');
        return;
    }
  }
}

test('whatever it is sent, in whatever order and however often, its books agree with a plain model', () => {
  const withdrawal = fc.constantFrom('wd_1', 'wd_2', 'wd_3');
  const amounts: Record<string, number> = { wd_1: 100, wd_2: 250, wd_3: 400 };
  const start = balanceOf().now;
  const step = fc.oneof(
    fc.record({
      type: fc.constant('post'),
      pendingFen: fc.integer({ min: -300, max: 300 }),
      availableFen: fc.integer({ min: -300, max: 500 }),
    }),
    fc
      .record({ type: fc.constantFrom('hold', 'capture', 'release', 'debit'), withdrawal })
      .map((event) => ({ ...event, amountFen: amounts[event.withdrawal]!, deadline: start + 60_000 })),
    fc.record({ type: fc.constantFrom('freeze', 'unfreeze'), by: fc.constant('ann'), reason: fc.constant('test') }),
    fc.record({ type: fc.constant('wait'), ms: fc.constantFrom(1_000, 40_000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const balance = balanceOf();
      const model = new Model();
      steps.forEach((each, index) => {
        if (each.type === 'wait') {
          balance.now += (each as { ms: number }).ms;
          return;
        }
        const event = each.type === 'post' ? { ...each, kind: 'adjust', order: '1', n: index + 1 } : each;
        balance.send(event as ActorEvent);
        model.take(event as ActorEvent, balance.now);
        expect(sumsOf(balance)).toEqual(model.sums);
        expect(balance.context.holds).toEqual(Object.fromEntries(model.held));
        expect(brokenIn(balance)).toEqual([]);
      });
    }),
    { numRuns: 300 },
  );
});
