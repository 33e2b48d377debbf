import { describe, expect, test } from 'vitest';
import type { CallOutcome } from '../../src/actors/ports.ts';
import type { ActorEvent, WaitingCall } from '../../src/actors/record.ts';
import {
  cancel,
  HOUR,
  heldWithdrawal,
  inEveryState,
  mark,
  newWithdrawal,
  postponed,
  refused,
  requestOf,
  says,
  staff,
  success,
  toldOf,
  unknown,
  type WithdrawalDriver,
} from './withdrawal-driver.ts';

const states = Object.keys(inEveryState());

test('every state of the table is the one it is called', () => {
  for (const [name, withdrawal] of Object.entries(inEveryState())) expect(withdrawal.state).toBe(name);
});

/** Every outcome a call can come to. */
const outcomes: Readonly<Record<string, CallOutcome>> = {
  success: success(),
  dealing: says('DEALING'),
  'not found': says('NOT_FOUND'),
  fail: says('FAIL'),
  refund: says('REFUND'),
  refused: refused(),
  postponed: postponed(0),
  unknown: unknown(),
  'security check': unknown('SECURITY_CHECK_FAILED'),
};

describe('an outcome of the open call', () => {
  // State after, by what came back. Unlisted: the call has no such answer that would differ from `unknown`.
  const afterTransfer: Readonly<Record<string, string>> = {
    success: 'paid',
    dealing: 'paying.unknown',
    'not found': 'paying.unknown',
    fail: 'paying.unknown',
    refund: 'paying.unknown',
    refused: 'releasing',
    postponed: 'paying.postponed',
    unknown: 'paying.unknown',
    'security check': 'paying.manual',
  };
  /** Each with: no no on record and asked early; the same asked late; with a no on record, early; and late. */
  const afterQuery: Readonly<Record<string, readonly [string, string, string, string]>> = {
    success: ['paid', 'paid', 'paid', 'paid'],
    dealing: ['stay', 'stay', 'stay', 'stay'],
    'not found': ['send', 'send', 'stay', 'release'],
    fail: ['stay', 'release', 'stay', 'release'],
    refund: ['stay', 'release', 'stay', 'release'],
    refused: ['stay', 'stay', 'stay', 'stay'],
    postponed: ['stay', 'stay', 'stay', 'stay'],
    unknown: ['stay', 'stay', 'stay', 'stay'],
    'security check': ['stay', 'stay', 'stay', 'stay'],
  };
  const names: Readonly<Record<string, string>> = { send: 'paying.sending', release: 'releasing', paid: 'paid' };

  test.each(Object.keys(outcomes))('transfer: %s', (outcome) => {
    const withdrawal = heldWithdrawal();
    withdrawal.answer('transfer', outcomes[outcome]!);
    expect(withdrawal.state).toBe(afterTransfer[outcome]);
    if (outcome !== 'refused') return;
    const doubted = heldWithdrawal();
    doubted.answer('transfer', unknown());
    doubted.fire('queryDelay');
    doubted.answer('query', says('NOT_FOUND'));
    doubted.answer('transfer', refused());
    expect(doubted.state).toBe('paying.unknown');
  });

  const cases = Object.keys(afterQuery).flatMap((outcome) =>
    ['paying.unknown', 'paying.manual'].flatMap((state) =>
      [0, 1, 2, 3].map((circumstance) => [outcome, state, circumstance] as const),
    ),
  );

  test.each(cases)('query: %s in %s, circumstance %i', (outcome, state, circumstance) => {
    const withdrawal = heldWithdrawal();
    const lost = { ...withdrawal.openCall('transfer')!, attempt: 9 };
    withdrawal.answer('transfer', unknown(state === 'paying.manual' ? 'SECURITY_CHECK_FAILED' : 'TIMEOUT'));
    if (circumstance >= 2) withdrawal.answerAttempt(lost, refused());
    if (circumstance % 2 === 1) withdrawal.now += HOUR;
    else withdrawal.send(staff('requery'));
    withdrawal.fire('queryDelay');
    withdrawal.answer('query', outcomes[outcome]!);
    const expected = afterQuery[outcome]![circumstance]!;
    // Where a person is asked nothing is sent again unasked.
    const isUnasked = expected === 'send' && state === 'paying.manual';
    expect(withdrawal.state).toBe(isUnasked ? state : (names[expected] ?? state));
    expect(toldOf(withdrawal).slice(1)).toEqual(
      withdrawal.state === 'paid' ? ['capture'] : withdrawal.state === 'releasing' ? ['release'] : [],
    );
  });
});

describe('an outcome of a call that is no longer open', () => {
  const cases = states.flatMap((state) =>
    ['transfer', 'query'].flatMap((name) => Object.keys(outcomes).map((outcome) => [name, outcome, state] as const)),
  );

  test.each(cases)('%s: %s in %s', (name, outcome, state) => {
    const withdrawal = inEveryState()[state]!;
    const before = withdrawal.stored;
    const told = toldOf(withdrawal).length;
    const gone = { id: `${withdrawal.actor}#0.1`, attempt: 1, name } as WaitingCall;
    const recorded = withdrawal.answerAttempt(gone, outcomes[outcome]!);
    const news = toldOf(withdrawal).slice(told);
    const isPaying = state.startsWith('paying.');
    const isGivenBack = ['releasing', 'failed', 'denied', 'canceled'].includes(state);
    if (outcome === 'success' && isPaying) {
      expect([withdrawal.state, ...news]).toEqual(['paid', 'capture']);
    } else if (outcome === 'success' && isGivenBack) {
      expect([withdrawal.state, ...news]).toEqual([state, 'debit']);
      expect(withdrawal.context.incident?.code).toBe('PAID_AFTER_RELEASE');
    } else if (outcome === 'refused' && name === 'transfer' && isPaying) {
      expect([withdrawal.state, ...news]).toEqual([state]);
      expect(withdrawal.context.refusal?.code).toBe('PAYEE_NOT_EXIST');
    } else {
      expect(recorded.outcome).toBe('ignored');
      expect(withdrawal.stored).toEqual(before);
    }
  });
});

