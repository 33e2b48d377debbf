import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActorError } from '../../src/actors/errors.ts';
import type { Activity, CallOutcome } from '../../src/actors/ports.ts';
import type { ActorEvent } from '../../src/actors/record.ts';
import { createChannelOwners } from '../../src/infra/taobao/channel-owners.ts';
import { createOrderPage } from '../../src/infra/taobao/order-page.ts';
import { parseOrderRow } from '../../src/infra/taobao/order-row.ts';
import { createRefundPage } from '../../src/infra/taobao/refund-page.ts';
import { createTopClient } from '../../src/infra/taobao/top-client.ts';
import { keepingLog, manualClock, type PartnerServer, startPartnerServer } from '../support/partner-server.ts';

const NOW = Date.UTC(2026, 0, 15, 2, 30);
const ATTEMPT = { id: 'feed/orders#1.1~1', number: 1, sendBy: NOW + 5_000, actor: 'feed/orders' } as const;
const INPUT = {
  startAt: Date.UTC(2026, 0, 15, 2, 0),
  endAt: Date.UTC(2026, 0, 15, 2, 20),
  scene: 2,
  pageNo: 1,
  positionIndex: null,
  queryType: 4,
};

interface Sent {
  readonly address: string;
  readonly event: ActorEvent;
  readonly options: { readonly id: string; readonly cause: string; readonly repeatable: true };
}

let server: PartnerServer;
let sent: Sent[];
let log: ReturnType<typeof keepingLog>;
let owners: Map<string, string>;
let asked: string[];
let commit: (address: string) => Promise<unknown>;

beforeEach(async () => {
  server = await startPartnerServer();
  sent = [];
  log = keepingLog();
  owners = new Map();
  asked = [];
  commit = async () => ({ outcome: 'done' });
});
afterEach(() => server.close());

function deps() {
  return {
    client: createTopClient(
      { gatewayUrl: server.url, appKey: '1', appSecret: 's', signMethod: 'md5', timeoutMs: 5_000 },
      { clock: manualClock(NOW) },
    ),
    send: (address: string, event: ActorEvent, options: Sent['options']) => {
      sent.push({ address, event, options });
      return commit(address);
    },
    ownerOf: async (kind: string, id: string) => {
      asked.push(`${kind}-${id}`);
      return owners.get(`${kind}-${id}`) ?? null;
    },
    log,
  };
}

const orderPage = (input: Record<string, number | string | null> = INPUT) => createOrderPage(deps())(input, ATTEMPT);
const refundPage = (activity: Activity = createRefundPage(deps())) => {
  const { scene: _, ...input } = INPUT;
  return activity(input, { ...ATTEMPT, actor: 'feed/refunds' });
};

function order(tradeId: number | string, more: object = {}) {
  return {
    trade_id: String(tradeId),
    tk_status: 12,
    modified_time: '2026-01-15 10:00:00',
    pub_share_pre_fee: '1.00',
    ...more,
  };
}

function answer(method: string, content: unknown) {
  server.answer = (_, response) => response.end(JSON.stringify({ [`${method}_response`]: content }));
}
const answerOrders = (data: unknown) => answer('tbk_order_details_get', { data });
const outputOf = (outcome: CallOutcome) =>
  (outcome.kind === 'ok' ? outcome.output : outcome) as Record<string, unknown>;

