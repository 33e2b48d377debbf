/**
 * What a server stands on: every store port, the clock that goes with them, and the secrets that all its processes share.
 */
import type { CallQueue, Clock, Journal, Leases, Projections } from '../actors/ports.ts';
import type { UserKeys } from './sealing/sealer.ts';
import type { ConfiguredSecrets, Secrets } from './secrets.ts';

export interface Store {
  readonly journal: Journal;
  readonly projections: Projections;
  readonly leases: Leases;
  readonly queue: CallQueue;
  readonly userKeys: UserKeys;
  readonly clock: Clock;
  /** Whether this process alone uses it. */
  readonly isExclusive: boolean;
  /** Configured secrets, or those made for this store at the first start. */
  loadSecrets(configured: ConfiguredSecrets): Promise<Secrets>;
  /** After the runtime has stopped. */
  close(): Promise<void>;
}
