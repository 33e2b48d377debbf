/**
 * withdrawal/<wd_…>: one payout to a user, and the coordinator of the balance's hold (TCC).
 *
 * Hold first, then review, then pay. In `unknown` and `manual` exactly one of two things waits: the timer to the next
 * query, or the query. Every way out of `paying` but a payout goes through `releasing`.
 */
import { assign, setup } from 'xstate';
import { effects } from './effects.ts';
import type { StateMeta } from './meta.ts';
import { checkedFen } from './money.ts';
import { on } from './narrow.ts';
import type { Rules } from './rules.ts';
import {
  captureTell,
  debitTell,
  HOLD_WINDOW_MS,
  holdTell,
  incidentRow,
  isPaidAfterAll,
  isWordOfOne,
  newWithdrawal,
  noteApproval,
  noteCancel,
  noteDenial,
  noteHeld,
  noteHoldRefused,
  noteHoldTimeout,
  noteIncident,
  noteMarkedNotPaid,
  noteMarkedPaid,
  notePaid,
  releaseTell,
  requestNoter,
  type Seen,
  saysPaid,
  voucherRow,
  type WithdrawalContext,
} from './withdrawal-context.ts';
import type { RequestEvent, WithdrawalEvent } from './withdrawal-events.ts';
import {
  allowsResend,
  isAccounted,
  isDeniable,
  isLateNo,
  needsPerson,
  noteAsked,
  noteFailure,
  noteLateNo,
  noteNewRound,
  notePostponed,
  noteRefused,
  noteRequery,
  noteSending,
  payoutSteps,
  postponeDelay,
} from './withdrawal-payout.ts';
import { withdrawalStates } from './withdrawal-words.ts';

type WithdrawalRules = Pick<
  Rules,
  'withdrawMinFen' | 'withdrawReviewFen' | 'payoutTimeoutMs' | 'payoutScene' | 'payoutQueryMs' | 'payoutAlertMs'
>;

function withdrawalSetup(rules: WithdrawalRules) {
  const steps = payoutSteps(rules);
  return setup({
    types: {
      context: {} as WithdrawalContext,
      events: {} as WithdrawalEvent,
      input: {} as { id: string; at: number },
      meta: {} as StateMeta,
    },
    actions: {
      ...effects,
      noteRequest: assign(on(requestNoter(rules.payoutScene))),
      noteHeld: assign(on(noteHeld)),
      noteHoldRefused: assign(on(noteHoldRefused)),
      noteHoldTimeout: assign(noteHoldTimeout),
      noteCancel: assign(on(noteCancel)),
      noteApproval: assign(on(noteApproval)),
      noteDenial: assign(on(noteDenial)),
      notePaid: assign(on(notePaid)),
      noteMarkedPaid: assign(on(noteMarkedPaid)),
      noteMarkedNotPaid: assign(on(noteMarkedNotPaid)),
      noteIncident: assign(on(noteIncident)),
      noteSending: assign(on(noteSending)),
      noteUnknown: assign(on(steps.noteUnknown)),
      notePostponed: assign(on(notePostponed)),
      noteRefused: assign(on(noteRefused)),
      noteDoubtedNo: assign(on(steps.noteDoubtedNo)),
      noteLateNo: assign(on(noteLateNo)),
      noteAsked: assign(on(noteAsked)),
      noteAnswer: assign(on(steps.noteAnswer)),
      noteNoAnswer: assign(on(steps.noteNoAnswer)),
      noteQueryPostponed: assign(on(steps.noteQueryPostponed)),
      noteFailure: assign(on(noteFailure)),
      noteRequery: assign(on(noteRequery)),
      noteNewRound: assign(noteNewRound),
    },
    guards: {
      isEnough: on(({ event }: Seen<RequestEvent>) => checkedFen(event.amountFen) >= rules.withdrawMinFen),
      needsReview: ({ context }) => context.amountFen > rules.withdrawReviewFen,
      willBe: ({ context }, end: WithdrawalContext['end']) => context.end === end,
      saysPaid: on(saysPaid),
      isPaidAfterAll: on(isPaidAfterAll),
      isAccounted,
      needsPerson: on(needsPerson),
      isLateNo: on(isLateNo),
      provesNo: on(steps.provesNo),
      allowsResend: on(allowsResend),
      isDeniable,
      isWordOfOne: on(isWordOfOne),
      isQuiet: steps.isQuiet,
    },
    delays: {
      holdWindow: HOLD_WINDOW_MS,
      queryDelay: ({ context }) => context.queryDelayMs,
      alertDelay: steps.alertDelay,
      postponeDelay,
    },
  });
}

