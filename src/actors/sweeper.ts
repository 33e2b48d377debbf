/**
 * Finds what the fast path lost: due timers and calls, the records of silent nodes, undelivered tells.
 *
 * Owns delivery §4.2–4.3 of the design. Safe on several nodes at once; a lease makes it usually one. Invariants:
 * S1  It moves nothing by itself: due entries become messages, and only their turns' records move the heads.
 * S2  A node's watermark moves only past records whose heads and rows are written and whose tells are accepted (J7), and
 *     the node is retired only after `nodeRetireMs` of silence, when no write it sent can still apply.
 */
import { type Address, toAddress, typeOf } from './address.ts';
import type { Node } from './node.ts';
import type { Clock, Journal, Leases, Log, NodeRow, Projections } from './ports.ts';
import { toHead, toListedRows } from './projector.ts';
import type { JournalRecord } from './record.ts';
import type { Registry } from './registry.ts';

const PAGE = 500;
const SWEEP_LEASE: Address = toAddress('runtime', 'sweeper');

export interface SweeperDeps {
  readonly journal: Journal;
  readonly projections: Projections;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly node: () => Node;
  /** As of this node's last heartbeat and on from there: the clock that heartbeats are stamped by. */
  readonly storeTime: () => number;
}

export interface SweeperOptions {
  /** No other process takes turns, so what this one knows of an actor is never older than the lists. */
  readonly exclusive: boolean;
  readonly nodeDeadMs: number;
  readonly nodeRetireMs: number;
}

export class Sweeper {
  readonly #deps: SweeperDeps;
  readonly #options: SweeperOptions;
  #undeliveredCount = 0;
  /** A sweep that hangs on an incarnation that was fenced meanwhile does not hold up the next incarnation's. */
  #sweepingFor: Node | undefined;
  readonly #revisitAt = new Map<string, { at: number; delayMs: number }>();

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
    const { leases, log, projections } = this.#deps;
    const node = this.#deps.node();
    if (this.#sweepingFor === node) return;
    this.#sweepingFor = node;
    try {
      this.#undeliveredCount = await projections.undeliveredCount();
      if (!(await leases.acquire(SWEEP_LEASE, 0))) return;
      await this.#sweepDue(node);
      await node.outbox.retryStored(PAGE);
      await this.#takeOverSilent(node);
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

  async #takeOverSilent(node: Node): Promise<void> {
    const now = this.#deps.storeTime();
    for (const row of await this.#deps.projections.nodes()) {
      const silentMs = now - row.heartbeatAt;
      if (row.retired || row.id === node.id || silentMs < this.#options.nodeDeadMs) continue;
      const revisit = this.#revisitAt.get(row.id);
      if (revisit !== undefined && now < revisit.at) continue;
      await this.takeOver(node, row, silentMs >= this.#options.nodeRetireMs);
      const delayMs = Math.min(this.#options.nodeRetireMs / 4, (revisit?.delayMs ?? this.#options.nodeDeadMs / 4) * 2);
      this.#revisitAt.set(row.id, { at: now + delayMs, delayMs });
    }
  }

  /**
   * Delivers and projects again every record of that node above its watermark. Only with `retire`, when none of its
   * writes can still apply, the watermark moves and the node is retired: a record may land in a batch below those that
   * were found. May be repeated and interrupted at any point.
   * @throws STORE_UNAVAILABLE, also when `node` is fenced meanwhile.
   */
  async takeOver(node: Node, row: NodeRow, retire: boolean): Promise<void> {
    const { journal, projections, log } = this.#deps;
    let watermark = row.watermark;
    for (;;) {
      const records = await journal.committedBy(row.id, watermark, PAGE);
      if (records.length === 0) break;
      log.info('taking over records of a silent node', { node: row.id, records: records.length });
      await Promise.race([node.whenFenced, Promise.all(records.map((record) => this.#redeliver(node, record)))]);
      if (node.isFenced) throw node.fencedError();
      await this.#reproject(records);
      watermark = Math.max(...records.map((record) => record.batch));
    }
    if (!retire) return;
    await projections.settleNode(row.id, { watermark, retired: true });
    this.#revisitAt.delete(row.id);
  }

  async #redeliver(node: Node, record: JournalRecord): Promise<void> {
    await Promise.all(
      record.tells.map(
        (tell) =>
          new Promise<void>((resolve) => {
            node.outbox.deliver(record.actor, tell, { trace: record.trace, repeatable: true }, resolve);
          }),
      ),
    );
  }

  async #reproject(records: readonly JournalRecord[]): Promise<void> {
    const newest = new Map<Address, JournalRecord>();
    for (const record of records) {
      const known = newest.get(record.actor);
      if (known === undefined || known.seq < record.seq) newest.set(record.actor, record);
    }
    const heads = [...newest.values()].map((record) => toHead(this.#deps.registry.logic(typeOf(record.actor)), record));
    await this.#deps.projections.project(heads, records.flatMap(toListedRows));
  }
}
