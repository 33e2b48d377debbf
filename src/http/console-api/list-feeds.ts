import type { Clock, Log } from '../../actors/ports.ts';
import type { ListTopic } from './stream-topics.ts';

/** At most so often is a list read and sent. */
const COALESCE_MS = 1_000;
/** So often it is read without having heard of a change: other processes change it too. */
const POLL_MS = 3_000;

interface Feed {
  readonly topic: ListTopic;
  readonly followers: Set<(json: string) => void>;
  latest: string | undefined;
  isChanged: boolean;
  stop: () => void;
}

/** The lists that somebody looks at, each read for all who do, and sent only when it is another than before. */
export class ListFeeds {
  readonly #deps: { readonly clock: Pick<Clock, 'after'>; readonly log: Log };
  readonly #feeds = new Map<string, Feed>();

  constructor(deps: { readonly clock: Pick<Clock, 'after'>; readonly log: Log }) {
    this.#deps = deps;
  }

  /** Tells the list as JSON, now and whenever it is another, until the returned function is called. */
  follow(name: string, topic: ListTopic, follower: (json: string) => void): () => void {
    const feed = this.#feeds.get(name) ?? this.#open(name, topic);
    feed.followers.add(follower);
    if (feed.latest !== undefined) follower(feed.latest);
    return () => {
      feed.followers.delete(follower);
      if (feed.followers.size > 0 || this.#feeds.get(name) !== feed) return;
      this.#feeds.delete(name);
      feed.stop();
    };
  }

  #open(name: string, topic: ListTopic): Feed {
    const feed: Feed = { topic, followers: new Set(), latest: undefined, isChanged: true, stop: () => {} };
    this.#feeds.set(name, feed);
    const unwatch = topic.watch(() => {
      feed.isChanged = true;
    });
    let sinceReadMs = 0;
    let cancel = () => {};
    const tick = () => {
      cancel = this.#deps.clock.after(COALESCE_MS, () => {
        sinceReadMs += COALESCE_MS;
        if (feed.isChanged || sinceReadMs >= POLL_MS) {
          sinceReadMs = 0;
          void this.#read(name, feed);
        }
        tick();
      });
    };
    feed.stop = () => {
      unwatch();
      cancel();
    };
    tick();
    void this.#read(name, feed);
    return feed;
  }

  async #read(name: string, feed: Feed): Promise<void> {
    feed.isChanged = false;
    try {
      const json = JSON.stringify(await feed.topic.read());
      if (json === feed.latest) return;
      feed.latest = json;
      for (const follower of feed.followers) follower(json);
    } catch (error) {
      this.#deps.log.warn('a list that is looked at cannot be read just now', { topic: name, error });
    }
  }
}
