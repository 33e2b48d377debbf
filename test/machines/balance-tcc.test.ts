import { describe, expect, test } from 'vitest';
import { HOLDS_LIMIT, REMEMBERED_COUNT } from '../../src/machines/balance-context.ts';
import { about, answersOf, type BalanceDriver, balanceOf, brokenIn, ledgerOf, post, sumsOf } from './balance-driver.ts';

const untouched = { pending: 0, available: 300, held: 0, debt: 0 };

describe('hold', () => {
  test('takes the amount out of available', () => {
    const balance = balanceOf(300);
    balance.send(about(balance, 'wd_1').hold);
    expect(sumsOf(balance)).toEqual({ pending: 0, available: 200, held: 100, debt: 0 });
    expect(balance.context.holds).toEqual({ wd_1: 100 });
    expect(answersOf(balance)).toEqual(['wd_1 held']);
    expect(ledgerOf(balance).at(-1)).toBe('hold available-100 held+100');
  });

  test('all of available can be held, and not a fen more', () => {
    const balance = balanceOf(300);
    balance.send(about(balance, 'wd_1', 301).hold);
    balance.send(about(balance, 'wd_2', 300).hold);
    expect(answersOf(balance)).toEqual(['wd_1 holdRefused INSUFFICIENT_FUNDS', 'wd_2 held']);
  });

  test('asked twice it is acknowledged twice and held once', () => {
    const balance = balanceOf(300);
    const { hold } = about(balance, 'wd_1');
    balance.send(hold);
    balance.now += 120_000; // the deadline refuses only a hold that is new
    balance.send(hold);
    expect(answersOf(balance)).toEqual(['wd_1 held', 'wd_1 held']);
    expect(sumsOf(balance)).toMatchObject({ available: 200, held: 100 });
  });

  test('a refusal is final, even when the funds come in later', () => {
    const balance = balanceOf(50);
    const { hold } = about(balance, 'wd_1');
    balance.send(hold);
    balance.send(post(1, { pendingFen: -500, availableFen: 500, kind: 'release' }));
    balance.send(hold);
    expect(answersOf(balance)).toEqual(Array(2).fill('wd_1 holdRefused INSUFFICIENT_FUNDS'));
    expect(sumsOf(balance).held).toBe(0);
  });

  test('one that arrives after its deadline is refused, at the deadline it is not', () => {
    const balance = balanceOf(300);
    const [first, second] = [about(balance, 'wd_1').hold, about(balance, 'wd_2').hold];
    balance.now = first.deadline;
    balance.send(first);
    balance.now += 1;
    balance.send(second);
    expect(answersOf(balance)).toEqual(['wd_1 held', 'wd_2 holdRefused HOLD_TOO_LATE']);
  });

  test('once accepted it never expires', () => {
    const balance = balanceOf(300);
    const { hold, capture } = about(balance, 'wd_1');
    balance.send(hold);
    balance.now += 400 * 86_400_000;
    balance.send(capture);
    expect(sumsOf(balance)).toMatchObject({ available: 200, held: 0 });
  });

  test.each([0, -100, 0.5])('%s fen cannot be held', (amountFen) => {
    const balance = balanceOf(300);
    expect(balance.offer(about(balance, 'wd_1', amountFen).hold).outcome).toBe('parked');
    expect(sumsOf(balance)).toEqual(untouched);
  });

  test('with a debt there is nothing to hold', () => {
    const balance = balanceOf(300);
    balance.send(post(1, { kind: 'clawback', availableFen: -400 }));
    balance.send(about(balance, 'wd_1', 1).hold);
    expect(answersOf(balance)).toEqual(['wd_1 holdRefused INSUFFICIENT_FUNDS']);
  });
});

