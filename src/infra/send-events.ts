/**
 * The activity of jobs: sends one event to several actors, each under its own message id.
 *
 * Invariant: an item has an outcome only once it stands in its actor's journal; the same item sent again is answered with
 * it. Whatever keeps that from being known makes the whole attempt unknown, and the job asks again.
 */
import type { Address } from '../actors/address.ts';
import { isActorError } from '../actors/errors.ts';
import type { ActorSystem } from '../actors/facade.ts';
import type { Activity } from '../actors/ports.ts';
import type { ActorEvent, Json } from '../actors/record.ts';

interface Item {
  readonly n: number;
  readonly to: Address;
  /** Message id. */
  readonly id: string;
}

interface Input {
  readonly event: ActorEvent;
  readonly items: readonly Item[];
  readonly cause: string;
}

export function createSendEvents({ actors }: { readonly actors: Pick<ActorSystem, 'send'> }): Activity {
  return async (input) => {
    const { event, items, cause } = input as unknown as Input;
    try {
      const results = await Promise.all(items.map((item) => sendOne(actors, item, event, cause)));
      return { kind: 'ok', output: { results } };
    } catch (error) {
      if (!isActorError(error)) throw error;
      return { kind: 'unknown', reason: { code: error.code } };
    }
  };
}

/** @throws ActorError when the outcome cannot be known now. */
async function sendOne(
  actors: Pick<ActorSystem, 'send'>,
  { n, to, id }: Item,
  event: ActorEvent,
  cause: string,
): Promise<Json> {
  try {
    const { outcome, reason, seq } = await actors.send(to, event, { id, cause, repeatable: true, mustExist: true });
    return { n, outcome, seq, ...(reason === undefined ? {} : { code: reason.code }) };
  } catch (error) {
    if (isActorError(error, 'ACTOR_NOT_FOUND')) return { n, outcome: 'missing', seq: 0 };
    throw error;
  }
}
