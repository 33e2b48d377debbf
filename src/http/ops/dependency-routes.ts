import type { FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { isActorError } from '../../actors/errors.ts';
import { callerOf } from '../auth/authorize.ts';
import type { App } from '../deps.ts';
import { streamState } from '../event-stream.ts';
import { checkLimit } from '../limit-bounds.ts';
import { Problem, toProblem } from '../problem.ts';
import { readDependencies, readPolicy } from './dependency-view.ts';
import type { OpsDeps, SteeringLine } from './ops-deps.ts';
import { HoldRequest, LimitRequest, PolicyPath, SteeringRequest } from './ops-schemas.ts';

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

function addSteering(app: App, deps: OpsDeps): void {
  const { dependencies } = deps;
  const path = '/ops/dependencies/:dependency/:policy';

  app.post(`${path}/hold`, { schema: { params: PolicyPath, body: HoldRequest } }, async (request) => {
    const { dependency, policy } = request.params;
    const by = callerOf(request);
    await steered(deps, request, 'hold', () => dependencies.hold(dependency, policy, { by, ...request.body }));
    return readPolicy(dependencies, dependency, policy);
  });

  for (const verb of ['release', 'restore'] as const) {
    app.post(`${path}/${verb}`, { schema: { params: PolicyPath, body: SteeringRequest } }, async (request) => {
      const { dependency, policy } = request.params;
      const by = callerOf(request);
      await steered(deps, request, verb, () => dependencies[verb](dependency, policy, { by, ...request.body }));
      return readPolicy(dependencies, dependency, policy);
    });
  }

  app.post(`${path}/limit`, { schema: { params: PolicyPath, body: LimitRequest } }, async (request) => {
    const { dependency, policy } = request.params;
    const by = callerOf(request);
    await steered(deps, request, 'limit', async () => {
      checkLimit(dependencies, request.params, request.body.limit);
      await dependencies.limit(dependency, policy, { by, ...request.body });
    });
    return readPolicy(dependencies, dependency, policy);
  });

  app.post(`${path}/probe`, { schema: { params: PolicyPath, body: SteeringRequest } }, async (request) => {
    const { dependency, policy } = request.params;
    const by = callerOf(request);
    const probe = () => dependencies.probe(dependency, policy, { by, ...request.body });
    const outcome = await steered(deps, request, 'probe', probe);
    return { outcome, ...readPolicy(dependencies, dependency, policy) };
  });
}

type Verb = 'hold' | 'release' | 'probe' | 'limit' | 'restore';

/** Does it, with one line in the audit log about what came of it; a line that cannot be kept undoes nothing. */
async function steered<T>(deps: OpsDeps, request: FastifyRequest, verb: Verb, act: () => Promise<T>): Promise<T> {
  try {
    const outcome = await act();
    await note(deps, request, verb, { outcome: 'done', code: null }, typeof outcome === 'string' ? { outcome } : {});
    return outcome;
  } catch (error) {
    const known = isActorError(error) ? toProblem(error) : error;
    const problem = known instanceof Problem ? known : new Problem('INTERNAL');
    const outcome = problem.status < 500 ? 'refused' : 'unknown';
    await note(deps, request, verb, { outcome, code: problem.code });
    throw error;
  }
}

/** Never throws. */
async function note(
  { audit, log }: OpsDeps,
  request: FastifyRequest,
  verb: Verb,
  end: Pick<SteeringLine, 'outcome' | 'code'>,
  told: SteeringLine['detail'] = {},
): Promise<void> {
  const { dependency, policy } = request.params as Static<typeof PolicyPath>;
  const { reason, ...asked } = request.body as Static<typeof SteeringRequest>;
  const { traceId } = request.trace;
  // No name of the console's own has an @: these are those of tokens.
  const by = `${callerOf(request)}@ops-port`;
  const who = { by, role: request.claims?.role ?? null, ip: request.ip, traceId };
  const what = { action: `dependency.${verb}`, subject: `${dependency}.${policy}`, reason };
  const line = { ...who, ...what, ...end, detail: { ...asked, ...told } };
  log.info(`a dependency was steered: ${verb}`, line);
  await audit(line).catch((error: unknown) =>
    log.error('what was steered is not in the audit log', { traceId, error }),
  );
}
