/**
 * The shapes of the internal port. Times are RFC 3339, as in the API.
 */
import { Type } from 'typebox';
import { LONGEST_STEERING_MS } from '../../actors/dependencies.ts';
import { closed, impersonal, rule, text } from '../schemas.ts';

const Name = Type.String({
  pattern: '^[a-zA-Z][a-zA-Z0-9_-]{0,63}$',
  ...rule('名称，见 GET /ops/dependencies', 'a name that GET /ops/dependencies lists'),
});
const Reason = Type.String({
  pattern: text(500),
  ...impersonal,
  ...rule(
    '原因：1 至 500 个字符，无控制字符，首尾无空格',
    'a reason of 1 to 500 characters without control characters or outer spaces',
  ),
});

export const PolicyPath = Type.Object({ dependency: Name, policy: Name });
export const SteeringRequest = Type.Object({ reason: Reason }, closed);
const TtlMs = Type.Integer({
  minimum: 1_000,
  maximum: LONGEST_STEERING_MS,
  ...rule(
    `多少毫秒后自动恢复：1000 至 ${LONGEST_STEERING_MS} 的整数`,
    `after how many ms it ends by itself: a whole number from 1000 to ${LONGEST_STEERING_MS}`,
  ),
});
export const HoldRequest = Type.Object({ reason: Reason, ttlMs: TtlMs }, closed);
export const LimitRequest = Type.Object(
  {
    reason: Reason,
    /** Its most is the policy's own. */
    limit: Type.Integer({ ...rule('同时调用数：整数', 'how many calls at once: a whole number') }),
    ttlMs: TtlMs,
  },
  closed,
);
