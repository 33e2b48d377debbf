import { beforeEach, describe, expect, it } from 'vitest';
import { toWithdrawalId } from '../../../src/http/withdrawal-id.ts';
import { createSealer, type Sealer } from '../../../src/infra/sealing/sealer.ts';
import { memoryUserKeys } from '../../support/memory-user-keys.ts';
import { type Browser, type Console, serveConsole } from '../support/console-served.ts';

const MASKED = { identity: '138******00', name: '**丰' };
const ID = toWithdrawalId('u1', 'k1');
const withdrawal = `withdrawal/${ID}` as const;
const ORDER = '4082390712345678901';

let console: Console;
let viewer: Browser;
let sealer: Sealer;
beforeEach(async () => {
  sealer = createSealer(Buffer.alloc(32, 1), memoryUserKeys());
  console = await serveConsole({ sealer });
  viewer = await console.signIn('viewer');
  const post = { type: 'post', order: '1', n: 1, kind: 'credit', pendingFen: 0, availableFen: 100_000 };
  for (const user of ['u1', 'u2', '13800138000']) await console.tell(`balance/${user}`, post);
  await console.tell('member/u1', { type: 'channelBound', channel: 'relation-7', by: 'lin' });
  await console.tell('channel/relation-7', { type: 'bind', userId: 'u1', by: 'lin' });
  await ask(ID, 60_000);
  await console.runtime.waitUntil(withdrawal, ({ value }) => value === 'review', 1_000);
});

function ask(id: string, amountFen: number) {
  const account = { sealed: 's', masked: MASKED };
  return console.tell(`withdrawal/${id}`, { type: 'request', userId: 'u1', amountFen, account, fingerprint: 'f' });
}

const order = (id: string) =>
  console.tell(`order/${id}`, { type: 'refund', refund: { tradeId: id } } as never).catch(() => {});
const find = async (q: string) => (await viewer.post('/search', { q })).body;
const addresses = (results: { address: string }[]) => results.map(({ address }) => address);

describe('search', () => {
  it('goes straight to a withdrawal, an address or an order, however it was pasted', async () => {
    for (const q of [ID, ` ${ID.toUpperCase()} `, withdrawal, `#${ID}`])
      expect((await find(q)).exact, q).toBe(withdrawal);
    await order(ORDER);
    for (const q of ['4082 3907 1234 5678 901', '４０８２３９０７１２３４５６７８９０１', '4082-3907-1234-5678-901'])
      expect((await find(q)).exact, q).toBe(`order/${ORDER}`);
  });

  it('finds all that belongs to a user, and a channel by its bare number', async () => {
    expect(addresses((await find('u1')).results)).toEqual(
      expect.arrayContaining(['member/u1', 'balance/u1', withdrawal]),
    );
    expect(addresses((await find('7')).results)).toEqual(['channel/relation-7']);
  });

  it('finds a withdrawal by the number that Alipay gave its payout', async () => {
    const paid = toWithdrawalId('u1', 'k2');
    await ask(paid, 1_000);
    await console.runtime.waitUntil(`withdrawal/${paid}`, ({ value }) => typeof value === 'object', 1_000);
    console.runtime.provideActivity('alipayTransfer', async () => ({
      kind: 'ok',
      output: { status: 'SUCCESS', orderId: '20260301110070001506000000000001', paidAt: console.clock.value },
    }));
    await console.queue.runNext();
    await console.runtime.waitUntil(`withdrawal/${paid}`, ({ value }) => value === 'paid', 1_000);
    expect((await find('20260301110070001506000000000001')).exact).toBe(`withdrawal/${paid}`);
  });

  it('says what it tried when there is nothing', async () => {
    const answer = await find('99999999999999999999');
    expect(answer).toMatchObject({
      exact: null,
      results: [],
      hint: { en: expect.stringContaining('Check that the number is complete') },
    });
    expect(answer.tried.map(({ en }: { en: string }) => en)).toEqual(
      expect.arrayContaining(['order number', 'Alipay order id', 'channel id']),
    );
  });

  it('takes what is asked in a body only, so that it stands in no address', async () => {
    expect((await viewer.get(`/search?q=${ID}`)).status).toBe(404);
  });

  it('notes a search by personal data without the data, the same for the same', async () => {
    for (const q of ['13800138000', 'a.b@example.com', '8000 张', '张8000', ID]) await find(q);
    const auditor = await console.signIn('auditor');
    const { data } = (await auditor.get('/audit?action=search.personal')).body;
    expect(data.map(({ by, detail }: { by: string; detail: { field: string } }) => [by, detail.field])).toEqual([
      ['viewer', 'payee'],
      ['viewer', 'payee'],
      ['viewer', 'mail'],
      ['viewer', 'phone'],
    ]);
    expect(data[0].detail.digest).toBe(data[1].detail.digest);
    for (const told of ['13800138000', '8000', '张', 'a.b@']) expect(JSON.stringify(data)).not.toContain(told);
    const journal = JSON.stringify(await console.journal.page('audit/log', 0, 1_000));
    for (const told of ['13800138000', '张', 'a.b@']) expect(journal).not.toContain(told);
  });

  it('is limited for each person', async () => {
    for (let n = 0; n < 60; n++) await find('x');
    expect((await find('x')).code).toBe('SEARCH_LIMITED');
  });
});

