/**
 * One process of the simulated fleet: it crashes, stands still, starts again, and talks to the world only through
 * `call`. What a dead incarnation still does is cut off: its timers do not fire and its calls never answer.
 */
import { ActorError } from '../../src/actors/errors.ts';
import type { Clock } from '../../src/actors/ports.ts';
import type { Runtime } from '../../src/actors/runtime.ts';
import type { CallKind, Draw, FaultPlan } from './faults.ts';
import type { Scheduler } from './scheduler.ts';

export interface NodeWorld {
  readonly scheduler: Scheduler;
  readonly faults: () => FaultPlan;
  /** The store lives in the process: what the process has not done when it dies is never done. */
  readonly isEmbedded: boolean;
  /** Called when the node dies. */
  readonly crashed: (node: SimNode, downMs: number | undefined) => void;
  readonly failed: (error: unknown) => void;
  readonly log: (text: string) => void;
}

type Later = (ms: number, execute: () => unknown) => void;

export interface PortCall<T> {
  readonly epoch: number;
  readonly kind: CallKind;
  readonly operation: string;
  readonly execute: (coin: number) => Promise<T> | T;
  /** What the port answers when the call may have been done; `result` is what it came to, if it was done. */
  readonly unsure: (coin: number, result?: T) => { readonly value: T } | { readonly error: Error };
  /** How a late call is done, when that is not `execute` after `spreadMs`. */
  readonly executeLate?: (spreadMs: number, later: Later) => void;
}

/** How far the raw clock of a node is off, and whether its clock adapter follows the store's time. */
export interface ClockError {
  readonly offsetMs: number;
  readonly isFollowing: boolean;
}

export class SimNode {
  readonly name: string;
  clockError: ClockError;
  readonly #world: NodeWorld;
  epoch = 0;
  pausedUntil = 0;
  runtime: Runtime | undefined;

  constructor(world: NodeWorld, name: string, clockError: ClockError) {
    this.#world = world;
    this.name = name;
    this.clockError = clockError;
  }

  get isUp(): boolean {
    return this.runtime?.isReady === true;
  }

  /** Dies; comes back after `downMs`, or when the world likes. */
  crash({ downMs }: { downMs?: number } = {}): void {
    this.epoch += 1;
    this.runtime = undefined;
    this.pausedUntil = 0;
    this.#world.scheduler.note(`crash ${this.name}`);
    this.#world.crashed(this, downMs);
  }

  pause(ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, this.#world.scheduler.now + ms);
  }

  /** Runs `run` at `time` in this incarnation: never once it has died, later while it stands still. */
  at(epoch: number, time: number, run: () => void): () => void {
    let cancel = () => {};
    const attempt = () => {
      if (this.epoch !== epoch) return;
      if (this.pausedUntil > this.#world.scheduler.now) {
        cancel = this.#world.scheduler.at(this.pausedUntil, attempt);
      } else run();
    };
    cancel = this.#world.scheduler.at(time, attempt);
    return () => cancel();
  }

  clock(): Clock {
    return new SimClock(this, this.#world.scheduler);
  }

  /** A call over the process's border, with the fault the plan has for it. */
  call<T>(call: PortCall<T>): Promise<T> {
    const { epoch, kind, operation } = call;
    if (this.epoch !== epoch) return new Promise(() => {});
    const { scheduler, failed } = this.#world;
    const draw = this.#world.faults().draw({ kind, operation, node: this.name, now: scheduler.now });
    scheduler.note(draw.fault === undefined ? operation : `${operation}:${draw.fault}`);
    if (draw.fault !== undefined) this.#world.log(`${this.name} ${operation} ${draw.fault}`);
    return new Promise<T>((resolve, reject) => {
      const run = () => void this.#carryOut(call, draw, resolve, reject).catch(failed);
      if (draw.sendMs === 0) run();
      else scheduler.after(draw.sendMs, run);
    });
  }

  async #carryOut<T>(call: PortCall<T>, draw: Draw, resolve: (value: T) => void, reject: (error: Error) => void) {
    const { epoch, operation, execute, unsure } = call;
    const { fault, coin, laterMs } = draw;
    // A request on its way when its sender died may still arrive, unless the store died with it.
    const isInProcess = this.#world.isEmbedded && call.kind !== 'feed' && call.kind !== 'payout';
    if (this.epoch !== epoch && (isInProcess || coin < 0.5)) return;
    const answerUnsure = (result?: T) => {
      const answer = unsure(coin, result);
      this.#reply(epoch, draw, () => ('error' in answer ? reject(answer.error) : resolve(answer.value)));
    };
    if (fault === 'reject') return this.#reply(epoch, draw, () => reject(unavailable(operation)));
    if (fault === 'lost') return answerUnsure();
    if (fault === 'crashBefore') return this.#die(epoch);
    if (fault === 'late' || fault === 'crashLate') {
      const later: Later = (ms, run) =>
        this.#later(ms, () => (isInProcess && this.epoch !== epoch ? undefined : run()));
      if (call.executeLate) call.executeLate(laterMs, later);
      else later(laterMs, () => execute(coin));
      return fault === 'late' ? answerUnsure() : this.#die(epoch);
    }
    const result = await execute(coin);
    if (fault === 'crashAfter') return this.#die(epoch);
    if (fault === 'lookFailed') return answerUnsure(result);
    if (fault === 'pause' && this.epoch === epoch) this.pause(laterMs);
    this.#reply(epoch, draw, () => resolve(result));
  }

  /** Whether no record of that actor can be stored from here now. */
  isBlocked(actor: string): boolean {
    return this.#world.faults().isBlocked?.(actor, this.name, this.#world.scheduler.now) === true;
  }

  #reply(epoch: number, { replyMs, fault }: Draw, give: () => void): void {
    if (this.epoch !== epoch) return;
    if (replyMs === 0 && fault !== 'pause' && this.pausedUntil <= this.#world.scheduler.now) give();
    else this.at(epoch, this.#world.scheduler.now + replyMs, give);
  }

  #later(ms: number, execute: () => unknown): void {
    this.#world.scheduler.after(ms, () => {
      void (async () => execute())().catch(this.#world.failed);
    });
  }

  #die(epoch: number): void {
    if (this.epoch === epoch) this.crash();
  }
}

export function unavailable(operation: string): ActorError {
  return new ActorError('STORE_UNAVAILABLE', `${operation} (simulated)`);
}

/** The node's clock: its machine's, with an error, and set right by the store's time if it follows that. */
class SimClock implements Clock {
  readonly #node: SimNode;
  readonly #scheduler: Scheduler;
  readonly #epoch: number;
  #correctionMs: number | undefined;
  #last = 0;

  constructor(node: SimNode, scheduler: Scheduler) {
    this.#node = node;
    this.#scheduler = scheduler;
    this.#epoch = node.epoch;
  }

  now(): number {
    const now = this.#scheduler.now + this.#node.clockError.offsetMs + (this.#correctionMs ?? 0);
    this.#last = Math.max(this.#last, now);
    return this.#last;
  }

  after(ms: number, run: () => void): () => void {
    return this.#node.at(this.#epoch, this.#scheduler.now + ms, run);
  }

  soon(run: () => void): void {
    this.#node.at(this.#epoch, this.#scheduler.now, run);
  }

  observe(storeTime: number): void {
    if (!this.#node.clockError.isFollowing) return;
    // The first correction may set the clock back: nothing has been committed by it yet.
    if (this.#correctionMs === undefined) this.#last = 0;
    this.#correctionMs = storeTime - this.#scheduler.now - this.#node.clockError.offsetMs;
  }
}
