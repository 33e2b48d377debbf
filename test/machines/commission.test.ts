import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keptRebateFen, netIncomeFen, rebateFen, releaseTime, takenBackFen } from '../../src/machines/commission.ts';
import { parseShare } from '../../src/machines/rules.ts';

const share = parseShare('0.7');
const fees = { preFeeFen: 180, feeFen: 162, techFeeFen: 18 };

describe('net income', () => {
  it('is the settled income less the technical fee once settled, and the estimate less the fee before', () => {
    expect(netIncomeFen({ status: 3, ...fees })).toBe(144);
    expect(netIncomeFen({ status: 12, ...fees })).toBe(162);
    expect(netIncomeFen({ status: 14, ...fees })).toBe(162);
  });

  it('is never below 0', () => {
    expect(netIncomeFen({ status: 3, preFeeFen: 0, feeFen: 5, techFeeFen: 6 })).toBe(0);
  });

  it.each([1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])('refuses %s as an amount', (fen) => {
    expect(() => netIncomeFen({ status: 12, ...fees, preFeeFen: fen })).toThrow(RangeError);
  });
});

describe('rebate', () => {
  it.each([
    [162, '0.7', 113],
    [100, '0.7', 70],
    [1, '0.9999', 0],
    [3, '0.3333', 0],
    [10_000, '0.3333', 3_333],
    [77, '1', 77],
    [77, '0', 0],
    [Number.MAX_SAFE_INTEGER, '0.9999', 9_006_298_534_815_516],
  ])('of %i fen at %s is %i', (net, text, rebate) => {
    expect(rebateFen(net, parseShare(text))).toBe(rebate);
  });

  it('is the exact product rounded down', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 10_000 }), (net, numerator) => {
        const rebate = BigInt(rebateFen(net, { numerator, denominator: 10_000 }));
        const exact = BigInt(net) * BigInt(numerator);
        expect(rebate * 10_000n <= exact && exact < (rebate + 1n) * 10_000n).toBe(true);
      }),
    );
  });
});

describe('what a refund leaves of a rebate', () => {
  it('is the kept proportion, rounded down', () => {
    expect(keptRebateFen(77, 110, 77)).toBe(23);
    expect(keptRebateFen(113, 162, 1)).toBe(112);
    expect(keptRebateFen(113, 162, 0)).toBe(113);
  });

  it('is 0 when all of the income or more is taken back, or there was none', () => {
    expect(keptRebateFen(77, 110, 110)).toBe(0);
    expect(keptRebateFen(77, 110, 500)).toBe(0);
    expect(keptRebateFen(0, 0, 0)).toBe(0);
  });

  it('is between 0 and the rebate and never grows with the refund', () => {
    const money = fc.integer({ min: 0, max: 1e9 });
    fc.assert(
      fc.property(money, money, money, (net, refund, more) => {
        const full = rebateFen(net, share);
        const kept = keptRebateFen(full, net, refund);
        expect(kept).toBeGreaterThanOrEqual(0);
        expect(kept).toBeLessThanOrEqual(full);
        expect(keptRebateFen(full, net, refund + more)).toBeLessThanOrEqual(kept);
      }),
    );
  });

  it('counts disputes that succeeded or are taken from us, and no others', () => {
    const counted = [2, 3, 4, 11, 12, 13, 14, 15].filter((status) => takenBackFen({ status, refundFen: 77 }) === 77);
    expect(counted).toEqual([2, 12, 13]);
    expect(takenBackFen({ status: 3, refundFen: 77 })).toBe(0);
    expect(takenBackFen({ status: 2, refundFen: -77 })).toBe(0);
  });
});

it('releases N × 24 hours after settlement, or on a day of the next month', () => {
  const settled = Date.parse('2026-01-31T18:00:00+08:00');
  expect(releaseTime(settled, { kind: 'days', days: 0 })).toBe(settled);
  expect(releaseTime(settled, { kind: 'days', days: 7 })).toBe(settled + 7 * 86_400_000);
  expect(releaseTime(settled, { kind: 'monthly', day: 21 })).toBe(Date.parse('2026-02-21T00:00:00+08:00'));
});
