import { expect, describe as group, it } from 'vitest';
import type { DependencyView } from '../../../src/actors/dependencies.ts';
import { describe, type Sentence, type Subject } from '../../../src/http/graph/describe.ts';
import { possibleEvents } from '../../../src/http/graph/possible-events.ts';
import { createCatalog } from '../../../src/machines/catalog.ts';
import type { StaffRole } from '../../../src/machines/meta.ts';
import { defaultRules } from '../../../src/machines/rules.ts';
import {
  HOUR,
  heldWithdrawal,
  inEveryState,
  MINUTE,
  newWithdrawal,
  postponed,
  refused,
  requestOf,
  staff,
  unknown,
  type WithdrawalDriver,
} from '../../machines/withdrawal-driver.ts';
import { MachineDriver } from '../../support/machine-driver.ts';

const catalog = createCatalog(defaultRules);

function entryOf(type: string) {
  const entry = catalog.find((one) => one.type === type);
  if (entry === undefined) throw new Error(`no ${type}`);
  return entry;
}

interface Seen {
  readonly role?: StaffRole;
  readonly dependencies?: readonly Partial<DependencyView>[];
  readonly undelivered?: readonly { readonly since: number }[];
  readonly parkedCount?: number;
  readonly later?: number;
}

function subjectOf(driver: MachineDriver<never>, seen: Seen = {}): Subject {
  const { role = 'approver', dependencies = [], undelivered = [], parkedCount = 0, later = 0 } = seen;
  const live = { role, dependencies, undelivered, parkedCount } as unknown as Subject['live'];
  return {
    entry: entryOf(driver.actor.slice(0, driver.actor.indexOf('/'))),
    snapshot: driver.stored,
    now: driver.now + later,
    live,
  };
}

const say = (driver: unknown, seen?: Seen) => describe(subjectOf(driver as MachineDriver<never>, seen));
const textsOf = (sentences: readonly Sentence[], kind: Sentence['kind'], language: 'zh' | 'en') =>
  sentences.filter((sentence) => sentence.kind === kind).map(({ text }) => text[language]);

group('a withdrawal is described', () => {
  it('in review: by where it is, who must decide, what the customer sees and who may act', () => {
    const review = newWithdrawal();
    review.send(requestOf(60_000));
    review.send({ type: 'held' });
    const sentences = say(review, { later: 125 * MINUTE });
    expect(sentences.map(({ kind }) => kind)).toEqual(['where', 'waits', 'customer', 'answer', 'may']);
    expect(sentences.map(({ text }) => text.zh)).toEqual([
      '待审核，已 2 小时 5 分。金额较大，需要人工批准或拒绝；用户仍可取消。',
      '等待审核人批准或拒绝。',
      '提现显示“审核中”，金额已冻结。',
      '金额较大，需要人工审核，一般一个工作日内完成；通过后自动打款，期间可以自行取消。',
      '你可以：批准、拒绝。',
    ]);
    expect(textsOf(say(review, { role: 'operator' }), 'may', 'en')).toEqual([
      'You may: Deny. A person with the role approver may: Approve.',
    ]);
  });

  it('while the transfer is out: by the try, and until when an answer is waited for', () => {
    const sending = heldWithdrawal();
    expect(textsOf(say(sending), 'waits', 'zh')).toEqual([
      '等待支付宝答复：转账；到北京时间 12:00:12 仍无答复则按结果未知处理。',
    ]);
    sending.answer('transfer', postponed(sending.now + HOUR));
    sending.advance(HOUR);
    expect(textsOf(say(sending), 'waits', 'en')).toEqual([
      'Waits for Alipay’s answer to the transfer (try 2); without one by 13:00:12 Beijing time it counts as unknown.',
    ]);
  });

  it('of unknown outcome: by the next query, the alarm, the trouble and the open breaker', () => {
    const unsure = heldWithdrawal();
    unsure.answer('transfer', unknown('TIMEOUT'));
    const breaker = {
      dependency: 'alipay',
      policy: 'transfer',
      state: 'open',
      nextProbeAt: unsure.now + 30_000,
      hold: null,
      quotas: [],
    } as const;
    const sentences = say(unsure, { dependencies: [breaker, { ...breaker, dependency: 'taobao' }] });
    expect(textsOf(sentences, 'waits', 'zh')).toEqual([
      '北京时间 12:00:05：再次查询支付宝。',
      '北京时间 14:00:00：过久无结果，转人工。',
    ]);
    expect(textsOf(sentences, 'trouble', 'zh')).toEqual([
      '最近的问题：TIMEOUT。',
      '支付宝（transfer）故障，熔断中，北京时间 12:00:30 试探恢复。',
    ]);
    expect(textsOf(sentences, 'answer', 'zh')[0]).toContain('不会重复打款');
  });

  it('that failed: by why, and that nothing needs doing', () => {
    const failed = heldWithdrawal();
    failed.answer('transfer', refused('PAYEE_NOT_EXIST'));
    failed.send({ type: 'unheld' });
    const sentences = say(failed);
    expect(textsOf(sentences, 'trouble', 'en')).toEqual(['Why it was not paid: PAYEE_NOT_EXIST.']);
    expect(textsOf(sentences, 'waits', 'en')).toEqual(['Waits for nothing: it changes only when a message comes.']);
    expect(textsOf(sentences, 'may', 'zh')).toEqual(['现在没有需要人工做的事。']);
  });

  it('longer than normal in its state, with messages that did not arrive or were set aside', () => {
    const holding = newWithdrawal();
    holding.send(requestOf(1_000));
    const undelivered = [{ since: holding.now }, { since: holding.now + MINUTE }];
    const sentences = say(holding, { undelivered, parkedCount: 1, later: 5 * MINUTE });
    expect(textsOf(sentences, 'where', 'zh')[0]).toContain('锁定金额中，已 5 分，超过正常的 1 分。');
    expect(textsOf(sentences, 'trouble', 'zh')).toEqual([
      '有 2 条消息还没有送达，最早的已等 5 分，系统会一直重试。',
      '有 1 条消息处理失败被搁置，请工程师查看后重放。',
    ]);
  });

  it('held by a person or limited by the partner', () => {
    const sending = heldWithdrawal();
    const held = {
      dependency: 'alipay',
      policy: 'transfer',
      state: 'isolated',
      nextProbeAt: null,
      quotas: [],
    } as const;
    const hold = { by: 'ann', reason: 'maintenance at Alipay', until: sending.now + 10 * MINUTE };
    const banned = [{ name: 'day', limit: 1, remaining: 0, resetsAt: null, bannedUntil: sending.now + 2 * 24 * HOUR }];
    expect(textsOf(say(sending, { dependencies: [{ ...held, hold, quotas: banned }] }), 'trouble', 'en')).toEqual([
      'Alipay (transfer) is held by ann until 12:10:00 Beijing time: maintenance at Alipay.',
      'Alipay (transfer) refuses calls until 2026-01-07 12:00:00 Beijing time.',
    ]);
  });

  it('at a past moment: without anything that is only true now', () => {
    const review = newWithdrawal();
    review.send(requestOf(60_000));
    review.send({ type: 'held' });
    const sentences = describe({ ...subjectOf(review as never), live: null });
    expect(sentences.map(({ kind }) => kind)).toEqual(['where', 'waits', 'customer', 'answer']);
    expect(textsOf(sentences, 'where', 'en')[0]).toMatch(/^In review\. /);
  });
});

