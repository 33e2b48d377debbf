import type { Static } from 'typebox';
import { type Address, idOf, toAddress, typeOf } from '../../actors/address.ts';
import type { Inspection } from '../../actors/facade.ts';
import type { WithdrawalContext } from '../../machines/withdrawal-context.ts';
import type { App } from '../deps.ts';
import { toSvg } from '../graph/svg.ts';
import { Problem } from '../problem.ts';
import { ActorPath, NotModified } from '../schemas.ts';
import { readCalls } from './calls.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import { toEntity, toStateAt } from './entity.ts';
import { REVEALABLE } from './fields.ts';
import { staffOf } from './guard.ts';
import { toJournalEntry, toJournalRow } from './journal-views.ts';
import { TypePath } from './machine-schemas.ts';
import {
  AnyJson,
  CallAttempts,
  Entity,
  GraphQuery,
  JournalEntry,
  JournalPage,
  JournalQuery,
  Reveal,
  Revealed,
  SeqPath,
  StateAt,
} from './schemas.ts';

const ACTOR = '/console/api/actors/:type/:id';
const DEFAULT_LIMIT = 200;
/** For tickets and documents; the page draws for itself. */
const SVG = 'image/svg+xml';
const REVEAL_MS = 60_000;

/** One actor: as it is, as it was at any time, how it came there, and its chart. */
export function actorRoutes(app: App, deps: ConsoleRouteDeps): void {
  app.get(ACTOR, { schema: { params: ActorPath, response: { 200: Entity } } }, async (request, reply) => {
    const found = await findActor(deps, request.params);
    // Ages and related actors change without a record; the tag is what commands are sent against.
    reply.header('etag', `"${found.seq}"`);
    return await toEntity(deps, found, staffOf(request).role);
  });
  app.get(`${ACTOR}/calls`, { schema: { params: ActorPath, response: { 200: CallAttempts } } }, async (request) => ({
    data: await readCalls(deps, await findActor(deps, request.params)),
  }));
  addJournal(app, deps);
  addGraph(app, deps);
  addReveal(app, deps);
}

function addJournal(app: App, deps: ConsoleRouteDeps): void {
  const { actors, cards } = deps;
  app.get(
    `${ACTOR}/journal`,
    { schema: { params: ActorPath, querystring: JournalQuery, response: { 200: JournalPage } } },
    async (request) => {
      const { after = 0, limit = DEFAULT_LIMIT } = request.query;
      const { address, seq: lastSeq } = await findActor(deps, request.params);
      const entry = cards.entry(typeOf(address));
      const records = await actors.history(address, after, limit);
      const hasMore = (records.at(-1)?.seq ?? after) < lastSeq && records.length === limit;
      return { data: records.map((record) => toJournalRow(record, entry)), hasMore, lastSeq };
    },
  );

  app.get(
    `${ACTOR}/journal/:seq`,
    { schema: { params: SeqPath, response: { 200: JournalEntry } } },
    async (request, reply) => {
      const { address } = await findActor(deps, request.params);
      const [record] = await actors.history(address, Number(request.params.seq) - 1, 1);
      if (record === undefined) throw new Problem('SEQ_UNKNOWN');
      keepForEver(reply);
      return toJournalEntry(record, cards.entry(typeOf(address)));
    },
  );

  app.get(`${ACTOR}/at/:seq`, { schema: { params: SeqPath, response: { 200: StateAt } } }, async (request) => {
    const found = await findActor(deps, request.params);
    const seq = Number(request.params.seq);
    const records = await actors.history(found.address, Math.max(0, seq - 2), 2);
    const record = records.find((one) => one.seq === seq);
    if (record === undefined) throw new Problem('SEQ_UNKNOWN', { extra: { lastSeq: found.seq } });
    await deps.cards.learn(deps.charts, [record.machine]);
    return toStateAt(
      deps,
      record,
      records.find((one) => one.seq === seq - 1),
      found.seq,
    );
  });
}

/** A record never changes; the browser may keep what it shows of one, for this person only. */
function keepForEver(reply: { header(name: string, value: string): unknown }): void {
  reply.header('cache-control', 'private, max-age=3600, immutable');
}

function addGraph(app: App, { charts, cards }: ConsoleRouteDeps): void {
  // All actors of a type and version have one chart.
  for (const url of [`${ACTOR}/graph`, '/console/api/machines/:type/graph'])
    app.get(
      url,
      { schema: { params: TypePath, querystring: GraphQuery, response: { 200: AnyJson, 304: NotModified } } },
      async (request, reply) => {
        const { type } = request.params;
        const { direction = 'right', locale = 'zh-CN', focus, version } = request.query;
        const known = cards.entry(type).type;
        const graph = version === undefined ? charts.graph(known) : await charts.graphOf(version);
        if (version !== undefined && graph?.type !== known) throw new Problem('VERSION_UNKNOWN');
        const etag = `"${graph?.revision}"`;
        const query = {
          direction,
          locale,
          ...(focus === undefined ? {} : { focus: focus.split(',') }),
          ...(version === undefined ? {} : { version }),
        };
        reply.header('etag', etag);
        if (request.headers['if-none-match'] === etag) return reply.code(304).send(null);
        reply.header('cache-control', 'private, no-cache').header('vary', 'accept');
        try {
          const chart = await charts.chart(type, query);
          if (request.headers.accept?.startsWith(SVG) !== true) return chart;
          return reply.type(SVG).send(toSvg(chart, { active: query.focus ?? [] }));
        } catch (error) {
          if (error instanceof RangeError) throw new Problem('FOCUS_UNKNOWN');
          throw error;
        }
      },
    );
}

function addReveal(app: App, deps: ConsoleRouteDeps): void {
  app.post(
    `${ACTOR}/reveal`,
    { schema: { params: ActorPath, body: Reveal, response: { 200: Revealed } } },
    async (request) => {
      const { field } = request.body;
      request.audited.detail = { field };
      const found = await findActor(deps, request.params);
      const value = field === 'owner' ? deps.cards.ofInspection(found).owner : await payeePart(deps, found, field);
      if (value === null) throw new Problem('NOT_REVEALABLE');
      return { field, value, hideAt: deps.clock.now() + REVEAL_MS };
    },
  );
}

/** @throws NOT_REVEALABLE, DATA_ERASED */
async function payeePart({ sealer }: ConsoleRouteDeps, { address, snapshot }: Inspection, field: string) {
  const part = Object.hasOwn(REVEALABLE, field) ? REVEALABLE[field] : undefined;
  if (part === undefined || typeOf(address) !== 'withdrawal') throw new Problem('NOT_REVEALABLE');
  const { request: payout, userId } = snapshot.context as unknown as WithdrawalContext;
  if (payout === null) throw new Problem('NOT_REVEALABLE');
  const payee = await sealer.open(userId, payout.sealed);
  if (payee === null) throw new Problem('DATA_ERASED');
  return payee[part];
}

/** @throws MACHINE_UNKNOWN, ACTOR_NOT_FOUND */
async function findActor(
  { actors, cards }: Pick<ConsoleRouteDeps, 'actors' | 'cards'>,
  { type, id }: Static<typeof ActorPath>,
): Promise<Inspection> {
  const address: Address = toAddress(cards.entry(type).type, id);
  const found = await actors.inspect(address);
  if (found === undefined) throw new Problem('ACTOR_NOT_FOUND', { extra: { type, id: idOf(address) } });
  return found;
}
