import type { App } from '../deps.ts';
import { AttemptLimits } from './attempt-limits.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import { staffOf } from './guard.ts';
import { search } from './search.ts';
import { SearchAnswer, SearchRequest } from './search-schemas.ts';
import { blinded, personalKind } from './search-text.ts';

const PER_PERSON = { most: 60, windowMs: 60_000, code: 'SEARCH_LIMITED' } as const;

/** One box for every number a customer may read out. Of a search by personal data is on record who searched, not for what. */
export function searchRoutes(app: App, deps: ConsoleRouteDeps): void {
  const { auditor, clock, sessionKey } = deps;
  const limits = new AttemptLimits(clock, PER_PERSON);
  app.post(
    '/console/api/search',
    { schema: { body: SearchRequest, response: { 200: SearchAnswer } } },
    async (request) => {
      const { name, role } = staffOf(request);
      const { q } = request.body;
      limits.take(name);
      const personal = personalKind(q);
      if (personal !== null) {
        const { traceId } = request.trace;
        const detail = { field: personal, digest: blinded(q, sessionKey) };
        await auditor.record({ by: name, role, action: 'search.personal', detail, traceId, ip: request.ip });
      }
      return await search({ ...deps, role }, q);
    },
  );
}
