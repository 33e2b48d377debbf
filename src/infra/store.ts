/**
 * What a server stands on: every store port, the clock that goes with them, and the secrets that all its processes share.
 */
import type { CallQueue, Clock, Journal, Leases, Projections } from '../actors/ports.ts';
import type { CallQueueFigures } from './redis/bullmq-call-queue.ts';
import type { LeaseFigures } from './redis/redlock-leases.ts';
import type { KeptState } from './resilience/kept-state.ts';
import type { UserKeys } from './sealing/sealer.ts';
import type { ConfiguredSecrets, Secrets } from './secrets.ts';

/** What leases and calls among processes come to; in one process there is nothing to tell. */
export interface StoreFigures {
  readonly leases: LeaseFigures;
  readonly calls: CallQueueFigures;
}

export interface Store {
  readonly journal: Journal;
  readonly projections: Projections;
  readonly leases: Leases;
  readonly queue: CallQueue;
  readonly userKeys: UserKeys;
  /** Of the calls to partners. */
  readonly kept: KeptState;
  readonly clock: Clock;
  /** Whether this process alone uses it. */
  readonly isExclusive: boolean;
  /** Undefined where leases and calls stay in process. */
  figures(): StoreFigures | undefined;
  /** Configured secrets, or those made for this store at the first start. */
  loadSecrets(configured: ConfiguredSecrets): Promise<Secrets>;
  /** After the runtime has stopped. */
  close(): Promise<void>;
}