describe('search by a payee', () => {
  it('finds the account by the last four and the initial, however they are typed', async () => {
    await sealer.seal('u1', { identity: '13800138000', name: '张三丰' });
    for (const q of ['8000 张', '8000张', '张8000', '张 8000', '８０００　张', '13800138000 张三丰', '8000张三'])
      expect((await find(q)).exact, q).toBe('balance/u1');
    for (const q of ['8000 李', '8001 张', '000 张']) expect((await find(q)).results, q).toEqual([]);
  });

  it('takes a mail address by what stands before the @, and a Latin name apart from the number', async () => {
    await sealer.seal('u1', { identity: 'zhang.ming@example.com', name: '张明' });
    await sealer.seal('u2', { identity: '13900005678', name: 'John Smith' });
    for (const q of ['ming 张', 'MING张', 'zhang.ming@example.com 张明'])
      expect((await find(q)).exact, q).toBe('balance/u1');
    for (const q of ['5678 J', 'john 5678']) expect((await find(q)).exact, q).toBe('balance/u2');
    expect((await find('J5678')).results).toEqual([]);
  });

  it('lists several accounts, each covered as everywhere', async () => {
    for (const user of ['u1', 'u2', '13800138000'])
      await sealer.seal(user, { identity: '13800138000', name: '张三丰' });
    const { exact, results, tried } = await find('8000 张');
    expect([exact, addresses(results).slice(1)]).toEqual([null, ['balance/u1', 'balance/u2']]);
    expect(addresses(results)[0]).toMatch(/^balance\/masked\.138-00\./);
    expect(tried).toMatchObject([{ zh: '收款账号尾号和姓氏' }]);
  });

  it('finds nobody by a payee of before, nor one whose key is erased', async () => {
    await sealer.seal('u1', { identity: '13800138000', name: '张三丰' });
    await sealer.seal('u1', { identity: '13800138001', name: '张三丰' });
    expect((await find('8000 张')).results).toEqual([]);
    expect((await find('8001 张')).exact).toBe('balance/u1');
    await sealer.erase('u1');
    expect((await find('8001 张')).results).toEqual([]);
  });
});

describe('what is almost a number', () => {
  it.each([
    ['a digit wrong', '4082390712345678301'],
    ['the first digit wrong', '5082390712345678901'],
    ['a digit missing', '408239071234567890'],
    ['a digit too many', '40823907123456789011'],
    ['two digits swapped', '4082390712345687901'],
    ['words before it', `订单号：${ORDER}`],
    ['letters before it', `TB${ORDER}`],
  ])('is offered: %s', async (_, q) => {
    await order(ORDER);
    await order('4082390712345999999');
    const { exact, results, near, tried } = await find(q);
    expect([exact, results, addresses(near)]).toEqual([null, [], [`order/${ORDER}`]]);
    expect(tried.filter(({ en }: { en: string }) => en === 'order number')).toHaveLength(1);
  });

  it('is offered of a withdrawal too', async () => {
    const wrong = `${ID.slice(0, 9)}${ID[9] === 'a' ? 'b' : 'a'}${ID.slice(10)}`;
    for (const q of [wrong, ID.slice(0, -1), `${ID}7`, `提现 ${ID.toUpperCase()}。`])
      expect(addresses((await find(q)).near), q).toEqual([withdrawal]);
  });

  it('is offered five at most, and not at all beside what was found', async () => {
    for (let n = 0; n < 8; n += 1) await order(`408239071234567890${n}`);
    expect((await find('408239071234567890')).near).toHaveLength(5);
    expect((await find('4082390712345678901')).near).toEqual([]);
  });
});
