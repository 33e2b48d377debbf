/**
 * `CallQueue` among processes: one BullMQ queue per activity.
 *
 * Owns handing attempts over. Invariants:
 * Q1  An attempt is started at most once: BullMQ knows an id for `KEPT_S` after its end, tries nothing again, and fails
 *     what a dead or blocked worker leaves behind instead of running it anew. A Redis that loses its last writes may
 *     bring an attempt back; this process does not start it again, and its `sendBy` bounds it elsewhere.
 * Q2  At most so many attempts of one activity run at once in this process, so a partner that hangs holds up no other.
 * Q3  Nothing waits for a Redis that is away. What it lost is found at its due time in `waiting`.
 */
import { Queue } from 'bullmq';
import { ActorError } from '../../actors/errors.ts';
import type { Attempt, CallQueue, Clock, Log } from '../../actors/ports.ts';
import { ActivityWorker } from './activity-worker.ts';
import { RedisConnection } from './redis-connection.ts';

const COMMAND_TIMEOUT_MS = 800;
const FIRST_CONNECT_MS = 2_000;
/** For how long, and how many per activity, BullMQ knows an attempt that has ended. */
const KEPT_S = 3_600;
const KEPT_COUNT = 10_000;
const STARTED_IDS = 10_000;
const EVENTS_KEPT = 100;

export interface CallQueueOptions {
  readonly url: string;
  /** Before every key; nodes share calls under the same. */
  readonly prefix?: string;
  /** The activities that this process can run, and how many attempts of each at once. */
  readonly activities: Readonly<Record<string, number>>;
  /** How long a worker may be blocked before others give up its attempts. */
  readonly lockMs?: number;
  /** How often each worker is looked after. */
  readonly watchMs?: number;
}

export interface CallQueueFigures {
  readonly isUsable: boolean;
  readonly running: number;
  readonly added: number;
  /** Not taken by Redis. */
  readonly refused: number;
  readonly started: number;
  /** Brought back by Redis, and not run again. */
  readonly repeated: number;
  /** Silent workers that were replaced. */
  readonly rebuilt: number;
}

export class BullmqCallQueue implements CallQueue {
  readonly #deps: { readonly clock: Clock; readonly log: Log };
  readonly #options: Required<CallQueueOptions>;
  readonly #connection: RedisConnection;
  readonly #queues = new Map<string, Queue>();
  /** Oldest first. */
  readonly #startedIds = new Set<string>();
  readonly #counts = { added: 0, refused: 0, started: 0, repeated: 0 };
  #workers: ActivityWorker[] = [];

  /**
   * Resolves when Redis answers, or after 2 s: without it attempts are refused until it does.
   * @throws STORE_UNFIT for a Redis that evicts keys
   */
  static async open(deps: { clock: Clock; log: Log }, options: CallQueueOptions): Promise<BullmqCallQueue> {
    const queue = new BullmqCallQueue(deps, options);
    try {
      await queue.#connection.whenUsable(FIRST_CONNECT_MS);
      await queue.#refuseEviction();
    } catch (error) {
      await queue.close();
      throw error;
    }
    return queue;
  }

  private constructor(deps: { clock: Clock; log: Log }, options: CallQueueOptions) {
    this.#deps = deps;
    this.#options = { prefix: 'taoke:', lockMs: 30_000, watchMs: 5_000, ...options };
    this.#connection = new RedisConnection(deps, options.url, { commandTimeoutMs: COMMAND_TIMEOUT_MS });
  }

  async add(attempt: Attempt): Promise<void> {
    try {
      await this.#connection.run(() =>
        this.#queueOf(attempt.activity).add(attempt.name, attempt, { jobId: toJobId(attempt.id) }),
      );
      this.#counts.added += 1;
    } catch (error) {
      this.#counts.refused += 1;
      throw new ActorError('QUEUE_UNAVAILABLE', `${attempt.id} by ${this.#connection.name}`, { cause: error });
    }
  }

  /** Attempts may be added before, after and without it: other processes run them. */
  async start(run: (attempt: Attempt) => Promise<void>): Promise<(deadlineMs: number) => Promise<void>> {
    const { url, prefix, activities, lockMs, watchMs } = this.#options;
    const workers = Object.entries(activities).map(([activity, concurrency]) => {
      const deps = { ...this.#deps, connection: this.#connection, queue: this.#queueOf(activity) };
      const options = { url, prefix: prefixOf(prefix), concurrency, lockMs, watchMs };
      return new ActivityWorker(deps, options, (attempt) => (this.#isFirstStart(attempt) ? run(attempt) : undefined));
    });
    this.#workers.push(...workers);
    return async (deadlineMs) => {
      await Promise.all(workers.map((worker) => worker.stop(deadlineMs)));
    };
  }

  figures(): CallQueueFigures {
    const sum = (count: (worker: ActivityWorker) => number) =>
      this.#workers.reduce((total, worker) => total + count(worker), 0);
    return {
      isUsable: this.#connection.isUsable,
      running: sum(({ running }) => running),
      rebuilt: sum(({ rebuilt }) => rebuilt),
      ...this.#counts,
    };
  }

  /** After `start`'s end, if it was started. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop(0)));
    this.#workers = [];
    this.#connection.close();
  }

  #queueOf(activity: string): Queue {
    let queue = this.#queues.get(activity);
    if (queue === undefined) {
      queue = new Queue(activity, {
        connection: this.#connection.client,
        prefix: prefixOf(this.#options.prefix),
        // It would ask for the server's version once and, should that fail, never work.
        skipVersionCheck: true,
        streams: { events: { maxLen: EVENTS_KEPT } },
        defaultJobOptions: {
          attempts: 1,
          removeOnComplete: { age: KEPT_S, count: KEPT_COUNT },
          removeOnFail: { age: KEPT_S, count: KEPT_COUNT },
        },
      });
      queue.on('error', (error) => this.#deps.log.debug('call queue', { activity, error }));
      this.#queues.set(activity, queue);
    }
    return queue;
  }

  #isFirstStart({ id }: Attempt): boolean {
    if (this.#startedIds.has(id)) {
      this.#counts.repeated += 1;
      return false;
    }
    this.#counts.started += 1;
    this.#startedIds.add(id);
    const [oldest] = this.#startedIds;
    if (this.#startedIds.size > STARTED_IDS && oldest !== undefined) this.#startedIds.delete(oldest);
    return true;
  }

  async #refuseEviction(): Promise<void> {
    if (!this.#connection.isUsable) return;
    const info = await this.#connection.run((client) => client.info('memory'));
    const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction';
    if (policy === 'noeviction') return;
    throw new ActorError('STORE_UNFIT', `Redis ${this.#connection.name} may evict calls (maxmemory-policy ${policy})`, {
      hint: 'set maxmemory-policy noeviction',
    });
  }
}

/** BullMQ puts a colon after it, and allows none in ids. */
function prefixOf(prefix: string): string {
  return `${prefix}calls`;
}

function toJobId(attemptId: string): string {
  return attemptId.replaceAll('%', '%25').replaceAll(':', '%3A');
}
