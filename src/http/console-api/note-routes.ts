import { createHash } from 'node:crypto';
import { type Address, toAddress } from '../../actors/address.ts';
import type { ListedRow } from '../../actors/ports.ts';
import { NOTES_TABLE, type NoteEvent } from '../../machines/notes.ts';
import type { App } from '../deps.ts';
import { readPage } from '../paging.ts';
import { Problem } from '../problem.ts';
import { ActorPath } from '../schemas.ts';
import { find } from './action-routes.ts';
import { PageQuery, WriteHeaders } from './action-schemas.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import { staffOf } from './guard.ts';
import { mentionedIn } from './mentions.ts';
import { Note, NoteRequest, Notes } from './operation-schemas.ts';
import { assertSame, onceOf } from './writes.ts';

const PATH = '/console/api/actors/:type/:id/notes';

/** What staff wrote about an actor. */
export function noteRoutes(app: App, deps: ConsoleRouteDeps): void {
  const { actors, cards, cursors, operations } = deps;

  app.get(
    PATH,
    { schema: { params: ActorPath, querystring: PageQuery, response: { 200: Notes } } },
    async (request) => {
      const { type, id } = request.params;
      const about = toAddress(cards.entry(type).type, id);
      return readPage(
        {
          query: { limit: request.query.limit ?? 50, cursor: request.query.cursor },
          cursors,
          scope: ['notes', about],
          fetch: (range) => actors.rows({ table: NOTES_TABLE, owner: about, ...range }),
          positionOf: ({ at, id: row }: ListedRow) => [at, row],
        },
        ({ at, data }) => toNote(at, data as unknown as NoteData),
      );
    },
  );

  app.post(
    PATH,
    { schema: { params: ActorPath, headers: WriteHeaders, body: NoteRequest, response: { 201: Note } } },
    async (request, reply) => {
      const { type, id } = request.params;
      const { address: about } = await find(deps, toAddress(cards.entry(type).type, id));
      const { text, ticket = null, edits = null } = request.body;
      const { name: by } = staffOf(request);
      const messageId = `console:${onceOf(request)}`;
      const notes = notesOf(about);
      const known = await operations.find(notes, messageId);
      // Who is still there may change between two tries; the first counts.
      const told = known?.message.event['mentions'] as readonly string[] | undefined;
      const mentions = told ?? (await mentionedIn(actors, text));
      const event = { type: 'add', about, by, text, ticket, edits, mentions };
      if (known !== undefined) assertSame(known, event);
      const options = { id: messageId, cause: `staff:${by}`, trace: request.trace.traceparent, repeatable: true };
      const { outcome, seq } = await actors.send(notes, event, { ...options, awaitHead: true });
      if (outcome !== 'done') throw new Problem('REQUEST_PARKED');
      const [record] = await actors.history(notes, seq - 1, 1);
      return reply.code(201).send(toNote(record?.at ?? 0, { ...event, id: messageId }));
    },
  );
}

type NoteData = Pick<NoteEvent, 'by' | 'text' | 'ticket' | 'edits' | 'mentions'> & { readonly id: string };

function toNote(at: number, { id, by, text, ticket, edits, mentions = [] }: NoteData) {
  return { id, by, at, text, ticket, edits, mentions: [...mentions] };
}

/** The actor that takes the notes about another. */
function notesOf(about: Address): Address {
  return toAddress('notes', createHash('sha256').update(about).digest('hex').slice(0, 32));
}
