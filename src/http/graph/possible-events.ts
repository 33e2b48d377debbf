/** What a person may do to an actor as it stands: the events of its machine that staff may send, and what would come of each. */
import { fromStored } from '../../actors/decide.ts';
import type { Reason, StoredSnapshot } from '../../actors/record.ts';
import type { MachineEntry } from '../../machines/catalog.ts';
import type { StaffRole, Words } from '../../machines/meta.ts';

export interface PossibleEvent {
  readonly event: string;
  readonly title: Words;
  readonly help: Words;
  readonly sentBy: readonly StaffRole[];
  /** Null = the machine takes it. What depends on the values sent with it shows only in a dry run. */
  readonly refusal: Reason | null;
}

type Params = Reason | ((seen: { readonly context: unknown; readonly event: unknown }) => Reason);

/** Every event that some role of the staff may send, in the machine's order.
 * @throws when the state does not exist in this version of the machine. */
export function possibleEvents(
  { machine, events }: Pick<MachineEntry, 'machine' | 'events'>,
  stored: StoredSnapshot,
  now: number,
): readonly PossibleEvent[] {
  const { snapshot } = fromStored(machine, stored);
  const refusalOf = (type: string): Reason | null => {
    const event = { type, at: now, id: '', by: '', reason: '' };
    const taken = transitionsFor(() => machine.getTransitionData(snapshot, event as never));
    if (taken === 'unknown') return null;
    if (taken.length === 0) return { code: 'NOT_IN_THIS_STATE' };
    const refusals = taken
      .flatMap(({ actions }) => actions as readonly { readonly type?: string; readonly params?: Params }[])
      .filter((action) => action.type === 'refuse');
    const params = refusals[0]?.params;
    if (params === undefined) return null;
    return typeof params === 'function' ? params({ context: stored.context, event }) : params;
  };
  return Object.entries(events)
    .filter(([, { sentBy }]) => sentBy.length > 0)
    .map(([event, { title, help, sentBy }]) => ({ event, title, help, sentBy, refusal: refusalOf(event) }));
}

/** `unknown` when a guard needs values that only the real event carries. */
function transitionsFor<T>(select: () => readonly T[]): readonly T[] | 'unknown' {
  try {
    return select();
  } catch {
    return 'unknown';
  }
}
