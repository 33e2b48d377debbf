/**
 * Counts how often links are followed, and tells each link the sum once a second.
 *
 * Owns the counts not yet told. Invariants:
 * - each sum is one message with an id of its own, repeated under that id until it is committed: it counts once;
 * - a following costs no write of its own, and a link at most one message a second;
 * - a process that is killed loses at most the last second's followings; one that is stopped loses none.
 */
import { toAddress } from '../../actors/address.ts';
import type { ActorSystem } from '../../actors/facade.ts';
import type { Clock, Ids, Log } from '../../actors/ports.ts';

export interface ClickCounterDeps {
  readonly actors: Pick<ActorSystem, 'send'>;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'random'>;
  readonly log: Log;
}

export interface ClickCounter {
  count(code: string): void;
  /** Tells what is left; no more is counted afterwards. */
  stop(): Promise<void>;
}

interface Sum {
  readonly code: string;
  readonly id: string;
  readonly count: number;
}

const FLUSH_MS = 1_000;
/** Links with followings not told yet: beyond so many, more links are not counted until the store takes some. */
const MOST_LINKS = 50_000;
const AT_ONCE = 64;

export function createClickCounter({ actors, clock, ids, log }: ClickCounterDeps): ClickCounter {
  const process = ids.random();
  const counts = new Map<string, number>();
  let untold: Sum[] = [];
  let sumCount = 0;
  let flushing: Promise<void> | undefined;
  let cancel: (() => void) | undefined;
  let isStopped = false;

  const arm = () => {
    if (isStopped || cancel !== undefined) return;
    cancel = clock.after(FLUSH_MS, () => {
      cancel = undefined;
      flushing = flush().finally(() => {
        flushing = undefined;
        if (counts.size > 0 || untold.length > 0) arm();
      });
    });
  };

  /** What could not be told is kept, under the same id; newer followings make a sum of their own. */
  const flush = async () => {
    for (const [code, count] of counts) {
      sumCount += 1;
      untold.push({ code, count, id: `clicks:${process}:${sumCount}` });
    }
    counts.clear();
    const failed: Sum[] = [];
    for (let from = 0; from < untold.length; from += AT_ONCE) {
      const told = untold.slice(from, from + AT_ONCE).map(async (sum) => {
        if (!(await tell(sum))) failed.push(sum);
      });
      await Promise.all(told);
    }
    if (failed.length > 0) log.warn('clicks are not told to their links yet', { links: failed.length });
    untold = failed;
  };

  const tell = async ({ code, id, count }: Sum): Promise<boolean> => {
    try {
      const options = { id, cause: 'clicks', repeatable: true };
      await actors.send(toAddress('link', code), { type: 'clicked', count }, options);
      return true;
    } catch {
      return false;
    }
  };

  return {
    count(code) {
      const known = counts.get(code);
      if (isStopped || (known === undefined && counts.size + untold.length >= MOST_LINKS)) return;
      counts.set(code, (known ?? 0) + 1);
      arm();
    },
    async stop() {
      isStopped = true;
      cancel?.();
      await flushing;
      await flush();
    },
  };
}
