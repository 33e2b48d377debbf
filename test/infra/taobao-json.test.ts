import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTopJson, TopBodyError, unwrapList, unwrapResponse } from '../../src/infra/taobao/top-json.ts';

const parse = (text: string) => parseTopJson(new TextEncoder().encode(text));

describe('reading a TOP body', () => {
  it('keeps every digit of numbers that a double cannot carry', () => {
    expect(parse('{"id":1234567890123456789,"small":12,"fee":0.10,"list":[9007199254740993,1.8]}')).toEqual({
      id: '1234567890123456789',
      small: 12,
      fee: '0.10',
      list: ['9007199254740993', '1.8'],
    });
  });

  it.each([
    ['a repeated key', '{"trade_id":"1","trade_id":"2"}'],
    ['a repeated key in depth', '{"a":[{"b":{"c":1,"d":"\\"c\\":","c":2}}]}'],
    ['a repeated __proto__', '{"__proto__":{"a":1},"__proto__":{"a":2}}'],
    ['HTML', '<html><body>502 Bad Gateway</body></html>'],
    ['a body cut off', '{"tbk_order_details_get_response":{"data":{"has_ne'],
    ['nothing', ''],
    ['an array', '[]'],
    ['null', 'null'],
    ['a number', '12'],
    ['more depth than the stack has', `${'['.repeat(200_000)}`],
  ])('refuses %s whole', (_, body) => {
    expect(() => parse(body)).toThrow(TopBodyError);
  });

  it('refuses GBK bytes', () => {
    const gbk = Uint8Array.from([...Buffer.from('{"item_title":"'), 0xc4, 0xe3, 0xba, 0xc3, ...Buffer.from('"}')]);
    expect(() => parseTopJson(gbk)).toThrow(TopBodyError);
  });

  it('lets no __proto__ through and changes no prototype', () => {
    const body = parse('{"a":{"__proto__":{"refund_tag":1},"b":2}}');
    expect(body).toEqual({ a: { b: 2 } });
    expect((body['a'] as Record<string, unknown>)['refund_tag']).toBeUndefined();
    expect(({} as Record<string, unknown>)['refund_tag']).toBeUndefined();
  });

  it('reads any JSON object as JSON.parse does', () => {
    const whole = fc
      .integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })
      .filter((n) => !Object.is(n, -0));
    const leaf = fc.oneof(whole, fc.string(), fc.boolean(), fc.constant(null));
    const key = fc.string().filter((name) => name !== '__proto__');
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 5, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(
        fc.dictionary(key, tree, { noNullPrototype: true }),
        fc.integer({ min: 0, max: 3 }),
        (value, indent) => {
          expect(parse(JSON.stringify(value, null, indent))).toEqual(JSON.parse(JSON.stringify(value)));
        },
      ),
    );
  });
});

describe('the two shapes of an answer', () => {
  const METHOD = 'taobao.tbk.order.details.get';

  it('come to the same data', () => {
    const data = { data: { has_next: false }, request_id: 'r' };
    expect(unwrapResponse(METHOD, { tbk_order_details_get_response: data })).toEqual(data);
    expect(unwrapResponse(METHOD, data)).toEqual(data);
  });

  it('keep the full name of a method that is not taobao’s', () => {
    expect(unwrapResponse('alibaba.x.get', { alibaba_x_get_response: { a: 1 } })).toEqual({ a: 1 });
  });

  it.each([['a string'], [null], [[]]])('are refused when the root holds %j', (content) => {
    expect(() => unwrapResponse(METHOD, { tbk_order_details_get_response: content })).toThrow(TopBodyError);
  });

  it.each([
    ['wrapped orders', { publisher_order_dto: [{ a: 1 }] }, [{ a: 1 }]],
    ['wrapped refunds', { publisher_refund_order_d_t_o: [{ a: 1 }] }, [{ a: 1 }]],
    ['a plain array', [{ a: 1 }], [{ a: 1 }]],
    ['an empty array', [], []],
    ['an empty wrapper', {}, []],
    ['a wrapper around nothing', { publisher_order_dto: null }, []],
    ['nothing', undefined, []],
    ['null', null, []],
    ['empty text', '', []],
  ])('a list may be %s', (_, value, expected) => {
    expect(unwrapList(value)).toEqual(expected);
  });

  it.each([['text'], [5], [{ publisher_order_dto: 'x' }], [{ publisher_order_dto: { trade_id: '1' } }]])(
    'a list is never %j',
    (value) => {
      expect(() => unwrapList(value)).toThrow(TopBodyError);
    },
  );
});
