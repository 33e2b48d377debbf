import type { FastifyRequest } from 'fastify';
import { callerOf } from '../auth/authorize.ts';
import type { App } from '../deps.ts';
import { streamState } from '../event-stream.ts';
import { readDependencies, readPolicy } from './dependency-view.ts';
import type { OpsDeps } from './ops-deps.ts';
import { HoldRequest, PolicyPath, SteeringRequest } from './ops-schemas.ts';

/** Changes come in bursts, and nobody reads faster. */
const LEAST_PAUSE_MS = 500;

/** The partners as they are now, as JSON or as a stream, and what people do to them. */
export function dependencyRoutes(app: App, deps: OpsDeps): void {
  addRead(app, deps);
  addSteering(app, deps);
}

function addRead(app: App, deps: OpsDeps): void {
  const { dependencies, clock, observer } = deps;
  const open = new Set<() => void>();
  app.addHook('preClose', async () => {
    for (const end of open) end();
  });
  app.get('/ops/dependencies', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    if (!wantsStream(request)) return readDependencies(deps);
    const closed = observer?.streamOpened('ops');
    const end = streamState(reply, {
      clock,
      read: () => readDependencies(deps),
      subscribe: (changed) => dependencies.subscribe(changed),
      event: 'dependencies',
      leastPauseMs: LEAST_PAUSE_MS,
      onEnd: () => {
        open.delete(end);
        closed?.();
      },
    });
    open.add(end);
    return reply;
  });
}

function wantsStream({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/event-stream') === true;
}

function addSteering(app: App, { dependencies, log }: OpsDeps): void {
  const note = (action: string, request: FastifyRequest, policy: object, by: string) =>
    log.info(`a dependency was steered: ${action}`, { ...policy, by, traceId: request.trace.traceId });
  const path = '/ops/dependencies/:dependency/:policy';

  app.post(`${path}/hold`, { schema: { params: PolicyPath, body: HoldRequest } }, async (request) => {
    const { dependency, policy } = request.params;
    const by = callerOf(request);
    await dependencies.hold(dependency, policy, { by, ...request.body });
    note('hold', request, { ...request.params, ...request.body }, by);
    return readPolicy(dependencies, dependency, policy);
  });

  app.post(`${path}/release`, { schema: { params: PolicyPath, body: SteeringRequest } }, async (request) => {
    const { dependency, policy } = request.params;
    const by = callerOf(request);
    await dependencies.release(dependency, policy, { by, ...request.body });
    note('release', request, { ...request.params, ...request.body }, by);
    return readPolicy(dependencies, dependency, policy);
  });

  app.post(`${path}/probe`, { schema: { params: PolicyPath, body: SteeringRequest } }, async (request) => {
    const { dependency, policy } = request.params;
    const by = callerOf(request);
    const outcome = await dependencies.probe(dependency, policy, { by, ...request.body });
    note('probe', request, { ...request.params, ...request.body, outcome }, by);
    return { outcome, ...readPolicy(dependencies, dependency, policy) };
  });
}
