/**
 * How a withdrawal is paid out once, whatever the partner answers or fails to answer.
 *
 * Every attempt sends the identical request. A definite no counts at once only when no attempt ever ended without a
 * word. Otherwise it waits until no attempt can still be on its way (the payout timeout after the last send-by) and a
 * query asked after that finds nothing or a failure: that is `isSettled`. Nothing else gives the amount back.
 */
import type { Call } from './effects.ts';
import type { Rules } from './rules.ts';
import type { Change, Seen, WithdrawalContext } from './withdrawal-context.ts';
import type {
  LateEvent,
  NoAnswerEvent,
  PayoutOutput,
  PostponedEvent,
  QueryOkEvent,
  Reason,
  TransferOkEvent,
  TransferRefusedEvent,
  TransferUnknownEvent,
} from './withdrawal-events.ts';

/** An attempt is not sent later than this after its commit. */
const SEND_WITHIN_MS = 5_000;
/** On top of the attempt's own timeout, before it counts as lost. */
const CALL_GRACE_MS = 2_000;
const MAX_QUERY_DELAY_MS = 5 * 60_000;
/** However soon the partner's side says; else a node with a fast clock, for which every send-by has passed, would spin. */
const MIN_POSTPONE_MS = 1_000;
/** The partner neither paid nor says whether it will: a person decides. */
const NEEDS_PERSON: readonly string[] = ['SECURITY_CHECK_FAILED', 'PAYMENT_FAIL', 'PAYMENT_INFO_INCONSISTENCY'];

type PayoutRules = Pick<Rules, 'payoutTimeoutMs' | 'payoutQueryMs' | 'payoutAlertMs'>;

/** The steps that depend on how long things may take. */
export function payoutSteps({ payoutTimeoutMs, payoutQueryMs, payoutAlertMs }: PayoutRules) {
  const callLimits = { sendWithinMs: SEND_WITHIN_MS, timeoutMs: payoutTimeoutMs + CALL_GRACE_MS };

  /** When no attempt made so far can still reach the partner. */
  const quietAt = (context: WithdrawalContext) => context.lastSendBy + payoutTimeoutMs;

  /** Whether the last query was asked when everything that could reach the partner had reached it. */
  const isSettled = (context: WithdrawalContext) => context.askedAt !== null && context.askedAt >= quietAt(context);

  /** Pauses before the next query: doubling; with a no on record, not before the answer can count. */
  const backoff = (context: WithdrawalContext, queries: number, refusal: Reason | null, at: number) => {
    const delayMs = Math.min(MAX_QUERY_DELAY_MS, payoutQueryMs * 2 ** Math.min(queries, 30));
    return refusal === null ? delayMs : Math.max(delayMs, quietAt(context) - at);
  };

  return {
    transferCall: ({ context }: Seen): Call => {
      const { request } = context;
      if (request === null) throw new Error('I6 nothing was requested');
      return { name: 'transfer', activity: 'alipayTransfer', input: { request }, ...callLimits };
    },

    queryCall: ({ context }: Seen): Call => {
      return { name: 'query', activity: 'alipayQuery', input: { outBizNo: context.id }, ...callLimits };
    },

    noteUnknown: ({ context, event }: Seen<TransferUnknownEvent | TransferOkEvent>): Change => ({
      unknowns: context.unknowns + 1,
      firstUnknownAt: context.firstUnknownAt ?? event.at,
      needsPerson: event.type === 'transfer.unknown' && NEEDS_PERSON.includes(event.reason.code),
      queryDelayMs: backoff(context, context.queries, context.refusal, event.at),
      trouble: event.type === 'transfer.ok' ? { code: event.output.status } : event.reason,
    }),

    /** A no that does not count yet, for an earlier attempt may still have paid. */
    noteDoubtedNo: ({ context, event }: Seen<TransferRefusedEvent>): Change => ({
      refusal: event.reason,
      trouble: event.reason,
      queryDelayMs: backoff(context, context.queries, event.reason, event.at),
    }),

    /** A query's answer that decides nothing yet. */
    noteAnswer: ({ context, event }: Seen<QueryOkEvent>): Change => {
      const refusal = failureIn(event.output) ?? context.refusal;
      const queries = context.queries + 1;
      return {
        queries,
        refusal,
        isAbsent: event.output.status === 'NOT_FOUND' && isSettled(context),
        trouble: refusal ?? { code: event.output.status },
        queryDelayMs: backoff(context, queries, refusal, event.at),
      };
    },

    noteNoAnswer: ({ context, event }: Seen<NoAnswerEvent>): Change => ({
      queries: context.queries + 1,
      trouble: event.reason,
      queryDelayMs: backoff(context, context.queries + 1, context.refusal, event.at),
    }),

    noteQueryPostponed: ({ event }: Seen<PostponedEvent<'query.postponed'>>): Change => ({
      trouble: event.reason,
      queryDelayMs: Math.min(MAX_QUERY_DELAY_MS, Math.max(payoutQueryMs, event.until - event.at)),
    }),

    /** No attempt made so far can still reach the partner. */
    isQuiet: ({ context, event }: Seen): boolean => event.at >= quietAt(context),

    /** It is certain that no attempt has paid or will. */
    provesNo: ({ context, event }: Seen<QueryOkEvent>): boolean =>
      isSettled(context) &&
      (failureIn(event.output) !== null || (event.output.status === 'NOT_FOUND' && context.refusal !== null)),

    alertDelay: ({ context, event }: Seen): number =>
      Math.max(0, (context.firstUnknownAt ?? event.at) + payoutAlertMs - event.at),
  };
}