describe('confirm', () => {
  test('spends what is held, once', () => {
    const balance = balanceOf(300);
    const { hold, capture } = about(balance, 'wd_1');
    balance.send(hold);
    balance.send(capture);
    expect(balance.send(capture).outcome).toBe('done');
    expect(sumsOf(balance)).toEqual({ pending: 0, available: 200, held: 0, debt: 0 });
    expect(ledgerOf(balance).filter((line) => line.startsWith('capture'))).toEqual([
      'capture held-100 payout-clearing',
    ]);
  });

  test.each([
    ['without any hold', []],
    ['after the release', ['hold', 'release']],
    ['after a fence', ['release']],
  ] as const)('%s is refused loudly', (_, before) => {
    const balance = balanceOf(300);
    const messages = about(balance, 'wd_1');
    for (const name of before) balance.send(messages[name]);
    expect(balance.send(messages.capture)).toMatchObject({
      outcome: 'refused',
      reason: { code: 'CAPTURE_WITHOUT_HOLD' },
    });
    expect(sumsOf(balance)).toEqual(untouched);
  });

  test('after a refused hold is refused loudly', () => {
    const balance = balanceOf(50);
    const { hold, capture } = about(balance, 'wd_1');
    balance.send(hold);
    expect(balance.send(capture).reason?.code).toBe('CAPTURE_WITHOUT_HOLD');
  });

  test('a hold asked for again after it was spent is acknowledged and takes nothing', () => {
    const balance = balanceOf(300);
    const { hold, capture } = about(balance, 'wd_1');
    for (const event of [hold, capture, hold]) balance.send(event);
    expect(answersOf(balance)).toEqual(['wd_1 held', 'wd_1 held']);
    expect(sumsOf(balance)).toMatchObject({ available: 200, held: 0 });
  });
});

describe('cancel', () => {
  test('gives back what is held, once, and says so every time', () => {
    const balance = balanceOf(300);
    const { hold, release } = about(balance, 'wd_1');
    for (const event of [hold, release, release]) balance.send(event);
    expect(sumsOf(balance)).toEqual(untouched);
    expect(answersOf(balance)).toEqual(['wd_1 held', 'wd_1 unheld', 'wd_1 unheld']);
    expect(ledgerOf(balance).slice(2)).toEqual(['hold available-100 held+100', 'unhold available+100 held-100']);
  });

  test('of what was never held succeeds, and the hold that comes after it is refused', () => {
    const balance = balanceOf(300);
    const { hold, release } = about(balance, 'wd_1');
    for (const event of [release, hold, hold]) balance.send(event);
    expect(answersOf(balance)).toEqual(['wd_1 unheld', ...Array(2).fill('wd_1 holdRefused HOLD_CANCELED')]);
    expect(sumsOf(balance)).toEqual(untouched);
  });

  test('of a refused hold succeeds and changes nothing', () => {
    const balance = balanceOf(50);
    const { hold, release } = about(balance, 'wd_1');
    for (const event of [hold, release, hold]) balance.send(event);
    expect(answersOf(balance)).toEqual([
      'wd_1 holdRefused INSUFFICIENT_FUNDS',
      'wd_1 unheld',
      'wd_1 holdRefused INSUFFICIENT_FUNDS',
    ]);
  });

  test('a hold asked for again after its release is refused', () => {
    const balance = balanceOf(300);
    const { hold, release } = about(balance, 'wd_1');
    for (const event of [hold, release, hold]) balance.send(event);
    expect(answersOf(balance).at(-1)).toBe('wd_1 holdRefused HOLD_CANCELED');
    expect(sumsOf(balance)).toEqual(untouched);
  });

  test('after the confirmation is refused loudly and not acknowledged', () => {
    const balance = balanceOf(300);
    const { hold, capture, release } = about(balance, 'wd_1');
    for (const event of [hold, capture]) balance.send(event);
    expect(balance.send(release)).toMatchObject({ outcome: 'refused', reason: { code: 'RELEASE_AFTER_CAPTURE' } });
    expect(answersOf(balance)).toEqual(['wd_1 held']);
    expect(sumsOf(balance)).toMatchObject({ available: 200, held: 0 });
  });

  test('repays debt before it makes anything available', () => {
    const balance = balanceOf(300);
    const { hold, release } = about(balance, 'wd_1', 300);
    balance.send(hold);
    balance.send(post(1, { kind: 'clawback', availableFen: -120 }));
    balance.send(release);
    expect(sumsOf(balance)).toEqual({ pending: 0, available: 180, held: 0, debt: 0 });
    expect(ledgerOf(balance).slice(-2)).toEqual(['unhold available+300 held-300', 'debtRepaid available-120 debt-120']);
    expect(balance.rows.at(-1)?.data['withdrawalId']).toBe('wd_1');
  });
});

