/**
 * The one store of everything that can be seen of calls to the outside.
 *
 * Owns the views and their counters. Pipelines send what happens; the ops endpoint, the metrics and the console read.
 */
import { createStore } from '@xstate/store';
import type {
  BulkheadRejection,
  CallOutcomeName,
  DependencyView,
  Transition,
  TransitionCount,
} from '../../actors/dependencies.ts';
import { BULKHEAD_REJECTIONS, CALL_OUTCOMES } from '../../actors/dependencies.ts';
import { mostLimitOf, type PolicySettings } from './policies.ts';

/** By `dependency/policy`, in the order of the settings. */
type Views = Readonly<Record<string, DependencyView>>;

/** What is measured rather than counted; not each of it every time. */
export type Gauges = Partial<
  Pick<
    DependencyView,
    | 'openedAt'
    | 'nextProbeAt'
    | 'failureRatio'
    | 'slowRatio'
    | 'limit'
    | 'limitChange'
    | 'inFlight'
    | 'queueDepth'
    | 'retryBudgetRatio'
    | 'quotas'
    | 'hold'
    | 'pace'
    | 'instances'
  >
>;

export type DependencyStore = ReturnType<typeof createDependencyStore>;

const TRANSITIONS_KEPT = 20;

/** `key` of every event is `dependency/policy`; an event about another changes nothing. */
export function createDependencyStore(views: Views) {
  return createStore({
    context: { views },
    on: {
      ended: ({ views }, { key, outcome }: { key: string; outcome: CallOutcomeName }) =>
        changed(views, key, ({ calls }) => ({ calls: { ...calls, [outcome]: calls[outcome] + 1 } })),

      attempted: ({ views }, { key, attempt, isSlow }: { key: string; attempt: number; isSlow: boolean }) =>
        changed(views, key, ({ attempts, slowCalls }) => {
          const name = attempt === 1 ? 'first' : attempt === 2 ? 'second' : 'third_plus';
          return { attempts: { ...attempts, [name]: attempts[name] + 1 }, slowCalls: slowCalls + (isSlow ? 1 : 0) };
        }),

      exhausted: ({ views }, { key }: { key: string }) =>
        changed(views, key, ({ retriesExhausted }) => ({ retriesExhausted: retriesExhausted + 1 })),

      rejected: ({ views }, { key, cause }: { key: string; cause: BulkheadRejection }) =>
        changed(views, key, ({ bulkheadRejections: counts }) => ({
          bulkheadRejections: { ...counts, [cause]: counts[cause] + 1 },
        })),

      moved: ({ views }, { key, transition }: { key: string; transition: Transition }) =>
        changed(views, key, ({ transitions, transitionCounts }) => ({
          state: transition.to,
          transitions: [...transitions, transition].slice(-TRANSITIONS_KEPT),
          transitionCounts: counted(transitionCounts, transition),
        })),

      measured: ({ views }, { key, gauges }: { key: string; gauges: Gauges }) => changed(views, key, () => gauges),
    },
  });
}

/** Shows what was measured. Nobody is told of what is shown already. */
export function show(store: DependencyStore, key: string, gauges: Gauges): void {
  if (!isShown(store.getSnapshot().context.views[key], gauges)) store.trigger.measured({ key, gauges });
}

/** A view before anything has happened or was measured. */
export function newView(dependency: string, policy: string, settings: PolicySettings): DependencyView {
  return {
    dependency,
    policy,
    state: 'closed',
    isShadow: settings.shadow === 1,
    thresholdRatio: settings.failurePercent / 100,
    slowThresholdRatio: settings.slowPercent / 100,
    slowMs: settings.slowMs,
    limit: settings.concurrency,
    configuredLimit: settings.concurrency,
    mostLimit: mostLimitOf(settings),
    limitChange: null,
    queueLimit: settings.queue,
    openedAt: null,
    nextProbeAt: null,
    failureRatio: 0,
    slowRatio: 0,
    inFlight: 0,
    queueDepth: 0,
    pace: null,
    instances: [],
    retryBudgetRatio: 1,
    quotas: [],
    hold: null,
    calls: zeros(CALL_OUTCOMES),
    slowCalls: 0,
    bulkheadRejections: zeros(BULKHEAD_REJECTIONS),
    attempts: { first: 0, second: 0, third_plus: 0 },
    retriesExhausted: 0,
    transitions: [],
    transitionCounts: [],
  };
}

function changed(views: Views, key: string, change: (view: DependencyView) => Partial<DependencyView>) {
  const view = views[key];
  return view === undefined ? { views } : { views: { ...views, [key]: { ...view, ...change(view) } } };
}

function counted(counts: readonly TransitionCount[], { from, to, cause }: Transition): readonly TransitionCount[] {
  const isSame = (one: TransitionCount) => one.from === from && one.to === to && one.cause === cause;
  if (!counts.some(isSame)) return [...counts, { from, to, cause, count: 1 }];
  return counts.map((one) => (isSame(one) ? { ...one, count: one.count + 1 } : one));
}

function isShown(view: DependencyView | undefined, gauges: Gauges): boolean {
  if (view === undefined) return true;
  return (Object.keys(gauges) as (keyof Gauges)[]).every((name) => isSame(view[name], gauges[name]));
}

/** Gauges are numbers, or small objects of numbers and texts. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || (typeof one === 'object' && JSON.stringify(one) === JSON.stringify(other));
}

function zeros<K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
}
