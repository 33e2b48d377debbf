import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isActorError } from '../../src/actors/errors.ts';
import { openBook } from '../../src/infra/sandbox/book.ts';
import { type SandboxHand, startHand, tempDir } from '../support/sandbox-client.ts';

const alipay = { gateway: 'alipay', method: 'alipay.fund.trans.uni.transfer' };

async function bookOf(hand: SandboxHand): Promise<unknown[]> {
  const paths = ['payouts', 'orders', 'refunds'];
  return Promise.all(paths.map(async (path) => (await hand.control(`GET book/${path}`)).body));
}

describe('the sandbox on its folder', () => {
  it('holds after a restart all it answered for, and goes on from there', async () => {
    const first = await startHand();
    await first.control('POST orders', [
      { trade_id: 'one', relation_id: '5' },
      { trade_id: 'one', tk_status: 14 },
    ]);
    await first.control('POST refunds', { refund_suit_id: 's1', tb_trade_id: 'one' });
    const paid = await first.transfer();
    await first.control('POST faults', { match: alipay, do: 'dealing', as: 'REFUND' });
    await first.transfer({ out_biz_no: 'wd_2' });
    const books = await bookOf(first);
    await first.sandbox.stop();

    const second = await startHand({ dir: first.dir, clock: first.clock });
    expect(await bookOf(second)).toEqual(books);
    expect(await second.transfer()).toEqual(paid);
    expect((await second.query('wd_2')).content['status']).toBe('DEALING');
    expect((await second.query('wd_2')).content['status']).toBe('REFUND');
    expect(second.sandbox.env['ALIPAY_PRIVATE_KEY']).toBe(first.sandbox.env['ALIPAY_PRIVATE_KEY']);
    expect(second.sandbox.env['TAOBAO_APP_SECRET']).toBe(first.sandbox.env['TAOBAO_APP_SECRET']);
  });

  it('keeps payee identity and name nowhere in clear, and its keys to its owner', async () => {
    const hand = await startHand();
    const identity = 'zhang.sanfeng@example.com';
    await hand.transfer({ payee_info: { identity, identity_type: 'ALIPAY_LOGON_ID', name: '张三丰' } });
    await hand.transfer({
      out_biz_no: 'wd_2',
      payee_info: { identity: '2088123412341234', identity_type: 'ALIPAY_USER_ID', name: 'Li' },
    });
    await hand.transfer({ payee_info: { identity, identity_type: 'ALIPAY_LOGON_ID', name: '李四光' } });
    const answers = JSON.stringify(await bookOf(hand));
    await hand.sandbox.stop();
    const files = readdirSync(hand.dir).map((name) => readFileSync(join(hand.dir, name), 'utf8'));
    expect(files.join()).toContain('wd_2');
    for (const text of [...files, answers]) {
      for (const secret of [identity, 'zhang.sanfeng', '张三丰', '李四光', '2088123412341234', '"Li"']) {
        expect(text).not.toContain(secret);
      }
    }
    expect(statSync(join(hand.dir, 'keys.json')).mode & 0o777).toBe(0o600);
  });

  it('is used by one sandbox at a time', async () => {
    const hand = await startHand();
    await expect(startHand({ dir: hand.dir })).rejects.toSatisfy((error) => isActorError(error, 'STORE_OWNED'));
    await hand.sandbox.stop();
    await startHand({ dir: hand.dir });
  });

  it('frees its folder when a port is taken', async () => {
    const hand = await startHand();
    const dir = tempDir();
    const taobaoPort = Number(new URL(hand.sandbox.taobaoUrl).port);
    await expect(startHand({ dir, taobaoPort })).rejects.toThrow('EADDRINUSE');
    await startHand({ dir });
  });
});

describe('a book', () => {
  it('cuts off a torn last line, and appends cleanly behind it', async () => {
    const path = join(tempDir(), 'book.jsonl');
    const { book } = await openBook<number>(path);
    book.append(1);
    book.append(2);
    await book.flushed();
    await book.close();
    appendFileSync(path, '{"torn":');
    const again = await openBook<number>(path);
    expect(again.lines).toEqual([1, 2]);
    again.book.append(3);
    await again.book.close();
    expect((await openBook<number>(path)).lines).toEqual([1, 2, 3]);
  });

  it('is refused when another line is not JSON', async () => {
    const path = join(tempDir(), 'book.jsonl');
    writeFileSync(path, '1\n{"torn":\n2\n');
    await expect(openBook(path)).rejects.toSatisfy((error) => isActorError(error, 'STORE_CORRUPT'));
  });

  it('[B3] says nothing more after a failed write', async () => {
    const { book } = await openBook<number>(join(tempDir(), 'book.jsonl'));
    await book.close();
    book.append(1);
    await expect(book.flushed()).rejects.toSatisfy((error) => isActorError(error, 'STORE_UNAVAILABLE'));
    book.append(2);
    await expect(book.flushed()).rejects.toSatisfy((error) => isActorError(error, 'STORE_UNAVAILABLE'));
  });
});
