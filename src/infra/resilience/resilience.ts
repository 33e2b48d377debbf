/**
 * All calls to the outside: one pipeline per partner and operation, and the one view of them.
 *
 * Owns the policies and what outlives the process: openings, bans, holds and changed limits. Invariants:
 * V1  Every policy of the settings exists from the start, whether it is called or not, so nothing appears late.
 * V2  What was kept is believed for ten minutes only; probes after a restart are spread.
 * V3  Another node's opening is a hint: a node that has itself had an answer since stays closed.
 * V4  A hold or a changed limit is done on this node when it is kept, and on the others when they hear it.
 * V5  Who watches cannot harm a call: what a listener throws is logged.
 */
import {
  type CallOutcomeName,
  type Dependencies,
  type DependencyEvent,
  type DependencyView,
  type HoldView,
  type LimitView,
  LONGEST_STEERING_MS,
  type Transition,
} from '../../actors/dependencies.ts';
import { ActorError } from '../../actors/errors.ts';
import type { Clock, Ids, Log } from '../../actors/ports.ts';
import type { Json } from '../../actors/record.ts';
import type { Opening } from './breaker.ts';
import { createDependencyStore, type DependencyStore, newView } from './dependency-store.ts';
import { Instances, type ProcessName } from './instances.ts';
import type { KeptEntry, KeptState } from './kept-state.ts';
import { createPipeline, type Pipeline, type PipelineKind } from './pipeline.ts';
import { type Dependency, mostLimitOf, type PolicyOf } from './policies.ts';
import type { PolicyTable } from './policy-overrides.ts';
import { PolicyRunner } from './policy-runner.ts';
import { type QuotaSettings, Quotas } from './quotas.ts';
import { RetryBudget } from './retry-budget.ts';
import { SharedState } from './shared-state.ts';

export interface ResilienceSettings extends QuotaSettings {
  readonly policies: PolicyTable;
  /** Whether a breaker that nobody calls is probed by a harmless call. */
  readonly probes: boolean;
}

export interface ResilienceDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly kept: KeptState;
  /** This process, as people know it. */
  readonly self: () => ProcessName;
}

const BELIEVED_MS = 600_000;
const SHORTEST_STEERING_MS = 1_000;
/** Spread of probes after a restart, and after another node's probe went well. */
const SPREAD_MS = 2_000;
/** Calls that wait for the probe's time come first. */
const PROBE_AFTER_MS = 1_000;

export class Resilience implements Dependencies {
  readonly #deps: ResilienceDeps;
  readonly #settings: ResilienceSettings;
  readonly #store: DependencyStore;
  readonly #shared: SharedState;
  readonly #quotas: Quotas;
  readonly #instances: Instances;
  readonly #runners = new Map<string, PolicyRunner>();
  readonly #probes = new Map<string, () => Promise<CallOutcomeName>>();
  readonly #told = new Map<string, Opening | null>();
  readonly #observers = new Set<(event: DependencyEvent) => void>();
  #isHydrating = true;
  #isHearing = false;
  #isStopped = false;
  #shown: { readonly from: object; readonly views: readonly DependencyView[] } | undefined;