type Setup = ReturnType<typeof withdrawalSetup>;
type Steps = ReturnType<typeof payoutSteps>;

function askingStates({ createStateConfig }: Setup) {
  return {
    requested: createStateConfig({
      meta: withdrawalStates.requested,
      on: {
        request: [
          { guard: 'isEnough', target: 'holding', actions: ['noteRequest', { type: 'tell', params: holdTell }] },
          { actions: { type: 'refuse', params: { code: 'AMOUNT_TOO_SMALL' } } },
        ],
        cancel: { target: 'canceled', actions: 'noteCancel' },
      },
    }),
    holding: createStateConfig({
      meta: withdrawalStates.holding,
      on: {
        held: [
          { guard: 'needsReview', target: 'review', actions: 'noteHeld' },
          { target: 'paying', actions: 'noteHeld' },
        ],
        holdRefused: { target: 'failed', actions: 'noteHoldRefused' },
        cancel: { target: 'releasing', actions: 'noteCancel' },
      },
      after: { holdWindow: { target: 'releasing', actions: 'noteHoldTimeout' } },
    }),
    review: createStateConfig({
      meta: withdrawalStates.review,
      on: {
        approve: { target: 'paying', actions: 'noteApproval' },
        deny: { target: 'releasing', actions: 'noteDenial' },
        cancel: { target: 'releasing', actions: 'noteCancel' },
      },
    }),
  };
}

function attemptStates({ createStateConfig }: Setup, { transferCall }: Steps) {
  return {
    sending: createStateConfig({
      meta: withdrawalStates['paying.sending'],
      entry: ['noteSending', { type: 'call', params: transferCall }],
      exit: { type: 'abandon', params: { name: 'transfer' } },
      on: {
        'transfer.ok': [
          { guard: 'saysPaid', target: '#withdrawal.paid', actions: 'notePaid' },
          { target: 'unknown', actions: 'noteUnknown' },
        ],
        'transfer.refused': [
          { guard: 'isAccounted', target: '#withdrawal.releasing', actions: 'noteRefused' },
          { target: 'unknown', actions: 'noteDoubtedNo' },
        ],
        'transfer.postponed': { target: 'postponed', actions: 'notePostponed' },
        'transfer.unknown': [
          { guard: 'needsPerson', target: 'manual', actions: 'noteUnknown' },
          { target: 'unknown', actions: 'noteUnknown' },
        ],
      },
    }),
    postponed: createStateConfig({
      meta: withdrawalStates['paying.postponed'],
      on: { requery: { target: 'unknown', actions: 'noteRequery' } },
      after: { postponeDelay: 'sending' },
    }),
  };
}

function queryStates({ createStateConfig }: Setup, { queryCall }: Steps) {
  const paid = { guard: 'saysPaid', target: '#withdrawal.paid', actions: 'notePaid' } as const;
  const surelyNot = { guard: 'provesNo', target: '#withdrawal.releasing', actions: 'noteFailure' } as const;
  const again = { guard: 'allowsResend', target: 'sending' } as const;
  const ask = { actions: ['noteAsked', { type: 'call', params: queryCall }] } as const;
  const forget = { type: 'abandon', params: { name: 'query' } } as const;
  const needsTwo = {
    guard: 'isWordOfOne',
    actions: { type: 'refuse', params: { code: 'SECOND_PERSON_REQUIRED' } },
  } as const;
  /** Two people's word stands for the partner's; never while an attempt may be on its way. */
  const marks = {
    markPaid: [needsTwo, { target: '#withdrawal.paid', actions: 'noteMarkedPaid' }],
    markNotPaid: [
      needsTwo,
      { guard: 'isQuiet', target: '#withdrawal.releasing', actions: 'noteMarkedNotPaid' },
      { actions: { type: 'refuse', params: { code: 'PAYOUT_NOT_SETTLED' } } },
    ],
  } as const;
  /** Entering again gives up an open query and sets the timer to the next. */
  const waitOn = <T extends string, A extends string>(target: T, actions: A) =>
    ({ target, actions, reenter: true }) as const;
  return {
    unknown: createStateConfig({
      meta: withdrawalStates['paying.unknown'],
      exit: forget,
      on: {
        ...marks,
        'query.ok': [paid, surelyNot, again, waitOn('unknown', 'noteAnswer')],
        'query.refused': waitOn('unknown', 'noteNoAnswer'),
        'query.unknown': waitOn('unknown', 'noteNoAnswer'),
        'query.postponed': waitOn('unknown', 'noteQueryPostponed'),
        requery: waitOn('unknown', 'noteRequery'),
      },
      after: { queryDelay: ask, alertDelay: 'manual' },
    }),
    manual: createStateConfig({
      meta: withdrawalStates['paying.manual'],
      exit: forget,
      on: {
        ...marks,
        'query.ok': [paid, surelyNot, again, waitOn('manual', 'noteAnswer')],
        'query.refused': waitOn('manual', 'noteNoAnswer'),
        'query.unknown': waitOn('manual', 'noteNoAnswer'),
        'query.postponed': waitOn('manual', 'noteQueryPostponed'),
        requery: waitOn('manual', 'noteRequery'),
        approve: { target: 'sending', actions: ['noteApproval', 'noteNewRound'] },
        deny: [
          { guard: 'isDeniable', target: '#withdrawal.releasing', actions: 'noteDenial' },
          { actions: { type: 'refuse', params: { code: 'PAYOUT_NOT_SETTLED' } } },
        ],
      },
      after: { queryDelay: ask },
    }),
  };
}

