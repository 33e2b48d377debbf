import { describe, expect, test } from 'vitest';
import {
  HOUR,
  heldWithdrawal,
  MINUTE,
  postponed,
  QUIET_MS,
  refused,
  SECOND,
  says,
  staff,
  success,
  toldOf,
  unknown,
  type WithdrawalDriver,
} from './withdrawal-driver.ts';

/** Waits for the next query and answers it. */
function query(withdrawal: WithdrawalDriver, outcome: Parameters<WithdrawalDriver['answer']>[1]): void {
  withdrawal.fire('queryDelay');
  withdrawal.answer('query', outcome);
}

/** A withdrawal whose first attempt ended without a word. */
function inDoubt(): WithdrawalDriver {
  const withdrawal = heldWithdrawal();
  withdrawal.answer('transfer', unknown());
  return withdrawal;
}

describe('an unknown outcome', () => {
  test('is queried after the first pause, under the same number; nothing is sent meanwhile', () => {
    const withdrawal = inDoubt();
    const { now } = withdrawal;
    expect([withdrawal.state, withdrawal.listing.status]).toEqual(['paying.unknown', 'processing']);
    withdrawal.fire('queryDelay');
    expect(withdrawal.now).toBe(now + 5 * SECOND);
    expect(withdrawal.openCall('query')).toMatchObject({
      activity: 'alipayQuery',
      input: { outBizNo: withdrawal.context.id },
    });
    expect(withdrawal.openCall('query')).not.toHaveProperty('retry');
    expect(withdrawal.attempts.map(({ name }) => name)).toEqual(['transfer', 'query']);
  });

  test('that turns out as paid is paid', () => {
    const withdrawal = inDoubt();
    query(withdrawal, success());
    expect([withdrawal.state, ...toldOf(withdrawal)]).toEqual(['paid', 'hold', 'capture']);
    expect(withdrawal.waiting).toEqual([]);
  });

  test('an attempt that is lost is one', () => {
    const withdrawal = heldWithdrawal();
    const sentAt = withdrawal.now;
    withdrawal.fire('transfer');
    expect(withdrawal.now).toBe(sentAt + 5 * SECOND + 7 * SECOND);
    expect([withdrawal.state, withdrawal.context.trouble?.code]).toEqual(['paying.unknown', 'ATTEMPT_LOST']);
  });

  test('a transfer that is answered with anything but success is one', () => {
    const withdrawal = heldWithdrawal();
    withdrawal.answer('transfer', says('DEALING'));
    expect([withdrawal.state, withdrawal.context.trouble?.code]).toEqual(['paying.unknown', 'DEALING']);
  });

  test('queries back off, doubling up to five minutes, for as long as the partner says nothing', () => {
    const withdrawal = inDoubt();
    const pauses: number[] = [];
    const silences = [says('DEALING'), unknown('TRANSPORT'), refused('ISV'), says('WAIT_PAY')];
    for (let asked = 0; asked < 10; asked++) {
      const before = withdrawal.now;
      query(withdrawal, silences[asked % silences.length]!);
      pauses.push((withdrawal.now - before) / SECOND);
      expect(withdrawal.state).toBe('paying.unknown');
    }
    expect(pauses).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300, 300]);
    expect(withdrawal.attempts.filter(({ name }) => name === 'transfer')).toHaveLength(1);
  });

  test('a query that has to wait is asked at the time it was told, within bounds', () => {
    for (const [waitMs, pauseMs] of [
      [-HOUR, 5 * SECOND],
      [90 * SECOND, 90 * SECOND],
      [HOUR, 5 * MINUTE],
    ] as const) {
      const withdrawal = inDoubt();
      withdrawal.fire('queryDelay');
      const { now } = withdrawal;
      withdrawal.answer('query', postponed(now + waitMs));
      withdrawal.fire('queryDelay');
      expect(withdrawal.now - now).toBe(pauseMs);
    }
  });

  test('a lost query is asked again', () => {
    const withdrawal = inDoubt();
    withdrawal.fire('queryDelay');
    withdrawal.fire('query');
    expect(withdrawal.state).toBe('paying.unknown');
    query(withdrawal, success());
    expect(withdrawal.state).toBe('paid');
  });
});

