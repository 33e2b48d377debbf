/**
 * `Leases` among processes: Redlock over one or several independent Redis, kept over several turns.
 *
 * Owns the leases that this node holds and its waits for others'. Invariants:
 * L1  A lease counts as held only for its time in Redis, less the drift that Redlock allows, by the monotonic clock of
 *     this process; it is extended by being used, so what a node leaves or hangs on runs out.
 * L2  A node that waits for a held lease says so. Its holder gives it up at the end of a turn, once it has had its share
 *     of `SHARED_MS`, to whoever has waited longest, and waits in line itself. Whoever is not named leaves it to that one.
 * L3  Nothing here waits longer than its caller said or `COMMAND_TIMEOUT_MS` a step. Without a majority of the servers
 *     every answer is false, at once. Nothing throws.
 *
 * Safety never rests on a lease (J2): a server that forgets, a pause or two clocks can give it to two nodes at once.
 */
import Redlock, { type Lock, type RedlockClient } from 'redlock';
import type { Address } from '../../actors/address.ts';
import { ActorError } from '../../actors/errors.ts';
import type { Clock, Ids, Leases, Log } from '../../actors/ports.ts';
import { type LeaseSignal, LeaseSignals } from './lease-signals.ts';
import { RedisConnection } from './redis-connection.ts';
import { WaitingLines } from './waiting-lines.ts';

const TTL_MS = 3_000;
/** Used again after this part of its time, a lease is extended. */
const EXTEND_AFTER = 1 / 3;
const DRIFT_FACTOR = 0.01;
/** What the holder of a lease and all who wait for it have in turn, together. */
const SHARED_MS = 150;
/** For when a signal is lost, or the holder is: after so long the first in line tries unasked, and the others later. */
const FIRST_POLL_MS = 40;
const POLL_MS = 120;
const COMMAND_TIMEOUT_MS = 400;
const FIRST_CONNECT_MS = 2_000;

export interface LeasesOptions {
  /** One Redis, or an odd number of independent ones. */
  readonly urls: readonly string[];
  /** Before every key and channel; nodes share leases under the same. */
  readonly prefix?: string;
  readonly ttlMs?: number;
}

/** Counts since the start, and what is so now. */
export interface LeaseFigures {
  readonly held: number;
  readonly waiting: number;
  readonly serversUsable: number;
  readonly servers: number;
  readonly granted: number;
  /** Another node held it for as long as this one waited. */
  readonly refused: number;
  /** Refused because there was no majority of the servers. */
  readonly unavailable: number;
  /** Given up because others waited. */
  readonly handedOver: number;
  /** Held here when Redis knew nothing of it any more. */
  readonly lost: number;
}

interface Held {
  lock: Lock;
  readonly since: number;
  extendedAt: number;
  validUntil: number;
}

/** This node's wait for one lease, which all its callers share. */
interface Wait {
  callers: number;
  until: number;
  wake: (isNamed: boolean) => void;
  isNamed: boolean;
  readonly isGranted: Promise<boolean>;
}

interface LeasesDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

export class RedlockLeases implements Leases {
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #node: string;
  readonly #prefix: string;
  readonly #ttlMs: number;
  readonly #connections: readonly RedisConnection[];
  readonly #redlock: Redlock;
  readonly #signals: LeaseSignals;
  readonly #held = new Map<Address, Held>();
  readonly #waits = new Map<Address, Wait>();
  /** Of the leases that this node holds or waits for. */
  readonly #lines: WaitingLines;
  readonly #counts = { granted: 0, refused: 0, unavailable: 0, handedOver: 0, lost: 0 };
  #isClosed = false;

