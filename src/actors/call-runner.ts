/**
 * Runs attempts of calls and brings their outcomes home.
 *
 * Owns the activities by name. Invariant: an attempt is started before its send-by time or never; whatever else becomes of
 * it here, it comes to an outcome, and one that does not reach its actor is found missing at the attempt's due time.
 */
import { outcomeMessage } from './message.ts';
import type { Node } from './node.ts';
import type { Activity, Attempt, CallOutcome, Clock, Log } from './ports.ts';

const UNKNOWN_ACTIVITY_MS = 60_000;

export interface CallRunnerDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly node: () => Node;
}

export class CallRunner {
  readonly #deps: CallRunnerDeps;
  readonly #activities = new Map<string, Activity>();

  constructor(deps: CallRunnerDeps) {
    this.#deps = deps;
  }

  provide(name: string, activity: Activity): void {
    this.#activities.set(name, activity);
  }

  /** Runs one attempt and sends its outcome to the actor, once more when this process goes on under a new node id
   * meanwhile. Never rejects. */
  async run(attempt: Attempt): Promise<void> {
    const message = outcomeMessage(attempt, await this.#outcomeOf(attempt));
    for (let node = this.#deps.node(), isRepeated = false; ; node = this.#deps.node(), isRepeated = true) {
      try {
        await node.put(attempt.actor, 'inner', message, isRepeated);
        return;
      } catch (error) {
        if (node !== this.#deps.node()) continue;
        this.#deps.log.warn('outcome not recorded; the attempt will be found overdue', { attempt: attempt.id, error });
        return;
      }
    }
  }

  async #outcomeOf(attempt: Attempt): Promise<CallOutcome> {
    const now = this.#deps.clock.now();
    if (now > attempt.sendBy) return notSent(now, 'its send-by time had passed');
    const activity = this.#activities.get(attempt.activity);
    if (activity === undefined) return notSent(now + UNKNOWN_ACTIVITY_MS, `no activity ${attempt.activity}`);
    try {
      const { id, attempt: number, sendBy, actor } = attempt;
      return await activity(attempt.input, { id, number, sendBy, actor });
    } catch (error) {
      this.#deps.log.error('activity threw; its outcome is unknown', { attempt: attempt.id, error });
      return { kind: 'unknown', reason: { code: 'ACTIVITY_FAILED', detail: String(error).slice(0, 200) } };
    }
  }
}

function notSent(until: number, detail: string): CallOutcome {
  return { kind: 'postponed', until, reason: { code: 'NOT_SENT', detail } };
}
