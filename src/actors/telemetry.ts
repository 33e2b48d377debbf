/**
 * What the runtime counts. No exporter here: whoever shows metrics reads `counts`.
 */
import type { Outcome } from './record.ts';

export type Counter =
  | Outcome
  | 'turns'
  | 'repeated'
  | 'leaseMissed'
  | 'fencingRejected'
  | 'nodeFenced'
  | 'undeliveredStored'
  | 'timersFired'
  | 'attempts';

export class Telemetry {
  readonly #counts = new Map<Counter, number>();

  count(name: Counter, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  get counts(): ReadonlyMap<Counter, number> {
    return this.#counts;
  }
}
