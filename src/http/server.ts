import { accessOf } from './access.ts';
import { accountRoutes } from './account-routes.ts';
import { createApp } from './app.ts';
import { createAuthorizer } from './auth/authorize.ts';
import { createCursors } from './cursor.ts';
import type { App, RouteDeps, ServerDeps, ServerOptions } from './deps.ts';
import { healthRoutes } from './health-routes.ts';
import { linkRoutes } from './link-routes.ts';
import { installOpenApi } from './openapi.ts';
import { orderRoutes } from './order-routes.ts';
import { productRoutes } from './product-routes.ts';
import { staffActorRoutes } from './staff-actor-routes.ts';
import { staffMemberRoutes } from './staff-member-routes.ts';
import { staffNodeRoutes } from './staff-node-routes.ts';
import { staffWithdrawalRoutes } from './staff-withdrawal-routes.ts';
import { taobaoRoutes } from './taobao-routes.ts';
import { withdrawalRoutes } from './withdrawal-routes.ts';

/**
 * Returns the REST face, ready for `listen` or `inject`; it never listens itself. After `close` has begun, requests on
 * open connections are answered 503 until they end.
 * @throws Error when a route has no row in the access table.
 */
export async function buildServer(deps: ServerDeps, options: ServerOptions): Promise<App> {
  const app = createApp(deps);
  app.addHook('onRoute', (route) => {
    // Only files have two methods, HEAD and GET, which share a row.
    route.config = { ...route.config, access: accessOf([route.method].flat()[0] ?? '', route.url) };
  });
  app.addHook('onRequest', createAuthorizer(deps.verifyToken));
  if (options.healthOnly !== true) await installOpenApi(app, options);

  const routeDeps: RouteDeps = { ...deps, ...options, cursors: createCursors(options.cursorKey) };
  healthRoutes(app, routeDeps);
  if (options.healthOnly === true) return app;
  accountRoutes(app, routeDeps);
  orderRoutes(app, routeDeps);
  withdrawalRoutes(app, routeDeps);
  productRoutes(app, routeDeps);
  linkRoutes(app, routeDeps);
  taobaoRoutes(app, routeDeps);
  staffMemberRoutes(app, routeDeps);
  staffWithdrawalRoutes(app, routeDeps);
  staffActorRoutes(app, routeDeps);
  staffNodeRoutes(app, routeDeps);
  return app;
}
