/**
 * Where the state of breakers, bans, holds and changed limits is kept, and how nodes tell each other of it.
 *
 * Owns the port. Everything here is a hint but what a person has set: lost, nothing but a little time is lost. No call to
 * a partner ever waits for it.
 */
import type { Json } from '../../actors/record.ts';

export interface KeptEntry {
  readonly key: string;
  /** Of two entries under one key the later stands. */
  readonly at: number;
  readonly node: string;
  readonly value: Json;
}

export interface KeptState {
  /** Whether other nodes write to it too. */
  readonly isShared: boolean;
  /** What was saved at `since` or later; what is older may be dropped. @throws STORE_UNAVAILABLE */
  load(since: number): Promise<readonly KeptEntry[]>;
  /** Returns once it is durable. @throws STORE_UNAVAILABLE */
  save(entries: readonly KeptEntry[]): Promise<void>;
}
