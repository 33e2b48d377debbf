/**
 * The problems that only the console can meet.
 */
import { kind, type ProblemKind } from './problem-kind.ts';

export const CONSOLE_PROBLEMS = {
  SESSION_REQUIRED: kind(401, ['需要登录', 'Sign in first'], ['请登录控制台。', 'Sign in to the console.']),
  SESSION_ENDED: kind(
    401,
    ['登录已失效', 'The session has ended'],
    [
      '长时间未操作、已退出，或账号的角色、密码有变更；请重新登录。',
      'It was idle too long, was signed out, or the user was changed; sign in again.',
    ],
  ),
  SIGN_IN_FAILED: kind(
    401,
    ['用户名或密码不正确', 'Wrong name or password'],
    ['请检查后再试；忘记密码请联系管理员。', 'Check both; an admin can set a new password.'],
  ),
  SIGN_IN_LIMITED: kind(
    429,
    ['尝试次数过多', 'Too many attempts'],
    ['请稍后再登录；忘记密码请联系管理员。', 'Wait a while, then sign in; an admin can set a new password.'],
  ),
  CSRF_TOKEN_INVALID: kind(
    403,
    ['缺少或错误的 x-csrf-token', 'The x-csrf-token is missing or wrong'],
    [
      '请在请求头 x-csrf-token 中发送登录时得到的 csrfToken。',
      'Send the csrfToken of GET /console/api/session in the header x-csrf-token.',
    ],
  ),
  ROLE_REQUIRED: kind(
    403,
    ['您的角色不能进行此操作', 'Your role may not do this'],
    ['请联系有相应角色的同事或管理员。', 'Ask a colleague who has the role, or an admin.'],
  ),
  STAFF_EXISTS: kind(
    409,
    ['用户名已被使用', 'The name is taken'],
    ['请换一个用户名；停用的用户可重新启用。', 'Use another name; a disabled user can be enabled.'],
  ),
  STAFF_OWN: kind(
    409,
    ['不能修改自己的账号', 'Nobody changes their own account'],
    ['请由另一位管理员操作。', 'Ask another admin.'],
  ),
  NOT_REVEALABLE: kind(
    404,
    ['该字段没有可显示的内容', 'There is nothing to reveal'],
    ['只能显示 fields 中 reveal 不为空的字段。', 'Only fields whose "reveal" is not null can be revealed.'],
  ),
  DATA_ERASED: kind(
    410,
    ['个人信息已删除', 'The personal data has been erased'],
    ['该用户的密钥已删除，内容无法恢复。', "The user's key was erased; nobody can read it again."],
  ),
  SEARCH_LIMITED: kind(429, ['搜索过于频繁', 'Too many searches'], ['请稍后再搜。', 'Search again in a moment.']),
  SEQ_UNKNOWN: kind(
    404,
    ['没有这个序号', 'There is no such record'],
    ['序号从 1 到最新一条；请核对链接。', 'They are numbered from 1 to the last one; check the link.'],
  ),
  VERSION_UNKNOWN: kind(
    404,
    ['没有此流程版本的流程图', 'No chart of this machine version is kept'],
    [
      '写成该记录的程序没有保存它的流程图；时间线仍可逐步查看。',
      'The program that wrote it kept no chart; the timeline still tells every step.',
    ],
  ),
  FOCUS_UNKNOWN: kind(
    400,
    ['没有这样的状态', 'No such state'],
    ['focus 须为该图中的状态编号。', 'Send ids of states of this chart as focus.'],
  ),
  TOPIC_INVALID: kind(
    400,
    ['不认识的主题', 'Unknown topic'],
    [
      '可用的主题见 topics，或 actor:<类型>/<编号>；最多 20 个。',
      'Use those in "topics", or actor:<type>/<id>; 20 at most.',
    ],
  ),
  STREAMS_FULL: kind(
    503,
    ['实时连接过多', 'Too many live connections'],
    ['请关闭不用的页面后再试。', 'Close pages that are not in use and try again.'],
  ),
  AUDIT_BUSY: kind(
    503,
    ['操作过多，无法记录', 'Too many actions are under way to be audited'],
    ['未执行任何操作；请稍后重试。', 'Nothing was done; try again later.'],
  ),
} as const satisfies Record<string, ProblemKind>;
