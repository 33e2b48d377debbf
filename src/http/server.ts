import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { type FastifyReply, type FastifyRequest, fastify, LogController } from 'fastify';
import { accessOf } from './access.ts';
import { accountRoutes } from './account-routes.ts';
import { createAuthorizer } from './auth/authorize.ts';
import { createCursors } from './cursor.ts';
import type { App, RouteDeps, ServerDeps, ServerOptions } from './deps.ts';
import { createClientErrorHandler, installProblems, sendProblem } from './errors.ts';
import { healthRoutes } from './health-routes.ts';
import { installOpenApi } from './openapi.ts';
import { orderRoutes } from './order-routes.ts';
import { Problem } from './problem.ts';
import { staffActorRoutes } from './staff-actor-routes.ts';
import { staffMemberRoutes } from './staff-member-routes.ts';
import { staffNodeRoutes } from './staff-node-routes.ts';
import { staffWithdrawalRoutes } from './staff-withdrawal-routes.ts';
import { type Trace, traceOf } from './trace.ts';
import { compileValidator } from './validation.ts';
import { withdrawalRoutes } from './withdrawal-routes.ts';

declare module 'fastify' {
  interface FastifyRequest {
    trace: Trace;
  }
}

const BODY_LIMIT_BYTES = 64 * 1024;
/** For a whole request to arrive, and again for its answer. */
const REQUEST_TIMEOUT_MS = 10_000;
const IDLE_CONNECTION_TIMEOUT_MS = 30_000;

/**
 * Returns the REST face, ready for `listen` or `inject`; it never listens itself. After `close` has begun, requests on
 * open connections are answered 503 until they end.
 * @throws Error when a route has no row in the access table.
 */
export async function buildServer(deps: ServerDeps, options: ServerOptions): Promise<App> {
  const { ids, log, verifyToken } = deps;
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    handlerTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: IDLE_CONNECTION_TIMEOUT_MS,
    http: { headersTimeout: REQUEST_TIMEOUT_MS },
    // Closing is answered by our own hook, as a problem document.
    return503OnClosing: false,
    // Longer parameters than any header can carry: the schemas say what is wrong with one.
    routerOptions: { maxParamLength: 32_768 },
    logController: new LogController({ disableRequestLogging: true }),
    clientErrorHandler: createClientErrorHandler(ids),
    frameworkErrors: (error, request, reply) => {
      beginAnswer(request, reply, ids);
      return sendProblem(error, request, reply, log);
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(compileValidator);
  app.decorateRequest('claims', null);
  app.decorateRequest('trace', null as unknown as Trace);
  app.addHook('onRoute', (route) => {
    // Only files have two methods, HEAD and GET, which share a row.
    route.config = { ...route.config, access: accessOf([route.method].flat()[0] ?? '', route.url) };
  });
  installHooks(app, ids);
  app.addHook('onRequest', createAuthorizer(verifyToken));
  installProblems(app, log);
  if (options.healthOnly !== true) await installOpenApi(app, options);

  const routeDeps: RouteDeps = { ...deps, ...options, cursors: createCursors(options.cursorKey) };
  healthRoutes(app, routeDeps);
  if (options.healthOnly === true) return app;
  accountRoutes(app, routeDeps);
  orderRoutes(app, routeDeps);
  withdrawalRoutes(app, routeDeps);
  staffMemberRoutes(app, routeDeps);
  staffWithdrawalRoutes(app, routeDeps);
  staffActorRoutes(app, routeDeps);
  staffNodeRoutes(app, routeDeps);
  return app;
}

const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

function installHooks(app: App, ids: ServerDeps['ids']): void {
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onRequest', async (request, reply) => {
    beginAnswer(request, reply, ids);
    if (isClosing) throw new Problem('RUNTIME_STOPPING', { headers: { connection: 'close' } });
  });
}

/** What every answer carries, refusals before any hook included. */
function beginAnswer(request: FastifyRequest, reply: FastifyReply, ids: ServerDeps['ids']): void {
  const { traceparent } = request.headers as Record<string, string | undefined>;
  request.trace = traceOf(traceparent, ids.random());
  reply.headers(SECURITY_HEADERS).header('x-trace-id', request.trace.traceId);
  if (request.url.startsWith('/v1/')) reply.header('cache-control', 'no-store');
}
