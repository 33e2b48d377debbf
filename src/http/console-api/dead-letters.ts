import { isActorError } from '../../actors/errors.ts';
import { replayId } from '../../actors/message.ts';
import type { ListedRow } from '../../actors/ports.ts';
import { titleOf } from './action-routes.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import type { DeadLetter } from './operation-schemas.ts';
import { refusalIn, refusalOf } from './refusals.ts';

const SHOWN = 100;

type Deps = Pick<ConsoleRouteDeps, 'actors' | 'operations' | 'cards'>;

/** Messages that failed at their receiver, newest first, and those that have not reached theirs. */
export async function readDeadLetters({ operations, cards }: Deps): Promise<DeadLetter[]> {
  const [undelivered, parked] = await Promise.all([operations.undelivered(SHOWN), operations.parked(SHOWN)]);
  const late = undelivered.map(({ id, from, to, event, since, nextAt, attempts }) => {
    return {
      id,
      kind: 'undelivered' as const,
      to,
      from,
      event: event.type,
      title: titleOf(cards, to, event.type),
      reason: null,
      at: since,
      nextAt,
      attempts,
      replay: null,
    };
  });
  return [...late, ...(await Promise.all(parked.map((row) => toParked(operations, cards, row))))];
}

async function toParked(
  operations: Deps['operations'],
  cards: Deps['cards'],
  { id, actor, at, data }: ListedRow,
): Promise<DeadLetter> {
  const { message, event, code, detail } = data as { readonly [key: string]: string };
  const again = replayId(message ?? '');
  const replay = (await operations.outcomes(actor, [again])).get(again);
  return {
    id,
    kind: 'parked',
    to: actor,
    from: message ?? '',
    event: event ?? '',
    title: titleOf(cards, actor, event ?? ''),
    reason: { code: code ?? '', detail: detail ?? '' },
    at,
    nextAt: null,
    attempts: 1,
    replay: replay?.outcome ?? null,
  };
}

/** Sends a parked message once more, or has an undelivered one tried by the next sweep (its outcome is then to come). */
export async function replayLetter(
  { actors, operations }: Pick<Deps, 'actors' | 'operations'>,
  id: string,
  by: string,
) {
  const parked = await operations.parkedMessage(id);
  if (parked === undefined) {
    await operations.retryUndelivered(id);
    return { id, outcome: null, refusal: null };
  }
  try {
    const receipt = await actors.replay(parked.address, parked.messageId, `staff:${by}`);
    return { id, outcome: receipt.outcome, refusal: refusalIn(receipt) };
  } catch (error) {
    if (isActorError(error, 'MESSAGE_NOT_PARKED')) return { id, outcome: null, refusal: refusalOf(error) };
    throw error;
  }
}
