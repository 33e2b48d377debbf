import type { ActorSystem } from '../actors/facade.ts';
import type { App } from './deps.ts';
import { Problem } from './problem.ts';
import { problemsOf } from './problem-responses.ts';
import { Health, Readiness } from './schemas.ts';

/** A process this far behind says so, but serves on: what it answers is committed. */
const LAGGING_MS = 60_000;

export function healthRoutes(app: App, { actors }: { actors: Pick<ActorSystem, 'isReady' | 'backlogMs'> }): void {
  app.get(
    '/livez',
    { schema: { tags: ['health'], summary: '进程存活 / The process runs', response: { 200: Health } } },
    async () => ({ status: 'ok' }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        tags: ['health'],
        summary: '可以接收请求 / The server takes requests (503 until it does)',
        response: { 200: Readiness, ...problemsOf('open', 'NOT_READY') },
      },
    },
    async () => {
      if (!actors.isReady) throw new Problem('NOT_READY');
      const { backlogMs } = actors;
      return { status: 'ready', backlogMs, isLagging: backlogMs > LAGGING_MS };
    },
  );
}
