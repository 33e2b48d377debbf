import type { Address } from '../../actors/address.ts';
import type { ActorSystem } from '../../actors/facade.ts';
import type { Clock, Log } from '../../actors/ports.ts';
import type { JournalRecord } from '../../actors/record.ts';

/** How soon a commit of another process shows; this one's own show at once. */
const POLL_MS = 250;
const PAGE = 200;

/** Somebody who follows one actor from a seq on. */
export interface Follower {
  /** The last record it has. */
  seq: number;
  /** The next record, without gap and in order. */
  next(record: JournalRecord): void;
  /** It was too far behind to be told record by record; `seq` stands at the end again. */
  lost(): void;
}

interface Feed {
  readonly address: Address;
  readonly followers: Set<Follower>;
  isReading: boolean;
}

interface FeedsDeps {
  readonly actors: Pick<ActorSystem, 'onCommit' | 'history' | 'inspect'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
}

/**
 * The records of actors that somebody looks at, each told once to each follower, in order and without gap, whichever
 * process committed it. While nobody looks at anything it costs nothing.
 */
export class ActorFeeds {
  readonly #deps: FeedsDeps;
  readonly #feeds = new Map<Address, Feed>();
  #stopListening: (() => void) | undefined;
  #stopPolling: (() => void) | undefined;

  constructor(deps: FeedsDeps) {
    this.#deps = deps;
  }

  /** Tells `follower` all that comes after its `seq`, what is there already first, until the returned function is called. */
  follow(address: Address, follower: Follower): () => void {
    const feed = this.#feeds.get(address) ?? { address, followers: new Set(), isReading: false };
    this.#feeds.set(address, feed);
    feed.followers.add(follower);
    this.#stopListening ??= this.#deps.actors.onCommit((record) => this.#heard(record));
    this.#stopPolling ??= this.#poll();
    void this.#read(feed);
    return () => {
      feed.followers.delete(follower);
      if (feed.followers.size === 0) this.#feeds.delete(address);
      if (this.#feeds.size === 0) this.#rest();
    };
  }

  #rest(): void {
    this.#stopListening?.();
    this.#stopPolling?.();
    this.#stopListening = undefined;
    this.#stopPolling = undefined;
  }

  #poll(): () => void {
    return this.#deps.clock.after(POLL_MS, () => {
      for (const feed of this.#feeds.values()) void this.#read(feed);
      this.#stopPolling = this.#poll();
    });
  }

  #heard(record: JournalRecord): void {
    const feed = this.#feeds.get(record.actor);
    if (feed === undefined) return;
    tell(feed, record);
    if (isBehind(feed, record.seq)) void this.#read(feed);
  }

  /** Reads on from the follower that is furthest behind. One at a time; a failure is made good by the next poll. */
  async #read(feed: Feed): Promise<void> {
    if (feed.isReading) return;
    feed.isReading = true;
    try {
      const from = Math.min(...[...feed.followers].map(({ seq }) => seq));
      const records = await this.#deps.actors.history(feed.address, from, PAGE);
      for (const record of records) tell(feed, record);
      if (records.length === PAGE) await this.#skip(feed);
    } catch (error) {
      this.#deps.log.warn('an actor that is looked at cannot be read just now', { actor: feed.address, error });
    } finally {
      feed.isReading = false;
    }
  }

  /** Gives up telling every record to those who are a page or more behind. */
  async #skip(feed: Feed): Promise<void> {
    const last = await this.#deps.actors.inspect(feed.address);
    for (const follower of feed.followers) {
      if (last === undefined || follower.seq >= last.seq) continue;
      follower.seq = last.seq;
      follower.lost();
    }
  }
}

function tell(feed: Feed, record: JournalRecord): void {
  for (const follower of feed.followers) {
    if (record.seq !== follower.seq + 1) continue;
    follower.seq = record.seq;
    follower.next(record);
  }
}

function isBehind({ followers }: Feed, seq: number): boolean {
  for (const follower of followers) if (follower.seq < seq) return true;
  return false;
}