  /**
   * Resolves when the servers answer, or after 2 s: without them it grants nothing until they do.
   * @throws STORE_UNFIT for an even number of servers
   */
  static async open(deps: LeasesDeps, options: LeasesOptions): Promise<RedlockLeases> {
    if (options.urls.length % 2 === 0) {
      throw new ActorError('STORE_UNFIT', `leases want an odd number of Redis servers, not ${options.urls.length}`, {
        hint: 'set REDLOCK_URLS to one, three or five',
      });
    }
    const leases = new RedlockLeases(deps, options);
    await Promise.all(leases.#connections.map((connection) => connection.whenUsable(FIRST_CONNECT_MS)));
    return leases;
  }

  private constructor({ clock, ids, log }: LeasesDeps, { urls, prefix = 'taoke:', ttlMs = TTL_MS }: LeasesOptions) {
    this.#clock = clock;
    this.#ids = ids;
    this.#node = ids.random();
    this.#lines = new WaitingLines(this.#node);
    this.#prefix = `${prefix}lease:`;
    this.#ttlMs = ttlMs;
    const limits = { commandTimeoutMs: COMMAND_TIMEOUT_MS };
    this.#connections = urls.map((url) => new RedisConnection({ clock, log }, url, limits));
    this.#redlock = new Redlock(this.#connections.map(clientOf), { retryCount: 0, driftFactor: DRIFT_FACTOR });
    const deps = { connections: this.#connections, clock };
    this.#signals = new LeaseSignals(deps, `${this.#prefix}signals`, (signal) => this.#hear(signal));
  }

  async acquire(actor: Address, waitMs: number): Promise<boolean> {
    const held = this.#heldNow(actor);
    if (held !== undefined && !this.#hasHadItsShare(actor, held)) {
      this.#extendInTime(actor, held);
      return true;
    }
    if (held !== undefined) {
      this.#counts.handedOver += 1;
      await this.#giveUp(actor, held);
    }
    return this.#wait(actor, waitMs, held !== undefined);
  }

  /** Returns within `COMMAND_TIMEOUT_MS`, also when the lease has long run out. */
  async release(actor: Address): Promise<void> {
    const held = this.#held.get(actor);
    if (held !== undefined) await this.#giveUp(actor, held);
  }

  figures(): LeaseFigures {
    return {
      held: this.#held.size,
      waiting: this.#waits.size,
      serversUsable: this.#usableCount(),
      servers: this.#connections.length,
      ...this.#counts,
    };
  }

  /** Releases what it can in `COMMAND_TIMEOUT_MS`; grants nothing after. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const wait of this.#waits.values()) wait.wake(false);
    await Promise.all([...this.#held].map(([actor, held]) => this.#giveUp(actor, held)));
    this.#signals.close();
    for (const connection of this.#connections) connection.close();
  }

  #heldNow(actor: Address): Held | undefined {
    const held = this.#held.get(actor);
    if (held === undefined || performance.now() < held.validUntil) return held;
    this.#lose(actor);
    return undefined;
  }

  #hasHadItsShare(actor: Address, held: Held): boolean {
    const waiting = this.#lines.othersOf(actor).length;
    return waiting > 0 && performance.now() - held.since >= SHARED_MS / (waiting + 1);
  }

  #extendInTime(actor: Address, held: Held): void {
    const now = performance.now();
    if (now - held.extendedAt < this.#ttlMs * EXTEND_AFTER) return;
    held.extendedAt = now;
    // How long it lasts is measured here (L1), not by the machine's clock, which may have been set since.
    held.lock.expiration = Number.POSITIVE_INFINITY;
    this.#redlock.extend(held.lock, this.#ttlMs).then(
      (lock) => {
        held.lock = lock;
        held.validUntil = this.#validUntil(now);
      },
      () => {
        // Without a majority nobody else gets it either, so it stays until its time is over.
        if (!this.#isReachable() || this.#held.get(actor) !== held) return;
        this.#lose(actor);
      },
    );
  }

  #lose(actor: Address): void {
    this.#counts.lost += 1;
    this.#held.delete(actor);
    if (!this.#waits.has(actor)) this.#lines.forget(actor);
  }

  #validUntil(startedAt: number): number {
    return startedAt + this.#ttlMs * (1 - DRIFT_FACTOR) - 2;
  }

  /** Each of several callers waits for as long as it said; one that does not wait has the first try, if it is the first. */
  async #wait(actor: Address, waitMs: number, isLast: boolean): Promise<boolean> {
    const until = performance.now() + waitMs;
    const known = this.#waits.get(actor);
    const wait =
      known ?? this.#beginWait(actor, until, waitMs > 0 && (isLast || this.#lines.othersOf(actor).length > 0));
    wait.until = Math.max(wait.until, until);
    wait.callers += 1;
    const isGranted = await (known === undefined && waitMs <= 0
      ? wait.isGranted
      : this.#within(waitMs, wait.isGranted));
    wait.callers -= 1;
    if (!isGranted && !this.#isReachable()) this.#counts.unavailable += 1;
    else if (!isGranted && waitMs > 0) this.#counts.refused += 1;
    return isGranted;
  }

  #within(waitMs: number, isGranted: Promise<boolean>): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(waitMs, () => resolve(false));
      void isGranted.then((answer) => {
        cancel();
        resolve(answer);
      });
    });
  }

