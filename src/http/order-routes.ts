import { toAddress } from '../actors/address.ts';
import type { Head } from '../actors/ports.ts';
import { callerOf } from './auth/authorize.ts';
import type { App, RouteDeps } from './deps.ts';
import { isFresh } from './etag.ts';
import { readPage } from './paging.ts';
import { Problem } from './problem.ts';
import { problemsOf } from './problem-responses.ts';
import { listOf, NotModified, Order, OrderPath, OrdersQuery } from './schemas.ts';
import { listingOfOrder, toOrder } from './views.ts';

export function orderRoutes(app: App, { actors, cursors }: RouteDeps): void {
  app.get(
    '/v1/orders',
    {
      schema: {
        tags: ['orders'],
        summary: '我的订单 / My orders, newest first',
        security: [{ bearer: [] }],
        querystring: OrdersQuery,
        response: { 200: listOf(Order), ...problemsOf('read', 'CURSOR_INVALID') },
      },
    },
    async (request) => {
      const owner = callerOf(request);
      const { status } = request.query;
      const filter = status === undefined ? {} : { status };
      return await readPage(
        {
          query: request.query,
          cursors,
          scope: ['orders', owner, status ?? ''],
          fetch: (range) => actors.heads({ type: 'order', owner, ...filter, ...range }),
          positionOf: (head: Head) => [head.sortKey, head.actor],
        },
        (head) => toOrder(head.view),
      );
    },
  );

  app.get(
    '/v1/orders/:tradeId',
    {
      schema: {
        tags: ['orders'],
        summary: '订单详情 / One of my orders',
        security: [{ bearer: [] }],
        params: OrderPath,
        response: { 200: Order, 304: NotModified, ...problemsOf('read', 'NOT_FOUND') },
      },
    },
    async (request, reply) => {
      const order = await actors.inspect(toAddress('order', request.params.tradeId));
      const listing = order === undefined ? undefined : listingOfOrder(order);
      // Another user's order is answered exactly as one that does not exist.
      if (order === undefined || listing?.owner !== callerOf(request)) throw new Problem('NOT_FOUND');
      return isFresh(request, reply, order.seq) ? reply.code(304).send(null) : toOrder(listing.view);
    },
  );
}
