import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WaitingCall } from '../../src/actors/record.ts';
import {
  heldWithdrawal,
  MINUTE,
  postponed,
  refused,
  SECOND,
  says,
  staff,
  success,
  unknown,
  type WithdrawalDriver,
} from './withdrawal-driver.ts';

/**
 * A partner and a network that do their worst within their word: an attempt sent by its send-by reaches the partner
 * within the payout timeout or never; the partner pays one number once; what it says of it is true when it is asked.
 */
class World {
  readonly withdrawal: WithdrawalDriver = heldWithdrawal();
  /** Sent, not yet at the partner and not lost on the way. */
  #onTheWay: { readonly call: WaitingCall; readonly until: number }[] = [];
  #known = 0;
  /** Numbers of payouts in the partner's own book. */
  paidCount = 0;
  /** Whether the partner has the number, though it has not yet paid. */
  isDealing = false;

  constructor() {
    this.notice();
  }

  /** New attempts go out. */
  notice(): void {
    const { attempts } = this.withdrawal;
    for (const call of attempts.slice(this.#known)) {
      const until = call.dueAt - call.timeoutMs + 5 * SECOND;
      if (call.name === 'transfer') this.#onTheWay.push({ call, until });
    }
    this.#known = attempts.length;
  }

  get isQuiet(): boolean {
    return this.#onTheWay.length === 0 && !this.isDealing;
  }

  /** The oldest attempt arrives, or is lost; the partner's answer comes back, or does not. */
  land(how: 'pay' | 'deal' | 'refuse' | 'postpone' | 'lose', isHeard: boolean): void {
    const arriving = this.#onTheWay.shift();
    if (arriving === undefined) return;
    if (how === 'lose') return;
    if (this.paidCount === 0 && !this.isDealing) {
      if (how === 'pay') this.paidCount += 1;
      if (how === 'deal') this.isDealing = true;
    }
    if (!isHeard) return;
    // The same number again is answered with what became of it, whatever the partner would say to a new one.
    const answer =
      this.paidCount > 0
        ? success()
        : this.isDealing
          ? unknown('DEALING')
          : how === 'refuse'
            ? refused()
            : postponed(this.withdrawal.now + MINUTE);
    this.withdrawal.answerAttempt(arriving.call, answer);
    this.notice();
  }

  settle(pays: boolean): void {
    if (!this.isDealing) return;
    this.isDealing = false;
    if (pays) this.paidCount += 1;
  }

  /** The open query is answered truthfully, or not at all. */
  answerQuery(isHeard: boolean): void {
    if (this.withdrawal.openCall('query') === undefined) return;
    const truth = this.paidCount > 0 ? success() : says(this.isDealing ? 'DEALING' : 'NOT_FOUND');
    this.withdrawal.answer('query', isHeard ? truth : unknown());
    this.notice();
  }

  /** Time goes on to the next due entry; what was on the way for too long has been lost. */
  wait(): void {
    const [next] = [...this.withdrawal.waiting].sort((a, b) => a.dueAt - b.dueAt);
    if (next === undefined) return;
    this.withdrawal.now = Math.max(this.withdrawal.now, next.dueAt);
    this.#onTheWay = this.#onTheWay.filter(({ until }) => until >= this.withdrawal.now);
    this.withdrawal.fireToken(next.token);
    this.notice();
  }

  sendStaff(type: 'approve' | 'deny' | 'requery'): void {
    this.withdrawal.send(staff(type));
    this.notice();
  }
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant((world: World) => world.wait()) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom('pay', 'deal', 'refuse', 'postpone', 'lose'), fc.boolean())
      .map(([how, isHeard]) =>
        Object.assign((world: World) => world.land(how, isHeard), { toString: () => `${how} ${isHeard}` }),
      ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(true, true, false).map((isHeard) => (world: World) => world.answerQuery(isHeard)),
  },
  { weight: 1, arbitrary: fc.boolean().map((pays) => (world: World) => world.settle(pays)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('approve', 'deny', 'requery').map((type) => (world: World) => world.sendStaff(type)),
  },
);

const ENDS = ['paid', 'failed', 'denied', 'canceled'];

test('pays at most once and gives nothing back that was or will be paid, whatever partner and network do', () => {
  const ends: Record<string, number> = {};
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      const world = new World();
      const { withdrawal } = world;
      for (const act of steps) {
        act(world);
        const told = withdrawal.tells.map(({ event }) => event.type);
        if (told.includes('release')) expect([world.paidCount, world.isQuiet]).toEqual([0, true]);
        if (told.includes('capture')) expect(world.paidCount).toBe(1);
        expect(world.paidCount).toBeLessThanOrEqual(1);
        expect(told).not.toContain('debit');
      }
      ends[withdrawal.state] = (ends[withdrawal.state] ?? 0) + 1;
    }),
    { numRuns: 1_500 },
  );
  // A walk that never came to these would prove little.
  for (const state of ['paid', 'releasing', 'paying.unknown', 'paying.sending']) expect(ends[state]).toBeGreaterThan(0);
});

test('comes to an end or to a person once partner and network behave', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), (steps, pays) => {
      const world = new World();
      for (const act of steps) act(world);
      const { withdrawal } = world;
      for (let turn = 0; turn < 50 && !ENDS.includes(withdrawal.state); turn++) {
        world.settle(pays);
        world.land(pays ? 'pay' : 'refuse', true);
        world.wait();
        world.answerQuery(true);
        if (withdrawal.state === 'releasing') withdrawal.send({ type: 'unheld' });
      }
      expect([...ENDS, 'paying.manual']).toContain(withdrawal.state);
      expect(withdrawal.state === 'paid').toBe(world.paidCount === 1);
    }),
    { numRuns: 500 },
  );
});
