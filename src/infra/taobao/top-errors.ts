/**
 * What to do about each error TOP and the Alimama order APIs answer with: one table, read from the top.
 *
 * Sources: TOP doc 102707 (platform codes), the flow-control articles 108426/108869, the error tables of
 * `taobao.tbk.order.details.get`, `taobao.tbk.order.refund.get`, `taobao.tbk.item.info.upgrade.get` and
 * `taobao.tbk.tpwd.create`. Their own codes may arrive as `code` or as `sub_code`, so both are looked at. All calls are
 * reads or may be repeated: trying again is always safe, only sometimes useless.
 */
import { nextTimeOfDay } from '../../machines/shanghai.ts';
import type { RefusalCause } from '../resilience/endings.ts';

/** The permanent refusals that callers can act on; all others are `TAOBAO_REFUSED`. */
type RefusalCode =
  | 'WINDOW_TOO_LONG'
  | 'WINDOW_TOO_OLD'
  | 'POSITION_INVALID'
  | 'NO_SUCH_ITEM'
  | 'NO_RESULT'
  | 'TAOBAO_REFUSED';

/** What a limit holds back: this API, all order APIs of the account, or every call of the app. */
type LimitScope = 'api' | 'account' | 'app';

/** `rateLimited`: the same call at `until`. `notSent`: refused before it left, so certainly not done; the same call at
 * `until`. `transient`: the same call with backoff. `permanent`: never the same call again. `detail` names the
 * partner's codes for people, never its free text. */
export type TopFailure =
  | { readonly class: 'rateLimited'; readonly until: number; readonly scope: LimitScope; readonly detail: string }
  | { readonly class: 'notSent'; readonly cause: RefusalCause; readonly until: number; readonly detail: string }
  | { readonly class: 'transient'; readonly code: TransientCode; readonly detail: string }
  | { readonly class: 'permanent'; readonly code: RefusalCode; readonly detail: string };

/** Why an answer says nothing: none in time, none at all, one that cannot be read, or Taobao's own trouble. */
export type TransientCode = 'TIMEOUT' | 'TRANSPORT' | 'GARBAGE' | 'TAOBAO_UNAVAILABLE';

export interface TopError {
  readonly code: string;
  readonly subCode: string;
  readonly subMsg: string;
}

type Reaction = 'ban' | 'moment' | 'nextDay' | 'transient' | RefusalCode;

interface Row {
  readonly matches: RegExp;
  /** Which of the two is looked at; both when left out. */
  readonly only?: 'code' | 'subCode';
  readonly reaction: Reaction;
  /** Of a limit; `api` when left out. */
  readonly scope?: LimitScope;
}

const BAN_MS = 5_000;
const MOMENT_MS = 2_000;
const LONGEST_BAN_S = 86_400;

const TABLE: readonly Row[] = [
  // Flow control. The daily quota of an app starts again at 00:00 +08:00; the other bans tell their seconds.
  { only: 'subCode', matches: /\blimited-by-app-access-count$/, reaction: 'nextDay', scope: 'app' },
  { only: 'subCode', matches: /\blimited-by-[a-z-]+-access-count$/, reaction: 'ban' },
  { matches: /^isp\.call-limited$/, reaction: 'moment' },

  // The order API's own codes.
  { matches: /^9100$/, reaction: 'ban', scope: 'account' },
  { matches: /^3000$/, reaction: 'nextDay', scope: 'account' },
  { matches: /^3001$/, reaction: 'transient' },
  { matches: /^2007$/, reaction: 'WINDOW_TOO_LONG' },
  { matches: /^2004$/, reaction: 'WINDOW_TOO_OLD' },
  { matches: /^1008$/, reaction: 'POSITION_INVALID' },
  { matches: /^(2000|2001|2002|1001|1005|1006)$/, reaction: 'TAOBAO_REFUSED' },

  // The item and search APIs' own codes: an id that is none (any more), nothing found, too often, try again.
  { matches: /^(719|1912|10000)$/, reaction: 'NO_SUCH_ITEM' },
  { matches: /^50001$/, reaction: 'NO_RESULT' },
  { matches: /^50002$/, reaction: 'moment' },
  { matches: /^(40001|1201)$/, reaction: 'transient' },
  { matches: /^(1911|2000[0-2])$/, reaction: 'TAOBAO_REFUSED' },

  // `isp.` is the platform's fault, except those documented as not worth a retry; `isv.` is ours.
  { matches: /^isp\.(null-pointer-exception|(top-|top-mapping-)parse-error|param-error)$/, reaction: 'TAOBAO_REFUSED' },
  { matches: /^isp\./, reaction: 'transient' },
  { matches: /^(isv\..*|session-expired)$/, reaction: 'TAOBAO_REFUSED' },

  // Platform codes. 15 and 50 only say "see the sub-code", and none above knew it.
  { only: 'code', matches: /^[45678]$/, reaction: 'ban' },
  { only: 'code', matches: /^(10|15|50)$/, reaction: 'transient' },
  { only: 'code', matches: /^\d{1,2}$/, reaction: 'TAOBAO_REFUSED' },
];

/** The reaction to an `error_response`. What no row knows is transient: a read may always be tried again. */
export function classifyTopError(error: TopError, now: number): TopFailure {
  const row = TABLE.find(
    ({ matches, only }) =>
      (only !== 'code' && matches.test(error.subCode)) || (only !== 'subCode' && matches.test(error.code)),
  );
  const detail = `${error.code}:${error.subCode}`.replace(/[^\w:.-]/g, '?').slice(0, 120);
  const reaction = row?.reaction ?? 'transient';
  const scope = row?.scope ?? 'api';
  switch (reaction) {
    case 'ban':
      return { class: 'rateLimited', until: now + banMs(error.subMsg), scope, detail };
    case 'moment':
      return { class: 'rateLimited', until: now + MOMENT_MS, scope, detail };
    case 'nextDay':
      return { class: 'rateLimited', until: nextTimeOfDay(now, 0), scope, detail };
    case 'transient':
      return { class: 'transient', code: 'TAOBAO_UNAVAILABLE', detail };
    default:
      return { class: 'permanent', code: reaction, detail };
  }
}

/** The refund API's own refusals (`biz_error_code` 101, 102, 103), which come in an answer that looks like a success. */
export function classifyBizError(code: string): TopFailure {
  return { class: 'permanent', code: 'TAOBAO_REFUSED', detail: `biz:${code}`.replace(/[^\w:.-]/g, '?').slice(0, 120) };
}

/** "This ban will last for N more seconds" or "ban will last N seconds": one second longer than that. */
function banMs(subMsg: string): number {
  const seconds = /\blasts? (?:for )?(\d{1,9}) (?:more )?seconds?\b/i.exec(subMsg)?.[1];
  return seconds === undefined ? BAN_MS : (Math.min(Number(seconds), LONGEST_BAN_S) + 1) * 1000;
}
