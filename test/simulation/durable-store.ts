/**
 * What survives every crash: the journal and the projections that all nodes share, with an observer that sees each
 * change the moment it is durable. Records cross this border as text, so no node shares an object with the store.
 */
import type {
  AppendResult,
  Head,
  Heartbeat,
  Journal,
  ListedRow,
  Projections,
  Settlement,
  UndeliveredTell,
} from '../../src/actors/ports.ts';
import type { JournalRecord } from '../../src/actors/record.ts';

/** Told of durable changes only. */
export interface StoreObserver {
  stored(record: JournalRecord, landedAt: number): void;
  projected(heads: readonly Head[], rows: readonly ListedRow[]): void;
  undeliveredAdded(tells: readonly UndeliveredTell[]): void;
  undeliveredRemoved(ids: readonly string[]): void;
  watermarkSet(node: string, watermark: number): void;
  retired(node: string, heardAt: number, now: number): void;
}

export class DurableStore {
  readonly journal: Journal;
  readonly projections: Projections;
  readonly #observer: StoreObserver;
  readonly #now: () => number;
  /** When each node's last heartbeat was stored. */
  readonly heardAt = new Map<string, number>();
  readonly #retired = new Set<string>();
  /** What is stored instead of a record. Only planted faults set this. */
  tamper: ((record: JournalRecord) => JournalRecord) | undefined;
  /** Records that stand in the journal otherwise than they were written. */
  damagedCount = 0;

  constructor(now: () => number, journal: Journal, projections: Projections, observer: StoreObserver) {
    this.#now = now;
    this.journal = journal;
    this.projections = projections;
    this.#observer = observer;
  }

  async append(texts: readonly string[]): Promise<readonly AppendResult[]> {
    const { tamper } = this;
    const stored = tamper === undefined ? texts : texts.map((text) => JSON.stringify(tamper(JSON.parse(text))));
    const results = await this.journal.append(stored.map((text) => JSON.parse(text) as JournalRecord));
    stored.forEach((text, index) => {
      if (results[index] !== 'inserted') return;
      if (text !== texts[index]) this.damagedCount += 1;
      this.#observer.stored(JSON.parse(text) as JournalRecord, this.#now());
    });
    return results;
  }

  async project(heads: readonly Head[], rows: readonly ListedRow[]): Promise<void> {
    await this.projections.project(heads, rows);
    this.#observer.projected(heads, rows);
  }

  async heartbeat(node: Heartbeat): Promise<number> {
    const storeTime = await this.projections.heartbeat(node);
    this.heardAt.set(node.id, storeTime);
    this.#retired.delete(node.id);
    this.#observer.watermarkSet(node.id, node.watermark);
    return storeTime;
  }

  async settleNode(id: string, settlement: Settlement): Promise<void> {
    await this.projections.settleNode(id, settlement);
    if (settlement.watermark !== undefined) this.#observer.watermarkSet(id, settlement.watermark);
    if (settlement.retired !== true) return;
    this.#retired.add(id);
    this.#observer.retired(id, this.heardAt.get(id) ?? 0, this.#now());
  }

  /** Nodes that have been silent for so long and are not retired. */
  silentFor(ms: number): readonly string[] {
    const isSilent = ([id, heardAt]: [string, number]) => !this.#retired.has(id) && this.#now() - heardAt >= ms;
    return [...this.heardAt].filter(isSilent).map(([id]) => id);
  }

  async addUndelivered(tells: readonly UndeliveredTell[]): Promise<void> {
    await this.projections.addUndelivered(tells);
    this.#observer.undeliveredAdded(tells);
  }

  async removeUndelivered(ids: readonly string[]): Promise<void> {
    await this.projections.removeUndelivered(ids);
    this.#observer.undeliveredRemoved(ids);
  }
}
