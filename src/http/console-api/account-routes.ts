import { toAddress } from '../../actors/address.ts';
import type { ActorSystem } from '../../actors/facade.ts';
import type { Head, ListedRow } from '../../actors/ports.ts';
import type { BalanceContext } from '../../machines/balance-context.ts';
import type { MemberContext } from '../../machines/member.ts';
import type { LedgerLine as StoredLine } from '../../machines/money.ts';
import type { App } from '../deps.ts';
import { readPage } from '../paging.ts';
import { Problem } from '../problem.ts';
import { ListQuery } from '../schemas.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import { AccountPage, CardPage, type LedgerLine, LedgerPage, UserPath } from './schemas.ts';

const LEDGER = 'ledger';
const ACCOUNT = '/console/api/accounts/:userId';

/** A user's money: the sums, what holds them, and the ledger with the sums after each line. */
export function accountRoutes(app: App, deps: ConsoleRouteDeps): void {
  const { actors, cards, clock, cursors } = deps;
  app.get(ACCOUNT, { schema: { params: UserPath, response: { 200: AccountPage } } }, async (request, reply) => {
    const { userId } = request.params;
    const [balance, member, orders] = await Promise.all([
      actors.inspect(toAddress('balance', userId)),
      actors.inspect(toAddress('member', userId)),
      actors.heads({ type: 'order', owner: userId, limit: 1 }),
    ]);
    if (balance === undefined && member === undefined && orders.length === 0) throw new Problem('ACTOR_NOT_FOUND');
    const context = balance?.snapshot.context as unknown as BalanceContext | undefined;
    const { holds = {} } = context ?? {};
    const { channels = [] } = (member?.snapshot.context ?? {}) as Partial<MemberContext>;
    reply.header('etag', `"${balance?.seq ?? 0}"`);
    return {
      userId,
      ...sumsOf(context),
      isImbalanced: context !== undefined && !isBalanced(context),
      seq: balance?.seq ?? 0,
      frozen: context?.frozen ?? null,
      channels: [...channels],
      holds: Object.entries(holds).map(([withdrawal, amountFen]) => ({ withdrawal, amountFen })),
      now: clock.now(),
    };
  });

  for (const type of ['order', 'withdrawal'] as const)
    app.get(
      `${ACCOUNT}/${type}s`,
      { schema: { params: UserPath, querystring: ListQuery, response: { 200: CardPage } } },
      async (request) => {
        const owner = request.params.userId;
        return await readPage(
          {
            query: request.query,
            cursors,
            scope: ['console', type, owner],
            fetch: (range) => actors.heads({ type, owner, ...range }),
            positionOf: (head: Head) => [head.sortKey, head.actor],
          },
          (head) => cards.ofHead(head),
        );
      },
    );

  app.get(
    `${ACCOUNT}/ledger`,
    { schema: { params: UserPath, querystring: ListQuery, response: { 200: LedgerPage } } },
    async (request) => {
      const owner = request.params.userId;
      const { data, ...page } = await readPage(
        {
          query: request.query,
          cursors,
          scope: ['console', LEDGER, owner],
          fetch: (range) => actors.rows({ table: LEDGER, owner, ...range }),
          positionOf: (row: ListedRow) => [row.at, row.id],
        },
        (row) => row,
      );
      return { ...page, data: await withSums(actors, data) };
    },
  );
}

interface Sums {
  readonly pendingFen: number;
  readonly availableFen: number;
  readonly heldFen: number;
  readonly debtFen: number;
}

function sumsOf(context: BalanceContext | undefined): Sums {
  const { pending = 0, available = 0, held = 0, debt = 0 } = context ?? {};
  return { pendingFen: pending, availableFen: available, heldFen: held, debtFen: debt };
}

/** I3, I5: what the balance itself asserts at each commit, asked once more of what is shown. */
function isBalanced({ available, held, debt, holds }: BalanceContext): boolean {
  const heldFen = Object.values(holds).reduce((sum, fen) => sum + fen, 0);
  return held === heldFen && available >= 0 && debt >= 0 && (debt === 0 || available === 0);
}

/** Lines newest first, each with the sums after it: the record of the newest tells them, the others by taking it back. */
async function withSums(actors: ActorSystem, rows: readonly ListedRow[]): Promise<LedgerLine[]> {
  const newest = rows[0];
  if (newest === undefined) return [];
  const [record] = await actors.history(newest.actor, newest.seq - 1, 1);
  let after = sumsOf(record?.snapshot.context as unknown as BalanceContext | undefined);
  // A page may begin within a record: its later lines are in the sums already.
  for (const { id, data } of [...(record?.rows ?? [])].reverse()) {
    if (id === newest.id) break;
    after = less(after, data as unknown as StoredLine);
  }
  return rows.map(({ seq, at, data }) => {
    const line = data as unknown as StoredLine;
    const { kind, pendingFen, availableFen, heldFen, debtFen, orderId, withdrawalId } = line;
    const address =
      orderId !== undefined ? `order/${orderId}` : withdrawalId === undefined ? null : `withdrawal/${withdrawalId}`;
    const shown = { seq, at, kind, pendingFen, availableFen, heldFen, debtFen, address, after };
    after = less(after, line);
    return shown;
  });
}

function less(sums: Sums, line: Sums): Sums {
  return {
    pendingFen: sums.pendingFen - line.pendingFen,
    availableFen: sums.availableFen - line.availableFen,
    heldFen: sums.heldFen - line.heldFen,
    debtFen: sums.debtFen - line.debtFen,
  };
}