describe('an order page', () => {
  it('asks for the window in whole seconds of +08:00', async () => {
    answerOrders({ has_next: false });
    await orderPage({
      ...INPUT,
      startAt: INPUT.startAt + 999,
      pageNo: 3,
      positionIndex: '1555904214_lGl|1555917305_lJf',
    });
    expect(server.arrivals[0]).toMatchObject({
      method: 'taobao.tbk.order.details.get',
      start_time: '2026-01-15 10:00:00',
      end_time: '2026-01-15 10:20:00',
      query_type: '4',
      order_scene: '2',
      page_no: '3',
      page_size: '100',
      position_index: '1555904214_lGl|1555917305_lJf',
      jump_type: '1',
    });
  });

  it('asks for page 1 without a position', async () => {
    answerOrders({ has_next: false });
    await orderPage();
    expect(server.arrivals[0]).not.toHaveProperty('position_index');
  });

  it.each([
    ['wrapped', (list: unknown[]) => ({ publisher_order_dto: list })],
    ['plain', (list: unknown[]) => list],
  ])('sends each row of a %s list to its order', async (_, wrap) => {
    answerOrders({ has_next: true, position_index: 'p1', results: wrap([order(1), order(2)]) });
    const output = outputOf(await orderPage());
    expect(output).toMatchObject({ hasNext: true, positionIndex: 'p1', rowCount: 2, malformed: 0 });
    const rows = [order(1), order(2)].map((raw) => parseOrderRow(raw)!);
    expect(sent).toEqual(
      rows.map((row) => ({
        address: `order/${row.tradeId}`,
        event: { type: 'row', row, owner: null },
        options: { id: `row:${row.hash}`, cause: 'feed', repeatable: true },
      })),
    );
  });

  it('reads an answer without its root key', async () => {
    server.answer = (_, response) => response.end(JSON.stringify({ data: { has_next: false, results: [order(1)] } }));
    expect(outputOf(await orderPage())).toMatchObject({ rowCount: 1 });
  });

  it.each([
    ['no results', { has_next: false }],
    ['an empty wrapper', { has_next: false, results: {} }],
    ['null', { has_next: false, results: null }],
  ])('is ok and empty with %s', async (_, data) => {
    answerOrders(data);
    expect(outputOf(await orderPage())).toEqual({
      hasNext: false,
      positionIndex: null,
      rowCount: 0,
      digest: '0',
      malformed: 0,
    });
  });

  it('takes a full page that does not say so for one with a next, and a short one for the last', async () => {
    answerOrders({ results: Array.from({ length: 100 }, (_, n) => order(n + 1)) });
    expect(outputOf(await orderPage())).toMatchObject({ hasNext: true });
    answerOrders({ results: [order(1)] });
    expect(outputOf(await orderPage())).toMatchObject({ hasNext: false });
  });

  it('digests the same rows alike in any order and over any pages', async () => {
    const digest = async (...rows: object[]) => {
      answerOrders({ has_next: false, results: rows });
      return BigInt(`0x${outputOf(await orderPage())['digest']}`);
    };
    const [whole, turned] = [await digest(order(1), order(2), order(3)), await digest(order(3), order(1), order(2))];
    expect(turned).toBe(whole);
    expect(BigInt.asUintN(256, (await digest(order(1))) + (await digest(order(2), order(3))))).toBe(whole);
    expect(await digest(order(1), order(2), order(4))).not.toBe(whole);
  });

  it('leaves unpaid orders alone', async () => {
    answerOrders({ has_next: false, results: [order(1, { tk_status: 11 }), order(2)] });
    expect(outputOf(await orderPage())).toMatchObject({ rowCount: 1, malformed: 0 });
    expect(sent.map(({ address }) => address)).toEqual(['order/2']);
  });

  it('delivers the good rows beside bad ones, which it counts and logs without giving them away', async () => {
    answerOrders({
      has_next: false,
      results: [
        order(1),
        order('2839401122334455667', { pub_share_fee: 'x' }),
        'garbage',
        order('no-digits'),
        order(2),
      ],
    });
    expect(outputOf(await orderPage())).toMatchObject({ rowCount: 2, malformed: 3 });
    expect(sent.map(({ address }) => address)).toEqual(['order/1', 'order/2']);
    expect(log.lines.map(({ fields }) => fields)).toEqual([
      { feed: 'feed/orders', field: 'pub_share_fee', tradeId: '…5667' },
      { feed: 'feed/orders', field: 'row', tradeId: '…' },
      { feed: 'feed/orders', field: 'trade_id', tradeId: '…gits' },
    ]);
  });

  it('is not ok before the last row is committed', async () => {
    const gate = Promise.withResolvers<unknown>();
    commit = async (address) => (address === 'order/2' ? gate.promise : {});
    answerOrders({ has_next: false, results: [order(1), order(2), order(3)] });
    let settled = false;
    const page = orderPage().finally(() => {
      settled = true;
    });
    while (sent.length < 3) await new Promise(setImmediate);
    expect(settled).toBe(false);
    gate.resolve({});
    expect(outputOf(await page)).toMatchObject({ rowCount: 3 });
  });

  it('is unknown when one row is not committed, after all the others have ended', async () => {
    commit = async (address) => {
      if (address === 'order/1') throw new ActorError('STORE_UNAVAILABLE', 'down');
    };
    answerOrders({ has_next: false, results: [order(1), order(2)] });
    expect(await orderPage()).toEqual({
      kind: 'unknown',
      reason: { code: 'ROWS_NOT_COMMITTED', detail: 'STORE_UNAVAILABLE' },
    });
    expect(sent).toHaveLength(2);
  });

  it('is unknown when an owner cannot be looked up', async () => {
    answerOrders({ has_next: false, results: [order(1, { relation_id: 5 })] });
    const ownerOf = () => Promise.reject(new ActorError('STORE_UNAVAILABLE', 'down'));
    expect(await createOrderPage({ ...deps(), ownerOf })(INPUT, ATTEMPT)).toMatchObject({ kind: 'unknown' });
    expect(sent).toEqual([]);
  });

  it.each([
    ['no data', undefined],
    ['results of another kind', { has_next: false, results: 'none' }],
    ['a position beyond all measure', { has_next: true, position_index: 'x'.repeat(1_001), results: [] }],
  ])('with %s is unknown, not empty', async (_, data) => {
    answerOrders(data);
    expect(await orderPage()).toMatchObject({ kind: 'unknown', reason: { code: 'GARBAGE' } });
  });

  it.each([
    [
      {
        code: 7,
        sub_code: 'accesscontrol.limited-by-api-access-count',
        sub_msg: 'This ban will last for 9 more seconds',
      },
      { kind: 'postponed', until: NOW + 10_000, reason: { code: 'RATE_LIMITED' } },
    ],
    [
      { code: 50, sub_code: 'isp.pubrpt-service-unavailable' },
      { kind: 'unknown', reason: { code: 'TAOBAO_UNAVAILABLE' } },
    ],
    [
      { code: 50, sub_code: '2007' },
      { kind: 'refused', reason: { code: 'WINDOW_TOO_LONG' } },
    ],
    [
      { code: 50, sub_code: '2004' },
      { kind: 'refused', reason: { code: 'WINDOW_TOO_OLD' } },
    ],
    [
      { code: 50, sub_code: '1008' },
      { kind: 'refused', reason: { code: 'POSITION_INVALID' } },
    ],
    [
      { code: 27, sub_code: 'session-expired' },
      { kind: 'refused', reason: { code: 'TAOBAO_REFUSED', detail: '27:session-expired' } },
    ],
  ])('answered by %j is %j', async (error, outcome) => {
    server.answer = (_, response) => response.end(JSON.stringify({ error_response: error }));
    expect(await orderPage()).toMatchObject(outcome);
  });
});

