/**
 * balance/<user id>: what a user has, and the participant of every withdrawal (TCC: hold, capture, release).
 *
 * Postings of orders are never refused and commute. A withdrawal's messages may come twice and in any order: what is
 * remembered of them decides the answer, so the same question always gets the same one.
 */
import { assign, setup } from 'xstate';
import { frozen, inOrder } from './account-words.ts';
import {
  adjustLines,
  answerFor,
  type BalanceContext,
  captureLines,
  close,
  debitLines,
  type Ending,
  endingOf,
  holdLines,
  isAdjusted,
  isHeld,
  isNewerFreeze,
  isPosted,
  isWordOfOne,
  newBalance,
  type OfWithdrawal,
  openHold,
  postLines,
  refusalOf,
  releaseLines,
  rememberAdjustment,
  rememberPost,
  type Seen,
} from './balance-context.ts';
import type { BalanceEvent, FreezeEvent, HoldEvent, ReleaseEvent } from './balance-events.ts';
import { effects, type Row, type Tell } from './effects.ts';
import type { StateMeta } from './meta.ts';
import { applyLines, type LedgerLine } from './money.ts';
import { on } from './narrow.ts';

/** Ledger rows and sums are made of the same lines; a row comes before `book` so that both start from the same sums. */
function toRows<E>(linesOf: (seen: Seen<E>) => readonly LedgerLine[]): (seen: Seen<E>) => readonly Row[] {
  return (seen) => linesOf(seen).map((line) => ({ table: 'ledger', owner: seen.context.id, data: { ...line } }));
}

function booking<E>(linesOf: (seen: Seen<E>) => readonly LedgerLine[]) {
  return [
    { type: 'row', params: toRows(linesOf) },
    { type: 'book', params: linesOf },
  ] as const;
}

function holdAnswer(seen: Seen<HoldEvent>): Tell {
  const code = answerFor(seen);
  const event = code === null ? { type: 'held' } : { type: 'holdRefused', code };
  return { to: `withdrawal/${seen.event.withdrawal}`, event };
}

function unheldAnswer({ event }: Seen<ReleaseEvent>): Tell {
  return { to: `withdrawal/${event.withdrawal}`, event: { type: 'unheld' } };
}

function noteFreeze({ context, event }: Seen<FreezeEvent>): Partial<BalanceContext> {
  const { by, reason, at, n = context.freezeN } = event;
  return { frozen: event.type === 'freeze' ? { by, reason, at } : null, freezeN: n };
}

function closeAs(end: Ending) {
  return on((seen: Seen<OfWithdrawal>) => close(seen, end));
}

const balance = setup({
  types: {
    context: {} as BalanceContext,
    events: {} as BalanceEvent,
    input: {} as { id: string; at: number },
    meta: {} as StateMeta,
  },
  actions: {
    ...effects,
    book: assign(({ context }, lines: readonly LedgerLine[]) => applyLines(context, lines)),
    rememberPost: assign(on(rememberPost)),
    rememberAdjustment: assign(on(rememberAdjustment)),
    openHold: assign(on(openHold)),
    refuseHold: assign(on((seen: Seen<HoldEvent>) => close(seen, refusalOf(seen) ?? 'HOLD_CANCELED'))),
    closeAsCaptured: assign(closeAs('captured')),
    closeAsReleased: assign(closeAs('released')),
    closeAsDebited: assign(closeAs('debited')),
    fence: assign(closeAs('fenced')),
    noteFreeze: assign(on(noteFreeze)),
  },
  guards: {
    isPosted: on(isPosted),
    isAdjusted: on(isAdjusted),
    isWordOfOne: on(isWordOfOne),
    isHeld: on(isHeld),
    isCaptured: on((seen: Seen<OfWithdrawal>) => endingOf(seen) === 'captured'),
    isPaid: on((seen: Seen<OfWithdrawal>) => endingOf(seen) === 'captured' || endingOf(seen) === 'debited'),
    isKnown: on((seen: Seen<OfWithdrawal>) => isHeld(seen) || endingOf(seen) !== undefined),
    isHoldable: on((seen: Seen<HoldEvent>) => refusalOf(seen) === null),
    isNewerFreeze: on(isNewerFreeze),
  },
});

