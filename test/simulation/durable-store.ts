/**
 * What survives every crash: the journal and the projections that all nodes share, with an observer that sees each
 * change the moment it is durable. Records cross this border as text, so no node shares an object with the store.
 */
import type {
  AppendResult,
  Head,
  Journal,
  ListedRow,
  NodeRow,
  Projections,
  UndeliveredTell,
} from '../../src/actors/ports.ts';
import type { JournalRecord } from '../../src/actors/record.ts';

/** Told of durable changes only. */
export interface StoreObserver {
  stored(record: JournalRecord): void;
  projected(heads: readonly Head[], rows: readonly ListedRow[]): void;
  undeliveredAdded(tells: readonly UndeliveredTell[]): void;
  undeliveredRemoved(ids: readonly string[]): void;
  watermarkSet(node: string, watermark: number): void;
}

export class DurableStore {
  readonly journal: Journal;
  readonly projections: Projections;
  readonly #observer: StoreObserver;
  /** When each node's last heartbeat was stored. */
  readonly heardAt = new Map<string, number>();
  /** What is stored instead of a record. Only planted faults set this. */
  tamper: ((record: JournalRecord) => JournalRecord) | undefined;
  /** Records that stand in the journal otherwise than they were written. */
  damagedCount = 0;

  constructor(journal: Journal, projections: Projections, observer: StoreObserver) {
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
      this.#observer.stored(JSON.parse(text) as JournalRecord);
    });
    return results;
  }

  async project(heads: readonly Head[], rows: readonly ListedRow[]): Promise<void> {
    await this.projections.project(heads, rows);
    this.#observer.projected(heads, rows);
  }

  async heartbeat(node: Omit<NodeRow, 'heartbeatAt' | 'retired'>): Promise<number> {
    const storeTime = await this.projections.heartbeat(node);
    this.heardAt.set(node.id, storeTime);
    this.#observer.watermarkSet(node.id, node.watermark);
    return storeTime;
  }

  async settleNode(id: string, change: { watermark?: number; retired?: boolean }): Promise<void> {
    await this.projections.settleNode(id, change);
    if (change.watermark !== undefined) this.#observer.watermarkSet(id, change.watermark);
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
