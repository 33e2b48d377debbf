/**
 * What support staff read about a withdrawal's states and events.
 */
import type { EventMeta, StaffRole, StateMeta } from './meta.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const APPROVERS: readonly StaffRole[] = ['approver'];
const SUPPORT: readonly StaffRole[] = ['operator', 'approver'];

export const withdrawalStates = {
  withdrawal: {
    title: { zh: '提现', en: 'Withdrawal' },
    help: {
      zh: '一次提现到支付宝：先锁定金额，再审核，再打款；没有明确结果之前金额一直锁定。',
      en: 'One payout to Alipay: held first, then reviewed, then paid; the amount stays held until there is a definite answer.',
    },
    slaSeconds: 0,
  },
  requested: {
    title: { zh: '已提交', en: 'Requested' },
    help: { zh: '刚刚收到申请，尚未锁定金额。', en: 'The request has just come in; nothing is held yet.' },
    slaSeconds: 5,
    customer: {
      zh: '提现显示“处理中”，余额尚未变化。',
      en: 'It shows as processing; the balance has not changed yet.',
    },
    answer: {
      zh: '申请刚刚收到，请过几秒再刷新。',
      en: 'Your request has just come in; please look again in a few seconds.',
    },
    awaits: { zh: '一份有效的提现申请', en: 'a valid request' },
  },
  holding: {
    title: { zh: '锁定金额中', en: 'Holding' },
    help: {
      zh: '正在账户里锁定提现金额；十分钟内没有结果则自动失败并退回。',
      en: 'The amount is being set aside in the account; without an answer in ten minutes it fails and is given back.',
    },
    slaSeconds: MINUTE,
    customer: {
      zh: '提现显示“处理中”，这笔金额即将从可提现余额转为冻结。',
      en: 'It shows as processing; the amount is about to be set aside.',
    },
    answer: {
      zh: '正在锁定提现金额，通常几秒完成；十分钟内没有结果会自动退回，不会扣款。',
      en: 'The amount is being set aside, which takes seconds; without a result in ten minutes it is given back and nothing is taken.',
    },
    awaits: { zh: '账户对锁定金额的答复', en: 'the account’s answer about the hold' },
  },
  review: {
    title: { zh: '待审核', en: 'In review' },
    help: {
      zh: '金额较大，需要人工批准或拒绝；用户仍可取消。',
      en: 'The amount is large: a person approves or denies it; the user may still cancel.',
    },
    slaSeconds: DAY,
    customer: { zh: '提现显示“审核中”，金额已冻结。', en: 'It shows as in review; the amount is set aside.' },
    answer: {
      zh: '金额较大，需要人工审核，一般一个工作日内完成；通过后自动打款，期间可以自行取消。',
      en: 'Larger amounts are looked at by a person, mostly within a working day; it is then paid by itself. You may cancel until then.',
    },
    awaits: { zh: '审核人批准或拒绝', en: 'an approver’s yes or no' },
  },
  paying: {
    title: { zh: '打款中', en: 'Paying' },
    help: {
      zh: '已进入打款流程，不能再取消；在得到明确结果之前金额保持锁定。',
      en: 'The payout is under way and cannot be canceled; the amount stays held until there is a definite answer.',
    },
    slaSeconds: DAY,
  },
  'paying.sending': {
    title: { zh: '请求支付宝', en: 'Sending' },
    help: { zh: '转账请求已发出，等待支付宝答复。', en: 'The transfer has been sent and Alipay has yet to answer.' },
    slaSeconds: 30,
    customer: { zh: '提现显示“处理中”，金额已冻结。', en: 'It shows as processing; the amount is set aside.' },
    answer: {
      zh: '正在向支付宝转账，通常几秒到账；现在不能取消。',
      en: 'The transfer is on its way to Alipay and mostly takes seconds; it cannot be canceled now.',
    },
    dependsOn: 'alipay',
  },
  'paying.unknown': {
    title: { zh: '结果未知', en: 'Outcome unknown' },
    help: {
      zh: '支付宝没有给出明确结果，正在自动查询；请告知用户钱款安全，不会重复打款。',
      en: 'Alipay gave no definite answer and is being queried; tell the customer that the money is safe and is paid once only.',
    },
    slaSeconds: 2 * HOUR,
    customer: { zh: '提现显示“处理中”，金额已冻结。', en: 'It shows as processing; the amount is set aside.' },
    answer: {
      zh: '支付宝暂时没有给出结果，我们正在核对；钱款安全，不会重复打款，无需重新申请。',
      en: 'Alipay has not said yet what became of it and we are asking; the money is safe, it is paid once only, and there is no need to ask again.',
    },
    dependsOn: 'alipay',
  },
  'paying.postponed': {
    title: { zh: '稍后重试', en: 'Postponed' },
    help: {
      zh: '我方余额或额度不足等原因，支付宝确定没有付款；到时间会原样重发，不是用户的问题。',
      en: 'Certainly not paid for a reason on our side (funds, quota): the same request goes out again later. Not the customer’s fault.',
    },
    slaSeconds: DAY,
    customer: { zh: '提现显示“处理中”，金额已冻结。', en: 'It shows as processing; the amount is set aside.' },
    answer: {
      zh: '付款通道暂时繁忙，这笔提现会自动重发，钱款安全，不需要您操作。',
      en: 'The payout channel is busy; the payout goes out again by itself, the money is safe and there is nothing you need to do.',
    },
    dependsOn: 'alipay',
  },
  'paying.manual': {
    title: { zh: '需要人工处理', en: 'Needs a person' },
    help: {
      zh: '长时间没有明确结果或被支付宝安全策略拦下；查询仍在继续，支付宝恢复后会自动重发原请求（被拦下的除外），也可以人工重发；确定未付款后才能拒绝。',
      en: 'No definite answer for long, or stopped by Alipay’s security. Querying goes on; once Alipay recovers the same request goes out again by itself (not when it was stopped), or a person sends it; it can be denied once it is certain that nothing was paid.',
    },
    slaSeconds: DAY,
    customer: { zh: '提现显示“处理中”，金额已冻结。', en: 'It shows as processing; the amount is set aside.' },
    answer: {
      zh: '支付宝较久没有明确结果，已有专人跟进；确认之前金额保持冻结，不会重复打款。',
      en: 'Alipay has given no definite answer for a while and a person is looking into it; until then the amount stays set aside and is paid once only.',
    },
    awaits: { zh: '审批人的决定，或支付宝的明确结果', en: 'an approver’s decision, or a definite answer of Alipay' },
    dependsOn: 'alipay',
  },
  releasing: {
    title: { zh: '退回金额中', en: 'Releasing' },
    help: {
      zh: '提现不会付款，锁定的金额正在退回余额。',
      en: 'It will not be paid; the amount held is going back to the balance.',
    },
    slaSeconds: MINUTE,
    customer: {
      zh: '提现显示“处理中”，冻结的金额即将退回可提现余额。',
      en: 'It shows as processing; the amount is about to go back to the available balance.',
    },
    answer: {
      zh: '这笔提现不会付款，金额正在退回，马上可以看到。',
      en: 'This withdrawal will not be paid; the amount is going back and will show in a moment.',
    },
    awaits: { zh: '账户退回金额的答复', en: 'the account’s word that the amount is back' },
  },
  paid: {
    title: { zh: '已到账', en: 'Paid' },
    help: { zh: '支付宝已确认付款。', en: 'Alipay confirmed the payout.' },
    slaSeconds: 0,
    customer: { zh: '提现显示“已到账”。', en: 'It shows as paid.' },
    answer: {
      zh: '支付宝已确认付款；若还没看到，请在支付宝账单中查找“返利提现”，并核对收款账号。',
      en: 'Alipay confirmed the payout; if you do not see it, look for “返利提现” in your Alipay bills and check the account it went to.',
    },
  },
  failed: {
    title: { zh: '失败', en: 'Failed' },
    help: {
      zh: '没有付款，金额没有被扣；原因见“reason”，用户更正后可以重新申请。',
      en: 'Not paid and nothing taken; the reason says why, and the user may ask again once it is mended.',
    },
    slaSeconds: 0,
    customer: {
      zh: '提现显示“失败”和原因，金额在可提现余额里。',
      en: 'It shows as failed with the reason; the amount is in the available balance.',
    },
    answer: {
      zh: '付款没有成功，金额没有被扣；请按失败原因更正后重新申请。',
      en: 'It was not paid and nothing was taken; please mend what the reason names and ask again.',
    },
  },
  denied: {
    title: { zh: '已拒绝', en: 'Denied' },
    help: { zh: '人工拒绝，金额已退回。', en: 'Denied by a person; the amount is back in the balance.' },
    slaSeconds: 0,
    customer: {
      zh: '提现显示“已拒绝”，金额已退回可提现余额。',
      en: 'It shows as denied; the amount is back in the available balance.',
    },
    answer: {
      zh: '提现没有通过审核，金额已退回余额。',
      en: 'The withdrawal was not approved; the amount is back in your balance.',
    },
  },
  canceled: {
    title: { zh: '已取消', en: 'Canceled' },
    help: { zh: '用户自行取消，金额已退回。', en: 'Canceled by the user; the amount is back in the balance.' },
    slaSeconds: 0,
    customer: {
      zh: '提现显示“已取消”，金额在可提现余额里。',
      en: 'It shows as canceled; the amount is in the available balance.',
    },
    answer: {
      zh: '提现已按您的要求取消，可以随时重新申请。',
      en: 'It was canceled as you asked; you may ask again at any time.',
    },
  },
} as const satisfies Record<string, StateMeta>;

