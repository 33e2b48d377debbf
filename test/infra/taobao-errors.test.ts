import { describe, expect, it } from 'vitest';
import { classifyBizError, classifyTopError } from '../../src/infra/taobao/top-errors.ts';

/** 2026-01-15 10:30:00 +08:00 */
const NOW = Date.UTC(2026, 0, 15, 2, 30);
const NEXT_DAY = Date.UTC(2026, 0, 15, 16);

type Expected = 'transient' | 'WINDOW_TOO_LONG' | 'WINDOW_TOO_OLD' | 'POSITION_INVALID' | 'TAOBAO_REFUSED' | number;

/** code, sub_code, sub_msg, what it comes to (a number: rate limited until then). */
const ROWS: readonly (readonly [string, string, string, Expected])[] = [
  // Flow control by sub-code.
  ['7', 'accesscontrol.limited-by-api-access-count', 'This ban will last for 3 more seconds', NOW + 4_000],
  ['7', 'accesscontrol.limited-by-api-access-count', 'ban will last 59 seconds', NOW + 60_000],
  ['7', 'accesscontrol.limited-by-api-access-count', 'This ban will last for 1 more second', NOW + 2_000],
  ['7', 'accesscontrol.limited-by-api-access-count', 'This ban will last for 999999999 more seconds', NOW + 86_401_000],
  ['7', 'accesscontrol.limited-by-api-access-count', '', NOW + 5_000],
  ['7', 'accesscontrol.limited-by-app-api-access-count', 'This ban will last for 1 more seconds', NOW + 2_000],
  ['7', 'accesscontrol.limited-by-app-access-count', 'This ban will last for 31062 more seconds', NEXT_DAY],
  ['7', 'accesscontrol.limited-by-dynamic-access-count', '', NOW + 5_000],
  ['15', 'isp.call-limited', '', NOW + 2_000],
  // Flow control by code alone.
  ...['4', '5', '6', '7', '8'].map((code) => [code, '', '', NOW + 5_000] as const),
  // The order API, in either place.
  ['9100', '', '', NOW + 5_000],
  ['50', '9100', '', NOW + 5_000],
  ['3000', '', '', NEXT_DAY],
  ['15', '3000', '', NEXT_DAY],
  ['3001', '', '', 'transient'],
  ['50', '3001', '', 'transient'],
  ['2007', '', '', 'WINDOW_TOO_LONG'],
  ['50', '2007', '', 'WINDOW_TOO_LONG'],
  ['2004', '', '', 'WINDOW_TOO_OLD'],
  ['15', '2004', '', 'WINDOW_TOO_OLD'],
  ['1008', '', '', 'POSITION_INVALID'],
  ['50', '1008', '', 'POSITION_INVALID'],
  ...['2000', '2001', '2002', '1001', '1005', '1006'].flatMap((code) => [
    [code, '', '', 'TAOBAO_REFUSED'] as const,
    ['50', code, '', 'TAOBAO_REFUSED'] as const,
  ]),
  // isp: the platform's fault.
  ...[
    'isp.pubrpt-service-unavailable',
    'isp.item-service-unavailable',
    'isp.remote-service-error',
    'isp.remote-service-timeout',
    'isp.remote-connection-error',
    'isp.top-remote-connection-timeout',
    'isp.top-remote-connection-timeout-tmall',
    'isp.top-remote-connection-error',
    'isp.top-remote-service-unavailable',
    'isp.top-remote-unknown-error',
    'isp.unknown-error',
    'isp.sys-error',
    'isp.dependency-error',
  ].flatMap((sub) => [['15', sub, '', 'transient'] as const, ['50', sub, '', 'transient'] as const]),
  ...['isp.null-pointer-exception', 'isp.top-parse-error', 'isp.top-mapping-parse-error', 'isp.param-error'].map(
    (sub) => ['15', sub, '', 'TAOBAO_REFUSED'] as const,
  ),
  // isv and session: ours to put right.
  ['41', 'isv.invalid-parameter:start_time', '', 'TAOBAO_REFUSED'],
  ['50', 'isv.missing-parameter', '', 'TAOBAO_REFUSED'],
  ['11', 'isv.permission-api-package-limit', '', 'TAOBAO_REFUSED'],
  ['50', 'isv.item-not-exist', '', 'TAOBAO_REFUSED'],
  ['27', 'session-expired', '', 'TAOBAO_REFUSED'],
  // Platform codes.
  ['10', '', '', 'transient'],
  ['15', '', '', 'transient'],
  ['50', '', '', 'transient'],
  ['15', 'something-new', '', 'transient'],
  ...[
    '3',
    '9',
    '11',
    '12',
    '13',
    '21',
    '22',
    '23',
    '24',
    '25',
    '26',
    '27',
    '28',
    '29',
    '30',
    '31',
    '32',
    '33',
    '34',
  ].map((code) => [code, '', '', 'TAOBAO_REFUSED'] as const),
  ...['40', '41', '42', '43', '53'].map((code) => [code, '', '', 'TAOBAO_REFUSED'] as const),
  // What nobody has listed may be tried again.
  ['551', '', '', 'transient'],
  ['', '', '', 'transient'],
];

describe('TOP errors', () => {
  it.each(ROWS)('code "%s", sub_code "%s", sub_msg "%s" → %s', (code, subCode, subMsg, expected) => {
    const failure = classifyTopError({ code, subCode, subMsg }, NOW);
    if (typeof expected === 'number') expect(failure).toMatchObject({ class: 'rateLimited', until: expected });
    else if (expected === 'transient')
      expect(failure).toMatchObject({ class: 'transient', code: 'TAOBAO_UNAVAILABLE' });
    else expect(failure).toMatchObject({ class: 'permanent', code: expected });
  });

  it('ends a daily ban at midnight in Shanghai, also from just before and just after it', () => {
    const quota = { code: '7', subCode: 'accesscontrol.limited-by-app-access-count', subMsg: '' };
    expect(classifyTopError(quota, NEXT_DAY - 1)).toMatchObject({ until: NEXT_DAY });
    expect(classifyTopError(quota, NEXT_DAY)).toMatchObject({ until: NEXT_DAY + 86_400_000 });
  });

  it('tells people the codes and nothing of the free text', () => {
    const failure = classifyTopError({ code: '50', subCode: 'isv.x\n{"session":"s"}', subMsg: 'secret' }, NOW);
    expect(failure.detail).toBe('50:isv.x???session?:?s??');
  });

  it.each(['101', '102', '103'])('a refund answer with biz_error_code %s is refused', (code) => {
    expect(classifyBizError(code)).toEqual({ class: 'permanent', code: 'TAOBAO_REFUSED', detail: `biz:${code}` });
  });
});
