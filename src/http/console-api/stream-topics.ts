import type { StaffRole } from '../../machines/meta.ts';

/** Something the console shows live as a whole: small, cheap to read, sent at most once a second. */
export interface ListTopic {
  readonly roles: readonly StaffRole[];
  /** Its state now, as JSON. */
  read(): Promise<unknown>;
  /** Calls `changed` whenever the state may have changed, until the returned function is called. */
  watch(changed: () => void): () => void;
}
