import { createApp } from '../app.ts';
import { createAuthorizer } from '../auth/authorize.ts';
import type { App } from '../deps.ts';
import { healthRoutes } from '../health-routes.ts';
import { dependencyRoutes } from './dependency-routes.ts';
import { opsAccessOf } from './ops-access.ts';
import type { OpsDeps } from './ops-deps.ts';

/**
 * Returns the internal face, ready for `listen` or `inject`: health, metrics, dependencies, and the console where it is
 * given. Whether a partner answers is nobody's readiness: an open breaker must not take every process out of service.
 * @throws Error when a route has no row in its access table.
 */
export async function buildOpsServer(deps: OpsDeps): Promise<App> {
  const app = createApp(deps);
  await app.register(async (scope) => {
    const ops = scope as unknown as App;
    ops.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: opsAccessOf([route.method].flat()[0] ?? '', route.url) };
    });
    ops.addHook('onRequest', createAuthorizer(deps.verifyToken));
    healthRoutes(ops, deps);
    metricsRoute(ops, deps);
    dependencyRoutes(ops, deps);
  });
  if (deps.console !== undefined) {
    const addConsole = deps.console;
    await app.register(async (scope) => addConsole(scope as unknown as App));
  }
  return app;
}

function metricsRoute(app: App, { metrics }: OpsDeps): void {
  app.get('/metrics', async (_, reply) =>
    reply
      .header('content-type', metrics.contentType)
      .header('cache-control', 'no-store')
      .send(await metrics.metrics()),
  );
}
