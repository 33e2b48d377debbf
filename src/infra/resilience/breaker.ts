/**
 * The breaker of one policy: stops calls to a partner that fails, and finds out when it no longer does.
 *
 * cockatiel owns the state machine (closed, open, half-open with one probe). This file owns what it leaves open, all of
 * it by our clock: when to open (failures and slow calls in a window), for how long (doubling, jittered), and that time
 * passes without traffic too. Invariants:
 * K1  While it is open `refusedUntil` says so before cockatiel is asked, so every refusal is seen and has a time.
 * K2  At most one probe is under way; the others are refused, not kept waiting.
 * K3  An attempt that was never sent proves nothing: as a probe it opens again for as long as it could not be sent.
 * K4  A hold of a person's is not kept here, so nothing that is stored can hold it for ever (see `gate.ts`).
 */
import { type CircuitBreakerPolicy, CircuitState, circuitBreaker, handleWhenResult } from 'cockatiel';
import type { TransitionCause } from '../../actors/dependencies.ts';
import type { Clock, Ids } from '../../actors/ports.ts';
import { type Ending, isFailure } from './endings.ts';
import { OutcomeWindow } from './outcome-window.ts';
import type { PolicySettings } from './policies.ts';

export interface BreakerDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: PolicySettings;
  /** After each change of `state` or of the next probe's time. */
  readonly onChange: (cause: TransitionCause) => void;
}

export type BreakerState = 'closed' | 'open' | 'probe_due' | 'half_open';

/** What outlives the process and what other nodes are told. */
export interface Opening {
  readonly openedAt: number;
  readonly nextProbeAt: number;
  /** How often in a row it has opened. */
  readonly openings: number;
}

/** An attempt that has ended. */
export interface Attempted<T> {
  readonly ending: Ending<T>;
  readonly durationMs: number;
}

const LEAST_RETRY_MS = 1_000;

export class Breaker {
  readonly #deps: BreakerDeps;
  readonly #window: OutcomeWindow;
  #circuit: CircuitBreakerPolicy;
  #state: BreakerState = 'closed';
  #opening: Opening | null = null;
  #lastOkAt = 0;
  /** When the probe under way was refused before it was sent: from when on the next can be. */
  #unsentUntil: number | null = null;
  #cancelTimer = () => {};

  constructor(deps: BreakerDeps) {
    this.#deps = deps;
    this.#window = new OutcomeWindow(deps.clock, deps.settings);
    this.#circuit = this.#newCircuit(false);
  }

  get state(): BreakerState {
    return this.#state;
  }

  get opening(): Opening | null {
    return this.#opening;
  }

  /** When the partner last did what it was asked; 0 = not since the start. */
  get lastOkAt(): number {
    return this.#lastOkAt;
  }

  ratios(): { readonly failureRatio: number; readonly slowRatio: number } {
    return this.#window.ratios();
  }

