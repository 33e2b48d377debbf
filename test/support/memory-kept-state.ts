/**
 * Kept state in memory, shared by all who hold it; can be away.
 */
import { ActorError } from '../../src/actors/errors.ts';
import type { KeptEntry, KeptState } from '../../src/infra/resilience/kept-state.ts';

export class MemoryKeptState implements KeptState {
  readonly isShared: boolean;
  readonly entries: Map<string, KeptEntry>;
  isAway = false;

  /** `entries` of another: the same store, from which only this one can be cut off. */
  constructor({ isShared = false, entries = new Map<string, KeptEntry>() } = {}) {
    this.isShared = isShared;
    this.entries = entries;
  }

  async load(since: number): Promise<readonly KeptEntry[]> {
    this.#assertThere();
    return [...this.entries.values()].filter(({ at }) => at >= since);
  }

  async save(entries: readonly KeptEntry[]): Promise<void> {
    this.#assertThere();
    for (const entry of structuredClone(entries)) {
      if (entry.at >= (this.entries.get(entry.key)?.at ?? 0)) this.entries.set(entry.key, entry);
    }
  }

  #assertThere(): void {
    if (this.isAway) throw new ActorError('STORE_UNAVAILABLE', 'the test has taken it away');
  }
}
