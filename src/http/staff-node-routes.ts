import type { Static } from 'typebox';
import type { NodeView } from '../actors/facade.ts';
import type { App, RouteDeps } from './deps.ts';
import { problemsOf } from './problem-responses.ts';
import { NodeList } from './schemas.ts';
import { toRfc3339 } from './times.ts';

/** The processes of this system: who lives, who fell silent and is being taken over, how far each is behind. Of a retired one
 * nothing is left to do, though its watermark stays until nothing of it can land any more. */
export function staffNodeRoutes(app: App, { actors }: RouteDeps): void {
  app.get(
    '/v1/staff/nodes',
    {
      schema: {
        tags: ['staff'],
        security: [{ bearer: [] }],
        summary: '查看进程 / The processes of this system',
        response: { 200: NodeList, ...problemsOf('read') },
      },
    },
    async () => ({ data: (await actors.nodes()).map(toNode) }),
  );
}

function toNode(node: NodeView): Static<typeof NodeList>['data'][number] {
  const { id, role, startedAt, heartbeatAt, batch, watermark, status } = node;
  return {
    id,
    role,
    startedAt: toRfc3339(startedAt),
    heartbeatAt: toRfc3339(heartbeatAt),
    batch,
    watermark,
    lag: status === 'retired' ? 0 : batch - watermark,
    status,
  };
}
