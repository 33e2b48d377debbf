import type { Static } from 'typebox';
import { idOf } from '../actors/address.ts';
import type { Inspection } from '../actors/facade.ts';
import type { Head } from '../actors/ports.ts';
import type { JsonObject } from '../actors/record.ts';
import { type LinkContext, linkListing } from '../machines/link.ts';
import { callerOf } from './auth/authorize.ts';
import type { App, RouteDeps } from './deps.ts';
import { LinkPath, LinkRequest, Link as LinkSchema, StaffStatistics, Statistics } from './goods-schemas.ts';
import { readStatistics } from './link-statistics.ts';
import { readPage } from './paging.ts';
import { Problem } from './problem.ts';
import { problemsOf } from './problem-responses.ts';
import { type LinkOutcome, type LinkTarget, troubleProblem } from './promotion.ts';
import { ListQuery, listOf, MemberPath } from './schemas.ts';
import { toRfc3339, toRfc3339OrNull } from './times.ts';

const common = { tags: ['links'], security: [{ bearer: [] }] };

export function linkRoutes(app: App, deps: RouteDeps): void {
  addMaking(app, deps);
  addFollowing(app, deps);
  addListing(app, deps);
  addStatistics(app, deps);
}

function addMaking(app: App, { promotion, publicUrl }: RouteDeps): void {
  app.post(
    '/v1/links',
    {
      schema: {
        ...common,
        summary: '生成推广链接 / A link to share; the same item and channel give the same link',
        body: LinkRequest,
        response: {
          200: LinkSchema,
          201: LinkSchema,
          ...problemsOf(
            'send',
            'LINK_UNRESOLVED',
            'ITEM_NOT_PROMOTABLE',
            'CHANNEL_NOT_YOURS',
            'CHANNELS_BUSY',
            'TAOBAO_UNAVAILABLE',
            'TAOBAO_REFUSED',
            'PROMOTION_NOT_CONFIGURED',
          ),
        },
      },
    },
    async (request, reply) => {
      const target = targetOf(request.body);
      if (promotion === undefined) throw new Problem('PROMOTION_NOT_CONFIGURED');
      const outcome = await promotion.makeLink({
        userId: callerOf(request),
        target,
        channel: request.body.channel,
        trace: request.trace.traceparent,
      });
      if (outcome.kind !== 'made') throw refusalOf(outcome);
      reply.code(outcome.isNew ? 201 : 200);
      return toLink(viewOf(outcome.link), publicUrl());
    },
  );
}

/** @throws VALIDATION_FAILED unless exactly one of the three is given */
function targetOf({ itemId, url, text }: Static<typeof LinkRequest>): LinkTarget {
  const given: LinkTarget[] = [];
  if (itemId !== undefined) given.push({ itemId });
  if (url !== undefined) given.push({ url });
  if (text !== undefined) given.push({ text });
  const [target] = given;
  if (target !== undefined && given.length === 1) return target;
  const detail = { zh: '应为 itemId、url、text 三者之一', en: 'send exactly one of itemId, url and text' };
  const errors = ['/itemId', '/url', '/text'].map((pointer) => ({ in: 'body' as const, pointer, detail }));
  throw new Problem('VALIDATION_FAILED', { errors });
}

function refusalOf(outcome: Exclude<LinkOutcome, { readonly kind: 'made' }>): Problem {
  switch (outcome.kind) {
    case 'unresolved':
      return new Problem('LINK_UNRESOLVED');
    case 'notPromotable':
      return new Problem('ITEM_NOT_PROMOTABLE');
    case 'notYours':
      return new Problem('CHANNEL_NOT_YOURS');
    case 'noneFree':
      return new Problem('CHANNELS_BUSY', { retryAfterMs: outcome.retryAfterMs });
    default:
      return troubleProblem(outcome);
  }
}

function addFollowing(app: App, { promotion }: RouteDeps): void {
  app.get(
    '/r/:code',
    {
      schema: {
        tags: ['links'],
        summary: '打开推广链接 / Counts and leads on to Taobao',
        params: LinkPath,
        response: {
          302: { type: 'null', description: 'To the item on Taobao' },
          ...problemsOf('open', 'VALIDATION_FAILED', 'LINK_NOT_FOUND', 'STORE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      // A look without following, as by a preview, counts nothing.
      const target = await promotion?.follow(request.params.code, { isCounted: request.method === 'GET' });
      if (target === undefined) throw new Problem('LINK_NOT_FOUND');
      return reply.header('cache-control', 'no-store').redirect(target, 302);
    },
  );
}

function addListing(app: App, { actors, cursors, publicUrl }: RouteDeps): void {
  app.get(
    '/v1/links',
    {
      schema: {
        ...common,
        summary: '我的推广链接 / My links, newest first',
        querystring: ListQuery,
        response: { 200: listOf(LinkSchema), ...problemsOf('read', 'CURSOR_INVALID') },
      },
    },
    async (request) => {
      const owner = callerOf(request);
      return await readPage(
        {
          query: request.query,
          cursors,
          scope: ['links', owner],
          fetch: (range) => actors.heads({ type: 'link', owner, ...range }),
          positionOf: (head: Head) => [head.sortKey, head.actor],
        },
        (head) => toLink(head.view, publicUrl()),
      );
    },
  );
}

function addStatistics(app: App, { actors }: RouteDeps): void {
  app.get(
    '/v1/links/statistics',
    {
      schema: {
        ...common,
        summary: '推广统计 / Clicks, orders and rebates by channel',
        response: { 200: Statistics, ...problemsOf('read') },
      },
    },
    async (request) => toBody(await readStatistics(actors, callerOf(request))),
  );

  app.get(
    '/v1/staff/members/:userId/statistics',
    {
      schema: {
        tags: ['staff'],
        security: [{ bearer: [] }],
        summary: '用户推广统计 / A user’s clicks, orders, rebates and commission by channel',
        params: MemberPath,
        response: { 200: StaffStatistics, ...problemsOf('read') },
      },
    },
    async (request) => {
      const { userId } = request.params;
      return { userId, ...toBody(await readStatistics(actors, userId)) };
    },
  );
}

/** Lists that may be changed, as the schemas have them; fields a face does not name are not sent. */
function toBody<T>({
  data,
  ...rest
}: { readonly data: readonly T[] } & Omit<Awaited<ReturnType<typeof readStatistics>>, 'data'>) {
  return { data: [...data], ...rest };
}

function viewOf({ address, state, snapshot }: Inspection): JsonObject {
  return linkListing(snapshot.context as unknown as LinkContext, state, idOf(address)).view;
}

interface LinkView extends Omit<Static<typeof LinkSchema>, 'url' | 'createdAt' | 'lastClickAt'> {
  readonly createdAt: number;
  readonly lastClickAt: number | null;
}

function toLink(view: JsonObject, publicUrl: string): Static<typeof LinkSchema> {
  const { createdAt, lastClickAt, ...rest } = view as unknown as LinkView;
  return {
    ...rest,
    url: `${publicUrl}/r/${rest.code}`,
    createdAt: toRfc3339(createdAt),
    lastClickAt: toRfc3339OrNull(lastClickAt),
  };
}
