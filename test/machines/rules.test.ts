import { describe, expect, it } from 'vitest';
import { parsePayoutScene, parseRelease, parseShare } from '../../src/machines/rules.ts';

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

describe('parsePayoutScene', () => {
  it('knows what the scene of rebates has to report, and reads the reports of others', () => {
    expect(parsePayoutScene('佣金报酬')).toEqual({
      name: '佣金报酬',
      reports: [{ type: '佣金报酬说明', content: '返利提现' }],
    });
    expect(parsePayoutScene('佣金报酬:佣金报酬说明=八月返利')).toEqual({
      name: '佣金报酬',
      reports: [{ type: '佣金报酬说明', content: '八月返利' }],
    });
    expect(parsePayoutScene('业务结算: 结算款项名称 = 货款 ; 说明=a=b:c').reports).toEqual([
      { type: '结算款项名称', content: '货款' },
      { type: '说明', content: 'a=b:c' },
    ]);
  });

  it.each(['', '佣金', 'commission'])('refuses the scene %j, naming those there are', (text) => {
    expect(() => parsePayoutScene(text)).toThrow(/expected one of 现金营销、.*佣金报酬/);
  });

  it.each(['企业退款', '企业退款:', '企业退款:原因', '佣金报酬:=x', '企业退款:a=b;'])(
    'wants the reports of %j',
    (text) => {
      expect(() => parsePayoutScene(text)).toThrow(/type=content/);
    },
  );
});
