/**
 * The `Projections` port in memory, for actor tests and the simulator. Passes the projections contract.
 */
import type { Address } from '../../src/actors/address.ts';
import type {
  Head,
  HeadsQuery,
  Heartbeat,
  ListedRow,
  NodeRow,
  Position,
  Projections,
  RowsQuery,
  Settlement,
  StateLimit,
  TrafficSlot,
  UndeliveredTell,
  VersionCount,
} from '../../src/actors/ports.ts';
import type { TrafficCount } from '../../src/actors/traffic.ts';

export class MemoryProjections implements Projections {
  readonly #heads = new Map<Address, Head>();
  readonly #rows = new Map<string, ListedRow>();
  readonly #nodes = new Map<string, NodeRow>();
  readonly #undelivered = new Map<string, UndeliveredTell>();
  #traffic: TrafficSlot[] = [];
  readonly #storeTime: () => number;

  constructor(storeTime: () => number) {
    this.#storeTime = storeTime;
  }

  async project(heads: readonly Head[], rows: readonly ListedRow[]): Promise<void> {
    for (const head of heads) {
      const known = this.#heads.get(head.actor);
      if (known === undefined || known.seq < head.seq) this.#heads.set(head.actor, plain(head));
    }
    for (const row of rows) if (!this.#rows.has(row.id)) this.#rows.set(row.id, plain(row));
  }

  async head(actor: Address): Promise<Head | undefined> {
    return structuredClone(this.#heads.get(actor));
  }

  async headsOf(actors: readonly Address[]): Promise<readonly Head[]> {
    return actors.flatMap((actor) => structuredClone(this.#heads.get(actor)) ?? []);
  }

  async heads({ type, owner, status, state, machine, after, limit }: HeadsQuery): Promise<readonly Head[]> {
    const found = [...this.#heads.values()].filter(
      (head) =>
        head.type === type &&
        (owner === undefined || head.owner === owner) &&
        (status === undefined || head.status === status) &&
        (state === undefined || head.state === state) &&
        (machine === undefined || head.machine === machine),
    );
    return newestFirst(found, (head) => [head.sortKey, head.actor], after, limit);
  }

  async countStates(limits: readonly StateLimit[]): Promise<readonly VersionCount[]> {
    const counts = new Map<string, VersionCount>();
    for (const { type, machine, state, since } of this.#heads.values()) {
      const key = `${type} ${machine} ${state}`;
      const { count, oldestSince, overdue } = counts.get(key) ?? { count: 0, oldestSince: since, overdue: 0 };
      const limit = limits.find((one) => one.type === type && one.state === state);
      counts.set(key, {
        type,
        machine,
        state,
        count: count + 1,
        oldestSince: Math.min(oldestSince, since),
        overdue: overdue + (limit !== undefined && since < limit.before ? 1 : 0),
      });
    }
    return [...counts.values()];
  }

  async rows({ table, owner, after, limit }: RowsQuery): Promise<readonly ListedRow[]> {
    const found = [...this.#rows.values()].filter((row) => row.table === table && row.owner === owner);
    return newestFirst(found, (row) => [row.at, sortableId(row.id)], after && [after[0], sortableId(after[1])], limit);
  }

  async due(now: number, limit: number): Promise<readonly { actor: Address; nextDue: number }[]> {
    const due: { actor: Address; nextDue: number }[] = [];
    for (const { actor, nextDue } of this.#heads.values()) {
      if (nextDue !== null && nextDue <= now) due.push({ actor, nextDue });
    }
    return due.sort((a, b) => a.nextDue - b.nextDue || (a.actor < b.actor ? -1 : 1)).slice(0, limit);
  }

  async clear(): Promise<void> {
    this.#heads.clear();
    this.#rows.clear();
  }

  async heartbeat(node: Heartbeat): Promise<number> {
    const heartbeatAt = this.#storeTime();
    const { batch = 0, watermark = 0 } = this.#nodes.get(node.id) ?? {};
    this.#nodes.set(node.id, {
      ...node,
      batch: Math.max(batch, node.batch),
      watermark: Math.max(watermark, node.watermark),
      heartbeatAt,
      retired: false,
      closed: false,
    });
    return heartbeatAt;
  }

  async nodes(): Promise<readonly NodeRow[]> {
    return structuredClone([...this.#nodes.values()]);
  }

  async settleNode(id: string, settlement: Settlement): Promise<void> {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    const watermark = Math.max(node.watermark, settlement.watermark ?? 0);
    this.#nodes.set(id, { ...node, ...settlement, watermark });
  }

  async addUndelivered(tells: readonly UndeliveredTell[]): Promise<void> {
    for (const tell of tells) if (!this.#undelivered.has(tell.id)) this.#undelivered.set(tell.id, plain(tell));
  }

  async undeliveredDue(now: number, limit: number): Promise<readonly UndeliveredTell[]> {
    const due = [...this.#undelivered.values()].filter((tell) => tell.nextAt <= now);
    return structuredClone(due.sort((a, b) => a.nextAt - b.nextAt || (a.id < b.id ? -1 : 1)).slice(0, limit));
  }

  async undeliveredTo(actor: Address, limit: number): Promise<readonly UndeliveredTell[]> {
    const waiting = [...this.#undelivered.values()].filter((tell) => tell.to === actor);
    return structuredClone(waiting.sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1)).slice(0, limit));
  }

  async postponeUndelivered(id: string, nextAt: number): Promise<void> {
    const tell = this.#undelivered.get(id);
    if (tell !== undefined) this.#undelivered.set(id, { ...tell, nextAt, attempts: tell.attempts + 1 });
  }

  async removeUndelivered(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#undelivered.delete(id);
  }

  async undeliveredCount(): Promise<number> {
    return this.#undelivered.size;
  }

  async addTraffic(slots: readonly TrafficSlot[]): Promise<void> {
    this.#traffic.push(...plain(slots));
  }

  async traffic(type: string, since: number): Promise<readonly TrafficCount[]> {
    const sums = new Map<string, TrafficCount>();
    const counts = this.#traffic.filter((one) => one.type === type && one.slot >= since).flatMap((one) => one.counts);
    for (const { kind, name, bucket, count } of counts) {
      const key = JSON.stringify([kind, name, bucket]);
      sums.set(key, { kind, name, bucket, count: count + (sums.get(key)?.count ?? 0) });
    }
    return [...sums.values()];
  }

  async dropTraffic(before: number): Promise<void> {
    this.#traffic = this.#traffic.filter(({ slot }) => slot >= before);
  }
}

/** A copy as a store keeps it: without undefined. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** `<address>#<seq>.<n>` so that its numbers sort as such. */
function sortableId(id: string): string {
  return id.replace(/\d+(?=\.\d+$|$)/g, (digits) => digits.padStart(16, '0'));
}

function newestFirst<T>(items: T[], position: (item: T) => Position, after: Position | undefined, limit: number): T[] {
  const below = (a: Position, b: Position) => b[0] - a[0] || (a[1] < b[1] ? 1 : a[1] > b[1] ? -1 : 0);
  const sorted = items.sort((a, b) => below(position(a), position(b)));
  const start = after === undefined ? 0 : sorted.findIndex((item) => below(after, position(item)) < 0);
  return start < 0 ? [] : structuredClone(sorted.slice(start, start + limit));
}
