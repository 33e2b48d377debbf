import { describe, expect, test } from 'vitest';
import { nodesOf } from '../../src/actors/registry.ts';
import { defaultRules } from '../../src/machines/rules.ts';
import { createWithdrawalMachine } from '../../src/machines/withdrawal.ts';
import { HOLD_WINDOW_MS } from '../../src/machines/withdrawal-context.ts';
import {
  cancel,
  HOUR,
  heldWithdrawal,
  ID,
  inEveryState,
  newWithdrawal,
  refused,
  requestOf,
  SECOND,
  staff,
  success,
  toldOf,
} from './withdrawal-driver.ts';

test('its leaves are the twelve of the design', () => {
  const leaves = nodesOf(createWithdrawalMachine(defaultRules).root)
    .filter((node) => Object.keys(node.states).length === 0)
    .map((node) => node.path.join('.'));
  expect(leaves.sort()).toEqual(Object.keys(inEveryState()).sort());
  expect(leaves).toHaveLength(12);
});

test('keeps the transfer scene it was born under, for every attempt', () => {
  const payoutScene = { name: '佣金报酬', reports: [{ type: '佣金报酬说明', content: '返利提现' }] };
  expect(heldWithdrawal(1_000, { payoutScene }).context.request).toMatchObject({ scene: payoutScene });
  expect(heldWithdrawal().context.request).not.toHaveProperty('scene');
});

test('from request to payout: held, sent once, captured', () => {
  const withdrawal = newWithdrawal();
  const { now } = withdrawal;
  withdrawal.send(requestOf(1_000), { id: 'request' });
  expect(withdrawal.state).toBe('holding');
  expect(withdrawal.tells).toMatchObject([
    { to: 'balance/u1', event: { type: 'hold', withdrawal: ID, amountFen: 1_000, deadline: now + HOLD_WINDOW_MS } },
  ]);
  withdrawal.now += SECOND;
  withdrawal.send({ type: 'held' });
  expect(withdrawal.state).toBe('paying.sending');
  const [attempt] = withdrawal.attempts;
  expect(attempt).toMatchObject({
    activity: 'alipayTransfer',
    input: { request: { outBizNo: ID, amountFen: 1_000, title: '返利提现', sealed: 'v1.c2VhbGVk', userId: 'u1' } },
    sendWithinMs: 5_000,
    timeoutMs: 7_000,
  });
  expect(attempt).not.toHaveProperty('retry');
  withdrawal.answer('transfer', success({ paidAt: now - 5 }));
  expect(withdrawal.state).toBe('paid');
  expect(withdrawal.tells.at(-1)).toMatchObject({ to: 'balance/u1', event: { type: 'capture', withdrawal: ID } });
  expect(withdrawal.waiting).toEqual([]);
  expect(withdrawal.listing).toEqual({
    owner: 'u1',
    sortKey: now,
    status: 'paid',
    view: {
      amountFen: 1_000,
      account: { identity: '138****0000', name: '*三' },
      reason: null,
      detail: null,
      createdAt: now,
      heldAt: now + SECOND,
      paidAt: now - 5,
      incident: null,
      trouble: null,
    },
  });
  expect(withdrawal.context).toMatchObject({ orderId: 'ali1', attempts: 1, unknowns: 0 });
});

test('a payout that names no time was paid when it was heard of', () => {
  const withdrawal = heldWithdrawal();
  withdrawal.now += SECOND;
  withdrawal.answer('transfer', success());
  expect(withdrawal.context.paidAt).toBe(withdrawal.now);
});

describe('request', () => {
  test('the same message id is answered without a second hold', () => {
    const withdrawal = newWithdrawal();
    const first = withdrawal.send(requestOf(1_000), { id: 'request' });
    expect(withdrawal.send(requestOf(1_000), { id: 'request' })).toBe(first);
    expect(toldOf(withdrawal)).toEqual(['hold']);
  });

  test('below the minimum is refused', () => {
    const withdrawal = newWithdrawal();
    expect(withdrawal.send(requestOf(99))).toMatchObject({ outcome: 'refused', reason: { code: 'AMOUNT_TOO_SMALL' } });
    expect([withdrawal.state, withdrawal.listing.owner]).toEqual(['requested', null]);
  });

  test.each([0.5, 100.5, Number.NaN])('%s fen is set aside', (amountFen) => {
    expect(newWithdrawal().offer(requestOf(amountFen)).outcome).toBe('parked');
  });
});

describe('hold', () => {
  test.each(['INSUFFICIENT_FUNDS', 'ACCOUNT_FROZEN', 'HOLD_TOO_LATE'])('refused with %s it has failed', (code) => {
    const withdrawal = newWithdrawal();
    withdrawal.send(requestOf(1_000));
    withdrawal.send({ type: 'holdRefused', code });
    expect([withdrawal.state, withdrawal.context.reason]).toEqual(['failed', code]);
    expect(toldOf(withdrawal)).toEqual(['hold']);
    expect(withdrawal.waiting).toEqual([]);
  });

  test('without an answer by the deadline it is fenced off and the withdrawal fails', () => {
    const withdrawal = newWithdrawal();
    withdrawal.send(requestOf(1_000));
    withdrawal.fire('holdWindow');
    expect(withdrawal.state).toBe('releasing');
    expect(withdrawal.tells.at(-1)?.event).toEqual({
      type: 'release',
      withdrawal: ID,
      deadline: withdrawal.context.holdDeadline,
    });
    withdrawal.send({ type: 'held' });
    withdrawal.send({ type: 'unheld' });
    expect([withdrawal.state, withdrawal.context.reason]).toEqual(['failed', 'HOLD_TOO_LATE']);
    expect(withdrawal.attempts).toEqual([]);
  });
});