describe('whose order it is', () => {
  const row = parseOrderRow(order(1, { relation_id: 11, special_id: 22, adzone_id: 33 }))!;

  it.each([
    [['relation-11', 'special-22', 'adzone-33'], 'relation-11'],
    [['special-22', 'adzone-33'], 'special-22'],
    [['adzone-33'], 'adzone-33'],
  ])('with %j bound, %s decides', async (bound, channel) => {
    for (const id of bound) owners.set(id, `user of ${id}`);
    answerOrders({ has_next: false, results: [order(1, { relation_id: 11, special_id: 22, adzone_id: 33 })] });
    await orderPage();
    expect(sent[0]?.event).toMatchObject({ owner: { userId: `user of ${channel}`, channel } });
  });

  it('is remembered once found, and asked again until then', async () => {
    const ownerOfRow = createChannelOwners(deps().ownerOf);
    expect(await ownerOfRow(row)).toBeNull();
    owners.set('relation-11', 'u1');
    expect(await ownerOfRow(row)).toEqual({ userId: 'u1', channel: 'relation-11' });
    expect(await ownerOfRow(row)).toEqual({ userId: 'u1', channel: 'relation-11' });
    expect(asked).toEqual(['relation-11', 'special-22', 'adzone-33', 'relation-11']);
  });

  it('is read once for all rows of a page', async () => {
    const ownerOfRow = createChannelOwners(deps().ownerOf);
    await Promise.all([ownerOfRow(row), ownerOfRow(row), ownerOfRow(row)]);
    expect(asked).toEqual(['relation-11', 'special-22', 'adzone-33']);
  });

  it('is asked again after a read that failed', async () => {
    let isDown = true;
    const ownerOfRow = createChannelOwners(async () => {
      if (isDown) throw new Error('down');
      return 'u1';
    });
    await expect(ownerOfRow(row)).rejects.toThrow('down');
    isDown = false;
    expect(await ownerOfRow(row)).toMatchObject({ userId: 'u1' });
  });

  it('is remembered for 10,000 ids and no more', async () => {
    const ownerOfRow = createChannelOwners(async (kind, id) => {
      asked.push(`${kind}-${id}`);
      return 'u1';
    });
    const relation = (id: number) => ({ ...row, relationId: String(id) });
    for (let id = 1; id <= 10_001; id += 1) await ownerOfRow(relation(id));
    asked = [];
    await ownerOfRow(relation(10_001));
    await ownerOfRow(relation(2));
    await ownerOfRow(relation(1));
    expect(asked).toEqual(['relation-1']);
  });
});

