import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromShanghaiText, toShanghaiText } from '../../src/infra/shanghai-text.ts';
import { parseOrderRow } from '../../src/infra/taobao/order-row.ts';
import { parseRefundRow } from '../../src/infra/taobao/refund-row.ts';
import { fenField, RowError } from '../../src/infra/taobao/row-fields.ts';
import { parseTopJson } from '../../src/infra/taobao/top-json.ts';

const ORDER = {
  trade_id: '2839401122334455667',
  trade_parent_id: '2839401122334455666',
  tk_status: 12,
  modified_time: '2026-01-15 10:00:05',
  tk_create_time: '2026-01-15 09:59:00',
  tk_paid_time: '2026-01-15 09:59:30',
  tk_earning_time: '--',
  item_id: 'P0tnUWabc-mvmePdef',
  item_title: '双11好物',
  item_img: '//img.alicdn.com/x.jpg',
  alipay_total_price: '19.80',
  pub_share_pre_fee: '1.80',
  pub_share_fee: '0',
  alimama_share_fee: '0.18',
  relation_id: 2345678901,
  special_id: 0,
  adzone_id: '110000000',
  refund_tag: 0,
};
const at = (text: string) => fromShanghaiText(text) as number;

describe('an order row', () => {
  it('comes out exact, in fen, ms and text ids', () => {
    const { hash, ...row } = parseOrderRow(ORDER)!;
    expect(row).toEqual({
      tradeId: '2839401122334455667',
      parentId: '2839401122334455666',
      status: 12,
      modifiedAt: Date.UTC(2026, 0, 15, 2, 0, 5),
      createdAt: Date.UTC(2026, 0, 15, 1, 59),
      paidAt: Date.UTC(2026, 0, 15, 1, 59, 30),
      earningAt: null,
      itemId: 'P0tnUWabc-mvmePdef',
      itemTitle: '双11好物',
      itemImageUrl: '//img.alicdn.com/x.jpg',
      paidFen: 1980,
      preFeeFen: 180,
      feeFen: 0,
      techFeeFen: 18,
      relationId: '2345678901',
      specialId: null,
      adzoneId: '110000000',
      refunded: false,
    });
    const canonical = JSON.stringify(row, Object.keys(row).sort());
    expect(hash).toBe(createHash('sha256').update(canonical).digest('hex'));
  });

  it('is the same row whatever the spelling, the order of fields and the fields nobody knows', () => {
    const spelled = parseTopJson(
      Buffer.from(
        `{"rights_id":7,"refund_tag":"0","adzone_id":110000000,"special_id":"--","relation_id":"2345678901","tk_status":"12",
        "alimama_share_fee":0.180,"pub_share_pre_fee":1.8,"alipay_total_price":19.8000,"item_img":"//img.alicdn.com/x.jpg",
        "item_title":" 双11好物 ","item_id":"P0tnUWabc-mvmePdef","tk_earning_time":"","tb_paid_time":"2026-01-15 09:59:30",
        "tk_create_time":"2026-01-15 09:59:00","modified_time":"2026-01-15 10:00:05","trade_parent_id":2839401122334455666,
        "trade_id":2839401122334455667}`,
      ),
    );
    expect(parseOrderRow(spelled)).toEqual(parseOrderRow(ORDER));
  });

  it.each([
    ['tk_status', 14],
    ['modified_time', '2026-01-15 10:00:06'],
    ['pub_share_fee', '0.01'],
    ['relation_id', null],
    ['refund_tag', 1],
  ])('is another row when %s differs', (field, value) => {
    expect(parseOrderRow({ ...ORDER, [field]: value })?.hash).not.toBe(parseOrderRow(ORDER)?.hash);
  });

  it.each([[undefined], [null], [''], ['--'], ['0'], [0], ['abc'], [{}]])('takes the id %j for none', (value) => {
    const row = parseOrderRow({ ...ORDER, relation_id: value, special_id: value, adzone_id: value });
    expect(row).toMatchObject({ relationId: null, specialId: null, adzoneId: null });
  });

  it.each([[undefined], [null], [''], ['--'], ['0'], [0], ['0.00']])('takes the amount %j for nothing', (value) => {
    expect(parseOrderRow({ ...ORDER, pub_share_fee: value })).toMatchObject({ feeFen: 0 });
  });

  it('without modified_time counts as of its newest other time', () => {
    const settled = { ...ORDER, modified_time: undefined, tk_status: 3, tk_earning_time: '2026-01-20 08:00:00' };
    expect(parseOrderRow(settled)).toMatchObject({ modifiedAt: at('2026-01-20 08:00:00') });
  });

  it('without a creation time counts from its oldest other time', () => {
    expect(parseOrderRow({ ...ORDER, tk_create_time: undefined })).toMatchObject({
      createdAt: at('2026-01-15 09:59:30'),
    });
    const bare = { ...ORDER, tk_create_time: undefined, tk_paid_time: undefined };
    expect(parseOrderRow(bare)).toMatchObject({ createdAt: at('2026-01-15 10:00:05'), paidAt: null });
  });

  it('is nothing to report while it is not paid', () => {
    expect(parseOrderRow({ ...ORDER, tk_status: 11 })).toBeNull();
  });

  it('keeps long or broken words short and whole', () => {
    const row = parseOrderRow({ ...ORDER, item_title: `${'x'.repeat(199)}😀 and more`, item_img: 'y'.repeat(5_000) })!;
    expect(row.itemTitle).toBe(`${'x'.repeat(199)}\ufffd`);
    expect(row.itemImageUrl).toHaveLength(500);
  });

  it.each([
    ['trade_id', undefined],
    ['trade_id', ''],
    ['trade_id', '0'],
    ['trade_id', '12a'],
    ['trade_id', '../x'],
    ['trade_id', 1.5],
    ['tk_status', undefined],
    ['tk_status', '99'],
    ['tk_status', 'paid'],
    ['modified_time', '2026-02-30 10:00:00'],
    ['modified_time', '2026-01-15T10:00:00Z'],
    ['tk_paid_time', 'yesterday'],
    ['alipay_total_price', '1,234.50'],
    ['pub_share_pre_fee', '1.805'],
    ['pub_share_fee', '-1.00'],
    ['pub_share_fee', '1e2'],
    ['alimama_share_fee', 'NaN'],
  ])('with %s = %j cannot be read, and says so', (field, value) => {
    const parse = () => parseOrderRow({ ...ORDER, [field]: value });
    expect(parse).toThrow(RowError);
    expect(parse).toThrow(field);
  });

  it('with no time at all cannot be read', () => {
    const timeless = { ...ORDER, modified_time: '', tk_create_time: '', tk_paid_time: '', tk_earning_time: '' };
    expect(() => parseOrderRow(timeless)).toThrow('modified_time');
  });
});

