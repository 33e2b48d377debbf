import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { personalDataIn, withoutPersonalData } from '../../src/http/personal-data.ts';

const kinds = (text: string) => personalDataIn(text).map(({ words }) => words.en.split(' ').at(1));

describe('what staff write', () => {
  it.each([
    ['phone', '客户手机13800138000，已联系'],
    ['phone', 'call +86 138-0013-8000 back'],
    ['phone', '电话：１３８ ００１３ ８０００'],
    ['phone', '008613800138000'],
    ['mail', 'wrote to zhang.san@example.com.cn'],
    ['identity', '身份证11010519491231002X核对'],
    ['bank', '卡号 6222 0202 0000 1234 562'],
    ['bank', '4111111111111111'],
  ])('holds what looks like a %s number or address: %s', (kind, text) => {
    expect(kinds(text)).toEqual([kind]);
  });

  it.each([
    ['an order number', '4082390712345678901'],
    ['an order number with a phone’s digits in it', '订单4081380013800012345'],
    ['an order number of 18 digits', '408239071234567890'],
    ['a voucher', '20260301110070001506000000000001'],
    ['a withdrawal', 'wd_aaaabbbbccccddddeeeeffff22'],
    ['a time in ms', '1772328600000'],
    ['a member id of Alipay', '2088123412341234'],
    ['a colleague', '@ann 请看一下，@li.lei 也看'],
    ['the last four', '尾号8000，张先生'],
    ['an identity card’s length without its check digit', '110105194912310021'],
    ['a card’s length without its check digit', '6222020200001234567'],
  ])('may hold %s', (_, text) => {
    expect(kinds(text)).toEqual([]);
  });

  it('may hold every order number that Taobao gives', () => {
    const trade = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }));
    fc.assert(fc.property(trade, ([first, rest]) => kinds(`${first}${String(rest).padStart(18, '0')}`).length === 0));
  });

  it('is kept with such pieces masked, the rest as it was', () => {
    const text = 'a 13800138000 and b@example.com of 4082390712345678901';
    expect(withoutPersonalData(text)).toBe('a 13****00 and b@****om of 4082390712345678901');
    expect(withoutPersonalData(withoutPersonalData(text))).toBe(withoutPersonalData(text));
  });
});
