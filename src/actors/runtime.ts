/**
 * The durable actor runtime: the facade that faces, activities and the composition root use.
 *
 * Owns start, stop, the heartbeat with self-fencing and the sweep interval. A turn is `activation.ts`, an incarnation
 * `node.ts`, recovery `sweeper.ts`, work outside `call-runner.ts`.
 */
import { type Address, typeOf } from './address.ts';
import { CallRunner } from './call-runner.ts';
import { CommitListeners } from './commit-listeners.ts';
import { ActorError } from './errors.ts';
import type { ActorSystem, Inspection, NodeView, Receipt, SendOptions } from './facade.ts';
import type { Settled } from './mailbox.ts';
import { assertMessage, replayId } from './message.ts';
import { Node, type NodeDeps, type NodeLimits } from './node.ts';
import { atMost } from './patience.ts';
import type { Activity, Head, HeadsQuery, ListedRow, NodeRow, RowsQuery, UndeliveredTell } from './ports.ts';
import { type ActorEvent, type JournalRecord, type StoredSnapshot, stateName } from './record.ts';
import { type ActorDefinition, Registry } from './registry.ts';
import { Sweeper } from './sweeper.ts';
import { TakeOver } from './take-over.ts';
import { type RuntimeLoad, Telemetry } from './telemetry.ts';

export interface RuntimeOptions extends Partial<NodeLimits> {
  readonly role?: string;
  /** Whether this process runs attempts of calls; else it leaves them to others. Default true. */
  readonly runsCalls?: boolean;
  /** One process owns the store: reads may trust this node, and a start takes over and retires all older nodes. */
  readonly exclusive?: boolean;
  readonly heartbeatMs?: number;
  readonly sweepMs?: number;
  readonly nodeDeadMs?: number;
  readonly nodeRetireMs?: number;
  readonly nodeCloseMs?: number;
  readonly maxUndelivered?: number;
}

type ResolvedOptions = Required<RuntimeOptions>;

const DEFAULTS: ResolvedOptions = {
  role: 'all',
  runsCalls: true,
  exclusive: false,
  maxMailboxLength: 1_000,
  maxBatchRecords: 256,
  maxActivations: 10_000,
  heartbeatMs: 1_000,
  sweepMs: 1_000,
  nodeDeadMs: 10_000,
  nodeRetireMs: 20_000,
  nodeCloseMs: 3_600_000,
  maxUndelivered: 10_000,
};

const SEND_DEADLINE_MS = 5_000;
const HEAD_WAIT_MS = 500;
/** How often is looked for what another process may commit; and for what this one does, whose node may be fenced: the
 * one that follows does not know who waits. */
const SHARED_POLL_MS = 100;
const OWN_POLL_MS = 1_000;
const HEAD_POLL_MS = 20;

export type RuntimeDeps = Omit<NodeDeps, 'registry' | 'telemetry' | 'listeners'> & {
  readonly definitions: readonly ActorDefinition[];
};

type Phase = 'new' | 'joining' | 'ready' | 'stopping' | 'stopped';

export class Runtime implements ActorSystem {
  readonly registry: Registry;
  readonly telemetry = new Telemetry();
  readonly #deps: NodeDeps;
  readonly #options: ResolvedOptions;
  readonly #takeOver: TakeOver;
  readonly #sweeper: Sweeper;
  readonly #calls: CallRunner;
  #node: Node;
  /** Of this process: it takes over its own fenced incarnations like any other, not at once. */
  readonly #ownIds = new Set<string>();
  #startedAt = 0;
  #phase: Phase = 'new';
  #lastBeatAt = 0;
  /** The store's time less this process's, as of the last heartbeat. */
  #storeAheadMs = 0;
  #beating = false;
  #stopTimers: (() => void)[] = [];
  #stopQueue: ((deadlineMs: number) => Promise<void>) | undefined;

