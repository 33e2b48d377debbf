import { toAddress } from '../actors/address.ts';
import type { ListedRow } from '../actors/ports.ts';
import { callerOf } from './auth/authorize.ts';
import type { App, RouteDeps } from './deps.ts';
import { isFresh } from './etag.ts';
import { readPage } from './paging.ts';
import { problemsOf } from './problem-responses.ts';
import { Account, LedgerRow, ListQuery, listOf, NotModified } from './schemas.ts';
import { toAccount, toLedgerRow } from './views.ts';

const LEDGER = 'ledger';

export function accountRoutes(app: App, { actors, cursors }: RouteDeps): void {
  app.get(
    '/v1/account',
    {
      schema: {
        tags: ['account'],
        summary: '账户余额 / The balance',
        security: [{ bearer: [] }],
        response: { 200: Account, 304: NotModified, ...problemsOf('read') },
      },
    },
    async (request, reply) => {
      const userId = callerOf(request);
      const balance = await actors.inspect(toAddress('balance', userId));
      const account = toAccount(userId, balance);
      return isFresh(request, reply, account.seq) ? reply.code(304).send(null) : account;
    },
  );

  app.get(
    '/v1/account/ledger',
    {
      schema: {
        tags: ['account'],
        summary: '账户明细 / Every change of the balance, newest first',
        security: [{ bearer: [] }],
        querystring: ListQuery,
        response: { 200: listOf(LedgerRow), ...problemsOf('read', 'CURSOR_INVALID') },
      },
    },
    async (request) => {
      const owner = callerOf(request);
      return await readPage(
        {
          query: request.query,
          cursors,
          scope: [LEDGER, owner],
          fetch: (range) => actors.rows({ table: LEDGER, owner, ...range }),
          positionOf: (row: ListedRow) => [row.at, row.id],
        },
        toLedgerRow,
      );
    },
  );
}
