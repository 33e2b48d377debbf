/**
 * What nodes say to each other about leases: "I wait for it", "it is free, you are next", "I have it".
 *
 * Owns the channel, on every Redis of the leases at once, so that a node hears it while any of them works. Signals are
 * hints: they are lost with a connection and come several times, and nothing but fairness rests on them.
 */
import type { Redis } from 'ioredis';
import type { Address } from '../../actors/address.ts';
import type { Clock } from '../../actors/ports.ts';
import type { RedisConnection } from './redis-connection.ts';

/** A subscriber sends nothing, so without this it would never notice that its connection is dead. */
const BEAT_MS = 5_000;

export type LeaseSignal =
  /** `node` waits for the lease, for so long. */
  | { readonly kind: 'ask'; readonly actor: Address; readonly node: string; readonly waitMs: number }
  /** The lease has been given up for the sake of `node`. */
  | { readonly kind: 'free'; readonly actor: Address; readonly node: string }
  /** `node` waits no more: it has got the lease. */
  | { readonly kind: 'taken'; readonly actor: Address; readonly node: string };

export class LeaseSignals {
  readonly #connections: readonly RedisConnection[];
  readonly #channel: string;
  readonly #clock: Clock;
  readonly #subscribers: readonly Redis[];
  #cancelBeat: () => void;

  /** Hears the signals of all nodes, its own too, from the time at which a connection is ready. */
  constructor(
    { connections, clock }: { connections: readonly RedisConnection[]; clock: Clock },
    channel: string,
    hear: (signal: LeaseSignal) => void,
  ) {
    this.#connections = connections;
    this.#channel = channel;
    this.#clock = clock;
    this.#subscribers = connections.map(({ client }) => client.duplicate());
    for (const subscriber of this.#subscribers) {
      subscriber.on('error', () => {});
      subscriber.on('ready', () => subscriber.subscribe(channel).catch(() => {}));
      subscriber.on('message', (_channel, text) => {
        const signal = parse(text);
        if (signal !== undefined) hear(signal);
      });
    }
    this.#cancelBeat = this.#beat();
  }

  send(signal: LeaseSignal): void {
    const text = JSON.stringify(signal);
    for (const connection of this.#connections) {
      if (connection.isUsable) connection.run((client) => client.publish(this.#channel, text)).catch(() => {});
    }
  }

  close(): void {
    this.#cancelBeat();
    for (const subscriber of this.#subscribers) subscriber.disconnect();
  }

  #beat(): () => void {
    return this.#clock.after(BEAT_MS, () => {
      for (const subscriber of this.#subscribers) subscriber.ping().catch(() => {});
      this.#cancelBeat = this.#beat();
    });
  }
}

/** Undefined for what is no signal of ours; of an unknown kind it does nothing. */
function parse(text: string): LeaseSignal | undefined {
  try {
    return JSON.parse(text) as LeaseSignal;
  } catch {
    return undefined;
  }
}