describe('a number the partner does not know', () => {
  test('is sent again, the identical request', () => {
    const withdrawal = inDoubt();
    query(withdrawal, says('NOT_FOUND'));
    expect(withdrawal.state).toBe('paying.sending');
    const [first, second] = withdrawal.attempts.filter(({ name }) => name === 'transfer');
    expect(second?.input).toEqual(first?.input);
    expect(second?.id).not.toBe(first?.id);
    withdrawal.answer('transfer', success());
    expect(withdrawal.state).toBe('paid');
  });

  test('is sent again at a growing distance', () => {
    const withdrawal = inDoubt();
    const times: number[] = [];
    for (let round = 0; round < 9; round++) {
      query(withdrawal, round % 2 === 0 ? says('NOT_FOUND') : says('DEALING'));
      if (round % 2 === 0) {
        times.push(withdrawal.now);
        withdrawal.answer('transfer', unknown());
      }
    }
    const gaps = times.slice(1).map((time, index) => time - times[index]!);
    expect(gaps).toEqual([...gaps].sort((a, b) => a - b));
    expect(withdrawal.context).toMatchObject({ attempts: 6, unknowns: 6 });
  });
});

describe('a definite no after an unaccounted attempt', () => {
  /** The first attempt is unaccounted for, the second refused. */
  function doubted(): WithdrawalDriver {
    const withdrawal = inDoubt();
    query(withdrawal, says('NOT_FOUND'));
    withdrawal.answer('transfer', refused());
    return withdrawal;
  }

  test('gives nothing back before no attempt can be on its way and a query finds nothing', () => {
    const withdrawal = doubted();
    const quietAt = withdrawal.now + QUIET_MS;
    expect([withdrawal.state, withdrawal.context.refusal?.code]).toEqual(['paying.unknown', 'PAYEE_NOT_EXIST']);
    withdrawal.fire('queryDelay');
    expect(withdrawal.now).toBeGreaterThanOrEqual(quietAt);
    withdrawal.answer('query', says('NOT_FOUND'));
    expect(withdrawal.state).toBe('releasing');
    withdrawal.send({ type: 'unheld' });
    expect([withdrawal.state, withdrawal.context.reason]).toEqual(['failed', 'PAYEE_NOT_EXIST']);
  });

  test('counts for nothing when the query says that it was paid', () => {
    const withdrawal = doubted();
    query(withdrawal, success());
    expect([withdrawal.state, ...toldOf(withdrawal)]).toEqual(['paid', 'hold', 'capture']);
  });

  test('waits for a query that says something', () => {
    const withdrawal = doubted();
    query(withdrawal, unknown());
    query(withdrawal, says('DEALING'));
    expect(withdrawal.state).toBe('paying.unknown');
    query(withdrawal, says('FAIL', { code: 'PAYEE_ACCOUNT_STATUS_ERROR' }));
    withdrawal.send({ type: 'unheld' });
    expect([withdrawal.state, withdrawal.context.reason]).toEqual(['failed', 'PAYEE_ACCOUNT_STATUS_ERROR']);
  });

  test('an answer asked for too early does not count, though a person asked', () => {
    const withdrawal = doubted();
    withdrawal.send(staff('requery'));
    query(withdrawal, says('NOT_FOUND'));
    expect(withdrawal.state).toBe('paying.unknown');
    expect(withdrawal.attempts.filter(({ name }) => name === 'transfer')).toHaveLength(2);
    query(withdrawal, says('NOT_FOUND'));
    expect(withdrawal.state).toBe('releasing');
  });
});

describe('a query that says FAIL or REFUND', () => {
  test.each([
    ['FAIL', {}, 'PAYOUT_FAILED'],
    ['FAIL', { code: 'PAYEE_NOT_EXIST', detail: 'gone' }, 'PAYEE_NOT_EXIST'],
    ['REFUND', { code: 'X' }, 'PAYOUT_REFUNDED'],
  ])('%s %o counts once no attempt can be on its way', (status, more, reason) => {
    const withdrawal = inDoubt();
    const quietAt = withdrawal.now + QUIET_MS;
    query(withdrawal, says(status, more)); // 5 s after: the first attempt may still be sent
    expect(withdrawal.state).toBe('paying.unknown');
    withdrawal.fire('queryDelay');
    expect(withdrawal.now).toBeGreaterThanOrEqual(quietAt);
    withdrawal.answer('query', says(status, more));
    expect(withdrawal.state).toBe('releasing');
    withdrawal.send({ type: 'unheld' });
    expect([withdrawal.state, withdrawal.context.reason]).toEqual(['failed', reason]);
  });

  test('an early FAIL is not forgotten: a later query that finds nothing settles it', () => {
    const withdrawal = inDoubt();
    query(withdrawal, says('FAIL', { code: 'PAYEE_NOT_EXIST' }));
    query(withdrawal, says('NOT_FOUND'));
    expect([withdrawal.state, withdrawal.context.reason]).toEqual(['releasing', 'PAYEE_NOT_EXIST']);
  });
});