const balanceMeta: StateMeta = {
  title: { zh: '账户', en: 'Account' },
  help: {
    zh: '一个用户的待结算、可提现、冻结金额与欠款；每次变化都有一笔平衡的分录。',
    en: 'What is pending, available, held and owed of one user; every change is a balanced posting.',
  },
  slaSeconds: 0,
};

const openMeta: StateMeta = {
  title: { zh: '正常', en: 'Open' },
  help: { zh: '返利照常入账，可以提现。', en: 'Rebates are credited and withdrawals are possible.' },
  slaSeconds: 0,
  ...inOrder,
};

const frozenMeta: StateMeta = {
  title: { zh: '已冻结', en: 'Frozen' },
  help: {
    zh: '风控冻结：返利照常入账，新的提现会被拒绝；已锁定的提现继续处理。',
    en: 'Risk control: rebates are still credited, new withdrawals are refused; those already held go on.',
  },
  slaSeconds: 0,
  ...frozen,
};

/** The balance of one user. What it may be asked is the same in both states; `frozen` only refuses new holds. */
export function createBalanceMachine() {
  return balance.createMachine({
    id: 'balance',
    context: ({ input }) => newBalance(input),
    initial: 'open',
    meta: balanceMeta,
    on: {
      post: [
        { guard: 'isPosted', actions: { type: 'refuse', params: { code: 'DIFFERENCE_REPEATED' } } },
        { actions: [...booking(postLines), 'rememberPost'] },
      ],
      adjust: [
        { guard: 'isWordOfOne', actions: { type: 'refuse', params: { code: 'SECOND_PERSON_REQUIRED' } } },
        { guard: 'isAdjusted', actions: { type: 'refuse', params: { code: 'ADJUSTMENT_REPEATED' } } },
        { actions: [...booking(adjustLines), 'rememberAdjustment'] },
      ],
      hold: [
        { guard: 'isKnown', actions: { type: 'tell', params: holdAnswer } },
        { guard: 'isHoldable', actions: [...booking(holdLines), 'openHold', { type: 'tell', params: holdAnswer }] },
        { actions: ['refuseHold', { type: 'tell', params: holdAnswer }] },
      ],
      capture: [
        { guard: 'isHeld', actions: [...booking(captureLines), 'closeAsCaptured'] },
        { guard: 'isPaid' },
        { actions: { type: 'refuse', params: { code: 'CAPTURE_WITHOUT_HOLD' } } },
      ],
      release: [
        {
          guard: 'isHeld',
          actions: [...booking(releaseLines), 'closeAsReleased', { type: 'tell', params: unheldAnswer }],
        },
        { guard: 'isCaptured', actions: { type: 'refuse', params: { code: 'RELEASE_AFTER_CAPTURE' } } },
        { guard: 'isKnown', actions: { type: 'tell', params: unheldAnswer } },
        { actions: ['fence', { type: 'tell', params: unheldAnswer }] },
      ],
      debit: [{ guard: 'isPaid' }, { actions: [...booking(debitLines), 'closeAsDebited'] }],
    },
    states: {
      open: {
        meta: openMeta,
        on: {
          freeze: { guard: 'isNewerFreeze', target: 'frozen', actions: 'noteFreeze' },
          unfreeze: { guard: 'isNewerFreeze', actions: 'noteFreeze' },
        },
      },
      frozen: {
        meta: frozenMeta,
        on: {
          unfreeze: { guard: 'isNewerFreeze', target: 'open', actions: 'noteFreeze' },
          freeze: { guard: 'isNewerFreeze', actions: 'noteFreeze' },
        },
      },
    },
  });
}

/** The list row of a balance. */
export function balanceListing(context: BalanceContext, state: string, id: string) {
  const { pending, available, held, debt, createdAt } = context;
  const view = { pendingFen: pending, availableFen: available, heldFen: held, debtFen: debt };
  return { owner: id, sortKey: createdAt, status: state, view };
}