describe('review', () => {
  test('begins above the limit and not at it, with the amount held', () => {
    expect(heldWithdrawal(50_000).state).toBe('paying.sending');
    const withdrawal = heldWithdrawal(50_001);
    expect(withdrawal.state).toBe('review');
    expect([withdrawal.listing.status, withdrawal.attempts.length, withdrawal.waiting.length]).toEqual([
      'review',
      0,
      0,
    ]);
  });

  test('approved it is paid out, and says by whom', () => {
    const withdrawal = heldWithdrawal(60_000);
    withdrawal.send(staff('approve'));
    expect(withdrawal.state).toBe('paying.sending');
    expect(withdrawal.context.decision).toEqual({
      verdict: 'approved',
      by: 'ann',
      reason: 'because',
      at: withdrawal.now,
    });
  });

  test('denied it gives the amount back and ends denied', () => {
    const withdrawal = heldWithdrawal(60_000);
    withdrawal.send(staff('deny'));
    expect([withdrawal.state, withdrawal.listing.status]).toEqual(['releasing', 'processing']);
    withdrawal.send({ type: 'unheld' });
    expect([withdrawal.state, withdrawal.context.reason, withdrawal.context.detail]).toEqual([
      'denied',
      'DENIED',
      'because',
    ]);
    expect(toldOf(withdrawal)).toEqual(['hold', 'release']);
  });
});

describe('cancel', () => {
  test.each(['holding', 'review'])('in %s gives the amount back and ends canceled', (state) => {
    const withdrawal = inEveryState()[state]!;
    withdrawal.send(cancel);
    expect(withdrawal.state).toBe('releasing');
    withdrawal.send({ type: 'unheld' });
    expect([withdrawal.state, withdrawal.listing.status]).toEqual(['canceled', 'canceled']);
    expect(toldOf(withdrawal)).toEqual(['hold', 'release']);
    expect(withdrawal.attempts).toEqual([]);
  });

  test('overtakes the hold’s answer, which then changes nothing', () => {
    for (const answer of [{ type: 'held' }, { type: 'holdRefused', code: 'HOLD_CANCELED' }]) {
      const withdrawal = inEveryState()['holding']!;
      withdrawal.send(cancel);
      expect(withdrawal.send(answer).outcome).toBe('ignored');
      withdrawal.send({ type: 'unheld' });
      expect(withdrawal.send(answer).outcome).toBe('ignored');
      expect(withdrawal.state).toBe('canceled');
    }
  });

  test('before the request ends it, and a late request is ignored', () => {
    const withdrawal = newWithdrawal();
    withdrawal.send(cancel);
    expect(withdrawal.send(requestOf(1_000)).outcome).toBe('ignored');
    expect([withdrawal.state, withdrawal.tells.length]).toEqual(['canceled', 0]);
  });
});

describe('a decision that comes where it does not belong', () => {
  const allowed: Record<string, readonly string[]> = {
    cancel: ['requested', 'holding', 'review'],
    approve: ['review', 'paying.manual'],
    deny: ['review'],
    requery: ['paying.unknown', 'paying.postponed', 'paying.manual'],
  };
  const codes: Record<string, string> = {
    cancel: 'WITHDRAWAL_NOT_CANCELABLE',
    approve: 'WITHDRAWAL_NOT_APPROVABLE',
    deny: 'WITHDRAWAL_NOT_DENIABLE',
    requery: 'WITHDRAWAL_NOT_QUERYABLE',
  };
  const cases = Object.keys(allowed).flatMap((type) =>
    Object.keys(inEveryState()).map((state) => [type, state] as const),
  );

  test.each(cases)('%s in %s', (type, state) => {
    const withdrawal = inEveryState()[state]!;
    const before = withdrawal.stored;
    const recorded = withdrawal.send({ type, by: 'ann', reason: 'because' });
    if (allowed[type]!.includes(state)) return expect(recorded.outcome).toBe('done');
    const code = type === 'deny' && state === 'paying.manual' ? 'PAYOUT_NOT_SETTLED' : codes[type];
    expect(recorded).toMatchObject({ outcome: 'refused', reason: { code } });
    expect(withdrawal.stored).toEqual(before);
    return expect(withdrawal.last).toMatchObject({ tells: [], attempts: [] });
  });
});

test('a definite no to the only attempt gives the amount back and names the reason', () => {
  const withdrawal = heldWithdrawal();
  withdrawal.answer('transfer', refused('PAYEE_USER_INFO_ERROR'));
  expect([withdrawal.state, withdrawal.listing.status]).toEqual(['releasing', 'processing']);
  withdrawal.send({ type: 'unheld' });
  expect([withdrawal.state, withdrawal.listing.status]).toEqual(['failed', 'failed']);
  expect(withdrawal.listing.view).toMatchObject({ reason: 'PAYEE_USER_INFO_ERROR', detail: 'no', paidAt: null });
  expect(withdrawal.waiting).toEqual([]);
  withdrawal.advance(24 * HOUR);
  expect(withdrawal.attempts).toHaveLength(1);
});
