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
  },
  idle: {
    title: { zh: '已同步', en: 'Up to date' },
    help: { zh: '已读到当前时间，等待下一次轮询。', en: 'Everything up to now is read; waits for the next poll.' },
    slaSeconds: 86_400,
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
  },
  backingOff: {
    title: { zh: '稍后重试', en: 'Backing off' },
    help: {
      zh: '联盟暂时没有正常应答，系统自动重试同一页；订单会晚一些出现，不会丢失。',
      en: 'Taobao gave no usable answer; the same page is tried again. Orders come later, none is lost.',
    },
    slaSeconds: 600,
  },
  postponed: {
    title: { zh: '被限流，等待', en: 'Postponed' },
    help: {
      zh: '联盟限流或当日额度用完，到时间后自动继续；订单会晚一些出现。',
      en: 'Taobao limits the rate or today’s quota is used up; it goes on by itself at the given time.',
    },
    slaSeconds: 86_400,
  },
  blocked: {
    title: { zh: '被拒绝，需要处理', en: 'Blocked' },
    help: {
      zh: '联盟拒绝了请求（见最近错误），多为权限或配置问题，请联系运维；系统每隔几分钟重试。',
      en: 'Taobao refuses the request (see the last error), often for rights or configuration: call the operators. It is retried every few minutes.',
    },
    slaSeconds: 900,
  },
} as const satisfies Record<string, StateMeta>;
