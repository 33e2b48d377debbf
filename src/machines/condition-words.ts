/**
 * What support staff read about conditions: the guards of each machine, and what its timers are for. They stand on the
 * edges of the charts, and timers in the sentences about what an actor waits for.
 */
import type { Words } from './meta.ts';

interface Conditions {
  readonly guards: Readonly<Record<string, Words>>;
  readonly delays: Readonly<Record<string, Words>>;
}

const words = (zh: string, en: string): Words => ({ zh, en });

export const orderConditions: Conditions = {
  guards: {
    isUnseen: words('尚未上报', 'not reported yet'),
    isInvalid: words('已失效', 'invalid'),
    isReleased: words('保留期已过', 'the holding time is over'),
    isSettled: words('已结算', 'settled'),
    isReceived: words('已收货', 'received'),
    hasNoRoomForRefund: words('维权次数过多', 'too many disputes'),
    hasUser: words('已有归属用户', 'it has a user'),
    isOurAnswer: words('正是本单的编号', 'about its own channel'),
    isClaimable: words('可以认领', 'it can be claimed'),
    isClaimants: words('已归该用户', 'it is theirs already'),
    knowsNewChannel: words('有新的渠道编号', 'a new channel id'),
    hasAskedLongEnough: words('已满 90 天', '90 days are over'),
  },
  delays: {
    holdingTime: words('保留期结束', 'the holding time is over'),
    askAgain: words('再次询问归属', 'time to ask again'),
  },
};

export const channelConditions: Conditions = {
  guards: {
    isOwner: words('同一个用户', 'the same user'),
    isKeepable: words('可以排队等待', 'there is room to wait'),
  },
  delays: {},
};

export const balanceConditions: Conditions = {
  guards: {
    isPosted: words('已入过账', 'posted before'),
    isHeld: words('金额锁定着', 'held'),
    isCaptured: words('已经支出', 'captured'),
    isPaid: words('已经付款', 'paid'),
    isKnown: words('已有结论', 'decided before'),
    isHoldable: words('可以锁定', 'it can be held'),
    isNewerFreeze: words('是较新的指令', 'newer than the last'),
    isAdjusted: words('已调整过', 'adjusted before'),
    isWordOfOne: words('只有一人确认', 'the word of one person'),
  },
  delays: {},
};

export const withdrawalConditions: Conditions = {
  guards: {
    isEnough: words('金额达到下限', 'the amount is enough'),
    needsReview: words('金额较大', 'a large amount'),
    'willBe(canceled)': words('因取消', 'canceled'),
    'willBe(denied)': words('因拒绝', 'denied'),
    saysPaid: words('已付款', 'paid'),
    isPaidAfterAll: words('退回后又显示已付款', 'paid after all'),
    isAccounted: words('此前的请求都有结果', 'every attempt has an end'),
    needsPerson: words('须人工决定', 'a person must decide'),
    isLateNo: words('明确拒绝', 'a no'),
    provesNo: words('确定没有付款', 'surely not paid'),
    allowsResend: words('支付宝查无此单', 'unknown to Alipay'),
    isDeniable: words('确定没有付款', 'surely not paid'),
    isWordOfOne: words('只有一人确认', 'the word of one person'),
    isQuiet: words('没有在途的请求', 'no attempt is on its way'),
  },
  delays: {
    holdWindow: words('锁定超时', 'the hold times out'),
    queryDelay: words('再次查询支付宝', 'time to query Alipay'),
    alertDelay: words('过久无结果，转人工', 'too long without an answer'),
    postponeDelay: words('推迟结束，重新发送', 'time to send it again'),
  },
};

export const feedConditions: Conditions = {
  guards: {
    isNightly: words('夜间复读', 'the nightly one'),
    hasWindow: words('有未读窗口', 'a window is open'),
    isLastWindow: words('已读到当前', 'the last window'),
    isTooFull: words('页数超限', 'too many pages'),
    isDivisiblyFull: words('页数超限，可拆分', 'too many pages, divisible'),
    hasNextPage: words('还有下一页', 'another page'),
    isInDoubt: words('两次结果不一致', 'in doubt'),
    hasNextReading: words('还有别的查询', 'another reading'),
    isTooLong: words('窗口过长', 'the window is too long'),
    isTooOld: words('时间过早', 'too old'),
    isPositionInvalid: words('翻页位置失效', 'the page position is gone'),
  },
  delays: {
    rest: words('下次轮询', 'time for the next poll'),
    backoff: words('重试同一页', 'time to retry the page'),
    postponement: words('限流结束，继续读取', 'the limit is over'),
    blockade: words('再试一次', 'time to try again'),
  },
};

export const staffConditions: Conditions = {
  guards: {
    isSameRole: words('角色没有变化', 'the same role'),
  },
  delays: {},
};

export const auditConditions: Conditions = {
  guards: {
    isFull: words('进行中的操作过多', 'too many under way'),
    hasOpen: words('还有未结束的操作', 'some are under way'),
  },
  delays: {
    unended: words('操作没有结束记录', 'one was never ended'),
  },
};

export const approvalConditions: Conditions = {
  guards: {
    isRequester: words('申请人自己', 'the one who asked'),
    isAnother: words('不是申请人', 'not the one who asked'),
    isForTwoOnly: words('必须两人', 'always by two'),
  },
  delays: {
    expiry: words('审批过期', 'the request expires'),
  },
};

export const jobConditions: Conditions = {
  guards: {
    needsApproval: words('需要审批', 'it needs approval'),
    isCreator: words('创建人自己', 'the one who made it'),
    isComplete: words('全部完成', 'all items are done'),
  },
  delays: {
    batchPause: words('处理下一批', 'time for the next batch'),
  },
};

export const deskConditions: Conditions = {
  guards: {
    isFollowed: words('已经关注', 'followed already'),
    isFollowingFull: words('关注过多', 'too many are followed'),
    isViewsFull: words('保存的视图过多', 'too many are saved'),
  },
  delays: {},
};

export const incidentConditions: Conditions = {
  guards: {
    isOver: words('已没有相关单据', 'none is left'),
  },
  delays: {
    snoozed: words('暂缓结束', 'the snooze is over'),
  },
};
