/**
 * How many actors are in which state, from the lists, for everyone who shows it.
 *
 * Owns one shared reading. Invariants:
 * C1  The store is asked at most once in `LEAST_AGE_MS`, and so seldom that counting takes at most a hundredth of the
 *     time, however many actors there are; who asks in between gets the last reading.
 * C2  A reading that failed leaves the last one standing; nobody waits for more than one.
 */
import type { Clock, Log, Projections, StateCount, StateLimit, VersionCount } from '../../actors/ports.ts';
import type { MachineFacts } from './machine-facts.ts';

const LEAST_AGE_MS = 10_000;
const AGE_TO_COST = 100;

export interface CensusReading {
  readonly at: number;
  readonly states: readonly StateCount[];
  /** The same, apart by the machine version that made an actor's last record. */
  readonly versions: readonly VersionCount[];
  /** The due time of the timer or call that has been due longest; null when none is due. */
  readonly oldestDueAt: number | null;
}

/** Actors that stand still until a partner answers. */
export interface WaitingActors {
  readonly dependency: string;
  readonly machine: string;
  readonly state: string;
  readonly count: number;
  readonly oldestSince: number;
}

interface CensusDeps {
  readonly projections: Pick<Projections, 'countStates' | 'due'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

export class Census {
  readonly #deps: CensusDeps;
  readonly #machines: readonly MachineFacts[];
  #last: CensusReading | undefined;
  #nextAt = 0;
  #reading: Promise<void> | undefined;

  constructor(deps: CensusDeps, machines: readonly MachineFacts[]) {
    this.#deps = deps;
    this.#machines = machines;
  }

  /** The last reading, made anew when it is old enough; undefined as long as the store has not answered once. */
  async read(): Promise<CensusReading | undefined> {
    if (this.#deps.clock.now() >= this.#nextAt) {
      this.#reading ??= this.#readAnew().finally(() => {
        this.#reading = undefined;
      });
      await this.#reading;
    }
    return this.#last;
  }

  /** Who waits for which partner, by the states that depend on one. */
  async waiting(): Promise<readonly WaitingActors[]> {
    const { states = [] } = (await this.read()) ?? {};
    return states.flatMap(({ type, state, count, oldestSince }) => {
      const dependency = this.#factsOf(type, state)?.dependsOn;
      return dependency === undefined ? [] : [{ dependency, machine: type, state, count, oldestSince }];
    });
  }

  async #readAnew(): Promise<void> {
    const { projections, clock, log } = this.#deps;
    const startedAt = clock.now();
    try {
      const [versions, [due]] = await Promise.all([
        projections.countStates(this.#limits(startedAt)),
        projections.due(startedAt, 1),
      ]);
      this.#last = { at: startedAt, states: ofAllVersions(versions), versions, oldestDueAt: due?.nextDue ?? null };
    } catch (error) {
      log.warn('actors could not be counted; the last figures stand', { error });
    }
    const now = clock.now();
    this.#nextAt = now + Math.max(LEAST_AGE_MS, (now - startedAt) * AGE_TO_COST);
  }

  #limits(now: number): StateLimit[] {
    return this.#machines.flatMap(({ type, states }) =>
      states
        .filter(({ slaSeconds }) => slaSeconds > 0)
        .map(({ name, slaSeconds }) => ({ type, state: name, before: now - slaSeconds * 1_000 })),
    );
  }

  #factsOf(type: string, state: string) {
    return this.#machines.find((machine) => machine.type === type)?.states.find(({ name }) => name === state);
  }
}

/** The counts of each state, whatever the version. */
export function ofAllVersions(counts: readonly VersionCount[]): readonly StateCount[] {
  const states = new Map<string, StateCount>();
  for (const { machine: _, ...one } of counts) {
    const key = `${one.type} ${one.state}`;
    const { count, oldestSince, overdue } = states.get(key) ?? { ...one, count: 0, overdue: 0 };
    states.set(key, {
      ...one,
      count: count + one.count,
      oldestSince: Math.min(oldestSince, one.oldestSince),
      overdue: overdue + one.overdue,
    });
  }
  return [...states.values()];
}