function payingState(machine: Setup, steps: Steps) {
  const paid = { guard: 'saysPaid', target: 'paid', actions: 'notePaid' } as const;
  return machine.createStateConfig({
    meta: withdrawalStates.paying,
    initial: 'sending',
    on: {
      'transfer.late': [paid, { guard: 'isLateNo', actions: 'noteLateNo' }],
      'query.late': paid,
    },
    states: { ...attemptStates(machine, steps), ...queryStates(machine, steps) },
  });
}

function endStates({ createStateConfig }: Setup) {
  return {
    releasing: createStateConfig({
      meta: withdrawalStates.releasing,
      entry: { type: 'tell', params: releaseTell },
      on: {
        unheld: [
          { guard: { type: 'willBe', params: 'canceled' }, target: 'canceled' },
          { guard: { type: 'willBe', params: 'denied' }, target: 'denied' },
          { target: 'failed' },
        ],
      },
    }),
    paid: createStateConfig({
      meta: withdrawalStates.paid,
      entry: [
        { type: 'row', params: voucherRow },
        { type: 'tell', params: captureTell },
      ],
    }),
    failed: createStateConfig({ meta: withdrawalStates.failed }),
    denied: createStateConfig({ meta: withdrawalStates.denied }),
    canceled: createStateConfig({ meta: withdrawalStates.canceled }),
  };
}

/** A withdrawal under these rules. A success that comes after the release debits the balance and marks an incident. */
export function createWithdrawalMachine(rules: WithdrawalRules) {
  const machine = withdrawalSetup(rules);
  const paidAfterAll = {
    guard: 'isPaidAfterAll',
    actions: [
      'noteIncident',
      { type: 'row', params: voucherRow },
      { type: 'row', params: on(incidentRow) },
      { type: 'tell', params: debitTell },
    ],
  } as const;
  return machine.createMachine({
    id: 'withdrawal',
    context: ({ input }) => newWithdrawal(input),
    initial: 'requested',
    meta: withdrawalStates.withdrawal,
    on: {
      'transfer.late': paidAfterAll,
      'query.late': paidAfterAll,
      cancel: { actions: { type: 'refuse', params: { code: 'WITHDRAWAL_NOT_CANCELABLE' } } },
      approve: { actions: { type: 'refuse', params: { code: 'WITHDRAWAL_NOT_APPROVABLE' } } },
      deny: { actions: { type: 'refuse', params: { code: 'WITHDRAWAL_NOT_DENIABLE' } } },
      requery: { actions: { type: 'refuse', params: { code: 'WITHDRAWAL_NOT_QUERYABLE' } } },
      markPaid: { actions: { type: 'refuse', params: { code: 'WITHDRAWAL_NOT_MARKABLE' } } },
      markNotPaid: { actions: { type: 'refuse', params: { code: 'WITHDRAWAL_NOT_MARKABLE' } } },
    },
    states: { ...askingStates(machine), paying: payingState(machine, payoutSteps(rules)), ...endStates(machine) },
  });
}

const STATUS: Readonly<Record<string, string>> = {
  review: 'review',
  paid: 'paid',
  failed: 'failed',
  denied: 'denied',
  canceled: 'canceled',
};

/** The list row of a withdrawal. */
export function withdrawalListing(context: WithdrawalContext, state: string) {
  const { userId, amountFen, account, reason, detail, createdAt, heldAt, paidAt, incident, trouble } = context;
  return {
    owner: userId === '' ? null : userId,
    sortKey: createdAt,
    status: STATUS[state] ?? 'processing',
    view: {
      amountFen,
      account: { ...account },
      reason,
      detail,
      createdAt,
      heldAt,
      paidAt,
      incident,
      trouble: trouble?.code ?? null,
    },
  };
}
