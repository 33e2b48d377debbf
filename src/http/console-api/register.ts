import fastifyCookie from '@fastify/cookie';
import { createCursors } from '../cursor.ts';
import type { App } from '../deps.ts';
import { consoleAccessOf } from './access.ts';
import { accountRoutes } from './account-routes.ts';
import { actionRoutes } from './action-routes.ts';
import { actorRoutes } from './actor-routes.ts';
import { approvalRoutes } from './approval-routes.ts';
import { auditRoutes } from './audit-routes.ts';
import { Auditor } from './auditor.ts';
import { Cards } from './cards.ts';
import type { ConsoleDeps, ConsoleRouteDeps } from './console-deps.ts';
import { dependencyRoutes } from './dependency-routes.ts';
import { deskRoutes } from './desk-routes.ts';
import { exportRoutes } from './export-routes.ts';
import { createGuard } from './guard.ts';
import { homeRoutes } from './home-routes.ts';
import { incidentRoutes } from './incident-routes.ts';
import { watchIncidents } from './incidents.ts';
import { jobRoutes } from './job-routes.ts';
import { noteRoutes } from './note-routes.ts';
import { operationRoutes } from './operation-routes.ts';
import { registerPageFiles } from './page-files.ts';
import { searchRoutes } from './search-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { Sessions } from './sessions.ts';
import { streamRoutes } from './stream-routes.ts';
import { userRoutes } from './user-routes.ts';
import { installVeil, Veil } from './veil.ts';
import { workTopics } from './work-topics.ts';

/**
 * Adds the console, its page and its API under `/console`, to an app made by `createApp`. Its guard, audit and cookies are
 * for its own routes only.
 * @throws Error when one of its routes has no row in `access.ts`, or writes without being audited.
 */
export async function registerConsole(app: App, deps: ConsoleDeps): Promise<void> {
  const sessions = new Sessions(deps);
  const auditor = new Auditor(deps);
  const routeDeps: ConsoleRouteDeps = {
    ...deps,
    topics: { ...workTopics(deps), ...deps.topics },
    sessions,
    auditor,
    cursors: createCursors(deps.cursorKey),
    cards: new Cards(deps.machines, deps.clock),
    veil: new Veil(deps.sessionKey, deps.maskedIds),
  };
  const stopWatching = watchIncidents(routeDeps);
  app.addHook('preClose', async () => stopWatching());
  await app.register(async (scope) => {
    const console = scope as unknown as App;
    await console.register(fastifyCookie);
    console.decorateRequest('staff', null);
    console.decorateRequest('audited');
    console.addHook('onRoute', (route) => {
      const consoleAccess = consoleAccessOf([route.method].flat()[0] ?? '', route.url);
      route.config = { ...route.config, consoleAccess };
    });
    console.addHook('onRequest', async (request, reply) => {
      request.audited = {};
      if (request.url.startsWith('/console/api/')) reply.header('cache-control', 'no-store');
    });
    console.addHook('onRequest', createGuard(sessions));
    console.addHook('preHandler', async () => learnFormerStates(routeDeps));
    console.addHook('preHandler', auditor.begin);
    console.addHook('onSend', auditor.end);
    installVeil(console, routeDeps.veil);
    await registerPageFiles(console);
    sessionRoutes(console, routeDeps);
    searchRoutes(console, routeDeps);
    actorRoutes(console, routeDeps);
    exportRoutes(console, routeDeps);
    accountRoutes(console, routeDeps);
    streamRoutes(console, routeDeps);
    actionRoutes(console, routeDeps);
    approvalRoutes(console, routeDeps);
    jobRoutes(console, routeDeps);
    incidentRoutes(console, routeDeps);
    operationRoutes(console, routeDeps);
    dependencyRoutes(console, routeDeps);
    noteRoutes(console, routeDeps);
    deskRoutes(console, routeDeps);
    homeRoutes(console, routeDeps);
    userRoutes(console, routeDeps);
    auditRoutes(console, routeDeps);
  });
}

/** So that no page calls a state by its bare name which only an earlier program knows. Without the store it goes on so. */
async function learnFormerStates({ cards, census, charts, log }: ConsoleRouteDeps): Promise<void> {
  try {
    const { versions = [] } = (await census.read()) ?? {};
    await cards.learn(
      charts,
      versions.map(({ machine }) => machine),
    );
  } catch (error) {
    log.warn('the charts of earlier machine versions could not be read', { error });
  }
}
