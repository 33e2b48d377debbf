import { describe, expect, test } from 'vitest';
import {
  APPROVAL_TTL_MS,
  type ApprovalContext,
  approvalListing,
  createApprovalMachine,
} from '../../src/machines/approval.ts';
import { MachineDriver } from '../support/machine-driver.ts';

const request = {
  type: 'request',
  to: 'withdrawal/wd_1',
  event: { type: 'approve', by: 'ann', reason: 'identity checked' },
  otherwise: null as { type: string } | null,
  by: 'ann',
  reason: 'identity checked',
  reasonCode: 'identity_checked',
  ticket: 'T-1',
  amountFen: 600_000,
  seq: 3,
  state: 'review',
};

function asked(more: object = {}): MachineDriver<ApprovalContext> {
  const machine = createApprovalMachine();
  const driver = new MachineDriver<ApprovalContext>(
    { type: 'approval', machine, money: true, list: approvalListing },
    'ap1',
  );
  driver.send({ ...request, ...more });
  return driver;
}

const say = (type: 'approve' | 'reject' | 'withdraw', by: string) => ({ type, by, reason: 'looked at it myself' });

test('what two people agree to is told once, with both names', () => {
  const approval = asked();
  approval.send(say('approve', 'bo'));
  expect(approval.state).toBe('approved');
  expect(approval.tells).toMatchObject([
    { to: 'withdrawal/wd_1', event: { type: 'approve', by: 'ann', approvedBy: 'bo', approval: 'ap1' } },
  ]);
  expect(approval.send(say('approve', 'cy'))).toMatchObject({
    outcome: 'refused',
    reason: { code: 'APPROVAL_DECIDED' },
  });
  expect(approval.tells).toHaveLength(1);
});

test('whoever asked for it cannot approve it', () => {
  const approval = asked();
  expect(approval.send(say('approve', 'ann'))).toMatchObject({
    outcome: 'refused',
    reason: { code: 'APPROVAL_SAME_PERSON' },
  });
  expect([approval.state, approval.tells]).toEqual(['requested', []]);
});

test('only who asked for it can withdraw it', () => {
  const approval = asked();
  expect(approval.send(say('withdraw', 'bo'))).toMatchObject({ reason: { code: 'APPROVAL_NOT_REQUESTER' } });
  approval.send(say('withdraw', 'ann'));
  expect([approval.state, approval.tells]).toEqual(['withdrawn', []]);
});

test('one that nobody decides lapses, and is then decided', () => {
  const approval = asked();
  approval.advance(APPROVAL_TTL_MS - 1);
  expect(approval.state).toBe('requested');
  approval.advance(1);
  expect(approval.state).toBe('expired');
  expect(approval.send(say('approve', 'bo')).outcome).toBe('refused');
  expect(approval.tells).toEqual([]);
});

test.each([
  ['rejected', (approval: ReturnType<typeof asked>) => void approval.send(say('reject', 'bo')), 'bo'],
  ['withdrawn', (approval: ReturnType<typeof asked>) => void approval.send(say('withdraw', 'ann')), 'ann'],
  ['expired', (approval: ReturnType<typeof asked>) => approval.advance(APPROVAL_TTL_MS), 'timer'],
])('what waits for it hears that it was %s', (state, end, by) => {
  const approval = asked({ to: 'job/j1', otherwise: { type: 'reject' } });
  end(approval);
  expect(approval.state).toBe(state);
  expect(approval.tells).toMatchObject([{ to: 'job/j1', event: { type: 'reject', by, approval: 'ap1' } }]);
});

test('what was asked for never changes', () => {
  const approval = asked();
  expect(approval.send({ ...request, to: 'withdrawal/wd_2' }).outcome).toBe('ignored');
  expect(approval.context.request?.to).toBe('withdrawal/wd_1');
});

describe('in an emergency', () => {
  const glass = (by: string) => ({ type: 'breakGlass', by, reason: 'nobody else is awake', ticket: 'T-9' });
  const review = (type: 'agree' | 'object', by: string) => ({ type, by, reason: 'looked at it the next day' });

  test('whoever asked for it carries it out alone, once, and it stays unreviewed', () => {
    const approval = asked({ mayBreakGlass: true });
    approval.send(glass('ann'));
    expect(approval.state).toBe('unreviewed');
    expect(approval.tells).toMatchObject([
      { to: 'withdrawal/wd_1', event: { type: 'approve', by: 'ann', emergency: 'ap1', approval: 'ap1' } },
    ]);
    expect(approval.tells[0]?.event).not.toHaveProperty('approvedBy');
    for (const event of [glass('ann'), say('approve', 'bo'), say('reject', 'bo')]) {
      expect(approval.send(event)).toMatchObject({ outcome: 'refused', reason: { code: 'APPROVAL_DECIDED' } });
    }
    approval.advance(10 * APPROVAL_TTL_MS);
    expect([approval.state, approval.tells.length]).toEqual(['unreviewed', 1]);
  });

  test.each([
    ['agree', 'reviewed'],
    ['object', 'objected'],
  ] as const)('only another can review it: %s', (type, state) => {
    const approval = asked({ mayBreakGlass: true });
    approval.send(glass('ann'));
    expect(approval.send(review(type, 'ann'))).toMatchObject({ reason: { code: 'APPROVAL_SAME_PERSON' } });
    expect(approval.state).toBe('unreviewed');
    approval.send(review(type, 'bo'));
    expect([approval.state, approval.context.review?.by, approval.tells.length]).toEqual([state, 'bo', 1]);
    expect(approval.send(review(type, 'cy'))).toMatchObject({ reason: { code: 'APPROVAL_DECIDED' } });
  });

  test('a second person approves instead', () => {
    const approval = asked({ mayBreakGlass: true });
    expect(approval.send(glass('bo'))).toMatchObject({ reason: { code: 'BREAK_GLASS_NEEDLESS' } });
    expect(approval.tells).toEqual([]);
  });

  test('what is always for two stays so', () => {
    const approval = asked();
    expect(approval.send(glass('ann'))).toMatchObject({ reason: { code: 'BREAK_GLASS_NEVER' } });
    expect([approval.state, approval.tells]).toEqual(['requested', []]);
  });

  test('there is nothing to review in what two agreed to', () => {
    const approval = asked({ mayBreakGlass: true });
    approval.send(say('approve', 'bo'));
    expect(approval.send(review('agree', 'cy')).outcome).toBe('refused');
  });
});