describe('a postponed attempt', () => {
  test('is sent again, identically, at the time it was told', () => {
    const withdrawal = heldWithdrawal();
    const until = withdrawal.now + HOUR;
    withdrawal.answer('transfer', postponed(until));
    expect([withdrawal.state, withdrawal.context.trouble?.code]).toEqual([
      'paying.postponed',
      'PAYER_BALANCE_NOT_ENOUGH',
    ]);
    withdrawal.fire('postponeDelay');
    expect([withdrawal.state, withdrawal.now]).toEqual(['paying.sending', until]);
    expect(withdrawal.attempts[1]?.input).toEqual(withdrawal.attempts[0]?.input);
  });

  test('never spins, though it may go out at once', () => {
    const withdrawal = heldWithdrawal();
    const { now } = withdrawal;
    withdrawal.answer('transfer', postponed(now - HOUR));
    withdrawal.fire('postponeDelay');
    expect(withdrawal.now).toBe(now + SECOND);
  });

  test('leaves no doubt: a definite no after it counts at once', () => {
    const withdrawal = heldWithdrawal();
    withdrawal.answer('transfer', postponed(withdrawal.now));
    withdrawal.fire('postponeDelay');
    withdrawal.answer('transfer', refused());
    expect(withdrawal.state).toBe('releasing');
  });

  test('asked about by a person it is queried at once, and sent again when the partner does not know it', () => {
    const withdrawal = heldWithdrawal();
    withdrawal.answer('transfer', postponed(withdrawal.now + HOUR));
    const { now } = withdrawal;
    withdrawal.send(staff('requery'));
    query(withdrawal, says('NOT_FOUND'));
    expect([withdrawal.state, withdrawal.now]).toEqual(['paying.sending', now]);
  });
});

