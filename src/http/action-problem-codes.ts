import { kind } from './problem-kind.ts';

/** What staff can meet when they act: the refusals of machines, of approvals and of the console's own conditions. */
export const ACTION_PROBLEMS = {
  ACTION_UNKNOWN: kind(
    404,
    ['没有这种操作', 'No such action'],
    ['可用的操作见该单据的 actions。', 'See "actions" of the actor for what there is.'],
  ),
  ACTION_NOT_POSSIBLE: kind(
    409,
    ['当前状态不能执行该操作', 'Not possible in this state'],
    ['请刷新查看当前状态和可用的操作。', 'Look again at its state and at what is possible now.'],
  ),
  ACTION_REFUSED: kind(
    409,
    ['操作被拒绝', 'The action was refused'],
    ['按其自身规则不能执行。', 'Its own rules do not allow it.'],
  ),
  PRECONDITION_REQUIRED: kind(
    428,
    ['缺少 If-Match', 'If-Match is missing'],
    ['请在请求头 If-Match 中放入所依据的 seq，例如 "12"。', 'Send If-Match with the seq you decided on, such as "12".'],
  ),
  PRECONDITION_FAILED: kind(
    412,
    ['单据已发生变化', 'It has changed meanwhile'],
    ['请核对期间的变化，仍需要时再操作一次。', 'Look at what has changed, and do it again if it is still right.'],
  ),
  SECOND_PERSON_REQUIRED: kind(
    409,
    ['需要第二人确认', 'A second person is needed'],
    ['请在控制台提出申请，由另一人批准。', 'Ask for it in the console; somebody else has to approve.'],
  ),
  APPROVAL_PENDING: kind(
    409,
    ['同样的申请正在等待复核', 'It is asked for already'],
    [
      '请等待另一人复核，或请申请人先撤回。',
      'Wait for the second person, or have who asked for it withdraw that first.',
    ],
  ),
  APPROVAL_SAME_PERSON: kind(
    409,
    ['不能批准自己的申请', 'Your own request'],
    ['请由申请人以外的复核人批准。', 'An approver other than who asked for it has to decide.'],
  ),
  APPROVAL_NOT_REQUESTER: kind(
    409,
    ['只有申请人可以撤回', 'Not your request'],
    ['不同意时请驳回。', 'Only who asked for it can withdraw it; you may reject it.'],
  ),
  APPROVAL_DECIDED: kind(
    409,
    ['已有结论或已失效', 'It is decided already'],
    ['请刷新查看结论；如仍需要请重新申请。', 'Look again for the decision; ask again if it is still needed.'],
  ),
  BREAK_GLASS_OFF: kind(
    403,
    ['紧急单人执行未开放', 'Breaking the glass is switched off'],
    [
      '请由第二人批准；是否开放由设置 BREAK_GLASS 决定。',
      'A second person has to approve; the setting BREAK_GLASS allows it.',
    ],
  ),
  BREAK_GLASS_NEEDLESS: kind(
    409,
    ['您可以直接批准', 'You can approve it'],
    ['您不是申请人，请直接批准或驳回。', 'You did not ask for it: approve or reject it instead.'],
  ),
  BREAK_GLASS_NEVER: kind(
    409,
    ['该操作任何情况下都须两人', 'It is always done by two'],
    [
      '请等待第二人批准；调账、批量任务和授权不能单人执行。',
      'Wait for a second person: adjustments, jobs and roles are never done alone.',
    ],
  ),
  BREAK_GLASS_UNCONFIRMED: kind(
    422,
    ['确认字符不符', 'The confirmation does not match'],
    ['请输入对象编号的最后四个字符。', 'Type the last four characters of the id it is about.'],
  ),
  WITHDRAWAL_NOT_MARKABLE: kind(
    409,
    ['该提现没有待确认的付款', 'There is no payout in doubt'],
    ['只有付款结果未知时可以人工标记。', 'Only a payout of unknown outcome can be marked by hand.'],
  ),
  ADJUSTMENT_REPEATED: kind(
    409,
    ['该调账已入账', 'The adjustment is booked already'],
    ['无需重复操作。', 'Nothing more is to be done.'],
  ),
  ORDER_UNKNOWN: kind(
    409,
    ['联盟尚未上报该订单', 'The order has not been reported yet'],
    ['请稍后再试。', 'Try again once Taobao has reported it.'],
  ),
  ORDER_ATTRIBUTED: kind(
    409,
    ['订单已归属其他用户', 'The order belongs to another user'],
    ['已归属的订单不能更改。', 'An attributed order keeps its user.'],
  ),
  BULK_NOT_POSSIBLE: kind(422, ['该操作不能批量执行', 'Not possible in bulk'], ['请逐个处理。', 'Do it one by one.']),
  BULK_NOTHING_LEFT: kind(
    422,
    ['没有可处理的单据', 'Nothing to be done'],
    ['请检查所选编号是否存在。', 'None of the ids exists; check them.'],
  ),
  FOLLOWING_FULL: kind(
    409,
    ['关注的单据过多', 'Too many are followed'],
    ['最多关注 200 个；请先取消一些。', 'Up to 200 can be followed; let some go first.'],
  ),
  VIEWS_FULL: kind(
    409,
    ['保存的视图过多', 'Too many views are saved'],
    ['最多保存 50 个；请先在设置中删除一些。', 'Up to 50 can be saved; remove some in the settings first.'],
  ),
  INCIDENT_OVER: kind(
    404,
    ['该异常已恢复或不存在', 'No such incident, or it is over'],
    ['请刷新异常列表。', 'Reload the list of incidents.'],
  ),
} as const;
