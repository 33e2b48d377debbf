import { describe, expect, test } from 'vitest';
import { balanceOf, brokenIn, ledgerOf, post, sumsOf } from './balance-driver.ts';

const adjust = (deltaFen: number, more: object = {}) => {
  return { type: 'adjust', adjustment: 'ap1', deltaFen, by: 'ann', approvedBy: 'bo', reason: 'wrong share', ...more };
};

describe('an adjustment by hand', () => {
  test('adds by a pair of postings that names itself as the cause', () => {
    const balance = balanceOf(300);
    balance.send(adjust(50));
    expect(sumsOf(balance)).toMatchObject({ available: 350, debt: 0 });
    expect(ledgerOf(balance).at(-1)).toBe('adjust available+50 manual-adjustment');
    expect(balance.rows.at(-1)?.data).toMatchObject({ adjustmentId: 'ap1', contraFen: -50 });
    expect(brokenIn(balance)).toEqual([]);
  });

  test('takes what is there and makes a debt of the rest, which the next one repays first', () => {
    const balance = balanceOf(300);
    balance.send(adjust(-500));
    expect(sumsOf(balance)).toMatchObject({ available: 0, debt: 200 });
    balance.send(adjust(250, { adjustment: 'ap2' }));
    expect(sumsOf(balance)).toMatchObject({ available: 50, debt: 0 });
    expect(brokenIn(balance)).toEqual([]);
  });

  test('leaves what is held alone', () => {
    const balance = balanceOf(300);
    balance.send({ type: 'hold', withdrawal: 'wd_1', amountFen: 200, deadline: balance.now });
    balance.send(adjust(-250));
    expect(sumsOf(balance)).toMatchObject({ available: 0, held: 200, debt: 150 });
    expect(brokenIn(balance)).toEqual([]);
  });

  test('counts once, under whichever message id it comes again', () => {
    const balance = balanceOf(300);
    balance.send(adjust(50));
    expect(balance.send(adjust(50))).toMatchObject({ outcome: 'refused', reason: { code: 'ADJUSTMENT_REPEATED' } });
    expect(sumsOf(balance).available).toBe(350);
  });

  test.each([undefined, 'ann'])('by one person is refused (approved by %s)', (approvedBy) => {
    const balance = balanceOf(300);
    const { approvedBy: _, ...alone } = adjust(50);
    const event = approvedBy === undefined ? alone : { ...alone, approvedBy };
    expect(balance.send(event)).toMatchObject({ outcome: 'refused', reason: { code: 'SECOND_PERSON_REQUIRED' } });
    expect(sumsOf(balance).available).toBe(300);
  });

  test.each([0, 0.5, 2 ** 53, Number.NaN])('of %d fen is set aside and changes nothing', (deltaFen) => {
    const balance = balanceOf(300);
    balance.send(post(1, { pendingFen: 1 }));
    const before = balance.stored;
    expect(balance.offer(adjust(deltaFen)).outcome).toBe('parked');
    expect(balance.stored).toEqual(before);
  });

  test('works on a frozen account: it is staff who decide', () => {
    const balance = balanceOf(300);
    balance.send({ type: 'freeze', by: 'ann', reason: 'risk' });
    expect(balance.send(adjust(-100)).outcome).toBe('done');
    expect(balance.state).toBe('frozen');
  });
});