describe('a person', () => {
  test('is asked after the alert time from the first doubt, and querying goes on', () => {
    const withdrawal = inDoubt();
    const firstUnknownAt = withdrawal.now;
    query(withdrawal, says('NOT_FOUND'));
    withdrawal.answer('transfer', unknown());
    while (withdrawal.state === 'paying.unknown') {
      const [next] = [...withdrawal.waiting].sort((a, b) => a.dueAt - b.dueAt);
      withdrawal.now = next!.dueAt;
      withdrawal.fireToken(next!.token);
      if (withdrawal.openCall('query') !== undefined) withdrawal.answer('query', says('DEALING'));
    }
    expect([withdrawal.state, withdrawal.now]).toEqual(['paying.manual', firstUnknownAt + 2 * HOUR]);
    const before = withdrawal.now;
    query(withdrawal, unknown());
    expect(withdrawal.now - before).toBe(5 * MINUTE);
    query(withdrawal, success());
    expect(withdrawal.state).toBe('paid');
  });

  test('heals by itself after a long outage: the number is unknown, so the identical request goes out again', () => {
    const withdrawal = inDoubt();
    const first = withdrawal.attempts[0]?.input;
    withdrawal.fire('alertDelay');
    expect(withdrawal.state).toBe('paying.manual');
    query(withdrawal, says('NOT_FOUND'));
    expect(withdrawal.state).toBe('paying.sending');
    expect(withdrawal.openCall('transfer')?.input).toEqual(first);
    withdrawal.answer('transfer', success());
    expect(withdrawal.state).toBe('paid');
  });

  test.each(['SECURITY_CHECK_FAILED', 'PAYMENT_FAIL', 'PAYMENT_INFO_INCONSISTENCY'])(
    'is asked at once on %s',
    (code) => {
      const withdrawal = heldWithdrawal();
      withdrawal.answer('transfer', unknown(code));
      expect([withdrawal.state, withdrawal.context.trouble?.code]).toEqual(['paying.manual', code]);
      query(withdrawal, says('NOT_FOUND'));
      expect(withdrawal.state).toBe('paying.manual'); // nothing is sent again unasked
      expect(withdrawal.attempts.filter(({ name }) => name === 'transfer')).toHaveLength(1);
    },
  );

  /** In `paying.manual` after one attempt. */
  function manual(): WithdrawalDriver {
    const withdrawal = heldWithdrawal();
    withdrawal.answer('transfer', unknown('SECURITY_CHECK_FAILED'));
    return withdrawal;
  }

  test('may deny only once it is certain that nothing was paid', () => {
    const withdrawal = manual();
    const notYet = { outcome: 'refused', reason: { code: 'PAYOUT_NOT_SETTLED' } };
    expect(withdrawal.send(staff('deny'))).toMatchObject(notYet);
    query(withdrawal, says('NOT_FOUND')); // asked while the attempt might still be on its way
    expect(withdrawal.send(staff('deny'))).toMatchObject(notYet);
    query(withdrawal, says('NOT_FOUND'));
    const certain = withdrawal.fork();
    expect(certain.send(staff('deny')).outcome).toBe('done');
    certain.send({ type: 'unheld' });
    expect([certain.state, certain.context.reason]).toEqual(['denied', 'DENIED']);
    query(withdrawal, says('DEALING')); // it appeared after all
    expect(withdrawal.send(staff('deny'))).toMatchObject(notYet);
  });

  test('may have the identical request sent again, which begins a new round', () => {
    const withdrawal = manual();
    query(withdrawal, says('NOT_FOUND'));
    query(withdrawal, says('NOT_FOUND'));
    withdrawal.now += 3 * HOUR;
    withdrawal.send(staff('approve'));
    expect(withdrawal.state).toBe('paying.sending');
    const [first, second] = withdrawal.attempts.filter(({ name }) => name === 'transfer');
    expect(second?.input).toEqual(first?.input);
    expect(withdrawal.openCall('query')).toBeUndefined();
    withdrawal.answer('transfer', unknown());
    expect(withdrawal.state).toBe('paying.unknown');
    const before = withdrawal.now;
    withdrawal.fire('queryDelay');
    expect(withdrawal.now - before).toBe(5 * SECOND);
    withdrawal.answer('query', says('NOT_FOUND'));
    expect(withdrawal.state).toBe('paying.sending');
  });

  test('who sends it again after a no has that no forgotten', () => {
    const withdrawal = heldWithdrawal();
    withdrawal.fire('transfer');
    withdrawal.fire('alertDelay');
    withdrawal.answerAttempt(withdrawal.attempts[0]!, refused());
    withdrawal.send(staff('approve'));
    expect(withdrawal.context.refusal).toBeNull();
    withdrawal.answer('transfer', unknown());
    withdrawal.now += MINUTE;
    query(withdrawal, says('NOT_FOUND'));
    expect(withdrawal.state).toBe('paying.sending');
  });

  test('who denies after sending again needs the certainty anew', () => {
    const withdrawal = manual();
    query(withdrawal, says('NOT_FOUND'));
    query(withdrawal, says('NOT_FOUND'));
    withdrawal.send(staff('approve'));
    withdrawal.answer('transfer', unknown('SECURITY_CHECK_FAILED'));
    expect(withdrawal.send(staff('deny')).reason?.code).toBe('PAYOUT_NOT_SETTLED');
  });

  test.each(['paying.unknown', 'paying.manual'])('who asks again in %s is answered by a query at once', (state) => {
    const withdrawal = state === 'paying.manual' ? manual() : inDoubt();
    withdrawal.fire('queryDelay');
    const first = withdrawal.openCall('query')!;
    const { now } = withdrawal;
    withdrawal.send(staff('requery'));
    expect(withdrawal.waiting.filter(({ id }) => id.includes('queryDelay'))).toHaveLength(1);
    withdrawal.fire('queryDelay');
    expect(withdrawal.now).toBe(now);
    expect(withdrawal.openCall('query')?.id).not.toBe(first.id);
    withdrawal.answerAttempt(first, says('NOT_FOUND')); // overtaken: says nothing any more
    expect(withdrawal.state).toBe(state);
    withdrawal.answer('query', success());
    expect(withdrawal.state).toBe('paid');
  });
});

