/**
 * Finds what the fast path lost: due timers and calls, the records of silent nodes, undelivered tells.
 *
 * Owns the rounds of delivery §4.2 of the design; what silent nodes left is taken over by `take-over.ts`. Safe on several
 * nodes at once; a lease makes it usually one. Invariant:
 * S1  It moves nothing by itself: due entries become messages, and only their turns' records move the heads.
 */
import { type Address, toAddress } from './address.ts';
import type { Node } from './node.ts';
import type { Clock, Leases, Log, Projections } from './ports.ts';
import type { TakeOver } from './take-over.ts';

const PAGE = 500;
const SWEEP_LEASE: Address = toAddress('runtime', 'sweeper');

export interface SweeperDeps {
  readonly projections: Projections;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly log: Log;
  readonly node: () => Node;
  readonly takeOver: TakeOver;
}

export interface SweeperOptions {
  /** No other process takes turns, so what this one knows of an actor is never older than the lists. */
  readonly exclusive: boolean;
}

export class Sweeper {
  readonly #deps: SweeperDeps;
  readonly #options: SweeperOptions;
  #undeliveredCount = 0;
  /** A sweep that hangs on an incarnation that was fenced meanwhile does not hold up the next incarnation's. */
  #sweepingFor: Node | undefined;

  constructor(deps: SweeperDeps, options: SweeperOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** As of the last sweep. */
  get undeliveredCount(): number {
    return this.#undeliveredCount;
  }

  /** One round. Never throws; what failed is tried again in the next. */
  async sweep(): Promise<void> {
    const { leases, log, projections, takeOver } = this.#deps;
    const node = this.#deps.node();
    if (this.#sweepingFor === node) return;
    this.#sweepingFor = node;
    try {
      this.#undeliveredCount = await projections.undeliveredCount();
      if (!(await leases.acquire(SWEEP_LEASE, 0))) return;
      await this.#sweepDue(node);
      await node.outbox.retryStored(PAGE);
      await takeOver.round(node);
    } catch (error) {
      log.warn('sweep failed; the next one goes on', { error });
    } finally {
      if (this.#sweepingFor === node) this.#sweepingFor = undefined;
    }
  }

  async #sweepDue(node: Node): Promise<void> {
    for (const { actor } of await this.#deps.projections.due(this.#deps.clock.now(), PAGE)) {
      try {
        node.checkDue(actor, !this.#options.exclusive);
      } catch (error) {
        this.#deps.log.warn('due actor cannot be activated here', { actor, error });
      }
    }
  }
}