const byRuntime = (zh: string, en: string, helpZh: string, helpEn: string): EventMeta => ({
  title: { zh, en },
  help: { zh: helpZh, en: helpEn },
  sentBy: [],
});

export const withdrawalEvents: Record<string, EventMeta> = {
  request: byRuntime('提交提现', 'Request', '用户提交了提现申请。', 'The user asked for a withdrawal.'),
  held: byRuntime('金额已锁定', 'Held', '账户已锁定提现金额。', 'The account has set the amount aside.'),
  holdRefused: byRuntime(
    '锁定被拒绝',
    'Hold refused',
    '余额不足、账户冻结或过期，提现失败。',
    'Funds are short, the account is frozen or it came too late: the withdrawal fails.',
  ),
  unheld: byRuntime('金额已退回', 'Released', '锁定的金额已退回余额。', 'The amount held is back in the balance.'),
  cancel: {
    title: { zh: '取消', en: 'Cancel' },
    help: { zh: '用户在打款之前取消提现。', en: 'The user cancels before the payout begins.' },
    sentBy: [],
  },
  approve: {
    title: { zh: '批准', en: 'Approve' },
    help: {
      zh: '审核通过并打款；在“需要人工处理”时表示原样重发同一笔请求。',
      en: 'Lets it be paid; where a person is needed, sends the identical request again.',
    },
    sentBy: APPROVERS,
  },
  deny: {
    title: { zh: '拒绝', en: 'Deny' },
    help: {
      zh: '拒绝并退回金额；已经打款的，只有确定未付款时才能拒绝。',
      en: 'Denies it and gives the amount back; once sent, only when it is certain that nothing was paid.',
    },
    sentBy: SUPPORT,
  },
  requery: {
    title: { zh: '立即查询', en: 'Query now' },
    help: { zh: '马上向支付宝查询这笔转账的结果。', en: 'Asks Alipay at once what became of the transfer.' },
    sentBy: SUPPORT,
  },
  markPaid: {
    title: { zh: '人工标记已付款', en: 'Mark as paid' },
    help: {
      zh: '已从支付宝处确认付款成功，凭证齐全；锁定金额正式支出，须两人确认，不能撤销。',
      en: 'Alipay itself was asked and has paid, with evidence: the amount held is spent. Two people, no way back.',
    },
    sentBy: APPROVERS,
  },
  markNotPaid: {
    title: { zh: '人工标记未付款', en: 'Mark as not paid' },
    help: {
      zh: '已从支付宝处确认没有付款，凭证齐全；金额退回余额，须两人确认，不能撤销。',
      en: 'Alipay itself was asked and has not paid, with evidence: the amount goes back. Two people, no way back.',
    },
    sentBy: APPROVERS,
  },
  'transfer.ok': byRuntime('转账成功', 'Transfer done', '支付宝答复已付款。', 'Alipay answered that it has paid.'),
  'transfer.refused': byRuntime(
    '转账被拒绝',
    'Transfer refused',
    '支付宝明确拒绝；此前没有不明结果的请求时立即退回金额。',
    'Alipay said no; the amount is given back at once unless an earlier attempt is unaccounted for.',
  ),
  'transfer.unknown': byRuntime(
    '转账结果未知',
    'Transfer unknown',
    '超时、错误或无法识别的答复，可能已付款，需要查询。',
    'A timeout, an error or an answer that means nothing: it may have been paid, so it is queried.',
  ),
  'transfer.postponed': byRuntime(
    '转账推迟',
    'Transfer postponed',
    '确定没有付款，稍后原样重发。',
    'Certainly not paid; the same request goes out later.',
  ),
  'transfer.late': byRuntime(
    '迟到的转账结果',
    'Late transfer outcome',
    '之前以为丢失的请求有了结果；若已付款，绝不会被忽略。',
    'An attempt taken for lost has an outcome after all; a payment is never ignored.',
  ),
  'query.ok': byRuntime(
    '查询结果',
    'Query answered',
    '支付宝答复了这笔转账的状态。',
    'Alipay answered what became of it.',
  ),
  'query.refused': byRuntime(
    '查询被拒绝',
    'Query refused',
    '支付宝拒绝了查询，稍后再查。',
    'Alipay refused the query; asked again later.',
  ),
  'query.unknown': byRuntime(
    '查询无结果',
    'Query failed',
    '查询没有得到答复，稍后再查。',
    'The query got no answer; asked again later.',
  ),
  'query.postponed': byRuntime('查询推迟', 'Query postponed', '支付宝要求稍后再查。', 'The query has to wait.'),
  'query.late': byRuntime(
    '迟到的查询结果',
    'Late query answer',
    '已经放弃的查询有了答复；若已付款，绝不会被忽略。',
    'A query that was given up is answered after all; a payment is never ignored.',
  ),
};
