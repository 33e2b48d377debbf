/**
 * One connection to one Redis, on which nothing ever waits for long.
 *
 * Owns the client and whether the server may be asked. Invariants:
 * R1  A command is sent only to a server that answered last time. One that is away, hangs, is full or only reads fails
 *     commands at once; it is asked again behind the scenes (a PING after 100 ms, later every 5 s) until it answers.
 * R2  Every command ends within `commandTimeoutMs`; none is kept for a later connection, none is sent twice.
 */
import { Redis } from 'ioredis';
import type { Clock, Log } from '../../actors/ports.ts';

const FIRST_PING_MS = 100;
const LAST_PING_MS = 5_000;
const CONNECT_TIMEOUT_MS = 2_000;
const LAST_RECONNECT_MS = 1_000;
/** A server that has taken a command and says nothing for so long gets a new connection. */
const SILENT_SOCKET_MS = 3_000;

export interface RedisConnectionDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/** How any client of ours reconnects: soon, for ever, and with an eye on a connection that died unnoticed. */
export const reconnecting = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  keepAlive: SILENT_SOCKET_MS,
  retryStrategy: (times: number) => Math.min(times * 50, LAST_RECONNECT_MS),
} as const;

export class RedisConnection {
  /** For what `run` cannot do: subscribing, telling events. */
  readonly client: Redis;
  /** Host and port, without the password that the URL may hold. */
  readonly name: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #commandTimeoutMs: number;
  #isUsable = false;
  #isClosed = false;
  #lastFailure = '';
  #pingMs = FIRST_PING_MS;
  #cancelPing: (() => void) | undefined;

  /** Connects in the background. */
  constructor({ clock, log }: RedisConnectionDeps, url: string, options: { commandTimeoutMs: number }) {
    this.#clock = clock;
    this.#log = log;
    this.#commandTimeoutMs = options.commandTimeoutMs;
    this.client = new Redis(url, {
      ...reconnecting,
      commandTimeout: options.commandTimeoutMs,
      socketTimeout: SILENT_SOCKET_MS,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      maxRetriesPerRequest: 0,
      // After a failover the old primary may still be there, as one that only reads.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    });
    this.name = `${this.client.options.host}:${this.client.options.port}`;
    this.client.on('ready', () => this.#answered());
    this.client.on('close', () => this.#wentAway(new Error('the connection is closed')));
    this.client.on('error', (error) => this.#failedToConnect(error));
  }

  /** Whether `run` would ask the server now. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  /** Resolves when the server answers or that time is over. */
  async whenUsable(withinMs: number): Promise<void> {
    if (this.#isUsable) return;
    await new Promise<void>((resolve) => {
      const over = () => {
        cancel();
        this.client.off('ready', over);
        resolve();
      };
      const cancel = this.#clock.after(withinMs, over);
      this.client.once('ready', over);
    });
  }

  /** What `work` comes to on this server. @throws Error of the driver; at once when the server is away (R1) */
  async run<T>(work: (client: Redis) => Promise<T>): Promise<T> {
    if (!this.#isUsable) throw new Error(`${this.name} is away`);
    try {
      const result = await this.#bounded(work(this.client));
      this.#pingMs = FIRST_PING_MS;
      return result;
    } catch (error) {
      if (!isAboutTheCommand(error)) this.#wentAway(error);
      throw error;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#isUsable = false;
    this.#cancelPing?.();
    this.client.disconnect();
  }

  /** A library may wait for more than the commands it sends. */
  #bounded<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`${this.name} did not answer within ${this.#commandTimeoutMs} ms`));
      const cancel = this.#clock.after(this.#commandTimeoutMs, late);
      work.then(resolve, reject).finally(cancel);
    });
  }

  /** Tried again and again; each reason is said once. */
  #failedToConnect(error: Error): void {
    if (error.message === this.#lastFailure) return;
    this.#lastFailure = error.message;
    this.#log.warn('no connection to Redis', { server: this.name, error });
  }

  #wentAway(error: unknown): void {
    if (this.#isClosed) return;
    if (this.#isUsable) this.#log.warn('Redis does not answer', { server: this.name, error });
    this.#isUsable = false;
    if (this.#cancelPing !== undefined) return;
    this.#cancelPing = this.#clock.after(this.#pingMs, () => void this.#ping());
    this.#pingMs = Math.min(this.#pingMs * 2, LAST_PING_MS);
  }

  async #ping(): Promise<void> {
    this.#cancelPing = undefined;
    try {
      await this.client.ping();
      this.#answered();
    } catch (error) {
      this.#wentAway(error);
    }
  }

  #answered(): void {
    if (this.#isUsable || this.#isClosed) return;
    this.#isUsable = true;
    this.#lastFailure = '';
    this.#cancelPing?.();
    this.#cancelPing = undefined;
    this.#log.info('Redis answers', { server: this.name });
  }
}

/** Such an answer says nothing about the server: the same command in another form may well succeed. */
function isAboutTheCommand(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