  #beginWait(actor: Address, until: number, isLast: boolean): Wait {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const wait: Wait = { callers: 0, until, wake: () => {}, isNamed: false, isGranted: promise };
    this.#waits.set(actor, wait);
    void this.#contend(actor, wait, isLast).then((isGranted) => {
      this.#waits.delete(actor);
      if (!isGranted) this.#lines.forget(actor);
      resolve(isGranted);
      // Nobody waited to the end: those who still do shall not wait for its time to run out.
      if (isGranted && wait.callers === 0) void this.release(actor);
    });
    return wait;
  }

  async #contend(actor: Address, wait: Wait, isLast: boolean): Promise<boolean> {
    for (let mayTry = !isLast; ; ) {
      if (mayTry && !this.#isReachable()) return false;
      if (mayTry && (await this.#take(actor))) return true;
      const restMs = wait.until - performance.now();
      if (this.#isClosed || restMs <= 0 || !this.#isReachable()) return false;
      this.#signals.send({ kind: 'ask', actor, node: this.#node, waitMs: Math.ceil(restMs) });
      const [first = this.#node] = this.#lines.of(actor);
      const pollMs = (first === this.#node ? FIRST_POLL_MS : POLL_MS) * (0.5 + this.#ids.fraction());
      mayTry = await this.#named(wait, Math.min(restMs, pollMs));
      if (performance.now() >= wait.until) return false;
    }
  }

  /** Whether to try now: true when this node is named or nobody is for so long, false when another one is. */
  async #named(wait: Wait, withinMs: number): Promise<boolean> {
    const isNamed = await new Promise<boolean>((resolve) => {
      const cancel = this.#clock.after(withinMs, () => resolve(true));
      wait.wake = (mayTry) => {
        cancel();
        resolve(mayTry);
      };
      if (wait.isNamed) wait.wake(true);
    });
    wait.isNamed = false;
    return isNamed;
  }

  async #take(actor: Address): Promise<boolean> {
    const now = performance.now();
    try {
      const lock = await this.#redlock.acquire([`${this.#prefix}${actor}`], this.#ttlMs);
      if (this.#isClosed) {
        void this.#redlock.release(lock).catch(() => {});
        return false;
      }
      if (this.#lines.of(actor).includes(this.#node)) this.#signals.send({ kind: 'taken', actor, node: this.#node });
      this.#held.set(actor, { lock, since: performance.now(), extendedAt: now, validUntil: this.#validUntil(now) });
      this.#counts.granted += 1;
      return true;
    } catch {
      return false;
    }
  }

  async #giveUp(actor: Address, held: Held): Promise<void> {
    this.#held.delete(actor);
    const [next] = this.#lines.othersOf(actor);
    await this.#redlock.release(held.lock).catch(() => {});
    if (next !== undefined) this.#signals.send({ kind: 'free', actor, node: next });
    if (!this.#waits.has(actor) && !this.#held.has(actor)) this.#lines.forget(actor);
  }

  #hear(signal: LeaseSignal): void {
    const { kind, actor, node } = signal;
    const wait = this.#waits.get(actor);
    if (kind === 'taken') this.#lines.leave(actor, node);
    else if (kind === 'free' && wait !== undefined) {
      wait.isNamed ||= node === this.#node;
      wait.wake(node === this.#node);
    } else if (kind === 'ask' && (wait !== undefined || this.#held.has(actor))) {
      this.#lines.join(actor, node, signal.waitMs);
    }
  }

  #isReachable(): boolean {
    return this.#usableCount() > this.#connections.length / 2;
  }

  #usableCount(): number {
    return this.#connections.filter(({ isUsable }) => isUsable).length;
  }
}

function clientOf(connection: RedisConnection): RedlockClient {
  return {
    eval: (script, keyCount, args) => connection.run((client) => client.eval(script, keyCount, ...args)),
    evalsha: (hash, keyCount, args) => connection.run((client) => client.evalsha(hash, keyCount, ...args)),
  };
}