describe('a refund row', () => {
  const REFUND = {
    refund_suit_id: '9001',
    tb_trade_id: '2839401122334455667',
    refund_status: 2,
    modified_time: '2026-02-01 00:00:00',
    tk_refund_time: '2026-01-30 00:00:00',
    tk_refund_suit_time: '2026-01-31 00:00:00',
    tk_commission_fee_refund: '0.71',
    tk_subsidy_fee_refund: 0.06,
    show_return_fee: '0.80',
    pub_share_fee: '1.10',
  };

  it('gives back commission and subsidy, without the fees', () => {
    expect(parseRefundRow(REFUND)).toMatchObject({
      suitId: '9001',
      tradeId: '2839401122334455667',
      status: 2,
      modifiedAt: at('2026-02-01 00:00:00'),
      refundFen: 77,
      incomeFen: 110,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('without modified_time counts as of its newest other time', () => {
    expect(parseRefundRow({ ...REFUND, modified_time: '--' })).toMatchObject({ modifiedAt: at('2026-01-31 00:00:00') });
  });

  it.each(['refund_suit_id', 'tb_trade_id', 'refund_status'])('without %s cannot be read', (field) => {
    expect(() => parseRefundRow({ ...REFUND, [field]: null })).toThrow(field);
  });
});

describe('amounts and times', () => {
  it('every amount of fen comes back from its yuan, with all its zeros, more of them or none', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000_000_000_000 }), fc.nat({ max: 3 }), (fen, zeros) => {
        const yuan = `${Math.trunc(fen / 100)}.${String(fen % 100).padStart(2, '0')}`;
        expect(fenField({ x: yuan + '0'.repeat(zeros) }, 'x')).toBe(fen);
        if (fen % 10 === 0 && fen % 100 !== 0) expect(fenField({ x: yuan.slice(0, -1) }, 'x')).toBe(fen);
        if (fen % 100 === 0) expect(fenField({ x: fen / 100 }, 'x')).toBe(fen);
      }),
    );
  });

  it('every second comes back from its text', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), (seconds) => {
        expect(fromShanghaiText(toShanghaiText(seconds * 1_000 + 999))).toBe(seconds * 1_000);
      }),
    );
  });

  it('a leap second is the second after it, and 1988, when the clocks of Shanghai moved, is +08:00 too', () => {
    expect(fromShanghaiText('2016-12-31 23:59:60')).toBe(fromShanghaiText('2017-01-01 00:00:00'));
    expect(fromShanghaiText('1988-07-01 00:00:00')).toBe(Date.UTC(1988, 5, 30, 16));
    expect(fromShanghaiText('2024-02-29 00:00:00')).toBe(Date.UTC(2024, 1, 28, 16));
  });

  it.each([
    '2026-02-29 00:00:00',
    '2026-13-01 00:00:00',
    '2026-00-10 00:00:00',
    '2026-01-01 24:00:00',
    '2026-01-01 00:60:00',
    '2026-01-01',
    '',
  ])('"%s" is no time', (text) => {
    expect(fromShanghaiText(text)).toBeNull();
  });
});