  constructor(deps: ResilienceDeps, settings: ResilienceSettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.#quotas = new Quotas(settings);
    this.#instances = new Instances(deps.self);
    const rows = Object.entries(settings.policies).flatMap(([dependency, group]) =>
      Object.entries(group).map(([policy, policySettings]) => ({ dependency, policy, settings: policySettings })),
    );
    this.#store = createDependencyStore(
      Object.fromEntries(
        rows.map(({ dependency, policy, settings: own }) => [
          `${dependency}/${policy}`,
          newView(dependency, policy, own),
        ]),
      ),
    );
    const budgets = new Map(Object.keys(settings.policies).map((dependency) => [dependency, new RetryBudget()]));
    for (const row of rows) {
      const key = `${row.dependency}/${row.policy}`;
      const budget = budgets.get(row.dependency) ?? new RetryBudget();
      this.#runners.set(key, this.#newRunner(row, budget));
    }
    this.#shared = new SharedState({
      ...deps,
      node: deps.ids.random(),
      onEntry: (entry) => this.#hear(entry),
      onTick: () => this.#tick(),
    });
  }

  /** The pipeline through which one operation's calls go. One client binds it, once. */
  pipelineFor<D extends Dependency, T>(dependency: D, policy: PolicyOf<D>, kind: PipelineKind<T>): Pipeline<T> {
    const runner = this.#runnerOf(dependency, policy);
    const pipeline = createPipeline(runner, kind);
    if (pipeline.probe !== undefined) this.#probes.set(runner.key, pipeline.probe);
    return pipeline;
  }

  /** Goes on from what an earlier process or the other nodes have kept. Before the first call. */
  async start(): Promise<void> {
    await this.#shared.start();
    this.#isHydrating = false;
  }

  /** Keeps what is known. After the last call. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const runner of this.#runners.values()) runner.stop();
    this.#settleQuotas();
    if (this.#deps.kept.isShared) this.#shared.put(`states ${this.#shared.node}`, null);
    await this.#shared.stop();
  }

  // ---- Dependencies

  snapshot(): readonly DependencyView[] {
    this.#measure();
    const from = this.#store.getSnapshot().context.views;
    if (this.#shown?.from !== from) this.#shown = { from, views: Object.values(from) };
    return this.#shown.views;
  }

  subscribe(listener: () => void): () => void {
    const subscription = this.#store.subscribe(() => this.#unharmed(listener));
    return () => subscription.unsubscribe();
  }

  observe(listener: (event: DependencyEvent) => void): () => void {
    this.#observers.add(listener);
    return () => this.#observers.delete(listener);
  }

  async hold(
    dependency: string,
    policy: string,
    { by, reason, ttlMs }: { readonly by: string; readonly reason: string; readonly ttlMs: number },
  ): Promise<void> {
    const runner = this.#runnerOf(dependency, policy);
    await this.#setHold(runner, { by, reason, until: this.#endOf(ttlMs) });
  }

  async release(dependency: string, policy: string, { by, reason }: { by: string; reason: string }): Promise<void> {
    const runner = this.#runnerOf(dependency, policy);
    await this.#setHold(runner, null);
    this.#deps.log.info('a dependency is released', { dependency, policy, by, reason });
  }

  async probe(
    dependency: string,
    policy: string,
    { by, reason }: { by: string; reason: string },
  ): Promise<CallOutcomeName | 'due'> {
    const { gate, key } = this.#runnerOf(dependency, policy);
    if (gate.hold !== null) {
      throw new ActorError('DEPENDENCY_REFUSED', `${key} is held by ${gate.hold.by}`, { hint: 'release it first' });
    }
    this.#deps.log.info('a dependency is probed', { dependency, policy, by, reason });
    gate.breaker.hasten(this.#deps.clock.now(), 'operator');
    return this.#probes.get(key)?.() ?? 'due';
  }

  async limit(
    dependency: string,
    policy: string,
    { by, reason, limit, ttlMs }: Parameters<Dependencies['limit']>[2],
  ): Promise<void> {
    const runner = this.#runnerOf(dependency, policy);
    const most = mostLimitOf(runner.deps.settings);
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > most) {
      const hint = `give a whole number from 1 to ${most}; to send nothing, hold it`;
      throw new ActorError('DEPENDENCY_REFUSED', `a limit of ${limit} for ${runner.key}`, { hint });
    }
    await this.#setLimit(runner, { limit, by, reason, until: this.#endOf(ttlMs) });
  }

  async restore(dependency: string, policy: string, { by, reason }: { by: string; reason: string }): Promise<void> {
    await this.#setLimit(this.#runnerOf(dependency, policy), null);
    this.#deps.log.info('the limit of a dependency is as configured again', { dependency, policy, by, reason });
  }

  // ---- parts

  #newRunner(
    { dependency, policy, settings }: Pick<PolicyRunner['deps'], 'dependency' | 'policy' | 'settings'>,
    budget: RetryBudget,
  ): PolicyRunner {
    const key = `${dependency}/${policy}`;
    return new PolicyRunner({
      ...this.#deps,
      dependency,
      policy,
      settings,
      budget,
      quotas: this.#quotas.of(dependency, policy),
      store: this.#store,
      emit: (event) => {
        for (const observer of this.#observers) this.#unharmed(() => observer(event));
      },
      onTransition: (transition) => this.#onTransition(key, transition),
      onOpening: () => this.#tellOpening(key),
      onLimited: (name, until) => this.#onLimited(key, { dependency, policy, name, until }),
    });
  }

  #unharmed(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#deps.log.error('a listener to dependencies failed', { error });
    }
  }

  #runnerOf(dependency: string, policy: string): PolicyRunner {
    const runner = this.#runners.get(`${dependency}/${policy}`);
    if (runner !== undefined) return runner;
    throw new ActorError('DEPENDENCY_UNKNOWN', `${dependency}/${policy}`);
  }

  #onTransition(key: string, { from, to, cause }: Transition): void {
    const isBad = to === 'open' || to === 'shadow_open' || to === 'isolated';
    this.#deps.log[isBad ? 'warn' : 'info']('a breaker changed', { policy: key, from, to, cause });
    if (to === 'probe_due' && this.#settings.probes) this.#probeSoon(key);
  }

  #probeSoon(key: string): void {
    const { clock, ids } = this.#deps;
    clock.after(PROBE_AFTER_MS + ids.fraction() * PROBE_AFTER_MS, () => {
      if (this.#isStopped || this.#runners.get(key)?.gate.state !== 'probe_due') return;
      this.#probes
        .get(key)?.()
        .catch((error: unknown) => this.#deps.log.error('a probe failed by our own fault', { policy: key, error }));
    });
  }

  #onLimited(key: string, ban: { dependency: string; policy: string; name: string; until: number }): void {
    const { dependency, policy, name, until } = ban;
    this.#deps.log.warn('a partner limits calls', { policy: key, quota: name, until });
    const quota = this.#quotas.ban(dependency, policy, name, until);
    if (quota !== undefined) this.#shared.put(`ban ${quota}`, { until });
  }

  /** @throws DEPENDENCY_REFUSED */
  #endOf(ttlMs: number): number {
    if (Number.isSafeInteger(ttlMs) && ttlMs >= SHORTEST_STEERING_MS && ttlMs <= LONGEST_STEERING_MS) {
      return this.#deps.clock.now() + ttlMs;
    }
    const hint = `give a whole number of ms from ${SHORTEST_STEERING_MS} to ${LONGEST_STEERING_MS}`;
    throw new ActorError('DEPENDENCY_REFUSED', `for ${ttlMs} ms`, { hint });
  }

  async #setLimit(runner: PolicyRunner, change: LimitView | null): Promise<void> {
    await this.#shared.putNow(`limit ${runner.key}`, change as Json);
    runner.setLimit(change);
  }

  async #setHold(runner: PolicyRunner, hold: HoldView | null): Promise<void> {
    await this.#shared.putNow(`hold ${runner.key}`, hold as Json);
    runner.gate.setHold(hold);
  }

  #tellOpening(key: string): void {
    const { opening = null } = this.#runners.get(key)?.gate.breaker ?? {};
    if (opening === (this.#told.get(key) ?? null)) return;
    this.#told.set(key, opening);
    if (!this.#isHearing) this.#shared.put(`opening ${key}`, opening as Json);
  }

  #tick(): void {
    if (this.#isStopped) return;
    this.#settleQuotas();
    if (this.#deps.kept.isShared) this.#tellStates();
    // What slides out of its window does so without a call.
    this.#measure();
  }

  #measure(): void {
    const now = this.#deps.clock.now();
    for (const runner of this.#runners.values()) {
      runner.measureAll(this.#instances.of(runner.key, runner.gate.state, now));
    }
  }

  #tellStates(): void {
    const states = new Map([...this.#runners].map(([key, { gate }]) => [key, gate.state]));
    const told = this.#instances.toTell(this.#deps.clock.now(), states);
    if (told !== undefined) this.#shared.put(`states ${this.#shared.node}`, told);
  }

  #settleQuotas(): void {
    for (const { quota, value } of this.#quotas.settle(this.#deps.clock.now(), this.#deps.kept)) {
      this.#shared.put(`calls ${quota}:${this.#shared.node}`, value);
    }
  }

  // ---- what others have kept

  #hear(entry: KeptEntry): void {
    const [kind, key = ''] = entry.key.split(' ');
    this.#isHearing = true;
    try {
      if (kind === 'opening') this.#hearOpening(key, entry);
      if (kind === 'hold') this.#runners.get(key)?.gate.setHold(entry.value as HoldView | null);
      if (kind === 'limit') this.#runners.get(key)?.setLimit(entry.value as LimitView | null);
      if (kind === 'ban') this.#quotas.hearBan(key, (entry.value as { until: number }).until);
      if (kind === 'states') this.#instances.hear(entry);
      if (kind === 'calls') this.#quotas.hearCalls(key, entry);
    } finally {
      this.#isHearing = false;
    }
  }

  #hearOpening(key: string, { at, value }: KeptEntry): void {
    const runner = this.#runners.get(key);
    const now = this.#deps.clock.now();
    if (runner === undefined || now - at > BELIEVED_MS) return;
    const { breaker } = runner.gate;
    const opening = value as Opening | null;
    const spreadMs = Math.floor(this.#deps.ids.fraction() * SPREAD_MS);
    if (opening === null) {
      breaker.hasten(now + spreadMs, 'peer');
    } else if (breaker.lastOkAt <= opening.openedAt) {
      const nextProbeAt = Math.max(now, Math.min(opening.nextProbeAt, now + runner.deps.settings.longestOpenMs));
      breaker.adopt({ ...opening, nextProbeAt: nextProbeAt + spreadMs }, this.#isHydrating ? 'hydrated' : 'peer');
    }
  }
}