describe('debit after a release', () => {
  test('takes the amount once, as debt where available is short', () => {
    const balance = balanceOf(300);
    const { hold, release, debit } = about(balance, 'wd_1', 250);
    for (const event of [hold, release]) balance.send(event);
    balance.send(about(balance, 'wd_2', 200).hold);
    for (const event of [debit, debit]) balance.send(event);
    expect(sumsOf(balance)).toEqual({ pending: 0, available: 0, held: 200, debt: 150 });
    expect(ledgerOf(balance).at(-1)).toBe('adjust available-100 debt+150 payout-clearing');
    expect(brokenIn(balance)).toEqual([]);
  });

  test('release and debit come to the same in either order, and the release is acknowledged', () => {
    const [after, before] = [balanceOf(300), balanceOf(300)];
    for (const [balance, order] of [
      [after, ['hold', 'release', 'debit']],
      [before, ['hold', 'debit', 'release']],
    ] as const) {
      const messages = about(balance, 'wd_1');
      for (const name of order) balance.send(messages[name]);
      expect(answersOf(balance)).toEqual(['wd_1 held', 'wd_1 unheld']);
      expect(brokenIn(balance)).toEqual([]);
    }
    expect(sumsOf(before)).toEqual(sumsOf(after));
    expect(sumsOf(before)).toEqual({ pending: 0, available: 200, held: 0, debt: 0 });
  });

  test('of what was captured takes nothing more', () => {
    const balance = balanceOf(300);
    const { hold, capture, debit } = about(balance, 'wd_1');
    for (const event of [hold, capture, debit]) balance.send(event);
    expect(sumsOf(balance)).toMatchObject({ available: 200, debt: 0 });
  });

  test('of another amount than the hold’s is set aside', () => {
    const balance = balanceOf(300);
    balance.send(about(balance, 'wd_1').hold);
    expect(balance.offer(about(balance, 'wd_1', 99).debit)).toMatchObject({ outcome: 'parked' });
    expect(sumsOf(balance)).toMatchObject({ available: 200, held: 100 });
  });
});

describe('memory', () => {
  const closeMany = (balance: BalanceDriver, count: number) => {
    for (let index = 0; index < count; index++) {
      const { hold, capture } = about(balance, `wd_x${index}`, 1);
      balance.send(hold);
      balance.send(capture);
    }
  };

  test('closed withdrawals are remembered up to the limit, open ones all', () => {
    const balance = balanceOf(1_000);
    for (let index = 0; index < 250; index++) balance.send(about(balance, `wd_o${index}`, 1).hold);
    closeMany(balance, REMEMBERED_COUNT + 20);
    expect(balance.context.closed.map(({ withdrawal }) => withdrawal)).toEqual(
      Array.from({ length: REMEMBERED_COUNT }, (_, index) => `wd_x${index + 20}`),
    );
    expect(Object.keys(balance.context.holds)).toHaveLength(250);
  });

  test('a fence outlives the limit until its deadline, and after that the deadline itself refuses', () => {
    const balance = balanceOf(1_000);
    const { hold, release } = about(balance, 'wd_1');
    balance.send(release);
    closeMany(balance, REMEMBERED_COUNT + 5);
    const early = balance.fork();
    early.now = hold.deadline;
    early.send(hold);
    expect(answersOf(early).at(-1)).toBe('wd_1 holdRefused HOLD_CANCELED');
    balance.now = hold.deadline + 1;
    balance.send(about(balance, 'wd_2').release);
    expect(balance.context.closed.some(({ withdrawal }) => withdrawal === 'wd_1')).toBe(false);
    balance.send(hold);
    expect(answersOf(balance).at(-1)).toBe('wd_1 holdRefused HOLD_TOO_LATE');
  });

  test('differences are remembered for the latest orders', () => {
    const balance = balanceOf();
    for (let index = 0; index <= REMEMBERED_COUNT; index++)
      balance.send(post(1, { order: `o${index}`, pendingFen: 1 }));
    balance.send(post(2, { order: 'o1', pendingFen: 1 }));
    expect(balance.context.posted).toHaveLength(REMEMBERED_COUNT);
    expect(balance.context.posted.at(-1)).toEqual(['o1', 2]);
    expect(balance.context.posted.some(([order]) => order === 'o0')).toBe(false);
  });

  test('a user cannot fill the context with open holds', () => {
    const balance = balanceOf(HOLDS_LIMIT * 2);
    balance.sendTogether(Array.from({ length: 500 }, (_, index) => about(balance, `wd_a${index}`, 1).hold));
    balance.sendTogether(Array.from({ length: 501 }, (_, index) => about(balance, `wd_b${index}`, 1).hold));
    expect(answersOf(balance).at(-2)).toBe('wd_b499 held');
    expect(answersOf(balance).at(-1)).toBe('wd_b500 holdRefused TOO_MANY_HOLDS');
    expect(JSON.stringify(balance.context).length).toBeLessThan(64 * 1024);
  });
});
