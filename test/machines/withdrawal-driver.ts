import type { CallOutcome } from '../../src/actors/ports.ts';
import type { ActorEvent, Json, JsonObject } from '../../src/actors/record.ts';
import { defaultRules, type Rules } from '../../src/machines/rules.ts';
import { createWithdrawalMachine, withdrawalListing } from '../../src/machines/withdrawal.ts';
import type { WithdrawalContext } from '../../src/machines/withdrawal-context.ts';
import { MachineDriver } from '../support/machine-driver.ts';

export type WithdrawalDriver = MachineDriver<WithdrawalContext>;

export const ID = 'wd_mfzxg2lomf2gk4tfnzsgk5dbna';
export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
/** Send-by and payout timeout of the default rules: after this an attempt can no longer reach the partner. */
export const QUIET_MS = 5 * SECOND + 5 * SECOND;

const request = {
  type: 'request',
  userId: 'u1',
  account: { sealed: 'v1.c2VhbGVk', masked: { identity: '138****0000', name: '*三' } },
  fingerprint: 'f1',
};

export function newWithdrawal(rules: Partial<Rules> = {}): WithdrawalDriver {
  const machine = createWithdrawalMachine({ ...defaultRules, ...rules });
  return new MachineDriver({ type: 'withdrawal', machine, money: true, list: withdrawalListing }, ID);
}

export function requestOf(amountFen: number): ActorEvent {
  return { ...request, amountFen };
}

export const staff = (type: 'approve' | 'deny' | 'requery'): ActorEvent => ({ type, by: 'ann', reason: 'because' });
/** What two people found out at the partner's desk. */
export const mark = (type: 'markPaid' | 'markNotPaid', more: JsonObject = {}): ActorEvent => {
  return { type, by: 'ann', approvedBy: 'bo', reason: 'asked at the desk', evidence: 'mail of today', ...more };
};
export const cancel: ActorEvent = { type: 'cancel', by: 'u1' };

const ok = (output: Json): CallOutcome => ({ kind: 'ok', output });
export const success = (more: JsonObject = {}) => ok({ status: 'SUCCESS', orderId: 'ali1', ...more });
export const says = (status: string, more: JsonObject = {}) => ok({ status, ...more });
export const refused = (code = 'PAYEE_NOT_EXIST'): CallOutcome => ({ kind: 'refused', reason: { code, detail: 'no' } });
export const unknown = (code = 'TIMEOUT'): CallOutcome => ({ kind: 'unknown', reason: { code } });
export const postponed = (until: number): CallOutcome => {
  return { kind: 'postponed', until, reason: { code: 'PAYER_BALANCE_NOT_ENOUGH' } };
};

/** A withdrawal of that amount whose hold was accepted: in `paying.sending`, or in `review` above the limit. */
export function heldWithdrawal(amountFen = 1_000, rules: Partial<Rules> = {}): WithdrawalDriver {
  const withdrawal = newWithdrawal(rules);
  withdrawal.send(requestOf(amountFen), { id: 'request' });
  withdrawal.send({ type: 'held' });
  return withdrawal;
}

/** What balances were told, oldest first. */
export function toldOf({ tells }: WithdrawalDriver): readonly string[] {
  return tells.map(({ event }) => event.type);
}

/** A withdrawal in each of its states, by name, through ordinary events. */
export function inEveryState(): Readonly<Record<string, WithdrawalDriver>> {
  const after = (start: WithdrawalDriver, act: (withdrawal: WithdrawalDriver) => void): WithdrawalDriver => {
    const withdrawal = start.fork();
    act(withdrawal);
    return withdrawal;
  };
  const requested = newWithdrawal();
  requested.send({ type: 'unheld' }); // ignored there; makes its first record
  const holding = after(newWithdrawal(), (w) => w.send(requestOf(60_000), { id: 'request' }));
  const review = after(holding, (w) => w.send({ type: 'held' }));
  const sending = heldWithdrawal();
  const unknownState = after(sending, (w) => w.answer('transfer', unknown()));
  const releasing = after(sending, (w) => w.answer('transfer', refused()));
  const denying = after(review, (w) => w.send(staff('deny')));
  const canceling = after(review, (w) => w.send(cancel));
  return {
    requested,
    holding,
    review,
    'paying.sending': sending,
    'paying.unknown': unknownState,
    'paying.postponed': after(sending, (w) => w.answer('transfer', postponed(w.now + HOUR))),
    'paying.manual': after(sending, (w) => w.answer('transfer', unknown('SECURITY_CHECK_FAILED'))),
    releasing,
    paid: after(sending, (w) => w.answer('transfer', success())),
    failed: after(releasing, (w) => w.send({ type: 'unheld' })),
    denied: after(denying, (w) => w.send({ type: 'unheld' })),
    canceled: after(canceling, (w) => w.send({ type: 'unheld' })),
  };
}
