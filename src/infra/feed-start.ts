/**
 * Tells a feed where to begin.
 *
 * Owns the patience for it: a process that serves already does not end because its store is in trouble just now.
 */
import { toAddress } from '../actors/address.ts';
import type { ActorSystem } from '../actors/facade.ts';
import type { Clock, Log } from '../actors/ports.ts';

const RETRY_MS = 1_000;

export interface FeedStartDeps {
  readonly actors: Pick<ActorSystem, 'send'>;
  /** The message's, the same however often it is sent: the feed hears it once. */
  readonly id: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the trying, at shutdown. */
  readonly signal: AbortSignal;
}

/** Sends `start` until the feed has taken it; a feed that has begun goes on from where it is. Never rejects. */
export async function startFeed(
  name: string,
  from: number,
  { actors, id, clock, log, signal }: FeedStartDeps,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await actors.send(toAddress('feed', name), { type: 'start', from }, { id, cause: 'main', repeatable: true });
      return;
    } catch (error) {
      log.warn('a feed was not started; trying again', { feed: name, error });
      await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
    }
  }
}
