import { Readable } from 'node:stream';
import type { App } from '../deps.ts';
import { toRfc3339 } from '../times.ts';
import { type AuditFilters, type ChainCheck, checkChain, readAudit } from './audit-log.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import { toCsvLine } from './csv.ts';
import { AuditCheck, type AuditEntry, AuditPage, AuditQuery, ExportQuery } from './staff-schemas.ts';

const DEFAULT_LIMIT = 50;
const EXPORT_PAGE = 500;
/** More than that is exported in parts, by `to`. */
const EXPORT_LIMIT = 50_000;

/** What people did in the console. */
export function auditRoutes(app: App, deps: ConsoleRouteDeps): void {
  const { actors, cursors, clock } = deps;
  app.get(
    '/console/api/audit',
    { schema: { querystring: AuditQuery, response: { 200: AuditPage } } },
    async (request) => {
      const { limit = DEFAULT_LIMIT, cursor, ...filters } = request.query;
      const scope = ['audit', JSON.stringify(Object.entries(filters).sort())];
      const after = cursor === undefined ? undefined : cursors.decode(cursor, scope);
      const { entries, next } = await readAudit(actors, filters, { after, limit });
      const nextCursor = next === null ? null : cursors.encode(next, scope);
      return { data: [...entries], nextCursor, hasMore: next !== null };
    },
  );

  // What was found intact once cannot have changed unless the store itself is at fault, which a restart asks again.
  let known: Pick<ChainCheck, 'seq' | 'hash'> = { seq: 0, hash: null };
  app.get('/console/api/audit/verify', { schema: { response: { 200: AuditCheck } } }, async () => {
    const startedAt = clock.now();
    const check = await checkChain(actors, known);
    if (check.isIntact) known = check;
    return { ...check, checkedMs: clock.now() - startedAt };
  });

  app.get('/console/api/audit/export', { schema: { querystring: ExportQuery } }, async (request, reply) => {
    const { reason: _, ...filters } = request.query;
    request.audited = { subject: 'audit/log', detail: { filters: JSON.stringify(filters) } };
    reply.type('text/csv; charset=utf-8').header('content-disposition', 'attachment; filename="audit.csv"');
    return reply.send(Readable.from(csvOf(deps, filters)));
  });
}

const COLUMNS = [
  'seq',
  'at',
  'by',
  'role',
  'action',
  'subject',
  'outcome',
  'code',
  'reason',
  'ticket',
  'detail',
  'traceId',
  'ip',
] as const;

async function* csvOf({ actors, veil }: ConsoleRouteDeps, filters: AuditFilters): AsyncGenerator<string> {
  // Spreadsheets take a file without this mark for another encoding than UTF-8.
  yield `\uFEFF${toCsvLine(COLUMNS)}`;
  let position: Parameters<typeof readAudit>[2]['after'];
  for (let count = 0; count < EXPORT_LIMIT; ) {
    const { entries, next } = await readAudit(actors, filters, { after: position, limit: EXPORT_PAGE });
    yield veil
      .cover(entries)
      .map((entry) => toCsvLine(COLUMNS.map((column) => cellOf(entry, column))))
      .join('');
    count += entries.length;
    if (next === null) return;
    position = next;
  }
  yield toCsvLine([`stopped after ${EXPORT_LIMIT} lines; export the rest with "to"`]);
}

function cellOf(entry: AuditEntry, column: (typeof COLUMNS)[number]): string {
  if (column === 'at') return toRfc3339(entry.at);
  if (column === 'detail') return JSON.stringify(entry.detail);
  return String(entry[column] ?? '');
}
