/**
 * The BullMQ worker of one activity in this process, and who looks after it.
 *
 * Owns taking attempts and running them. Invariants:
 * W1  It takes no more than `concurrency` attempts, and none once it is stopping: one that arrives then goes back.
 * W2  A worker that leaves an attempt waiting for `watchMs` while it has room is replaced. When nothing waits and nothing
 *     has come, a canary is added for it to take, so that its silence is noticed before an attempt needs it.
 */
import { type Job, type Queue, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { Attempt, Clock, Log } from '../../actors/ports.ts';
import { type RedisConnection, reconnecting } from './redis-connection.ts';

const CANARY = 'canary';
/** Of waiting for Redis after what it did not take, and of blocking for a new attempt. */
const RETRY_MS = 500;
const BLOCK_S = 2;
/** A connection that is silent for longer than it may block is dead. */
const SILENT_SOCKET_MS = 5_000;
/** For telling Redis how the last attempts ended. */
const CLOSE_MS = 1_000;

export interface ActivityWorkerDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly connection: RedisConnection;
  readonly queue: Queue;
}

export interface ActivityWorkerOptions {
  readonly url: string;
  readonly prefix: string;
  readonly concurrency: number;
  readonly lockMs: number;
  readonly watchMs: number;
}

/** Undefined for an attempt that is not to be run. */
type Run = (attempt: Attempt) => Promise<void> | undefined;

export class ActivityWorker {
  readonly #deps: ActivityWorkerDeps;
  readonly #options: ActivityWorkerOptions;
  readonly #run: Run;
  readonly #running = new Set<Promise<void>>();
  #worker: Worker;
  #rebuilt = 0;
  #taken = 0;
  #canaries = 0;
  /** What the last look saw waiting while there was room, and how much had been taken by then. */
  #suspect: { readonly id: string; readonly taken: number } | undefined;
  #cancelWatch: () => void;
  #stopping: Promise<void> | undefined;

  constructor(deps: ActivityWorkerDeps, options: ActivityWorkerOptions, run: Run) {
    this.#deps = deps;
    this.#options = options;
    this.#run = run;
    this.#worker = this.#build();
    this.#cancelWatch = this.#watchLater();
  }

  get running(): number {
    return this.#running.size;
  }

  get rebuilt(): number {
    return this.#rebuilt;
  }

  /** Takes nothing more; resolves when what runs has ended, or at the deadline. May be called again. */
  async stop(deadlineMs: number): Promise<void> {
    this.#cancelWatch();
    const stopping = this.#stopping ?? this.#worker.close().catch(() => {});
    this.#stopping = stopping;
    const ended = Promise.all(this.#running).then(() => this.#within(CLOSE_MS, stopping));
    await this.#within(deadlineMs, ended);
    // What still runs goes on; Redis hears no more of it, so it is given up there and not run again.
    void this.#worker.disconnect().catch(() => {});
  }

  #build(): Worker {
    const { url, prefix, concurrency, lockMs } = this.#options;
    const worker = new Worker(this.#deps.queue.name, (job, token) => this.#process(job, token), {
      connection: { url, ...reconnecting, socketTimeout: SILENT_SOCKET_MS, maxRetriesPerRequest: null },
      prefix,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: lockMs,
      maxStalledCount: 0,
      drainDelay: BLOCK_S,
      runRetryDelay: RETRY_MS,
    });
    worker.on('error', (error) => this.#deps.log.debug('call worker', { activity: worker.name, error }));
    return worker;
  }

  async #process(job: Job, token: string | undefined): Promise<void> {
    if (this.#stopping !== undefined) {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    this.#taken += 1;
    if (job.name === CANARY) return;
    const running = this.#run(job.data as Attempt);
    if (running === undefined) throw new UnrecoverableError('started before');
    this.#running.add(running);
    await running.finally(() => this.#running.delete(running));
  }

  #watchLater(): () => void {
    return this.#deps.clock.after(this.#options.watchMs, () => {
      void this.#watch().finally(() => {
        if (this.#stopping === undefined) this.#cancelWatch = this.#watchLater();
      });
    });
  }

  async #watch(): Promise<void> {
    const { connection, queue, log } = this.#deps;
    const suspect = this.#suspect;
    this.#suspect = undefined;
    // Its own library brings a full one back to work, and one whose server is away.
    if (!connection.isUsable || this.#running.size >= this.#options.concurrency) return;
    try {
      const waiting = await connection.run(() => queue.getWaiting(0, 0));
      const id = waiting[0]?.id ?? (await this.#addCanary());
      if (suspect?.id !== id || suspect.taken !== this.#taken) {
        this.#suspect = { id, taken: this.#taken };
        return;
      }
      log.warn('silent call worker is replaced', { activity: queue.name, waiting: id });
      this.#rebuilt += 1;
      void this.#worker.close(true).catch(() => {});
      this.#worker = this.#build();
    } catch (error) {
      log.debug('call worker not looked after', { activity: queue.name, error });
    }
  }

  async #addCanary(): Promise<string> {
    const { connection, queue, clock } = this.#deps;
    this.#canaries += 1;
    const jobId = `${CANARY}-${this.#worker.id}-${this.#canaries}-${clock.now()}`;
    await connection.run(() => queue.add(CANARY, {}, { jobId, removeOnComplete: true, removeOnFail: true }));
    return jobId;
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#deps.clock.after(ms, resolve);
      void work.finally(() => {
        cancel();
        resolve();
      });
    });
  }
}
