/**
 * Turns that nobody waits for, while the journal is busy.
 *
 * Owns which actors hold such a turn back, and until when. What comes for the actor meanwhile is part of the same turn and
 * record, where a record costs more than the turn itself. Invariants:
 * H1  A turn is held only while the journal writes, and no longer than until the first write that ends after `gatherMs`:
 *     there is no timer, and a quiet system is as fast as without.
 * H2  Any message that is not of this kind ends the holding at once.
 */
import type { Clock, Journal } from './ports.ts';

export interface Holder {
  /** Takes the turn that was held. */
  run(): void;
}

export class Gathering {
  readonly #gatherMs: number;
  readonly #clock: Clock;
  readonly #isJournalIdle: () => boolean;
  /** With the time at which each began, oldest first. */
  readonly #holders = new Map<Holder, number>();

  constructor({ journal, clock }: { journal: Journal; clock: Clock }, isJournalIdle: () => boolean) {
    this.#gatherMs = journal.gatherMs;
    this.#clock = clock;
    this.#isJournalIdle = isJournalIdle;
  }

  /** Whether the turn is held; if so, `run` is called once, unless `forget` comes first. */
  hold(holder: Holder): boolean {
    if (this.#gatherMs === 0 || this.#isJournalIdle()) return false;
    if (!this.#holders.has(holder)) this.#holders.set(holder, this.#clock.now());
    return true;
  }

  forget(holder: Holder): void {
    this.#holders.delete(holder);
  }

  /** The journal has ended a write. */
  written(): void {
    const isIdle = this.#isJournalIdle();
    const until = this.#clock.now() - this.#gatherMs;
    for (const [holder, since] of this.#holders) {
      if (!isIdle && since > until) return;
      this.#holders.delete(holder);
      holder.run();
    }
  }
}
