/** What support reads about the states of a feed. */
import type { StateMeta } from './meta.ts';

export const feedMeta = {
  feed: {
    title: { zh: '订单同步', en: 'Feed' },
    help: {
      zh: '按时间窗口从联盟读取订单或维权；读完一个窗口才前进。',
      en: 'Reads orders or refunds from Taobao window by window; it moves on only when a window is complete.',
    },
    slaSeconds: 0,
  },
  unstarted: {
    title: { zh: '未启动', en: 'Not started' },
    help: { zh: '服务启动后会自动开始。', en: 'Begins by itself when the server starts.' },
    slaSeconds: 60,
    customer: { zh: '新订单暂时不会出现。', en: 'New orders do not show up yet.' },
    answer: { zh: '订单同步尚未开始，请稍后再看。', en: 'Orders are not being read yet; please look again later.' },
    awaits: { zh: '服务启动', en: 'the server’s start' },
  },
  idle: {
    title: { zh: '已同步', en: 'Up to date' },
    help: { zh: '已读到当前时间，等待下一次轮询。', en: 'Everything up to now is read; waits for the next poll.' },
    slaSeconds: 86_400,
    customer: { zh: '新订单会在几分钟内出现。', en: 'New orders show up within minutes.' },
    answer: {
      zh: '订单同步正常；请确认是通过本应用的链接下单，并稍后再看。',
      en: 'Orders are read as usual; please check that you bought through a link of this app, and look again in a few minutes.',
    },
  },
  opening: {
    title: { zh: '打开窗口', en: 'Opening a window' },
    help: { zh: '正在确定下一个时间窗口，瞬间完成。', en: 'The next window is being chosen; this takes no time.' },
    slaSeconds: 1,
  },
  reading: {
    title: { zh: '读取中', en: 'Reading' },
    help: {
      zh: '正在读取一页；新订单会在几分钟内出现。',
      en: 'A page is being read; new orders show up within minutes.',
    },
    slaSeconds: 60,
    customer: { zh: '新订单会在几分钟内出现。', en: 'New orders show up within minutes.' },
    answer: {
      zh: '订单同步正常，请几分钟后再看。',
      en: 'Orders are read as usual; please look again in a few minutes.',
    },
    dependsOn: 'taobao',
  },
  backingOff: {
    title: { zh: '稍后重试', en: 'Backing off' },
    help: {
      zh: '联盟暂时没有正常应答，系统自动重试同一页；订单会晚一些出现，不会丢失。',
      en: 'Taobao gave no usable answer; the same page is tried again. Orders come later, none is lost.',
    },
    slaSeconds: 600,
    customer: { zh: '新订单会晚一些出现。', en: 'New orders show up later than usual.' },
    answer: {
      zh: '淘宝订单同步暂时较慢，订单不会丢失，请稍后再看。',
      en: 'Taobao is slow to report orders; none is lost, please look again later.',
    },
    dependsOn: 'taobao',
  },
  postponed: {
    title: { zh: '被限流，等待', en: 'Postponed' },
    help: {
      zh: '联盟限流或当日额度用完，到时间后自动继续；订单会晚一些出现。',
      en: 'Taobao limits the rate or today’s quota is used up; it goes on by itself at the given time.',
    },
    slaSeconds: 86_400,
    customer: { zh: '新订单会晚一些出现。', en: 'New orders show up later than usual.' },
    answer: {
      zh: '淘宝暂时限制了订单同步，订单不会丢失，恢复后会补齐。',
      en: 'Taobao limits how often we may ask; no order is lost, they follow once it lets us.',
    },
    dependsOn: 'taobao',
  },
  blocked: {
    title: { zh: '被拒绝，需要处理', en: 'Blocked' },
    help: {
      zh: '联盟拒绝了请求（见最近错误），多为权限或配置问题，请联系运维；系统每隔几分钟重试。',
      en: 'Taobao refuses the request (see the last error), often for rights or configuration: call the operators. It is retried every few minutes.',
    },
    slaSeconds: 900,
    customer: { zh: '新订单暂时不会出现。', en: 'New orders do not show up for now.' },
    answer: {
      zh: '订单同步遇到问题，正在处理；恢复后会补齐所有订单。',
      en: 'Orders cannot be read at the moment and we are on it; all of them follow once it works again.',
    },
    awaits: { zh: '运维处理联盟拒绝的原因', en: 'somebody to mend what Taobao refuses' },
    dependsOn: 'taobao',
  },
} as const satisfies Record<string, StateMeta>;
