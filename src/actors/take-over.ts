/**
 * Takes over what silent nodes left.
 *
 * Owns delivery §4.3 of the design. Safe on several nodes at once, and repeated or interrupted at any point. Invariants:
 * S2  A silent node is *retired* once all that is found of it is done, which is looked for when no write that it sent can
 *     be under way any more: a node that cannot renew its heartbeat stops writing after `nodeDeadMs`, and a write ends
 *     before `nodeRetireMs`. A write held up in a halted process or a cut line may still land, so looking goes on.
 * S3  Its watermark moves, and it is *closed*, only after `nodeCloseMs`, when nothing can land: until then a record may come
 *     to stand in a batch below those that were found.
 * S4  A node is retired or closed only when it was silent at an earlier look as well, with no heartbeat in between: a clock
 *     that jumps, as a new primary's may, condemns nobody.
 * S5  One node's trouble holds up the take-over of no other.
 */
import { type Address, typeOf } from './address.ts';
import type { Node } from './node.ts';
import type { Journal, Log, NodeRow, Projections } from './ports.ts';
import { toHead, toListedRows } from './projector.ts';
import type { JournalRecord } from './record.ts';
import type { Registry } from './registry.ts';

const PAGE = 500;
/** So many are looked at together; a tell that waits for its target takes one of them some seconds. */
const AT_ONCE = 8;
const CLOSED = { retired: true, closed: true } as const;

export interface TakeOverDeps {
  readonly journal: Journal;
  readonly projections: Projections;
  readonly log: Log;
  readonly registry: Registry;
  /** As of this node's last heartbeat and on from there: the clock that heartbeats are stamped by. Undefined while this node
   * is not heard itself, and judges nobody. */
  readonly storeTime: () => number | undefined;
}

export interface TakeOverOptions {
  readonly nodeDeadMs: number;
  readonly nodeRetireMs: number;
  readonly nodeCloseMs: number;
}

/** What this process knows of a silent node that is not closed. */
interface Watched {
  /** Silent since; once heard of again, all times begin anew. */
  readonly heartbeatAt: number;
  readonly lookAt: number;
  /** How many records of each batch are delivered and projected: records are never less, so as many are the same. */
  readonly done: Map<number, number>;
}

export class TakeOver {
  readonly #deps: TakeOverDeps;
  readonly #options: TakeOverOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #underWay = new Set<string>();
  /** Those of the last round that are not under way yet. */
  #queue: NodeRow[] = [];
  /** When it was asked for them, by the store's time. */
  #askedAt = 0;

  constructor(deps: TakeOverDeps, options: TakeOverOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Begins to look at each silent node whose time has come; returns once it knows which. Never throws: what failed is
   * tried again in a later round. */
  async round(node: Node): Promise<void> {
    try {
      const now = this.#deps.storeTime();
      if (now === undefined) return;
      const rows = (await this.#deps.projections.nodes()).filter((row) => row.id !== node.id && this.#isDue(row, now));
      // Looking once more at the retired can wait.
      this.#queue = rows.sort((a, b) => Number(a.retired) - Number(b.retired));
      this.#askedAt = now;
      const idle = Math.min(rows.length, AT_ONCE - this.#underWay.size);
      for (let worker = 0; worker < idle; worker += 1) void this.#work(node);
    } catch (error) {
      this.#deps.log.warn('silent nodes are not looked for; the next round does', { error });
    }
  }

  #isDue({ id, closed, heartbeatAt }: NodeRow, now: number): boolean {
    if (closed || now - heartbeatAt < this.#options.nodeDeadMs || this.#underWay.has(id)) return false;
    const watched = this.#watched.get(id);
    return watched === undefined || watched.heartbeatAt !== heartbeatAt || watched.lookAt <= now;
  }

  async #work(node: Node): Promise<void> {
    for (let row = this.#queue.shift(); row !== undefined && !node.isFenced; row = this.#queue.shift()) {
      this.#underWay.add(row.id);
      await this.#look(node, row, this.#askedAt);
      this.#underWay.delete(row.id);
    }
  }

  /** When it is silent, when it may be retired, and then each time that it has been silent for twice as long. */
  async #look(node: Node, row: NodeRow, now: number): Promise<void> {
    const { nodeDeadMs, nodeRetireMs, nodeCloseMs } = this.#options;
    const { projections, log } = this.#deps;
    const { id, heartbeatAt } = row;
    const silentMs = now - heartbeatAt;
    const watched = this.#watched.get(id);
    const wasSilent = watched?.heartbeatAt === heartbeatAt;
    const done = watched?.done ?? new Map<number, number>();
    const soonMs = Math.max(nodeRetireMs - silentMs, nodeDeadMs / 2);
    let waitMs = wasSilent && silentMs >= nodeRetireMs ? Math.min(silentMs, nodeCloseMs / 4) : soonMs;
    try {
      const watermark = await this.#takeOver(node, row, done);
      if (wasSilent && silentMs >= nodeCloseMs) {
        await projections.settleNode(id, { watermark, ...CLOSED });
        this.#watched.delete(id);
        return;
      }
      if (wasSilent && silentMs >= nodeRetireMs && !row.retired) await projections.settleNode(id, { retired: true });
    } catch (error) {
      log.warn('a silent node is not taken over yet; trying again', { node: id, error });
      waitMs = Math.min(waitMs, nodeDeadMs / 2);
    }
    this.#watched.set(id, { heartbeatAt, lookAt: now + waitMs, done });
  }

  /** Takes over and closes at once a node of which nothing can land any more, since its store has a new owner.
   * @throws STORE_UNAVAILABLE, also when `node` is fenced meanwhile */
  async close(node: Node, row: NodeRow): Promise<void> {
    const watermark = await this.#takeOver(node, row, new Map());
    await this.#deps.projections.settleNode(row.id, { watermark, ...CLOSED });
  }

  /** Delivers and projects every record of that node above its watermark that is not `done`. Returns its last batch. */
  async #takeOver(node: Node, row: NodeRow, done: Map<number, number>): Promise<number> {
    const { journal, log } = this.#deps;
    let last = row.watermark;
    for (;;) {
      const records = await journal.committedBy(row.id, last, PAGE);
      if (records.length === 0) return last;
      const batches = [...Map.groupBy(records, ({ batch }) => batch)];
      const left = batches.flatMap(([batch, all]) => (done.get(batch) === all.length ? [] : all));
      if (left.length > 0) {
        log.info('taking over records of a silent node', { node: row.id, records: left.length });
        await Promise.race([node.whenFenced, Promise.all(left.map((record) => redeliver(node, record)))]);
        if (node.isFenced) throw node.fencedError();
        await this.#reproject(left);
      }
      for (const [batch, all] of batches) {
        done.set(batch, all.length);
        last = Math.max(last, batch);
      }
    }
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

async function redeliver(node: Node, { actor, tells, trace }: JournalRecord): Promise<void> {
  await Promise.all(
    tells.map(
      (tell) =>
        new Promise<void>((resolve) => {
          node.outbox.deliver(actor, tell, { trace, repeatable: true }, resolve);
        }),
    ),
  );
}
