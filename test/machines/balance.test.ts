import { describe, expect, test } from 'vitest';
import { answersOf, balanceOf, brokenIn, ledgerOf, post, sumsOf } from './balance-driver.ts';

describe('postings of orders', () => {
  test('a rebate is pending, then available; each step is a balanced row', () => {
    const balance = balanceOf();
    balance.send(post(1, { pendingFen: 700 }));
    balance.send(post(2, { kind: 'release', pendingFen: -700, availableFen: 700 }));
    expect(sumsOf(balance)).toEqual({ pending: 0, available: 700, held: 0, debt: 0 });
    expect(ledgerOf(balance)).toEqual(['credit pending+700 taobao-receivable', 'release pending-700 available+700']);
    expect(balance.rows.map(({ owner, table, data }) => [owner, table, data['orderId']])).toEqual([
      ['u1', 'ledger', '1'],
      ['u1', 'ledger', '1'],
    ]);
    expect(brokenIn(balance)).toEqual([]);
  });

  test('a release ahead of its credit leaves pending negative for the moment', () => {
    const balance = balanceOf();
    balance.send(post(2, { kind: 'release', pendingFen: -700, availableFen: 700 }));
    expect(sumsOf(balance)).toMatchObject({ pending: -700, available: 700 });
    balance.send(post(1, { pendingFen: 700 }));
    expect(sumsOf(balance)).toMatchObject({ pending: 0, available: 700 });
  });

  test('a clawback beyond what is available makes debt, which the next release repays first', () => {
    const balance = balanceOf(300);
    balance.send(post(1, { kind: 'clawback', availableFen: -500 }));
    expect(sumsOf(balance)).toEqual({ pending: 0, available: 0, held: 0, debt: 200 });
    balance.send(post(2, { kind: 'release', order: '2', pendingFen: -250, availableFen: 250 }));
    expect(sumsOf(balance)).toMatchObject({ available: 50, debt: 0 });
    expect(ledgerOf(balance).slice(2)).toEqual([
      'clawback available-300 debt+200 taobao-receivable',
      'release pending-250 available+250',
      'debtRepaid available-200 debt-200',
    ]);
    expect(brokenIn(balance)).toEqual([]);
  });

  test('what is held is out of reach of a clawback', () => {
    const balance = balanceOf(300);
    balance.send({ type: 'hold', withdrawal: 'wd_1', amountFen: 300, deadline: balance.now });
    balance.send(post(1, { kind: 'clawback', availableFen: -100 }));
    expect(sumsOf(balance)).toMatchObject({ available: 0, held: 300, debt: 100 });
  });

  test('the same difference under another message id is refused and books nothing', () => {
    const balance = balanceOf();
    for (const n of [2, 1, 4]) balance.send(post(n, { pendingFen: 10 }));
    const rows = balance.rows.length;
    for (const n of [1, 2, 4]) {
      expect(balance.send(post(n, { pendingFen: 10 }))).toMatchObject({
        outcome: 'refused',
        reason: { code: 'DIFFERENCE_REPEATED' },
      });
    }
    expect(balance.send(post(3, { pendingFen: 10 })).outcome).toBe('done');
    expect(balance.rows).toHaveLength(rows + 1);
    expect(sumsOf(balance).pending).toBe(40);
  });

  test('the same number of another order is another difference', () => {
    const balance = balanceOf();
    balance.send(post(1, { pendingFen: 10 }));
    expect(balance.send(post(1, { order: '2', pendingFen: 10 })).outcome).toBe('done');
  });

  test.each([
    ['a fraction of a fen', { pendingFen: 0.5 }],
    ['a fraction of an available fen', { availableFen: -0.5 }],
    ['more than can be counted', { pendingFen: 2 ** 53 }],
    ['a sum that can no longer be counted', { pendingFen: Number.MAX_SAFE_INTEGER }],
    ['an amount that is none', { availableFen: null as unknown as number }],
  ])('%s is set aside and changes nothing', (_, change) => {
    const balance = balanceOf(300);
    balance.send(post(1, { pendingFen: 1, order: '2' }));
    const before = balance.stored;
    expect(balance.offer(post(1, change)).outcome).toBe('parked');
    expect(balance.stored).toEqual(before);
    expect(balance.last).toMatchObject({ rows: [], tells: [] });
  });

  test.each([0, -1, 1.5, Number.MAX_SAFE_INTEGER + 1])('a difference numbered %s is set aside', (n) => {
    const balance = balanceOf();
    expect(balance.offer(post(n, { pendingFen: 1 })).outcome).toBe('parked');
  });
});

describe('risk control', () => {
  const freeze = { type: 'freeze', by: 'ann', reason: 'odd orders' };
  const unfreeze = { type: 'unfreeze', by: 'bob', reason: 'explained' };

  test('a frozen account is credited but holds nothing, and says who froze it and why', () => {
    const balance = balanceOf(300);
    balance.send(freeze);
    expect(balance.state).toBe('frozen');
    expect(balance.context.frozen).toEqual({ by: 'ann', reason: 'odd orders', at: balance.now });
    balance.send({ type: 'hold', withdrawal: 'wd_1', amountFen: 100, deadline: balance.now });
    balance.send(post(1, { pendingFen: 5 }));
    expect(answersOf(balance)).toEqual(['wd_1 holdRefused ACCOUNT_FROZEN']);
    expect(sumsOf(balance)).toEqual({ pending: 5, available: 300, held: 0, debt: 0 });
    balance.send(unfreeze);
    expect([balance.state, balance.context.frozen]).toEqual(['open', null]);
    balance.send({ type: 'hold', withdrawal: 'wd_2', amountFen: 100, deadline: balance.now });
    expect(answersOf(balance)).toContain('wd_2 held');
  });

  test('what was held before the freeze can still be captured or released', () => {
    const balance = balanceOf(300);
    for (const id of ['wd_1', 'wd_2'])
      balance.send({ type: 'hold', withdrawal: id, amountFen: 100, deadline: balance.now });
    balance.send(freeze);
    balance.send({ type: 'capture', withdrawal: 'wd_1' });
    balance.send({ type: 'release', withdrawal: 'wd_2', deadline: balance.now });
    expect(sumsOf(balance)).toMatchObject({ available: 200, held: 0 });
  });

  test('of the member’s numbered changes the newest counts, however they arrive', () => {
    const changes = [
      { ...freeze, n: 1 },
      { ...unfreeze, n: 2 },
      { ...freeze, n: 3 },
    ];
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      const balance = balanceOf();
      for (const index of order) balance.send(changes[index]!);
      expect([balance.state, balance.context.freezeN]).toEqual(['frozen', 3]);
    }
  });

  test('one sent by hand counts at once and outdates no numbered one', () => {
    const balance = balanceOf();
    balance.send({ ...freeze, n: 1 });
    balance.send(unfreeze);
    expect([balance.state, balance.context.freezeN]).toEqual(['open', 1]);
    expect(balance.send({ ...freeze, n: 1 }).outcome).toBe('ignored');
  });
});

test('the list row shows the four sums', () => {
  const balance = balanceOf(300);
  balance.send({ type: 'hold', withdrawal: 'wd_1', amountFen: 100, deadline: balance.now });
  expect(balance.listing).toEqual({
    owner: 'u1',
    sortKey: balance.context.createdAt,
    status: 'open',
    view: { pendingFen: 0, availableFen: 200, heldFen: 100, debtFen: 0 },
  });
});
