import { describe, expect, it } from 'vitest';
import { type SandboxHand, shanghai, startHand } from '../support/sandbox-client.ts';

const HOUR_MS = 3_600_000;

function tradeId(index: number): string {
  return `29${String(index).padStart(17, '0')}`;
}

async function addOrders(hand: SandboxHand, count: number, fields: (index: number) => object): Promise<void> {
  const rows = Array.from({ length: count }, (_, index) => ({
    trade_id: tradeId(index),
    ...fields(index),
  }));
  expect((await hand.control('POST orders', rows)).status).toBe(200);
}

async function subCode(hand: SandboxHand, business: Record<string, string>): Promise<unknown> {
  const answer = (await (await hand.top(business)).json()) as { error_response?: { sub_code?: string; code: number } };
  return answer.error_response?.sub_code ?? answer.error_response?.code;
}

describe('order pages', () => {
  it('hold every row of the window once, in as many pages as it takes', async () => {
    const hand = await startHand();
    const at = hand.clock.now() - HOUR_MS;
    await addOrders(hand, 45, (index) => ({ modified_time: shanghai(at + (index % 7) * 1000) }));
    const seen: unknown[] = [];
    let position = '';
    for (let page = 1; page <= 5; page += 1) {
      const next = position === '' ? {} : { position_index: position };
      const { rows, data } = await hand.orders({ page_no: String(page), page_size: '10', ...next });
      expect(data).toMatchObject({ page_no: page, page_size: 10, has_pre: page > 1, has_next: page < 5 });
      seen.push(...rows.map((row) => row['trade_id']));
      position = data.position_index;
    }
    expect(new Set(seen).size).toBe(45);
    expect(seen).toHaveLength(45);
  });

  it('skip no row that stays, while others come and move away between two pages', async () => {
    const hand = await startHand();
    const at = hand.clock.now() - HOUR_MS;
    await addOrders(hand, 30, (index) => ({ modified_time: shanghai(at + index * 1000) }));
    const window = { start_time: shanghai(at - 1000), end_time: shanghai(at + 60_000), page_size: '10' };
    const seen: unknown[] = [];
    let position = '';
    for (let page = 1; ; page += 1) {
      const next = position === '' ? {} : { position_index: position };
      const { rows, data } = await hand.orders({ ...window, ...next, page_no: String(page) });
      seen.push(...rows.map((row) => row['trade_id']));
      position = data.position_index;
      if (!data.has_next) break;
      // Two rows already read and one not yet read are updated and leave the window; a new one comes behind the cursor.
      const gone = [2 * page, 2 * page + 1, 30 - page].map((index) => ({ trade_id: tradeId(index), tk_status: 14 }));
      await hand.control('POST orders', gone);
      await hand.control('POST orders', { trade_id: `new${page}`, modified_time: shanghai(at) });
    }
    const stayed = Array.from({ length: 28 }, (_, index) => tradeId(index));
    expect(seen).toEqual(expect.arrayContaining(stayed));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('refuse a position that is altered, from another query or of another page (1008)', async () => {
    const hand = await startHand();
    await addOrders(hand, 5, () => ({ modified_time: shanghai(hand.clock.now() - HOUR_MS) }));
    const { data } = await hand.orders({ page_size: '2' });
    const window = {
      start_time: shanghai(hand.clock.now() - 3 * HOUR_MS + 1000),
      end_time: shanghai(hand.clock.now() + 1000),
    };
    const next = { ...window, query_type: '4', page_size: '2', page_no: '2', position_index: data.position_index };
    expect(await subCode(hand, next)).toBeUndefined();
    expect(data.position_index).toMatch(/^\d+_[\w-]+\|\d+_[\w-]+/);
    expect(await subCode(hand, { ...next, position_index: `${data.position_index}x` })).toBe('1008');
    expect(await subCode(hand, { ...next, position_index: '' })).toBe('1008');
    expect(await subCode(hand, { ...next, page_no: '3' })).toBe('1008');
    expect(await subCode(hand, { ...next, order_scene: '2' })).toBe('1008');
    expect(await subCode(hand, { ...next, start_time: shanghai(hand.clock.now() - 2 * HOUR_MS) })).toBe('1008');
  });

  it('can be read backwards', async () => {
    const hand = await startHand();
    await addOrders(hand, 6, (index) => ({ modified_time: shanghai(hand.clock.now() - HOUR_MS + index * 1000) }));
    const first = await hand.orders({ page_size: '2' });
    const second = await hand.orders({ page_size: '2', page_no: '2', position_index: first.data.position_index });
    const back = { page_size: '2', page_no: '1', jump_type: '-1', position_index: second.data.position_index };
    expect((await hand.orders(back)).rows).toEqual(first.rows);
  });
});

describe('order queries', () => {
  it('leave out rows exactly at either end of the window', async () => {
    const hand = await startHand();
    const at = hand.clock.now() - HOUR_MS;
    await addOrders(hand, 3, (index) => ({ modified_time: shanghai(at + index * 1000) }));
    const { rows } = await hand.orders({ start_time: shanghai(at), end_time: shanghai(at + 2000) });
    expect(rows.map((row) => row['modified_time'])).toEqual([shanghai(at + 1000)]);
  });

  it.each([
    ['1', 'tk_create_time'],
    ['2', 'tb_paid_time'],
    ['3', 'tk_earning_time'],
    ['4', 'modified_time'],
  ])('of type %s go by %s', async (queryType, field) => {
    const hand = await startHand();
    const [long, recent] = [shanghai(hand.clock.now() - 48 * HOUR_MS), shanghai(hand.clock.now() - HOUR_MS)];
    const others = { tk_create_time: long, tb_paid_time: long, tk_earning_time: long, modified_time: long };
    await hand.control('POST orders', [
      { trade_id: 'old', tk_status: 3, ...others },
      { trade_id: 'recent', tk_status: 3, ...others, [field]: recent },
    ]);
    const { rows } = await hand.orders({ query_type: queryType });
    expect(rows.map((row) => row['trade_id'])).toEqual(['recent']);
  });

  it('show the channel id in scene 2 only, the member id in scene 3 only, as bare digits', async () => {
    const hand = await startHand();
    await hand.control('POST orders', [
      { trade_id: 'channel', relation_id: '9007199254740993123' },
      { trade_id: 'member', special_id: '77' },
      { trade_id: 'plain' },
    ]);
    const scene = async (orderScene: string) => (await hand.orders({ order_scene: orderScene })).rows;
    expect((await scene('1')).map((row) => [row['trade_id'], row['relation_id'], row['special_id']])).toEqual([
      ['channel', undefined, undefined],
      ['member', undefined, undefined],
      ['plain', undefined, undefined],
    ]);
    expect((await scene('3')).map((row) => [row['trade_id'], row['special_id']])).toEqual([['member', 77]]);
    const window = { start_time: shanghai(hand.clock.now() - HOUR_MS), end_time: shanghai(hand.clock.now() + 1000) };
    const text = await (await hand.top({ ...window, query_type: '4', order_scene: '2' })).text();
    expect(text).toContain('"relation_id":9007199254740993123');
    expect(text).not.toContain('"member"');
  });

  it('filter by status', async () => {
    const hand = await startHand();
    await addOrders(hand, 4, (index) => ({ tk_status: [12, 14, 3, 13][index] }));
    for (const status of ['12', '14', '3', '13']) {
      expect((await hand.orders({ tk_status: status })).rows.map((row) => row['tk_status'])).toEqual([Number(status)]);
    }
  });

  it('refuse bad windows and arguments with the documented codes', async () => {
    const hand = await startHand();
    const now = hand.clock.now();
    const good = { start_time: shanghai(now - HOUR_MS), end_time: shanghai(now), query_type: '4' };
    const code = (change: object) => subCode(hand, { ...good, ...change });
    expect(await code({})).toBeUndefined();
    expect(await code({ start_time: shanghai(now - 3 * HOUR_MS) })).toBeUndefined();
    expect(await code({ start_time: shanghai(now - 3 * HOUR_MS - 1000) })).toBe('2007');
    const old = now - 90 * 24 * HOUR_MS - 1000;
    expect(await code({ start_time: shanghai(old), end_time: shanghai(old + HOUR_MS) })).toBe('2004');
    expect(await code({ start_time: '2026-02-30 00:00:00' })).toBe('2000');
    expect(await code({ start_time: good.end_time })).toBe('2001');
    expect(await code({ start_time: shanghai(now + 1000), end_time: shanghai(now + 2000) })).toBe('2002');
    expect(await code({ tk_status: '9' })).toBe('1006');
    expect(await code({ jump_type: '2' })).toBe('1005');
    expect(await code({ page_size: '101' })).toBe('isv.invalid-parameter:page_size');
    expect(await code({ page_no: '0' })).toBe('isv.invalid-parameter:page_no');
    expect(await code({ query_type: '5' })).toBe('isv.invalid-parameter:query_type');
    expect(await code({ end_time: '' })).toBe(40);
  });

  it('come bare and with plain lists when simplified', async () => {
    const hand = await startHand();
    await hand.control('POST orders', { trade_id: 'one' });
    const window = { start_time: shanghai(hand.clock.now() - HOUR_MS), end_time: shanghai(hand.clock.now() + 1000) };
    const simple = await (await hand.top({ ...window, query_type: '4' }, { extra: { simplify: 'true' } })).json();
    expect(simple).toMatchObject({
      data: { has_next: false, results: [{ trade_id: 'one', subsidy_info_dto_list: [] }] },
      request_id: expect.any(String),
    });
    const refused = await (await hand.top({ ...window, tk_status: '9' }, { extra: { simplify: 'true' } })).json();
    expect(refused).toMatchObject({ error_response: { code: 50, sub_code: '1006' } });
  });

  it('show an empty list in either of the two ways of the real API', async () => {
    const hand = await startHand();
    expect((await hand.orders({ order_scene: '1' })).data).toHaveProperty('results', {});
    expect((await hand.orders({ order_scene: '2' })).data).not.toHaveProperty('results');
  });
});

describe('rows', () => {
  it('carry every documented field with fees that follow the price', async () => {
    const hand = await startHand();
    const fields = { trade_id: '2900000000000000001', alipay_total_price: '19.80', total_commission_rate: '9.10' };
    await hand.control('POST orders', { ...fields, relation_id: '5' });
    const [row] = (await hand.orders({ order_scene: '2' })).rows;
    expect(row).toMatchObject({
      total_commission_fee: '1.80',
      pub_share_pre_fee: '1.80',
      pub_share_fee: '0',
      alimama_rate: '10.00',
      alimama_share_fee: '0.18',
      relation_id: 5,
      tk_status: 12,
    });
    expect(Object.keys(row ?? {}).length).toBeGreaterThanOrEqual(65);
  });

  it('move on: unnamed fields stay, settlement fills its own, every version is kept in the book', async () => {
    const hand = await startHand();
    await hand.control('POST orders', { trade_id: 'one', alipay_total_price: '50.00' });
    hand.clock.advance(60_000);
    await hand.control('POST orders', { trade_id: 'one', tk_status: 3 });
    const { body } = await hand.control<{ orders: { versions: object[] }[] }>('GET book/orders?tradeId=one');
    expect(body.orders[0]?.versions).toMatchObject([
      { tk_status: 12, tk_earning_time: '', modified_time: '2026-01-15 10:30:00' },
      {
        tk_status: 3,
        tk_earning_time: '2026-01-15 10:31:00',
        modified_time: '2026-01-15 10:31:00',
        pay_price: '50.00',
        pub_share_fee: '5.00',
      },
    ]);
  });
});

describe('refund queries', () => {
  const option = (hand: SandboxHand, change: object = {}) => ({
    publisher_refund_order_query_option: JSON.stringify({
      page_size: 2,
      page_no: 1,
      start_time: shanghai(hand.clock.now() - HOUR_MS),
      end_time: shanghai(hand.clock.now() + 1000),
      query_type: 5,
      order_scene: 1,
      member_type: 4,
      ...change,
    }),
  });
  type RefundAnswer = { biz_error_code?: number; data: RefundData };
  type RefundData = { position_index: string; result: { publisher_refund_order_d_t_o: object[] } };
  const refunds = async (hand: SandboxHand, change: object = {}) => {
    const response = await hand.top(option(hand, change), { method: 'taobao.tbk.order.refund.get' });
    return ((await response.json()) as { tbk_order_refund_get_response: RefundAnswer }).tbk_order_refund_get_response;
  };

  it("page through refunds that take the order's figures", async () => {
    const hand = await startHand();
    await hand.control('POST orders', { trade_id: 'one', tk_status: 3, alipay_total_price: '50.00' });
    const ids = ['s1', 's2', 's3'].map((id) => ({ refund_suit_id: id, tb_trade_id: 'one' }));
    expect((await hand.control('POST refunds', ids)).status).toBe(200);
    const first = await refunds(hand);
    expect(first.data).toMatchObject({ has_next: true, page_no: 1 });
    expect(first.data.result.publisher_refund_order_d_t_o[0]).toMatchObject({
      refund_suit_id: 's1',
      tb_trade_id: 'one',
      refund_status: 2,
      pub_share_fee: '5.00',
      tk_commission_fee_refund: '4.50',
      show_return_fee: '5.00',
    });
    const second = await refunds(hand, { page_no: 2, position_index: first.data.position_index });
    expect(second.data).toMatchObject({
      has_next: false,
      result: { publisher_refund_order_d_t_o: [{ refund_suit_id: 's3' }] },
    });
  });

  it('fail beside the data, without an error response', async () => {
    const hand = await startHand();
    expect(await refunds(hand, { query_type: 9 })).toMatchObject({ biz_error_code: 101 });
    expect(await refunds(hand, { start_time: 'x' })).toMatchObject({ biz_error_code: 102 });
    expect(await refunds(hand, { page_size: 101 })).toMatchObject({ biz_error_code: 103 });
  });
});
