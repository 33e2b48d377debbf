import { Readable } from 'node:stream';
import { type Address, toAddress, typeOf } from '../../actors/address.ts';
import type { App } from '../deps.ts';
import { ActorPath } from '../schemas.ts';
import { find } from './action-routes.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import { toJournalEntry } from './journal-views.ts';
import { BecauseOf } from './staff-schemas.ts';

/** A record may hold half a MiB. */
const PAGE = 100;

/** The whole history of one actor as a file, masked as everything is. */
export function exportRoutes(app: App, deps: ConsoleRouteDeps): void {
  app.get(
    '/console/api/actors/:type/:id/export',
    { schema: { params: ActorPath, querystring: BecauseOf } },
    async (request, reply) => {
      const { type, id } = request.params;
      const { address, seq } = await find(deps, toAddress(deps.cards.entry(type).type, id));
      request.audited.detail = { seq };
      reply
        .type('application/x-ndjson')
        .header('content-disposition', `attachment; filename="${deps.veil.text(address).replace('/', '-')}.jsonl"`);
      return reply.send(Readable.from(linesOf(deps, address, seq)));
    },
  );
}

/** One record a line, read as fast as they are taken; the last line says that none is missing. */
async function* linesOf(
  { actors, cards, veil }: ConsoleRouteDeps,
  address: Address,
  lastSeq: number,
): AsyncGenerator<string> {
  const entry = cards.entry(typeOf(address));
  for (let seq = 0; seq < lastSeq; ) {
    const records = await actors.history(address, seq, Math.min(PAGE, lastSeq - seq));
    const last = records.at(-1);
    if (last === undefined) throw new Error(`${address} ends at ${seq}, not at ${lastSeq}`);
    yield records.map((record) => toLine(veil.cover({ address, ...toJournalEntry(record, entry) }))).join('');
    seq = last.seq;
  }
  yield toLine(veil.cover({ address, isComplete: true, lastSeq }));
}

function toLine(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