  /** Null when a call may go now, else the time from which on it is worth asking again. */
  refusedUntil(): number | null {
    const now = this.#deps.clock.now();
    if (this.#state === 'half_open') return now + LEAST_RETRY_MS;
    const { nextProbeAt = 0 } = this.#opening ?? {};
    return nextProbeAt > now ? nextProbeAt : null;
  }

  /** Runs `attempt`, which must not throw, and learns from its end. Only when `refusedUntil` is null, in the same tick. */
  async execute<T>(attempt: () => Promise<Attempted<T>>): Promise<Attempted<T>> {
    return this.#circuit.execute(async () => {
      const attempted = await attempt();
      this.#note(attempted);
      return attempted;
    });
  }

  /** Learns from an attempt that nobody had asked it about (shadow mode). */
  async learn<T>(attempted: Attempted<T>): Promise<void> {
    if (this.refusedUntil() === null) await this.execute(async () => attempted);
  }

  /** Opens by what is known from before a restart or from another node; nothing when it is open already. */
  adopt(opening: Opening, cause: 'hydrated' | 'peer'): void {
    if (this.#state !== 'closed') return;
    this.#circuit = this.#newCircuit(true);
    this.#window.clear();
    this.#becomeOpen(opening, cause);
  }

  /** The next call shall find out, from `at` on at the latest. */
  hasten(at: number, cause: TransitionCause): void {
    if (this.#opening === null || this.#state === 'half_open' || this.#opening.nextProbeAt <= at) return;
    this.#becomeOpen({ ...this.#opening, nextProbeAt: at }, cause);
  }

  stop(): void {
    this.#cancelTimer();
  }

  #note({ ending, durationMs }: Attempted<unknown>): void {
    this.#unsentUntil = ending.kind === 'refused' ? ending.until : null;
    if (ending.kind === 'refused') return;
    const hasFailed = isFailure(ending);
    if (!hasFailed) this.#lastOkAt = this.#deps.clock.now();
    this.#window.note({ hasFailed, isSlow: this.#isSlow(durationMs) });
  }

  #isSlow(durationMs: number): boolean {
    return durationMs >= this.#deps.settings.slowMs;
  }

  /** cockatiel asks whether to open after every end that is no plain success; the window decides (K3: not by this one). */
  #newCircuit(isOpen: boolean): CircuitBreakerPolicy {
    const isDoubtful = (result: unknown) => {
      const { ending, durationMs } = result as Attempted<unknown>;
      return ending.kind === 'refused' || isFailure(ending) || this.#isSlow(durationMs);
    };
    const circuit = circuitBreaker(handleWhenResult(isDoubtful), {
      breaker: {
        state: null,
        success: () => {},
        failure: (state) => state === CircuitState.HalfOpen || this.#window.verdict() !== null,
      },
      // K1: it is asked only when a probe is due.
      halfOpenAfter: 0,
      ...(isOpen
        ? { initialState: { ownState: { value: CircuitState.Open, openedAt: 0, attemptNo: 1 }, breakerState: null } }
        : {}),
    });
    circuit.onStateChange((state) => {
      if (circuit === this.#circuit) this.#follow(state);
    });
    return circuit;
  }

  #follow(state: CircuitState): void {
    switch (state) {
      case CircuitState.Closed:
        this.#window.clear();
        this.#opening = null;
        this.#cancelTimer();
        this.#move('closed', 'probe_ok');
        break;
      case CircuitState.HalfOpen:
        this.#unsentUntil = null;
        this.#cancelTimer();
        this.#move('half_open', 'time');
        break;
      default:
        this.#open();
    }
  }

  #open(): void {
    const now = this.#deps.clock.now();
    const isProbe = this.#state === 'half_open';
    const cause = isProbe ? 'probe_failed' : (this.#window.verdict() ?? 'failures');
    this.#window.clear();
    const { openedAt = now, openings = 0 } = this.#opening ?? {};
    if (isProbe && this.#unsentUntil !== null) {
      const nextProbeAt = Math.max(now + LEAST_RETRY_MS, this.#unsentUntil);
      this.#becomeOpen({ openedAt, openings, nextProbeAt }, 'time');
      return;
    }
    const { openMs, longestOpenMs } = this.#deps.settings;
    const pauseMs = Math.min(longestOpenMs, openMs * 2 ** Math.min(openings, 30));
    // Breakers that opened together do not probe together.
    const jitter = 0.9 + 0.2 * this.#deps.ids.fraction();
    this.#becomeOpen({ openedAt, openings: openings + 1, nextProbeAt: now + Math.ceil(pauseMs * jitter) }, cause);
  }

  #becomeOpen(opening: Opening, cause: TransitionCause): void {
    const waitMs = opening.nextProbeAt - this.#deps.clock.now();
    this.#opening = opening;
    this.#cancelTimer();
    if (waitMs > 0) this.#cancelTimer = this.#deps.clock.after(waitMs, () => this.#move('probe_due', 'time'));
    this.#move(waitMs > 0 ? 'open' : 'probe_due', cause);
  }

  #move(state: BreakerState, cause: TransitionCause): void {
    this.#state = state;
    this.#deps.onChange(cause);
  }
}
