import { type Address, idOf, typeOf } from '../../actors/address.ts';
import { isActorError } from '../../actors/errors.ts';
import type { Inspection } from '../../actors/facade.ts';
import type { Foresight } from '../../actors/operations.ts';
import { type ActorEvent, type Row, stateName, type Tell } from '../../actors/record.ts';
import { activityWords } from '../../machines/activity-words.ts';
import type { BalanceContext } from '../../machines/balance-context.ts';
import { orderListing } from '../../machines/order.ts';
import type { OrderContext } from '../../machines/order-account.ts';
import type { WithdrawalContext } from '../../machines/withdrawal-context.ts';
import { redact } from '../redact.ts';
import { type KnownAction, needsSecond } from './action-policy.ts';
import type { ActionParams, Preview, SendRequest } from './action-schemas.ts';
import type { ConsoleDeps } from './console-deps.ts';
import { toFields } from './fields.ts';
import { refusalIn } from './refusals.ts';

const MAX_TELLS = 20;
/** Stands for whoever will agree, where an action cannot go without. */
const SOMEBODY = '(second person)';

type PreviewDeps = Pick<ConsoleDeps, 'actors' | 'operations' | 'fourEyes'>;

/** The event that the action sends. An adjustment is named by the approval that it always needs. */
export function eventOf(
  { event }: KnownAction,
  asked: {
    readonly by: string;
    readonly approval: string;
    readonly params?: ActionParams | undefined;
  } & Partial<SendRequest>,
): ActorEvent & { [key: string]: string | number } {
  const { by, approval, params = {}, reason = '', reasonCode, ticket } = asked;
  return {
    type: event,
    by,
    reason,
    ...(reasonCode === undefined ? {} : { reasonCode }),
    ...(ticket === undefined ? {} : { ticket }),
    ...(params.deltaFen === undefined ? {} : { adjustment: approval }),
    ...params,
  };
}

/** The event as it arrives when somebody has agreed where that is needed. */
export function agreed(event: ActorEvent, by: string = SOMEBODY): ActorEvent {
  return { ...event, approvedBy: by };
}

/** The money an action is about; null when it is about none. */
export async function amountOf(
  { actors }: Pick<ConsoleDeps, 'actors'>,
  { address, state, snapshot }: Inspection,
  params: ActionParams = {},
): Promise<number | null> {
  const id = idOf(address);
  switch (typeOf(address)) {
    case 'withdrawal':
      return (snapshot.context as unknown as WithdrawalContext).amountFen;
    case 'balance':
      return params.deltaFen === undefined ? null : Math.abs(params.deltaFen);
    case 'member': {
      const balance = await actors.inspect(`balance/${id}`);
      return (balance?.snapshot.context as unknown as BalanceContext | undefined)?.available ?? 0;
    }
    case 'order': {
      const { view } = orderListing(snapshot.context as unknown as OrderContext, state, id);
      return 'rebateFen' in view ? view.rebateFen : null;
    }
    default:
      return null;
  }
}

/**
 * What the event would do now: here, and one step further to whom it would be told. A receiver that does not exist yet, or
 * that this version cannot read, is left open.
 * @throws MACHINE_VERSION_UNKNOWN, STORE_UNAVAILABLE
 */
export async function previewOf(
  deps: PreviewDeps,
  address: Address,
  event: ActorEvent,
  { action, amountFen }: { readonly action: KnownAction | undefined; readonly amountFen: number | null },
): Promise<Preview> {
  const seen = await deps.operations.preview(address, event);
  const { seq, before, after, message, tells, rows, attempts } = seen;
  const told = await Promise.all(tells.slice(0, MAX_TELLS).map((tell) => toldOf(deps, tell)));
  return {
    seq,
    event: event.type,
    outcome: message.outcome,
    refusal: refusalIn(message),
    stateBefore: before === undefined ? '' : stateName(before.value),
    stateAfter: stateName(after.value),
    edges: [...message.edges],
    tells: told.map(({ shown }) => shown),
    calls: attempts.map(({ name, activity }) => ({
      name,
      activity,
      title: activityWords[activity]?.work ?? { zh: name, en: name },
    })),
    timers: timersOf(seen),
    ledger: [...ledgerOf(address, rows), ...told.flatMap(({ ledger }) => ledger)],
    changes: changesOf(typeOf(address), seen),
    amountFen,
    needsApproval: action !== undefined && needsSecond(action.policy, amountFen, deps.fourEyes),
  };
}

async function toldOf({ operations }: PreviewDeps, { to, event }: Tell) {
  const shown = { to, event: redact(event), outcome: null, stateAfter: null };
  try {
    const { before, after, message, rows } = await operations.preview(to, event);
    if (before === undefined) return { shown, ledger: ledgerOf(to, rows) };
    const { outcome } = message;
    return { shown: { ...shown, outcome, stateAfter: stateName(after.value) }, ledger: ledgerOf(to, rows) };
  } catch (error) {
    if (!isActorError(error, 'MACHINE_VERSION_UNKNOWN')) throw error;
    return { shown, ledger: [] };
  }
}

function ledgerOf(address: Address, rows: readonly Row[]): Preview['ledger'] {
  return rows
    .filter(({ table }) => table === 'ledger')
    .map(({ data }) => ({ address, ...(data as unknown as Omit<Preview['ledger'][number], 'address'>) }));
}

function timersOf({ before, after }: Foresight): Preview['timers'] {
  const known = new Set(before?.waiting.map(({ token }) => token));
  return after.waiting
    .filter(({ kind, token }) => kind === 'timer' && !known.has(token))
    .map(({ id, dueAt }) => ({ id, dueAt }));
}

function changesOf(type: string, { before, after }: Foresight): Preview['changes'] {
  const values = new Map(toFields(type, before?.context ?? {}).map(({ path, value }) => [path, value]));
  return toFields(type, after.context)
    .map(({ path, value }) => ({ path, before: values.get(path) ?? null, after: value }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after ?? null));
}