group('any actor is described', () => {
  it('in every state of a withdrawal, in both languages, with something to tell the customer', () => {
    for (const [state, driver] of Object.entries(inEveryState())) {
      const sentences = say(driver as WithdrawalDriver);
      const kinds = new Set(sentences.map(({ kind }) => kind));
      expect([...kinds], state).toEqual(expect.arrayContaining(['where', 'waits', 'customer', 'answer', 'may']));
      for (const { text } of sentences) {
        expect(text.zh, state).toMatch(/\p{Script=Han}/u);
        expect(text.en.replace(/“.*?”/g, ''), state).not.toMatch(/\p{Script=Han}/u);
        expect(text.zh + text.en, state).not.toMatch(/undefined|NaN|Invalid|Infinity/);
      }
    }
  });

  it('of several regions by all of them, and the customer by the last that has words', () => {
    const order = new MachineDriver(entryOf('order'), '1');
    order.send({ type: 'owned', userId: 'u1', channel: 'relation-1' });
    const sentences = describe(subjectOf(order as never));
    expect(textsOf(sentences, 'where', 'en')[0]).toMatch(/^Trade › Not reported yet; Attribution › No channel id/);
    expect(textsOf(sentences, 'customer', 'en')).toEqual(['The order is in nobody’s list.']);
  });

  it('written by another version of its machine: by its name alone', () => {
    const review = inEveryState()['review'] as WithdrawalDriver;
    const subject = subjectOf(review as never);
    const sentences = describe({ ...subject, snapshot: { ...subject.snapshot, value: 'gone' } });
    expect(sentences).toHaveLength(1);
    expect(sentences[0]?.text.en).toContain('"gone"');
  });
});

group('what staff may do', () => {
  const refusals = (driver: WithdrawalDriver) =>
    Object.fromEntries(
      possibleEvents(entryOf('withdrawal'), driver.stored, driver.now).map(({ event, refusal }) => [
        event,
        refusal?.code ?? null,
      ]),
    );

  it('is what the machine would take, and else comes with the machine’s own refusal', () => {
    const states = inEveryState();
    expect(refusals(states['review'] as WithdrawalDriver)).toMatchObject({
      approve: null,
      deny: null,
      requery: 'WITHDRAWAL_NOT_QUERYABLE',
    });
    expect(refusals(states['paying.manual'] as WithdrawalDriver)).toMatchObject({
      approve: null,
      deny: 'PAYOUT_NOT_SETTLED',
      requery: null,
    });
    expect(refusals(states['paid'] as WithdrawalDriver)).toMatchObject({
      approve: 'WITHDRAWAL_NOT_APPROVABLE',
      deny: 'WITHDRAWAL_NOT_DENIABLE',
    });
  });

  it('agrees with what the machine then does', () => {
    for (const [state, driver] of Object.entries(inEveryState())) {
      for (const type of ['approve', 'deny', 'requery'] as const) {
        const recorded = driver.fork().send(staff(type));
        expect(recorded.reason?.code ?? null, `${type} in ${state}`).toBe(refusals(driver)[type]);
      }
    }
  });

  it('is refused by words made from the state, and by no transition at all', () => {
    const order = new MachineDriver(entryOf('order'), '1');
    order.send({ type: 'owned', userId: 'u1', channel: 'relation-1' });
    const [claim] = possibleEvents(entryOf('order'), order.stored, order.now);
    expect(claim).toMatchObject({
      event: 'claim',
      sentBy: ['operator', 'approver'],
      refusal: { code: 'ORDER_UNKNOWN' },
    });
  });
});
