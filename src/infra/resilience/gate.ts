/**
 * Whether a call of one policy may go: the breaker's word, unless a person holds the policy or the breaker only reports.
 *
 * Owns the hold and what is shown of both. Invariants:
 * G1  A hold ends at its time, by itself, on every node. The breaker beneath goes on where it was.
 * G2  Every change of the shown state is reported once, with its cause.
 */
import type { DependencyState, HoldView, Transition, TransitionCause } from '../../actors/dependencies.ts';
import type { Clock, Ids } from '../../actors/ports.ts';
import { type Attempted, Breaker } from './breaker.ts';
import type { PolicySettings } from './policies.ts';
import { Temporary } from './temporary.ts';

export interface GateDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: PolicySettings;
  readonly onTransition: (transition: Transition) => void;
  /** After each change of anything that is shown or kept. */
  readonly onChange: () => void;
}

export interface GateRefusal {
  readonly cause: 'open' | 'held';
  readonly until: number;
}

const HELD_RETRY_MS = 30_000;

export class Gate {
  readonly breaker: Breaker;
  readonly #deps: GateDeps;
  readonly #hold: Temporary<HoldView>;
  #shown: DependencyState = 'closed';

  constructor(deps: GateDeps) {
    this.#deps = deps;
    this.breaker = new Breaker({ ...deps, onChange: (cause) => this.#show(cause) });
    this.#hold = new Temporary(deps.clock, () => this.#show('expired'));
  }

  get state(): DependencyState {
    return this.#shown;
  }

  get hold(): HoldView | null {
    return this.#hold.value;
  }

  refusal(): GateRefusal | null {
    if (this.hold !== null) {
      // Sooner than its end, for it may be released.
      return { cause: 'held', until: Math.min(this.hold.until, this.#deps.clock.now() + HELD_RETRY_MS) };
    }
    if (this.#isShadow) return null;
    const until = this.breaker.refusedUntil();
    return until === null ? null : { cause: 'open', until };
  }

  /** Runs `attempt`, which must not throw. Only when `refusal` is null, in the same tick. */
  async execute<T>(attempt: () => Promise<Attempted<T>>): Promise<Attempted<T>> {
    if (!this.#isShadow) return this.breaker.execute(attempt);
    const attempted = await attempt();
    await this.breaker.learn(attempted);
    return attempted;
  }

  /** Null releases. A hold whose time is over is none. */
  setHold(hold: HoldView | null): void {
    this.#hold.set(hold);
    this.#show('operator');
  }

  stop(): void {
    this.#hold.stop();
    this.breaker.stop();
  }

  get #isShadow(): boolean {
    return this.#deps.settings.shadow === 1;
  }

  #show(cause: TransitionCause): void {
    const from = this.#shown;
    const to = this.#visible();
    if (from !== to) {
      this.#shown = to;
      this.#deps.onTransition({ at: this.#deps.clock.now(), from, to, cause });
    }
    this.#deps.onChange();
  }

  #visible(): DependencyState {
    if (this.hold !== null) return 'isolated';
    const { state } = this.breaker;
    return this.#isShadow && state !== 'closed' ? 'shadow_open' : state;
  }
}
