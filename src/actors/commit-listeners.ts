/**
 * Who wants to hear of every commit of this process.
 *
 * Owns the listeners. Invariant: none of them can harm a turn: what one throws is logged, and with none the cost is a test.
 */
import type { Log } from './ports.ts';
import type { JournalRecord } from './record.ts';

export class CommitListeners {
  readonly #listeners = new Set<(record: JournalRecord) => void>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Calls `listener` with each record until the returned function is called. */
  add(listener: (record: JournalRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(record: JournalRecord): void {
    for (const listener of this.#listeners) {
      try {
        listener(record);
      } catch (error) {
        this.#log.error('a commit listener threw', { actor: record.actor, seq: record.seq, error });
      }
    }
  }
}
