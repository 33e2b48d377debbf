/**
 * How actors moved in the last hour and the last day, of all processes together.
 *
 * Owns the way of this process's counts into the store, and readings that are shared. Invariants:
 * F1  The store is written to at most once in `EVERY_MS` unasked, and read at most once in that time for each machine and
 *     stretch, whoever asks.
 * F2  It is statistics: what a failed write or a process's death takes is lost, and nothing is sent twice.
 */
import type { Clock, Log, Projections } from '../../actors/ports.ts';
import type { Telemetry } from '../../actors/telemetry.ts';
import type { TrafficCount } from '../../actors/traffic.ts';

const EVERY_MS = 10_000;
const SLOT_MS = 300_000;
const HOUR_MS = 3_600_000;
/** A little more than the longest stretch anyone asks for. */
const KEEP_MS = 25 * HOUR_MS;

export type Hours = 1 | 24;

interface TrafficLogDeps {
  readonly telemetry: Pick<Telemetry, 'machines'>;
  readonly projections: Pick<Projections, 'addTraffic' | 'traffic' | 'dropTraffic'>;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly log: Log;
}

interface Reading {
  readonly at: number;
  readonly answer: Promise<readonly TrafficCount[]>;
}

export class TrafficLog {
  readonly #deps: TrafficLogDeps;
  readonly #readings = new Map<string, Reading>();
  #tidiedAt = 0;
  #cancel = () => {};
  /** One after the other, so that whoever waits for the last has waited for all. */
  #written = Promise.resolve();

  constructor(deps: TrafficLogDeps) {
    this.#deps = deps;
  }

  /** Writes every `EVERY_MS` from now on, until `stop`. */
  start(): void {
    this.#cancel = this.#deps.clock.after(EVERY_MS, () => {
      void this.#write();
      this.start();
    });
  }

  /** Writes what is left. Never rejects. */
  async stop(): Promise<void> {
    this.#cancel();
    await this.#write();
  }

  /** What actors of that type did in the last hour or day, in whole slots of five minutes; `EVERY_MS` old at most, as far as
   * this process did it, and twice that otherwise; where a secondary answers, as much older as that is behind.
   * @throws STORE_UNAVAILABLE */
  read(type: string, hours: Hours): Promise<readonly TrafficCount[]> {
    const key = `${type} ${hours}`;
    const at = this.#deps.clock.now();
    const known = this.#readings.get(key);
    if (known !== undefined && at - known.at < EVERY_MS) return known.answer;
    const answer = this.#write().then(() => this.#deps.projections.traffic(type, at - hours * HOUR_MS));
    this.#readings.set(key, { at, answer });
    answer.catch(() => this.#readings.delete(key));
    return answer;
  }

  #write(): Promise<void> {
    this.#written = this.#written.then(() => this.#add());
    return this.#written;
  }

  async #add(): Promise<void> {
    const { telemetry, projections, clock, log } = this.#deps;
    const now = clock.now();
    const slot = now - (now % SLOT_MS);
    const slots = [...telemetry.machines]
      .map(([type, { traffic }]) => ({ type, slot, counts: traffic.take() }))
      .filter(({ counts }) => counts.length > 0);
    const isTidy = this.#tidiedAt === slot;
    this.#tidiedAt = slot;
    try {
      if (slots.length > 0) await projections.addTraffic(slots);
      if (!isTidy) await projections.dropTraffic(slot - KEEP_MS);
    } catch (error) {
      log.warn('how actors moved in the last seconds was not counted', { error });
    }
  }
}
