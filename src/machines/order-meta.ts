/** What support reads about the states of an order. */
import type { StateMeta } from './meta.ts';

const DAY_SECONDS = 86_400;

export const orderMeta = {
  order: {
    title: { zh: '订单', en: 'Order' },
    help: {
      zh: '一笔淘宝子订单：左边是交易进度，右边是归属用户。',
      en: 'One Taobao order line: its trade on one side, the search for its user on the other.',
    },
    slaSeconds: 0,
  },
  trade: {
    title: { zh: '交易', en: 'Trade' },
    help: {
      zh: '以联盟最新一次上报为准；较早的上报不改变状态。',
      en: 'Follows the newest row from Taobao; older rows change nothing here.',
    },
    slaSeconds: 0,
  },
  unseen: {
    title: { zh: '尚未上报', en: 'Not reported yet' },
    help: {
      zh: '联盟还没有上报这笔订单，可能刚刚下单；请用户稍后再看。',
      en: 'Taobao has not reported this order yet; ask the customer to look again later.',
    },
    slaSeconds: 0,
    customer: { zh: '订单列表里还看不到这笔订单。', en: 'The order is not in the list yet.' },
    answer: {
      zh: '订单一般在付款后几分钟内同步；请确认是通过本应用的链接下单，并稍后再看。',
      en: 'Orders show up within minutes of the payment; please check that you bought through a link of this app, and look again later.',
    },
    awaits: { zh: '联盟上报这笔订单', en: 'Taobao’s report of the order' },
  },
  weighing: {
    title: { zh: '判定中', en: 'Weighing' },
    help: {
      zh: '系统正在按最新数据判定状态，瞬间完成。',
      en: 'The newest facts are being weighed; this takes no time.',
    },
    slaSeconds: 1,
  },
  paid: {
    title: { zh: '已付款', en: 'Paid' },
    help: {
      zh: '用户已付款，返利为预估，确认收货并结算后才会确定。',
      en: 'Paid by the customer; the rebate is an estimate until the order is received and settled.',
    },
    slaSeconds: 30 * DAY_SECONDS,
    customer: {
      zh: '订单显示“已付款”，预估返利计入待结算。',
      en: 'It shows as paid; the estimated rebate counts as pending.',
    },
    answer: {
      zh: '返利目前是预估值，确认收货、商家结算佣金后才会确定。',
      en: 'The rebate is an estimate until you confirm receipt and the merchant has settled the commission.',
    },
    awaits: { zh: '用户确认收货', en: 'the customer’s receipt of the goods' },
  },
  received: {
    title: { zh: '已收货', en: 'Received' },
    help: {
      zh: '用户已确认收货，等待商家佣金结算。',
      en: 'The customer confirmed receipt; the merchant’s commission is still to come.',
    },
    slaSeconds: 30 * DAY_SECONDS,
    customer: {
      zh: '订单显示“已收货”，预估返利计入待结算。',
      en: 'It shows as received; the estimated rebate counts as pending.',
    },
    answer: {
      zh: '已经确认收货；商家结算佣金、再过保留期之后就可以提现。',
      en: 'Receipt is confirmed; once the commission is settled and the holding time is over the rebate can be withdrawn.',
    },
    awaits: { zh: '商家结算佣金', en: 'the merchant’s commission' },
  },
  settled: {
    title: { zh: '已结算，等待解冻', en: 'Settled, holding time' },
    help: {
      zh: '佣金已结算，返利将在保留期结束时转为可提现。',
      en: 'The commission has come in; the rebate becomes available when the holding time ends.',
    },
    slaSeconds: 60 * DAY_SECONDS,
    customer: {
      zh: '订单显示“已结算”和可提现日期，返利计入待结算。',
      en: 'It shows as settled with the day from which it can be withdrawn; the rebate counts as pending.',
    },
    answer: {
      zh: '佣金已结算；保留期结束后返利自动转为可提现，无需操作。',
      en: 'The commission has come in; when the holding time ends the rebate becomes available by itself.',
    },
  },
  released: {
    title: { zh: '返利已到账', en: 'Rebate released' },
    help: {
      zh: '返利已可提现；之后若发生维权退款仍会扣回。',
      en: 'The rebate can be withdrawn; a later refund still takes it back.',
    },
    slaSeconds: 0,
    customer: {
      zh: '订单显示“已结算”，返利已计入可提现余额。',
      en: 'It shows as settled; the rebate is in the available balance.',
    },
    answer: {
      zh: '返利已经可以提现；之后若发生退款，相应的返利会扣回。',
      en: 'The rebate can be withdrawn; should goods be refunded later, its part is taken back.',
    },
  },
  closed: {
    title: { zh: '已失效', en: 'Invalid' },
    help: {
      zh: '订单已关闭或退款，没有返利；若联盟重新上报会恢复。',
      en: 'The order was closed or refunded and earns nothing; a newer row would reopen it.',
    },
    slaSeconds: 0,
    customer: {
      zh: '订单显示“已失效”，没有返利；入账过的返利已扣回。',
      en: 'It shows as invalid and earns nothing; a rebate credited before has been taken back.',
    },
    answer: {
      zh: '订单已关闭或全额退款，因此没有返利；请核对淘宝里的订单状态。',
      en: 'The order was closed or refunded, so there is no rebate; please check its state in Taobao.',
    },
  },
  attribution: {
    title: { zh: '归属', en: 'Attribution' },
    help: {
      zh: '通过渠道、会员或推广位编号查找订单属于哪个用户。',
      en: 'Finds the user by the order’s relation, special or adzone id.',
    },
    slaSeconds: 0,
  },
  unattributed: {
    title: { zh: '没有渠道编号', en: 'No channel id' },
    help: {
      zh: '订单没有任何可识别的编号，用户可通过订单找回认领。',
      en: 'The order carries no id to find a user by; the customer may claim it.',
    },
    slaSeconds: 0,
    customer: { zh: '订单不在任何人的订单列表里。', en: 'The order is in nobody’s list.' },
    answer: {
      zh: '这笔订单没有带上推广信息，暂时归不到您名下；请提供订单截图，核实后可以人工找回。',
      en: 'The order carries no promotion data, so it cannot be matched to you; send us a screenshot of it and we can claim it for you.',
    },
    awaits: { zh: '订单找回，或联盟补上渠道编号', en: 'a claim, or a channel id from Taobao' },
  },
  asking: {
    title: { zh: '查找用户中', en: 'Looking for its user' },
    help: {
      zh: '该编号还没有绑定用户，系统会继续询问 90 天；绑定后自动归属。',
      en: 'Nobody holds its channel id yet; the order goes on asking for 90 days and a binding takes it in.',
    },
    slaSeconds: DAY_SECONDS,
    customer: { zh: '订单不在任何人的订单列表里。', en: 'The order is in nobody’s list.' },
    answer: {
      zh: '正在查找订单归属；完成淘宝授权绑定后会自动归到您名下，也可以提供订单截图人工找回。',
      en: 'We are looking for its owner; once your Taobao account is bound it becomes yours by itself, or send us a screenshot and we claim it for you.',
    },
    awaits: { zh: '渠道编号绑定到用户', en: 'a user to be bound to its channel id' },
  },
  attributed: {
    title: { zh: '已归属', en: 'Attributed' },
    help: { zh: '订单已归属用户，不再改变。', en: 'The order has its user and keeps it.' },
    slaSeconds: 0,
  },
  abandoned: {
    title: { zh: '停止查找', en: 'Search ended' },
    help: {
      zh: '90 天内没有找到用户；仍可由客服认领，或在绑定渠道后归属。',
      en: 'No user was found in 90 days; a claim or a late binding still attributes it.',
    },
    slaSeconds: 0,
    customer: { zh: '订单不在任何人的订单列表里。', en: 'The order is in nobody’s list.' },
    answer: {
      zh: '很久没有找到归属用户；请提供订单截图，核实后可以人工找回。',
      en: 'No owner was found for a long time; send us a screenshot of the order and we can claim it for you.',
    },
    awaits: { zh: '订单找回', en: 'a claim' },
  },
} as const satisfies Record<string, StateMeta>;
