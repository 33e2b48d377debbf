/**
 * The payout gateway and its own book: the outside truth about what was paid.
 *
 * It pays a number (`out_biz_no`) once, however often it is asked, and keeps what each request looked like. How it
 * treats a number is drawn from the number alone, so the order of requests decides nothing.
 */
import type { AlipayAnswer } from '../../src/infra/alipay/alipay-gateway.ts';
import { hash32, type Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

export interface Payout {
  readonly outBizNo: string;
  readonly amountFen: number;
  status: 'DEALING' | 'SUCCESS' | 'FAIL';
  readonly acceptedAt: number;
  /** A query finds nothing before this. */
  readonly visibleAt: number;
}

export interface Arrival {
  readonly outBizNo: string;
  /** Of the whole request, byte for byte. */
  readonly digest: number;
  readonly at: number;
}

const MANNERS = {
  pays: 26,
  paysAndForgets: 8,
  dealsThenPays: 10,
  dealsThenFails: 10,
  refuses: 10,
  refusesAtFirst: 20,
  isBusyAtFirst: 8,
  isShortAtFirst: 1,
  failsInside: 6,
  wantsPerson: 3,
} as const;
export type Manner = keyof typeof MANNERS;

export interface PayoutBookOptions {
  /** How long an accepted payout may stay invisible to queries. */
  readonly invisibleMs: number;
  /** Longest time a payout may be in dealing. */
  readonly dealingMs: number;
  /** How likely it has no time for a query. */
  readonly busyRate: number;
  /** How likely each manner is, when not as in `MANNERS`. */
  readonly manners?: Readonly<Partial<Record<Manner, number>>>;
}

export interface PayoutObserver {
  arrived(arrival: Arrival): void;
  paid(payout: Payout): void;
}

const PLAIN_REFUSAL = 'PAYEE_NOT_EXIST';

export class PayoutBook {
  readonly payouts = new Map<string, Payout>();
  readonly arrivals: Arrival[] = [];
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #options: PayoutBookOptions;
  readonly #observer: PayoutObserver;
  readonly #counts = new Map<string, number>();

  constructor(scheduler: Scheduler, random: Random, options: PayoutBookOptions, observer: PayoutObserver) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#options = options;
    this.#observer = observer;
  }

  exec(method: string, biz: Record<string, unknown>): AlipayAnswer {
    const outBizNo = String(biz['out_biz_no']);
    return method === 'alipay.fund.trans.uni.transfer' ? this.#transfer(outBizNo, biz) : this.#query(outBizNo);
  }

  /** How long a request travels, when the partner keeps to no time. */
  drawTravelMs(longestMs: number): number {
    return this.#random.chance(0.4) ? this.#random.between(longestMs / 4, longestMs) : 0;
  }

  mannerOf(outBizNo: string): Manner {
    return this.#random.fork(outBizNo).weighted<Manner>((this.#options.manners ?? MANNERS) as typeof MANNERS);
  }

  #transfer(outBizNo: string, biz: Record<string, unknown>): AlipayAnswer {
    const { now } = this.#scheduler;
    const arrival = { outBizNo, digest: hash32(JSON.stringify(biz)), at: now };
    this.arrivals.push(arrival);
    this.#observer.arrived(arrival);
    const known = this.payouts.get(outBizNo);
    if (known !== undefined) return settled(known);
    const count = (this.#counts.get(outBizNo) ?? 0) + 1;
    this.#counts.set(outBizNo, count);
    const amountFen = Math.round(Number(biz['trans_amount']) * 100);
    switch (this.mannerOf(outBizNo)) {
      case 'refuses':
        return failed(PLAIN_REFUSAL);
      case 'refusesAtFirst':
        return count === 1 ? failed(PLAIN_REFUSAL) : settled(this.#accept(outBizNo, amountFen, 'SUCCESS'));
      case 'isBusyAtFirst':
        return count <= 2 ? failed('RESOURCE_LIMIT_EXCEED') : settled(this.#accept(outBizNo, amountFen, 'SUCCESS'));
      case 'isShortAtFirst':
        return count === 1 ? failed('PAYER_BALANCE_NOT_ENOUGH') : settled(this.#accept(outBizNo, amountFen, 'SUCCESS'));
      case 'failsInside':
        if (count === 1) return failed('SYSTEM_ERROR');
        return settled(this.#accept(outBizNo, amountFen, 'SUCCESS'));
      case 'wantsPerson':
        return failed('SECURITY_CHECK_FAILED');
      case 'paysAndForgets':
        this.#accept(outBizNo, amountFen, 'SUCCESS');
        return failed('SYSTEM_ERROR');
      case 'dealsThenPays':
        return settled(this.#deal(outBizNo, amountFen, 'SUCCESS'));
      case 'dealsThenFails':
        return settled(this.#deal(outBizNo, amountFen, 'FAIL'));
      case 'pays':
        return settled(this.#accept(outBizNo, amountFen, 'SUCCESS'));
    }
  }

  #deal(outBizNo: string, amountFen: number, end: 'SUCCESS' | 'FAIL'): Payout {
    const payout = this.#accept(outBizNo, amountFen, 'DEALING');
    const forMs = 1 + Math.floor(this.#random.fork(`${outBizNo}/dealing`).next() * this.#options.dealingMs);
    this.#scheduler.after(forMs, () => {
      payout.status = end;
      if (end === 'SUCCESS') this.#observer.paid(payout);
    });
    return payout;
  }

  #accept(outBizNo: string, amountFen: number, status: Payout['status']): Payout {
    const { now } = this.#scheduler;
    const random = this.#random.fork(`${outBizNo}/visible`);
    const invisibleMs = random.chance(0.3) ? Math.floor(random.next() * this.#options.invisibleMs) : 0;
    const payout = { outBizNo, amountFen, status, acceptedAt: now, visibleAt: now + invisibleMs };
    this.payouts.set(outBizNo, payout);
    if (status === 'SUCCESS') this.#observer.paid(payout);
    return payout;
  }

  #query(outBizNo: string): AlipayAnswer {
    if (this.#random.chance(this.#options.busyRate)) return failed('RESOURCE_LIMIT_EXCEED');
    const payout = this.payouts.get(outBizNo);
    if (payout === undefined || payout.visibleAt > this.#scheduler.now) return failed('ORDER_NOT_EXIST');
    return settled(payout);
  }
}

function settled({ outBizNo, status, amountFen }: Payout): AlipayAnswer {
  const transAmount = `${Math.floor(amountFen / 100)}.${String(amountFen % 100).padStart(2, '0')}`;
  const fields = { outBizNo, status, transAmount, orderId: `pay_${outBizNo}` };
  return { kind: 'answer', code: '10000', subCode: '', fields };
}

function failed(subCode: string): AlipayAnswer {
  return { kind: 'answer', code: '40004', subCode, fields: {} };
}
