import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addFen, applyLines, checkedFen, type Sums, takeOut, toLine, withRepayment } from '../../src/machines/money.ts';

const nothing: Sums = { pending: 0, available: 0, held: 0, debt: 0 };
const cause = { orderId: '1' };
const fen = fc.integer({ min: -1_000_000, max: 1_000_000 });

describe('fen', () => {
  test.each([0.1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 53)])('%s is refused', (value) => {
    expect(() => checkedFen(value)).toThrow(/fen/);
    expect(() => addFen(1, value)).toThrow(/fen/);
  });

  test('a sum that leaves the safe integers is refused, even when a later term would bring it back', () => {
    expect(addFen(Number.MAX_SAFE_INTEGER, -1)).toBe(Number.MAX_SAFE_INTEGER - 1);
    expect(() => addFen(Number.MAX_SAFE_INTEGER, 1, -1)).toThrow(/fen/);
  });

  test('the sum of nothing is nothing', () => {
    expect(addFen()).toBe(0);
  });
});

describe('lines', () => {
  test('every line is balanced by its contra account, and holds no negative zero', () => {
    fc.assert(
      fc.property(fen, fen, fen, fen, (pendingFen, availableFen, heldFen, debtFen) => {
        const line = toLine('adjust', { pendingFen, availableFen, heldFen, debtFen }, cause, 'payout-clearing');
        expect(pendingFen + availableFen + heldFen - debtFen + line.contraFen).toBe(0);
        expect(Object.is(line.contraFen, -0)).toBe(false);
        expect(line.contra).toBe(line.contraFen === 0 ? null : 'payout-clearing');
      }),
    );
  });

  test('a line that was tampered with moves nothing', () => {
    const line = toLine('credit', { pendingFen: 5 }, cause, 'taobao-receivable');
    expect(applyLines(nothing, [line])).toEqual({ ...nothing, pending: 5 });
    expect(() => applyLines(nothing, [{ ...line, pendingFen: 6 }])).toThrow(/^I1/);
    expect(() => applyLines(nothing, [{ ...line, contra: null }])).toThrow(/^I1/);
    expect(() => applyLines(nothing, [toLine('credit', { pendingFen: 5 }, cause)])).toThrow(/^I1/);
  });

  test.each([
    ['available below zero', { availableFen: -1, pendingFen: 1 }],
    ['held below zero', { heldFen: -1, pendingFen: 1 }],
    ['debt below zero', { debtFen: -1, pendingFen: -1 }],
    ['debt beside available', { debtFen: 1, availableFen: 1 }],
  ])('%s cannot be', (_, changes) => {
    expect(() => applyLines(nothing, [toLine('adjust', changes, cause)])).toThrow(/^I3/);
  });

  test('pending may be below zero', () => {
    const line = toLine('clawback', { pendingFen: -5 }, cause, 'taobao-receivable');
    expect(applyLines(nothing, [line]).pending).toBe(-5);
  });
});

describe('debt', () => {
  test('what is not there becomes debt, and never more than that', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(2_000), (available, amountFen) => {
        const { availableFen, debtFen } = takeOut({ ...nothing, available }, amountFen);
        expect(debtFen - availableFen).toBe(amountFen);
        expect(available + availableFen).toBe(Math.max(0, available - amountFen));
      }),
    );
    expect(() => takeOut(nothing, -1)).toThrow(/cannot be taken/);
  });

  test('what comes in repays debt first, as a line of its own', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(2_000), (debt, comesIn) => {
        const before = { ...nothing, debt };
        const credit = toLine('release', { pendingFen: 0 - comesIn, availableFen: comesIn }, cause);
        const lines = withRepayment(before, [credit], cause);
        const after = applyLines(before, lines);
        expect(after).toMatchObject({ available: Math.max(0, comesIn - debt), debt: Math.max(0, debt - comesIn) });
        expect(lines.slice(1).map(({ kind }) => kind)).toEqual(debt > 0 && comesIn > 0 ? ['debtRepaid'] : []);
      }),
    );
  });
});