  /** @throws MACHINE_REFUSED when a machine cannot be made durable. */
  constructor({ definitions, ...deps }: RuntimeDeps, options: RuntimeOptions = {}) {
    this.registry = new Registry(definitions);
    const listeners = new CommitListeners(deps.log);
    this.#deps = { ...deps, registry: this.registry, telemetry: this.telemetry, listeners };
    this.#options = { ...DEFAULTS, ...options };
    this.#node = this.#newNode();
    this.#calls = new CallRunner({ ...this.#deps, node: () => this.#node });
    const storeTime = () => (this.#isHeard ? deps.clock.now() + this.#storeAheadMs : undefined);
    this.#takeOver = new TakeOver({ ...this.#deps, storeTime }, this.#options);
    this.#sweeper = new Sweeper({ ...this.#deps, node: () => this.#node, takeOver: this.#takeOver }, this.#options);
  }

  get isReady(): boolean {
    return this.#phase === 'ready';
  }

  get nodeId(): string {
    return this.#node.id;
  }

  /** Names the work an activity does; before `start`. */
  provideActivity(name: string, activity: Activity): void {
    this.#calls.provide(name, activity);
  }

  /** Joins: announces the node, and in exclusive mode takes over what earlier processes left. @throws STORE_UNAVAILABLE */
  async start(): Promise<void> {
    this.#startedAt = this.#deps.clock.now();
    this.#phase = 'joining';
    await this.#join();
    this.#repeat(this.#options.heartbeatMs, () => this.#beat());
    this.#repeat(this.#options.sweepMs, () => this.#node.outbox.storeLate());
    if (this.#options.exclusive) await this.#takeOverAll();
    if (this.#options.runsCalls) this.#stopQueue = await this.#deps.queue.start((attempt) => this.#calls.run(attempt));
    this.#repeat(this.#options.sweepMs, () => this.#sweeper.sweep());
  }

  /** Takes no more at the doors, finishes what is under way for at most `deadlineMs`, and leaves. Idempotent. What it
   * does not finish is taken over like after a crash. */
  async stop(deadlineMs = 10_000): Promise<void> {
    if (this.#phase === 'stopped' || this.#phase === 'new') return;
    const until = this.#deps.clock.now() + deadlineMs;
    this.#phase = 'stopping';
    await this.#stopQueue?.(deadlineMs);
    while (
      this.#deps.clock.now() < until &&
      (this.#node.isBusy || this.#node.batches.last > this.#node.batches.watermark)
    ) {
      await this.#node.sleep(5);
    }
    for (const cancel of this.#stopTimers) cancel();
    await this.#leave(this.#node).catch(() => {});
    this.#phase = 'stopped';
  }

  async send(address: Address, event: ActorEvent, options: SendOptions): Promise<Receipt> {
    this.#assertOpen();
    this.registry.logic(typeOf(address));
    const id = options.id ?? this.#deps.ids.random();
    assertMessage(id, event);
    if (options.mustExist === true && (await this.#deps.journal.last(address)) === undefined) {
      throw new ActorError('ACTOR_NOT_FOUND', address);
    }
    const { cause, trace, ifSeq } = options;
    const message = {
      id,
      event,
      cause,
      ...(trace === undefined ? {} : { trace }),
      ...(ifSeq === undefined ? {} : { ifSeq }),
    };
    const node = this.#node;
    const settled = node.put(address, 'door', message, options.repeatable === true);
    const receipt = await this.#within(settled, options.deadlineMs ?? SEND_DEADLINE_MS, address);
    if (options.awaitHead === true) await atMost(this.#deps.clock, HEAD_WAIT_MS, node.projector.whenWritten(address));
    return receipt;
  }

  async inspect(address: Address): Promise<Inspection | undefined> {
    const record = await this.#deps.journal.last(address);
    if (record === undefined) return undefined;
    const { seq, at, machine, snapshot } = record;
    return { address, seq, at, machine, state: stateName(snapshot.value), snapshot };
  }

  async waitUntil(
    address: Address,
    ready: (snapshot: StoredSnapshot) => boolean,
    timeoutMs: number,
  ): Promise<Inspection | undefined> {
    const until = this.#deps.clock.now() + timeoutMs;
    let wake = () => {};
    const unwatch = this.#node.watch(address, () => wake());
    try {
      for (;;) {
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const seen = await this.inspect(address);
        const leftMs = until - this.#deps.clock.now();
        const isOver = (seen !== undefined && ready(seen.snapshot)) || leftMs <= 0;
        if (isOver && seen !== undefined && !this.#options.exclusive) await this.#listed(seen);
        if (isOver) return seen;
        const pollMs = this.#options.exclusive ? OWN_POLL_MS : SHARED_POLL_MS;
        await atMost(this.#deps.clock, Math.min(leftMs, pollMs), woken);
      }
    } finally {
      unwatch();
    }
  }

  history(address: Address, after: number, limit: number): Promise<readonly JournalRecord[]> {
    return this.#deps.journal.page(address, after, limit);
  }

  async heads(query: HeadsQuery): Promise<readonly Head[]> {
    if (query.owner !== undefined) await this.#written();
    return this.#deps.projections.heads(query);
  }

  async rows(query: RowsQuery): Promise<readonly ListedRow[]> {
    await this.#written();
    return this.#deps.projections.rows(query);
  }

  onCommit(listener: (record: JournalRecord) => void): () => void {
    return this.#deps.listeners.add(listener);
  }

  async nodes(): Promise<readonly NodeView[]> {
    const storeTime = this.#deps.clock.now() + this.#storeAheadMs;
    const statusOf = ({ retired, heartbeatAt }: NodeRow) => {
      if (retired) return 'retired';
      return storeTime - heartbeatAt < this.#options.nodeDeadMs ? 'live' : 'silent';
    };
    return (await this.#deps.projections.nodes()).map((row) => ({ ...row, status: statusOf(row) }));
  }

  get backlogMs(): number {
    const since = this.#node.batches.openSince;
    return since === undefined ? 0 : Math.max(0, this.#deps.clock.now() - since);
  }

  /** What this process has in its hands; for who asks now and then. */
  load(): RuntimeLoad {
    const { size: depth, oldestAt } = this.#node.outbox;
    return { machines: this.#node.load(), outbox: { depth, oldestAt }, undelivered: this.#sweeper.undeliveredCount };
  }

  /** A user's own lists show what this process has committed before. */
  async #written(): Promise<void> {
    await atMost(this.#deps.clock, HEAD_WAIT_MS, this.#node.projector.whenAllWritten());
  }

  /** What was seen shows in the lists of other processes too, for at most as long as this one's own lists wait. A record can
   * be read before its node has heard that it is stored, and then is not yet among what will be written. */
  async #listed({ address, seq }: Inspection): Promise<void> {
    const { clock, projections } = this.#deps;
    const until = clock.now() + HEAD_WAIT_MS;
    for (;;) {
      await this.#written();
      const head = await projections.head(address);
      if ((head !== undefined && head.seq >= seq) || clock.now() >= until) return;
      await this.#node.sleep(HEAD_POLL_MS);
    }
  }

  undelivered(address: Address): Promise<readonly UndeliveredTell[]> {
    return this.#deps.projections.undeliveredTo(address, 100);
  }

  /**
   * Sends a parked message once more under the id `<id>~r<n>`; a second replay of the same parking is answered with the
   * first one's outcome.
   * @throws MESSAGE_NOT_PARKED
   */
  async replay(address: Address, messageId: string, cause: string): Promise<Receipt> {
    this.#assertOpen();
    const { journal } = this.#deps;
    const recorded = (await journal.outcomes(address, [messageId])).get(messageId);
    if (recorded?.outcome !== 'parked') throw new ActorError('MESSAGE_NOT_PARKED', `${address} ${messageId}`);
    const record = await journal.at(address, recorded.seq);
    const parked = record?.messages.find((message) => message.id === messageId);
    if (parked === undefined) throw new ActorError('STORE_CORRUPT', `${address} seq ${recorded.seq} lost ${messageId}`);
    const message = { id: replayId(messageId), event: parked.event, cause };
    return this.#within(this.#node.put(address, 'door', message, true), SEND_DEADLINE_MS, address);
  }

  #assertOpen(): void {
    if (this.#phase !== 'ready') throw new ActorError('RUNTIME_STOPPING', this.#phase, { retryAfterMs: 1_000 });
    if (this.#sweeper.undeliveredCount > this.#options.maxUndelivered) {
      throw new ActorError('TOO_MANY_UNDELIVERED', `${this.#sweeper.undeliveredCount}`, { retryAfterMs: 5_000 });
    }
  }

  async #within(settled: Promise<Settled>, deadlineMs: number, address: Address): Promise<Receipt> {
    const receipt = await atMost(this.#deps.clock, deadlineMs, settled);
    if (receipt !== undefined) return receipt;
    throw new ActorError('STORE_UNAVAILABLE', `${address} after ${deadlineMs} ms`, { retryAfterMs: 1_000 });
  }

  async #join(): Promise<void> {
    const node = this.#node;
    const tookMs = await this.#announce(node);
    // A late answer about an incarnation that was fenced meanwhile says nothing about the new one.
    if (node !== this.#node) return;
    this.#lastBeatAt = this.#deps.clock.now() - tookMs;
    node.renew(this.#lastBeatAt + this.#options.nodeDeadMs);
    if (this.#phase === 'joining') this.#phase = 'ready';
  }

  /** Whether the last heartbeat still vouches for this node. */
  get #isHeard(): boolean {
    return this.#deps.clock.now() - this.#lastBeatAt < this.#options.nodeDeadMs;
  }

  /** How long the answer took, by a clock that has not followed the store's time meanwhile. */
  async #announce(node: Node): Promise<number> {
    const { projections, clock } = this.#deps;
    const { last: batch, watermark } = node.batches;
    const sentAt = clock.now();
    const storeTime = await projections.heartbeat({
      id: node.id,
      role: this.#options.role,
      startedAt: this.#startedAt,
      batch,
      watermark,
    });
    const tookMs = clock.now() - sentAt;
    clock.observe?.(storeTime);
    this.#storeAheadMs = storeTime - clock.now();
    return tookMs;
  }

  /** A node that owes nothing is closed at once: all that it has written is known, delivered and projected. */
  async #leave(node: Node): Promise<void> {
    const announced = this.#announce(node);
    node.fence();
    await announced;
    const { last, watermark } = node.batches;
    if (watermark === last) await this.#deps.projections.settleNode(node.id, { retired: true, closed: true });
  }

  #newNode(): Node {
    const node = new Node(this.#deps, this.#options);
    this.#ownIds.add(node.id);
    return node;
  }

  /** Takes over what earlier processes left, however often that takes. */
  async #takeOverAll(): Promise<void> {
    while (this.#phase !== 'stopped') {
      try {
        for (const row of await this.#deps.projections.nodes()) {
          if (row.closed || this.#ownIds.has(row.id)) continue;
          await this.#takeOver.close(this.#node, row);
        }
        return;
      } catch (error) {
        this.#deps.log.warn('earlier processes are not taken over yet; trying again', { error });
        await this.#node.sleep(this.#options.sweepMs);
      }
    }
  }

  /** Renews the heartbeat, or fences this incarnation and joins under a new id once the store answers again. */
  async #beat(): Promise<void> {
    const silentMs = this.#deps.clock.now() - this.#lastBeatAt;
    if (silentMs >= this.#options.nodeDeadMs && this.#phase === 'ready') {
      this.#deps.log.error('heartbeat not renewed in time; going on under a new node id', {
        node: this.#node.id,
        silentMs,
      });
      this.#node.fence();
      this.#node = this.#newNode();
      this.#phase = 'joining';
    }
    if (this.#beating) return;
    this.#beating = true;
    try {
      await this.#join();
      this.#node.tellIfHeldUp();
    } catch (error) {
      this.#deps.log.warn('heartbeat failed', { node: this.#node.id, error });
    } finally {
      this.#beating = false;
    }
  }

  #repeat(everyMs: number, work: () => Promise<void>): void {
    let stopped = false;
    let cancel = () => {};
    const next = () => {
      const jitteredMs = everyMs * (0.75 + this.#deps.ids.fraction() / 2);
      cancel = this.#deps.clock.after(jitteredMs, () => {
        if (stopped) return;
        void work();
        next();
      });
    };
    next();
    this.#stopTimers.push(() => {
      stopped = true;
      cancel();
    });
  }
}
