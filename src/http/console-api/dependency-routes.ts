import type { DependencyView } from '../../actors/dependencies.ts';
import type { StateCount } from '../../actors/ports.ts';
import type { App } from '../deps.ts';
import { checkLimit } from '../limit-bounds.ts';
import { Problem } from '../problem.ts';
import { DecisionRequest } from './action-schemas.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import { staffOf } from './guard.ts';
import { stateMeta, stateTitle } from './machine-words.ts';
import {
  type Dependency,
  DependencyList,
  HoldRequest,
  LimitRequest,
  PolicyPath,
  Steered,
} from './operation-schemas.ts';

const MINUTE_MS = 60_000;
const POLICY = '/console/api/dependencies/:dependency/:policy';

/** The outside partners: how they do, who waits for them, and how to hold one off or slow it down. */
export function dependencyRoutes(app: App, deps: ConsoleRouteDeps): void {
  const { dependencies, clock } = deps;

  app.get('/console/api/dependencies', { schema: { response: { 200: DependencyList } } }, async () => ({
    now: clock.now(),
    data: await readDependencies(deps),
  }));

  app.post(
    `${POLICY}/hold`,
    { schema: { params: PolicyPath, body: HoldRequest, response: { 200: Steered } } },
    async (request) => {
      const { dependency, policy } = request.params;
      const { reason, ttlMinutes } = request.body;
      request.audited = { subject: `${dependency}.${policy}`, detail: { ttlMinutes } };
      const ttlMs = ttlMinutes * MINUTE_MS;
      await dependencies.hold(dependency, policy, { by: staffOf(request).name, reason, ttlMs });
      return { dependency: await findPolicy(dependency, policy), outcome: null };
    },
  );

  app.post(
    `${POLICY}/limit`,
    { schema: { params: PolicyPath, body: LimitRequest, response: { 200: Steered } } },
    async (request) => {
      const { dependency, policy } = request.params;
      const { reason, limit, ttlMinutes } = request.body;
      request.audited = { subject: `${dependency}.${policy}`, detail: { limit, ttlMinutes } };
      checkLimit(dependencies, request.params, limit);
      const change = { by: staffOf(request).name, reason, limit, ttlMs: ttlMinutes * MINUTE_MS };
      await dependencies.limit(dependency, policy, change);
      return { dependency: await findPolicy(dependency, policy), outcome: null };
    },
  );

  for (const verb of ['release', 'probe', 'restore'] as const) {
    app.post(
      `${POLICY}/${verb}`,
      { schema: { params: PolicyPath, body: DecisionRequest, response: { 200: Steered } } },
      async (request) => {
        const { dependency, policy } = request.params;
        request.audited.subject = `${dependency}.${policy}`;
        const steering = { by: staffOf(request).name, reason: request.body.reason };
        const outcome = await dependencies[verb](dependency, policy, steering);
        return { dependency: await findPolicy(dependency, policy), outcome: outcome ?? null };
      },
    );
  }

  async function findPolicy(dependency: string, policy: string): Promise<Dependency> {
    const found = (await readDependencies(deps)).find((one) => one.dependency === dependency && one.policy === policy);
    if (found === undefined) throw new Problem('DEPENDENCY_UNKNOWN');
    return found;
  }
}

/** Every policy as of now, each with the actors whose state needs its partner to get on. */
export async function readDependencies({
  dependencies,
  census,
  cards,
}: Pick<ConsoleRouteDeps, 'dependencies' | 'census' | 'cards'>): Promise<Dependency[]> {
  const { states = [] } = (await census.read()) ?? {};
  const waiting = states.flatMap(({ type, state, count }: StateCount) => {
    if (!cards.has(type)) return [];
    const entry = cards.entry(type);
    const partner = stateMeta(entry, state)?.dependsOn;
    return partner === undefined ? [] : [{ partner, type, state, title: stateTitle(entry, state), count }];
  });
  return dependencies.snapshot().map((view) =>
    toDependency(
      view,
      waiting.filter(({ partner }) => partner === view.dependency),
    ),
  );
}

function toDependency(view: DependencyView, waiting: Dependency['waiting']): Dependency {
  const { calls, pace, instances, quotas, hold, limitChange, transitions, ...rest } = view;
  return {
    ...rest,
    calls: { ...calls },
    pace: pace === null ? null : { ...pace },
    instances: instances.map((instance) => ({ ...instance })),
    quotas: quotas.map((quota) => ({ ...quota })),
    hold: hold === null ? null : { ...hold },
    limitChange: limitChange === null ? null : { ...limitChange },
    transitions: transitions.map((transition) => ({ ...transition })),
    waiting,
  };
}
