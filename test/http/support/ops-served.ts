/**
 * The internal port over real pipelines whose partner answers as told.
 */
import type { InjectOptions } from 'fastify';
import { createVerifier, issueToken } from '../../../src/http/auth/tokens.ts';
import type { App, HttpObserver } from '../../../src/http/deps.ts';
import type { OpsDeps, SteeringLine, WaitingActors } from '../../../src/http/ops/ops-deps.ts';
import { buildOpsServer } from '../../../src/http/ops/ops-server.ts';
import { resilienceWorld, type World } from '../../support/resilience-world.ts';
import { SeededIds } from '../../support/seeded-ids.ts';

const SECRET = 'a secret of at least thirty-two bytes';

export interface OpsServed {
  readonly app: App;
  readonly world: World;
  readonly actors: { isReady: boolean; backlogMs: number };
  readonly waiting: WaitingActors[];
  /** What stands in the audit log, oldest first. */
  readonly audited: SteeringLine[];
  /** Audiences of the streams that are open. */
  readonly streams: string[];
  // biome-ignore lint/suspicious/noExplicitAny: tests read the fields they expect
  call(method: string, url: string, role?: string, body?: object): Promise<{ status: number; body: any; text: string }>;
}

export async function serveOps(more: Partial<OpsDeps> = {}): Promise<OpsServed> {
  const world = resilienceWorld({ settings: 'taobao/orders.minCalls=4, taobao/orders.openMs=1000' });
  const { clock, log, resilience } = world;
  const actors = { isReady: true, backlogMs: 0 };
  const waiting: WaitingActors[] = [];
  const streams: string[] = [];
  const audited: SteeringLine[] = [];
  const observer: HttpObserver = {
    began() {},
    answered() {},
    streamOpened: (audience) => {
      streams.push(audience);
      return () => streams.splice(streams.indexOf(audience), 1);
    },
  };
  const app = await buildOpsServer({
    actors,
    dependencies: resilience,
    waiting: async () => waiting,
    metrics: { contentType: 'text/plain; version=0.0.4; charset=utf-8', metrics: async () => 'up 1\n' },
    verifyToken: createVerifier(SECRET, clock),
    clock,
    ids: new SeededIds(),
    log,
    observer,
    audit: async (line) => void audited.push(line),
    console: (scope) => {
      scope.get('/console', async () => 'the page');
    },
    ...more,
  });
  await app.ready();
  return {
    app,
    world,
    actors,
    waiting,
    audited,
    streams,
    async call(method, url, role, body) {
      const token = role && (await issueToken(SECRET, { sub: 'lin', role }, clock.now() + 60_000));
      const response = await app.inject({
        method,
        url,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        ...(body && { payload: body }),
      } as InjectOptions);
      const isJson = String(response.headers['content-type']).includes('json');
      return { status: response.statusCode, body: isJson ? response.json() : undefined, text: response.body };
    },
  };
}