describe('an exhaustive walk', () => {
  const sent: readonly ActorEvent[] = [
    requestOf(1_000),
    requestOf(60_000),
    { type: 'held' },
    { type: 'holdRefused', code: 'INSUFFICIENT_FUNDS' },
    { type: 'unheld' },
    cancel,
    staff('approve'),
    staff('deny'),
    staff('requery'),
    mark('markPaid'),
    mark('markNotPaid'),
  ];
  const lateNews = [outcomes['success']!, outcomes['refused']!];

  /** Every next step: what may be sent, what open calls may answer, which timer may fire, what may come late. */
  function* stepsFrom(start: WithdrawalDriver): Generator<WithdrawalDriver> {
    const taken = (act: (withdrawal: WithdrawalDriver) => void) => {
      const withdrawal = start.fork();
      act(withdrawal);
      return withdrawal;
    };
    for (const event of sent) yield taken((w) => w.send(event));
    for (const { token } of start.waiting.filter(({ kind }) => kind === 'timer')) {
      yield taken((w) => {
        w.now = Math.max(w.now, w.waiting.find((entry) => entry.token === token)!.dueAt);
        w.fireToken(token);
      });
    }
    for (const name of ['transfer', 'query']) {
      if (start.openCall(name) === undefined) continue;
      for (const outcome of Object.values(outcomes)) yield taken((w) => w.answer(name, outcome));
      yield taken((w) => w.fire(name));
    }
    if (start.context.attempts === 0) return;
    const gone = { id: `${start.actor}#0.${start.seq}`, attempt: 1, name: 'transfer' } as WaitingCall;
    for (const outcome of lateNews) yield taken((w) => w.answerAttempt(gone, outcome));
  }

  /** What tells two places in the walk apart. */
  function placeOf({ state, context, waiting, now }: WithdrawalDriver): string {
    const { unknowns, refusal, isAbsent, end, incident, askedAt, lastSendBy, heldAt, amountFen } = context;
    const calls = waiting.map((entry) => (entry.kind === 'call' ? entry.name : entry.id)).sort();
    const isQuiet = askedAt !== null && askedAt >= lastSendBy + 5_000;
    const flags = [
      unknowns > 0,
      refusal !== null,
      isAbsent,
      end,
      incident !== null,
      isQuiet,
      heldAt !== null,
      amountFen,
    ];
    return JSON.stringify([state, calls, flags, now > lastSendBy + 5_000]);
  }

  test('reaches every state, parks nothing and keeps its promises in each place', () => {
    const start = newWithdrawal();
    start.send({ type: 'unheld' });
    const seen = new Map([[placeOf(start), start]]);
    const queue = [start];
    for (let place = queue.shift(); place !== undefined; place = queue.shift()) {
      for (const next of stepsFrom(place)) {
        assertPromises(place, next);
        const key = placeOf(next);
        if (seen.has(key)) continue;
        seen.set(key, next);
        queue.push(next);
      }
      expect(seen.size).toBeLessThan(5_000);
    }
    expect(new Set([...seen.values()].map(({ state }) => state))).toEqual(new Set(states));
    expect(seen.size).toBeGreaterThan(60);
  });

  const ENDS = ['paid', 'failed', 'denied', 'canceled'];

  function assertPromises(before: WithdrawalDriver, after: WithdrawalDriver): void {
    const { state, context, waiting, attempts } = after;
    const told = toldOf(after);
    const count = (type: string) => told.filter((other) => other === type).length;
    const calls = waiting.filter((entry) => entry.kind === 'call').map((entry) => (entry as WaitingCall).name);
    const timers = waiting.filter(({ kind }) => kind === 'timer').map(({ id }) => id.split('.')[2]);
    if (ENDS.includes(before.state)) expect(state).toBe(before.state);
    if (ENDS.includes(state) || ['requested', 'review', 'releasing'].includes(state)) expect(waiting).toEqual([]);
    if (state === 'paying.sending') expect([calls, timers]).toEqual([['transfer'], []]);
    if (state === 'paying.unknown' || state === 'paying.manual') {
      expect([...calls, ...timers.filter((id) => id !== 'alertDelay')]).toHaveLength(1);
      expect(timers.includes('alertDelay')).toBe(state === 'paying.unknown');
    }
    expect(count('hold')).toBeLessThanOrEqual(1);
    expect(count('capture')).toBe(state === 'paid' ? 1 : 0);
    expect(count('capture') + count('release')).toBeLessThanOrEqual(1);
    expect(count('debit')).toBe(context.incident === null ? 0 : 1);
    if (state === 'releasing') expect([count('release'), context.end]).toEqual([1, expect.any(String)]);
    const requests = attempts.filter(({ name }) => name === 'transfer').map(({ input }) => JSON.stringify(input));
    expect(new Set(requests).size).toBeLessThanOrEqual(1);
  }
});