// ---- attempts

export function noteSending({ context, event }: Seen): Change {
  return { attempts: context.attempts + 1, lastSendBy: event.at + SEND_WITHIN_MS, isAbsent: false, refusal: null };
}

export function notePostponed({ event }: Seen<PostponedEvent<'transfer.postponed'>>): Change {
  return { resumeAt: event.until, trouble: event.reason };
}

export function postponeDelay({ context, event }: Seen): number {
  return Math.max(MIN_POSTPONE_MS, (context.resumeAt ?? 0) - event.at);
}

export function needsPerson({ event }: Seen<TransferUnknownEvent>): boolean {
  return NEEDS_PERSON.includes(event.reason.code);
}

/** Every attempt has an end on record, so a definite no is one. */
export function isAccounted({ context }: Seen): boolean {
  return context.unknowns === 0;
}

export function noteRefused({ event }: Seen<TransferRefusedEvent>): Change {
  return failed(event.reason);
}

export function isLateNo({ event }: Seen<LateEvent>): boolean {
  return event.outcome.kind === 'refused';
}

/** The no of an attempt that was taken for lost; the next query decides. */
export function noteLateNo({ event }: Seen<LateEvent>): Change {
  const { reason = { code: 'PAYOUT_FAILED' } } = event.outcome;
  return { refusal: reason, trouble: reason };
}

// ---- queries

export function noteAsked({ event }: Seen): Change {
  return { askedAt: event.at };
}

/** The partner does not know the number and nobody said no: the identical request may go out again, also after a long
 * outage during which people were asked, unless the partner itself wanted a person to decide. */
export function allowsResend({ context, event }: Seen<QueryOkEvent>): boolean {
  return event.output.status === 'NOT_FOUND' && context.refusal === null && !context.needsPerson;
}

export function noteFailure({ context, event }: Seen<QueryOkEvent>): Change {
  return failed(failureIn(event.output) ?? context.refusal ?? { code: 'PAYOUT_FAILED' });
}

/** A person asks: the next query goes out at once. */
export function noteRequery({ context, event }: Seen): Change {
  return { queryDelayMs: 0, firstUnknownAt: context.firstUnknownAt ?? event.at };
}

/** A person sends it again: a new round, with its own patience. */
export function noteNewRound(): Change {
  return { queries: 0, firstUnknownAt: null, needsPerson: false };
}

/** Whether a person may deny it although it was sent. */
export function isDeniable({ context }: Seen): boolean {
  return context.isAbsent;
}

function failed({ code, detail }: Reason): Change {
  return { end: 'failed', reason: code, detail: detail ?? null, trouble: null };
}

/** The partner's word that the payout failed, or was paid and came back. */
function failureIn({ status, code, detail }: PayoutOutput): Reason | null {
  if (status !== 'FAIL' && status !== 'REFUND') return null;
  const name = status === 'REFUND' ? 'PAYOUT_REFUNDED' : (code ?? 'PAYOUT_FAILED');
  return detail === undefined ? { code: name } : { code: name, detail };
}
