/** What support staff read about work outside: each activity a machine calls, who answers it, and which try it is. */
import type { Words } from './meta.ts';

export interface ActivityWords {
  readonly partner: Words;
  readonly work: Words;
  /** Which try is out by the machine's own count; undefined where the runtime counts. */
  readonly tryOf?: (context: Readonly<Record<string, unknown>>) => number;
}

const ALIPAY: Words = { zh: '支付宝', en: 'Alipay' };
const TAOBAO: Words = { zh: '淘宝联盟', en: 'Taobao' };

const counted = (name: string, since: number) => (context: Readonly<Record<string, unknown>>) =>
  Number(context[name] ?? 0) + since;

export const activityWords: Readonly<Record<string, ActivityWords>> = {
  alipayTransfer: { partner: ALIPAY, work: { zh: '转账', en: 'the transfer' }, tryOf: counted('attempts', 0) },
  alipayQuery: { partner: ALIPAY, work: { zh: '查询', en: 'the query' }, tryOf: counted('queries', 1) },
  orderPage: {
    partner: TAOBAO,
    work: { zh: '读取一页订单', en: 'a page of orders' },
    tryOf: counted('failureCount', 1),
  },
  refundPage: {
    partner: TAOBAO,
    work: { zh: '读取一页维权', en: 'a page of refunds' },
    tryOf: counted('failureCount', 1),
  },
  sendEvents: { partner: { zh: '本系统', en: 'this system' }, work: { zh: '逐项发送', en: 'the next items' } },
};

export const partnerWords: Readonly<Record<string, Words>> = { alipay: ALIPAY, taobao: TAOBAO };
