import { describe, expect, it } from 'vitest';
import { parseRelease, parseShare } from '../../src/machines/rules.ts';

describe('parseShare', () => {
  it.each([
    ['0.7', 7_000],
    ['0.65', 6_500],
    ['0.3333', 3_333],
    ['0.0001', 1],
    ['1', 10_000],
    ['1.0000', 10_000],
    ['0', 0],
  ])('reads %s exactly', (text, numerator) => {
    expect(parseShare(text)).toEqual({ numerator, denominator: 10_000 });
  });

  it.each(['', '.7', '0.', '0,7', '0.70001', '1.0001', '2', '-0.5', '70%', '7e-1', ' 0.7', '0.7\n', 'NaN'])(
    'refuses %j and says what is expected',
    (text) => {
      expect(() => parseShare(text)).toThrow(/expected a share from 0 to 1 with up to four decimals/);
    },
  );
});

describe('parseRelease', () => {
  it('reads days and monthly rules', () => {
    expect(parseRelease('days:7')).toEqual({ kind: 'days', days: 7 });
    expect(parseRelease('days:0')).toEqual({ kind: 'days', days: 0 });
    expect(parseRelease('monthly:21')).toEqual({ kind: 'monthly', day: 21 });
    expect(parseRelease('monthly:28')).toEqual({ kind: 'monthly', day: 28 });
  });

  it.each([
    '',
    '7',
    'days',
    'days:',
    'days:-1',
    'days:1.5',
    'days:367',
    'monthly:0',
    'monthly:29',
    'weekly:1',
    'days:7 ',
  ])('refuses %j and says what is expected', (text) => {
    expect(() => parseRelease(text)).toThrow(/expected days:0 to days:366 or monthly:1 to monthly:28/);
  });
});