describe('late news', () => {
  /** A withdrawal whose first attempt is taken for lost. */
  function lost(): WithdrawalDriver {
    const withdrawal = heldWithdrawal();
    withdrawal.fire('transfer');
    return withdrawal;
  }

  test('that an attempt paid makes it paid, and what is open is dropped', () => {
    const withdrawal = lost();
    query(withdrawal, says('NOT_FOUND'));
    const [first, second] = [withdrawal.attempts[0]!, withdrawal.openCall('transfer')!];
    withdrawal.answerAttempt(first, success());
    expect([withdrawal.state, ...toldOf(withdrawal)]).toEqual(['paid', 'hold', 'capture']);
    expect(withdrawal.waiting).toEqual([]);
    expect(withdrawal.answerAttempt(second, success()).outcome).toBe('ignored');
    expect(toldOf(withdrawal)).toEqual(['hold', 'capture']);
  });

  test('that the only attempt was refused counts after the next query', () => {
    const withdrawal = lost();
    withdrawal.answerAttempt(withdrawal.attempts[0]!, refused());
    expect(withdrawal.state).toBe('paying.unknown');
    query(withdrawal, says('NOT_FOUND'));
    expect([withdrawal.state, withdrawal.context.reason]).toEqual(['releasing', 'PAYEE_NOT_EXIST']);
  });

  test.each([
    ['transfer', unknown()],
    ['transfer', postponed(0)],
    ['query', says('NOT_FOUND')],
    ['query', says('FAIL')],
    ['query', unknown()],
  ])('of an overtaken %s that says nothing changes nothing', (name, outcome) => {
    const withdrawal = lost();
    query(withdrawal, says('DEALING'));
    withdrawal.fire('queryDelay');
    withdrawal.send(staff('requery')); // the open query is overtaken
    const call = withdrawal.attempts.findLast((attempt) => attempt.name === name)!;
    const before = withdrawal.stored;
    expect(withdrawal.answerAttempt(call, outcome).outcome).toBe('ignored');
    expect(withdrawal.stored).toEqual(before);
  });

  /** Refused with nothing unaccounted for, after an attempt was given up: only a partner that breaks its word gets here. */
  function released(): WithdrawalDriver {
    const withdrawal = lost();
    query(withdrawal, says('FAIL'));
    expect(withdrawal.state).toBe('releasing');
    return withdrawal;
  }

  test('of a payout while the amount is given back debits the balance, once, and marks an incident', () => {
    const withdrawal = released();
    const { now } = withdrawal;
    withdrawal.answerAttempt(withdrawal.attempts[0]!, success());
    expect(withdrawal.state).toBe('releasing');
    expect(withdrawal.tells.at(-1)).toMatchObject({
      to: 'balance/u1',
      event: { type: 'debit', withdrawal: withdrawal.context.id, amountFen: 1_000 },
    });
    withdrawal.send({ type: 'unheld' });
    expect(withdrawal.state).toBe('failed');
    expect(withdrawal.listing.view).toMatchObject({
      incident: { code: 'PAID_AFTER_RELEASE', at: now, orderId: 'ali1' },
    });
    expect(toldOf(withdrawal)).toEqual(['hold', 'release', 'debit']);
  });

  test('of a payout after the end does the same, and a second piece of it nothing', () => {
    const withdrawal = released();
    withdrawal.send({ type: 'unheld' });
    withdrawal.answerAttempt(withdrawal.attempts[0]!, success());
    const query1 = withdrawal.attempts.find(({ name }) => name === 'query')!;
    withdrawal.answerAttempt({ ...query1, attempt: 2 }, success());
    expect([withdrawal.state, withdrawal.context.incident?.code]).toEqual(['failed', 'PAID_AFTER_RELEASE']);
    expect(toldOf(withdrawal)).toEqual(['hold', 'release', 'debit']);
  });
});

test('a process that was down over due times resumes with one query', () => {
  const withdrawal = inDoubt();
  const stale = withdrawal.waiting.find(({ id }) => id.includes('queryDelay'))!.token;
  withdrawal.now += 7 * 24 * HOUR;
  for (const { token } of [...withdrawal.waiting].sort((a, b) => a.dueAt - b.dueAt)) withdrawal.fireToken(token);
  expect(withdrawal.state).toBe('paying.manual');
  expect(withdrawal.attempts.filter(({ name }) => name === 'query')).toHaveLength(1);
  expect(withdrawal.fireToken(stale).outcome).toBe('done'); // the recorded answer; nothing runs twice
  query(withdrawal, success());
  expect(withdrawal.state).toBe('paid');
});
