import { idOf, toAddress } from '../../actors/address.ts';
import type { Head } from '../../actors/ports.ts';
import type { App } from '../deps.ts';
import { readPage } from '../paging.ts';
import { find } from './action-routes.ts';
import {
  DecisionRequest,
  IdPath,
  Job,
  JobDetail,
  JobPreview,
  JobPreviewRequest,
  JobRequest,
  Jobs,
  PageQuery,
  WriteHeaders,
} from './action-schemas.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import { staffOf } from './guard.ts';
import { makeJob, previewJob, toJob, toJobDetail } from './jobs.ts';
import { problemIn } from './refusals.ts';
import { onceOf } from './writes.ts';

/** One action on many actors: its dry run, its making, its progress, and how to stop it. */
export function jobRoutes(app: App, deps: ConsoleRouteDeps): void {
  const { actors, cards, cursors } = deps;

  app.post(
    '/console/api/jobs/preview',
    { schema: { body: JobPreviewRequest, response: { 200: JobPreview } } },
    (request) => previewJob(deps, request.body, staffOf(request)),
  );

  app.post(
    '/console/api/jobs',
    { schema: { headers: WriteHeaders, body: JobRequest, response: { 201: Job } } },
    async (request, reply) => {
      const once = onceOf(request);
      const { type, event, ids } = request.body;
      request.audited = { subject: `job/job_${once}`, detail: { type, event, count: ids.length } };
      const made = await makeJob(deps, request.body, {
        staff: staffOf(request),
        once,
        trace: request.trace.traceparent,
      });
      return reply.code(201).send(toJobDetail(cards, made).job);
    },
  );

  app.get('/console/api/jobs', { schema: { querystring: PageQuery, response: { 200: Jobs } } }, (request) =>
    readPage(
      {
        query: { limit: request.query.limit ?? 50, cursor: request.query.cursor },
        cursors,
        scope: ['jobs'],
        fetch: (range) => actors.heads({ type: 'job', ...range }),
        positionOf: ({ sortKey, actor }: Head) => [sortKey, actor],
      },
      (head) => toJob(cards, idOf(head.actor), head),
    ),
  );

  app.get('/console/api/jobs/:id', { schema: { params: IdPath, response: { 200: JobDetail } } }, async (request) =>
    toJobDetail(cards, await find(deps, toAddress('job', request.params.id))),
  );

  for (const type of ['pause', 'resume', 'cancel'] as const) {
    app.post(
      `/console/api/jobs/:id/${type}`,
      { schema: { params: IdPath, body: DecisionRequest, response: { 200: JobDetail } } },
      async (request) => {
        const address = toAddress('job', request.params.id);
        request.audited.subject = address;
        const { name } = staffOf(request);
        const { state, seq } = await find(deps, address);
        const options = { cause: `staff:${name}`, trace: request.trace.traceparent, awaitHead: true };
        const receipt = await actors.send(address, { type, by: name, reason: request.body.reason }, options);
        const problem = problemIn(receipt, { state, seq });
        if (problem !== undefined) throw problem;
        return toJobDetail(cards, await find(deps, address));
      },
    );
  }
}
