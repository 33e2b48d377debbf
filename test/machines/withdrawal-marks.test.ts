import { describe, expect, test } from 'vitest';
import { HOUR, inEveryState, mark, QUIET_MS, success, toldOf, unknown } from './withdrawal-driver.ts';

const MARKABLE = ['paying.unknown', 'paying.manual'];
const marks = ['markPaid', 'markNotPaid'] as const;

function inState(state: string) {
  const withdrawal = inEveryState()[state]!;
  withdrawal.now += QUIET_MS;
  return withdrawal;
}

describe.each(marks)('%s', (type) => {
  test.each(Object.keys(inEveryState()).filter((state) => !MARKABLE.includes(state)))('is refused in %s', (state) => {
    const withdrawal = inState(state);
    expect(withdrawal.send(mark(type))).toMatchObject({
      outcome: 'refused',
      reason: { code: 'WITHDRAWAL_NOT_MARKABLE' },
    });
    expect(withdrawal.state).toBe(state);
  });

  test.each(MARKABLE)('takes the word of two people, never of one, in %s', (state) => {
    const withdrawal = inState(state);
    for (const approvedBy of [undefined, 'ann']) {
      const { approvedBy: _, ...event } = mark(type);
      const alone = approvedBy === undefined ? event : { ...event, approvedBy };
      expect(withdrawal.send(alone as never)).toMatchObject({
        outcome: 'refused',
        reason: { code: 'SECOND_PERSON_REQUIRED' },
      });
      expect(withdrawal.state).toBe(state);
    }
    expect(withdrawal.send(mark(type)).outcome).toBe('done');
    expect(withdrawal.context.decision).toMatchObject({ by: 'ann', approvedBy: 'bo', reason: 'asked at the desk' });
  });
});

test.each(MARKABLE)('in an emergency, which is reviewed afterwards, the word of one counts in %s', (state) => {
  const withdrawal = inState(state);
  const { approvedBy: _, ...alone } = mark('markPaid') as { approvedBy: string; type: 'markPaid' };
  withdrawal.send({ ...alone, emergency: 'ap_1' } as never);
  expect(withdrawal.state).toBe('paid');
  expect(withdrawal.context.decision).toMatchObject({ by: 'ann', emergency: 'ap_1' });
  expect(withdrawal.context.decision).not.toHaveProperty('approvedBy');
});

test.each(MARKABLE)('a payout marked as paid in %s captures the hold, once, whatever comes later', (state) => {
  const withdrawal = inState(state);
  withdrawal.send(mark('markPaid', { voucher: 'ali7' }));
  expect(withdrawal.state).toBe('paid');
  expect(withdrawal.context).toMatchObject({ orderId: 'ali7', paidAt: withdrawal.now });
  expect(withdrawal.waiting).toEqual([]);
  withdrawal.send(mark('markNotPaid'));
  expect(toldOf(withdrawal)).toEqual(['hold', 'capture']);
});

test.each(MARKABLE)('a payout marked as not paid in %s gives the amount back, and fails', (state) => {
  const withdrawal = inState(state);
  withdrawal.send(mark('markNotPaid'));
  expect([withdrawal.state, ...toldOf(withdrawal)]).toEqual(['releasing', 'hold', 'release']);
  withdrawal.send({ type: 'unheld' });
  expect(withdrawal.state).toBe('failed');
  expect(withdrawal.context.reason).toBe('MARKED_NOT_PAID');
});

test('nothing is marked as not paid while an attempt may still reach the partner', () => {
  const withdrawal = inEveryState()['paying.unknown']!;
  expect(withdrawal.send(mark('markNotPaid'))).toMatchObject({ reason: { code: 'PAYOUT_NOT_SETTLED' } });
  withdrawal.now = withdrawal.context.lastSendBy + 5_000;
  expect(withdrawal.send(mark('markNotPaid')).outcome).toBe('done');
});

test('a payment that turns up after it was marked as not paid is debited', () => {
  const withdrawal = inEveryState()['paying.manual']!;
  const lost = withdrawal.attempts.find(({ name }) => name === 'transfer')!;
  withdrawal.now += HOUR;
  withdrawal.send(mark('markNotPaid'));
  withdrawal.send({ type: 'unheld' });
  withdrawal.answerAttempt({ ...lost, attempt: 7 }, unknown());
  withdrawal.answerAttempt({ ...lost, attempt: 8 }, success());
  expect(toldOf(withdrawal)).toEqual(['hold', 'release', 'debit']);
  expect(withdrawal.context.incident?.code).toBe('PAID_AFTER_RELEASE');
});
