/**
 * Tells the other processes by Redis which keys have changed.
 *
 * Owns one subscribing connection. Invariants: a Redis that is away neither delays nor fails anybody; the subscription
 * is made anew at each connection. What was said meanwhile is lost, so another process may show the older value for as
 * long as memory entries are fresh.
 */
import type { Redis } from 'ioredis';
import type { Log } from '../../actors/ports.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';

type Handler = (payload: never) => void | Promise<void>;

interface Message {
  readonly from: string;
  readonly payload: unknown;
}

/** A transport as bentocache's bus wants it. */
export class RedisBus {
  readonly #connection: RedisConnection;
  readonly #subscriber: Redis;
  readonly #handlers = new Map<string, Handler>();
  #id = '';

  constructor(connection: RedisConnection, { log }: { readonly log: Log }) {
    this.#connection = connection;
    this.#subscriber = connection.client.duplicate();
    this.#subscriber.on('error', () => {}); // The connection beside it says so already.
    this.#subscriber.on('ready', () => {
      for (const channel of this.#handlers.keys()) this.#listen(channel, log);
    });
    this.#subscriber.on('message', (channel: string, text: string) => this.#take(channel, text));
  }

  setId(id: string): this {
    this.#id = id;
    return this;
  }

  onReconnect(): void {}

  async publish(channel: string, payload: unknown): Promise<void> {
    const message: Message = { from: this.#id, payload };
    await this.#connection.run((client) => client.publish(channel, JSON.stringify(message)));
  }

  async subscribe(channel: string, handler: Handler): Promise<void> {
    this.#handlers.set(channel, handler);
    if (this.#subscriber.status === 'ready') await this.#subscriber.subscribe(channel).catch(() => {});
  }

  async unsubscribe(channel: string): Promise<void> {
    this.#handlers.delete(channel);
  }

  async disconnect(): Promise<void> {
    this.#subscriber.disconnect();
  }

  #listen(channel: string, log: Log): void {
    this.#subscriber.subscribe(channel).catch((error: unknown) => {
      log.warn('changes of cached values are not heard; trying again', { error });
      this.#subscriber.disconnect(true);
    });
  }

  #take(channel: string, text: string): void {
    let message: Message;
    try {
      message = JSON.parse(text) as Message;
    } catch {
      return;
    }
    if (message.from !== this.#id) void this.#handlers.get(channel)?.(message.payload as never);
  }
}
