/**
 * What a balance takes, what it answers, and the words support staff read for both.
 */
import type { Stamped } from './effects.ts';
import type { EventMeta } from './meta.ts';

type PostKind = 'credit' | 'release' | 'clawback' | 'adjust';

/** An order's numbered difference: signed changes, n = 1, 2, 3 … for each order, in any order of arrival. */
export interface PostEvent {
  readonly type: 'post';
  readonly order: string;
  readonly n: number;
  readonly kind: PostKind;
  readonly pendingFen: number;
  readonly availableFen: number;
}

/** TCC try. A hold that arrives after `deadline` is refused; an accepted one never expires. */
export interface HoldEvent {
  readonly type: 'hold';
  readonly withdrawal: string;
  readonly amountFen: number;
  readonly deadline: number;
}

/** TCC confirm. */
export interface CaptureEvent {
  readonly type: 'capture';
  readonly withdrawal: string;
}

/** TCC cancel. `deadline` is the hold's own: until then a release that came first fences the hold off. */
export interface ReleaseEvent {
  readonly type: 'release';
  readonly withdrawal: string;
  readonly deadline: number;
}

/** The payout succeeded although the hold was, or is being, released. */
export interface DebitEvent {
  readonly type: 'debit';
  readonly withdrawal: string;
  readonly amountFen: number;
}

/** `n` counts the member's changes, so that a late one does not undo a newer; one sent by hand has none and counts at once. */
export interface FreezeEvent {
  readonly type: 'freeze' | 'unfreeze';
  readonly by: string;
  readonly reason: string;
  readonly n?: number;
}

/** A correction by two people: never an edit of what stands in the ledger. */
export interface AdjustEvent {
  readonly type: 'adjust';
  /** One correction; it counts once. */
  readonly adjustment: string;
  /** Signed change of what is available. */
  readonly deltaFen: number;
  readonly by: string;
  readonly approvedBy?: string;
  readonly reason: string;
}

export type BalanceEvent = Stamped &
  (PostEvent | HoldEvent | CaptureEvent | ReleaseEvent | DebitEvent | FreezeEvent | AdjustEvent);

/** Why a hold is refused; the answer is final for that withdrawal. */
export type HoldRefusal =
  | 'INSUFFICIENT_FUNDS'
  | 'ACCOUNT_FROZEN'
  | 'HOLD_TOO_LATE'
  | 'HOLD_CANCELED'
  | 'TOO_MANY_HOLDS';

export const balanceEvents: Record<string, EventMeta> = {
  post: {
    title: { zh: '订单入账', en: 'Order posting' },
    help: {
      zh: '订单的返利发生变化：待结算或可提现金额增减，不足扣回的部分记为欠款。',
      en: 'The rebate of an order changed: pending or available goes up or down; what cannot be taken back becomes debt.',
    },
    sentBy: [],
  },
  hold: {
    title: { zh: '冻结提现金额', en: 'Hold for a withdrawal' },
    help: {
      zh: '提现申请要求先锁定金额；余额不足、账户冻结或过期则拒绝，且对该笔提现不再改变。',
      en: 'A withdrawal asks for its amount to be set aside; refused when funds are short, the account is frozen or it comes too late, and that answer is final.',
    },
    sentBy: [],
  },
  capture: {
    title: { zh: '确认支出', en: 'Capture' },
    help: {
      zh: '支付宝已确认到账，锁定金额正式支出。',
      en: 'Alipay confirmed the payout: the amount set aside is spent.',
    },
    sentBy: [],
  },
  release: {
    title: { zh: '解除锁定', en: 'Release a hold' },
    help: {
      zh: '提现未成功，锁定金额退回可提现余额；有欠款时先抵扣欠款。',
      en: 'The withdrawal did not happen: the amount set aside is available again, after any debt is repaid.',
    },
    sentBy: [],
  },
  debit: {
    title: { zh: '补扣', en: 'Debit after release' },
    help: {
      zh: '金额退回之后支付宝又显示已付款，因此从余额补扣，不足部分记为欠款。请核对对应的异常提现。',
      en: 'Alipay turned out to have paid after the amount was given back, so it is taken again, as debt if short. Check the withdrawal with the incident.',
    },
    sentBy: [],
  },
  adjust: {
    title: { zh: '人工调账', en: 'Adjust by hand' },
    help: {
      zh: '以一笔新的借贷分录更正可提现余额，不改动已有记录；须两人确认。',
      en: 'Corrects what is available by a new pair of postings; nothing recorded is changed. Two people.',
    },
    sentBy: ['approver'],
  },
  freeze: {
    title: { zh: '冻结账户', en: 'Freeze the account' },
    help: {
      zh: '风控冻结：返利照常入账，但不能提现。',
      en: 'Risk control: rebates are still credited, but nothing can be withdrawn.',
    },
    // Sent to the member, who tells it here.
    sentBy: [],
  },
  unfreeze: {
    title: { zh: '解冻账户', en: 'Unfreeze the account' },
    help: { zh: '解除风控冻结，可以重新提现。', en: 'Lifts the freeze: withdrawals are possible again.' },
    // Sent to the member, who tells it here.
    sentBy: [],
  },
};