describe('a refund page', () => {
  const REFUND = { refund_suit_id: '9', tb_trade_id: '1', refund_status: 2, modified_time: '2026-01-15 10:00:00' };
  const data = { has_next: false, position_index: 'p', result: { publisher_refund_order_d_t_o: [REFUND] } };

  it('asks by one JSON parameter', async () => {
    answer('tbk_order_refund_get', { data: { has_next: false } });
    await refundPage();
    expect(JSON.parse(server.arrivals[0]!['publisher_refund_order_query_option']!)).toEqual({
      page_size: 100,
      page_no: 1,
      start_time: '2026-01-15 10:00:00',
      end_time: '2026-01-15 10:20:00',
      query_type: 4,
      order_scene: 1,
      member_type: 4,
      jump_type: 1,
    });
  });

  it.each([
    ['in the answer itself', { data, result_code: 200, biz_error_code: 0 }],
    ['under one more result', { result: { data, result_code: 200 } }],
  ])('sends each row to its order, with data %s', async (_, content) => {
    answer('tbk_order_refund_get', content);
    expect(outputOf(await refundPage())).toMatchObject({
      hasNext: false,
      positionIndex: 'p',
      rowCount: 1,
      malformed: 0,
    });
    expect(sent).toMatchObject([
      {
        address: 'order/1',
        event: { type: 'refund', refund: { suitId: '9', tradeId: '1', status: 2, refundFen: 0 } },
        options: { id: expect.stringMatching(/^refund:[0-9a-f]{64}$/), cause: 'feed', repeatable: true },
      },
    ]);
  });

  it.each([
    ['in the answer itself', { biz_error_code: 102, biz_error_desc: 'x' }],
    ['under one more result', { result: { biz_error_code: '102' } }],
    ['beside data', { data, biz_error_code: 102 }],
  ])('with a business error %s is refused and sends nothing', async (_, content) => {
    answer('tbk_order_refund_get', content);
    expect(await refundPage()).toEqual({ kind: 'refused', reason: { code: 'TAOBAO_REFUSED', detail: 'biz:102' } });
    expect(sent).toEqual([]);
  });
});
