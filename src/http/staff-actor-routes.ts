import type { Static } from 'typebox';
import { type Address, toAddress } from '../actors/address.ts';
import type { Inspection } from '../actors/facade.ts';
import type { UndeliveredTell } from '../actors/ports.ts';
import { type JournalRecord, stateName } from '../actors/record.ts';
import type { App, RouteDeps } from './deps.ts';
import { DEFAULT_LIMIT } from './paging.ts';
import { Problem } from './problem.ts';
import { problemsOf } from './problem-responses.ts';
import { redact } from './redact.ts';
import { ActorPath, ActorView, JournalPage, JournalQuery } from './schemas.ts';
import { toRfc3339 } from './times.ts';
import { traceIdOf } from './trace.ts';

const common = { tags: ['staff'], security: [{ bearer: [] }], params: ActorPath };

/** What support sees of any actor: where it stands, what it waits for, how it came there. */
export function staffActorRoutes(app: App, deps: RouteDeps): void {
  const { actors } = deps;
  app.get(
    '/v1/staff/actors/:type/:id',
    {
      schema: {
        ...common,
        summary: '查看状态机 / An actor as it is now',
        response: { 200: ActorView, ...problemsOf('read', 'MACHINE_UNKNOWN', 'ACTOR_NOT_FOUND') },
      },
    },
    async (request) => {
      const found = await find(deps, request.params);
      return toActorView(found, await actors.undelivered(found.address));
    },
  );

  app.get(
    '/v1/staff/actors/:type/:id/journal',
    {
      schema: {
        ...common,
        summary: '查看日志 / An actor’s journal, oldest first',
        querystring: JournalQuery,
        response: { 200: JournalPage, ...problemsOf('read', 'MACHINE_UNKNOWN', 'ACTOR_NOT_FOUND') },
      },
    },
    async (request) => {
      const { after = 0, limit = DEFAULT_LIMIT } = request.query;
      const { address } = await find(deps, request.params);
      const records = await actors.history(address, after, limit + 1);
      return { data: records.slice(0, limit).map(toJournalEntry), hasMore: records.length > limit };
    },
  );
}

/** @throws MACHINE_UNKNOWN, ACTOR_NOT_FOUND */
async function find({ actors, actorTypes }: RouteDeps, { type, id }: Static<typeof ActorPath>): Promise<Inspection> {
  if (!actorTypes.includes(type)) throw new Problem('MACHINE_UNKNOWN', { extra: { types: [...actorTypes] } });
  const address: Address = toAddress(type, id);
  const found = await actors.inspect(address);
  if (found === undefined) throw new Problem('ACTOR_NOT_FOUND');
  return found;
}

function toActorView(found: Inspection, undelivered: readonly UndeliveredTell[]): Static<typeof ActorView> {
  const { address, seq, machine, state, snapshot } = found;
  return {
    address,
    seq,
    machine,
    state,
    context: redact(snapshot.context),
    waiting: snapshot.waiting.map(({ id, kind, dueAt, attempt }) => ({ id, kind, dueAt: toRfc3339(dueAt), attempt })),
    undelivered: undelivered.map(({ id, from, event, since, nextAt, attempts }) => ({
      id,
      from,
      event: redact(event),
      since: toRfc3339(since),
      nextAt: toRfc3339(nextAt),
      attempts,
    })),
  };
}

function toJournalEntry(record: JournalRecord): Static<typeof JournalPage>['data'][number] {
  const { seq, at, machine, messages, snapshot, tells, trace } = record;
  return {
    seq,
    at: toRfc3339(at),
    machine,
    messages: messages.map(({ id, event, cause, edges, outcome, reason }) => ({
      id,
      event: redact(event),
      cause,
      edges: [...edges],
      outcome,
      ...(reason === undefined ? {} : { reason }),
    })),
    state: stateName(snapshot.value),
    tells: tells.map(({ id, to, event }) => ({ id, to, event: redact(event) })),
    traceId: traceIdOf(trace),
  };
}
