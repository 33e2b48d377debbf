/**
 * The store's thread: opens the file and does what the server's thread asks, in the order asked.
 *
 * SQLite waits for the disk inside its calls. Here it keeps no turn, no request and no timer of the server waiting, and
 * the next turns are decided while the last ones are written. What may be said to it is `store-messages.ts`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { JournalRecord } from '../../actors/record.ts';
import { SystemClock } from '../system-clock.ts';
import { openSqliteDatabase } from './sqlite-database.ts';
import { SqliteJournal } from './sqlite-journal.ts';
import { SqliteProjections } from './sqlite-projections.ts';
import { createSqliteUserKeys } from './sqlite-user-keys.ts';
import { packError, packRecord, type StoreReply, type StoreRequest, WRITES } from './store-messages.ts';

type Method = (...args: never[]) => Promise<unknown>;

const port = parentPort;
if (port === null) throw new Error('this file is the entry of a worker thread');

function open() {
  const database = openSqliteDatabase((workerData as { dataDir: string }).dataDir);
  port?.once('close', () => database.close());
  const journal = new SqliteJournal(database);
  const parts = {
    journal,
    projections: new SqliteProjections(database, new SystemClock()),
    userKeys: createSqliteUserKeys(database),
  };
  const packAll = (records: readonly JournalRecord[]) => records.map(packRecord);
  const pack = (record: JournalRecord | undefined) => record && packRecord(record);
  /** The methods that answer records. */
  const packed: Record<string, Method> = {
    last: async (actor: never) => pack(await journal.last(actor)),
    at: async (actor: never, seq: never) => pack(await journal.at(actor, seq)),
    page: async (actor: never, after: never, limit: never) => packAll(await journal.page(actor, after, limit)),
    committedBy: async (node: never, after: never, limit: never) =>
      packAll(await journal.committedBy(node, after, limit)),
  };
  return async ({ part, method, args }: StoreRequest): Promise<unknown> => {
    const special = part === 'journal' ? packed[method] : undefined;
    if (special !== undefined) return special(...(args as never[]));
    const target = parts[part] as unknown as Record<string, Method>;
    return target[method]?.(...(args as never[]));
  };
}

/** Answers the opening as the request number 0, and what is asked in the order asked. */
function serve(channel: NonNullable<typeof parentPort>): void {
  let answer: ReturnType<typeof open>;
  try {
    answer = open();
  } catch (error) {
    channel.postMessage([{ id: 0, error: packError(error) }]);
    return;
  }
  channel.postMessage([{ id: 0, value: undefined }]);
  let last = Promise.resolve();
  channel.on('message', (requests: readonly StoreRequest[] | 'close') => {
    last = last.then(() => (requests === 'close' ? channel.close() : answerAll(requests, answer, channel)));
  });
}

/** Replies to reads gather until a write is done, whose reply never waits for what comes after it. */
async function answerAll(
  requests: readonly StoreRequest[],
  answer: ReturnType<typeof open>,
  channel: NonNullable<typeof parentPort>,
): Promise<void> {
  let replies: StoreReply[] = [];
  for (const request of requests) {
    const { id, method } = request;
    try {
      replies.push({ id, value: await answer(request) });
    } catch (error) {
      replies.push({ id, error: packError(error) });
    }
    if (!WRITES.has(method)) continue;
    channel.postMessage(replies);
    replies = [];
  }
  if (replies.length > 0) channel.postMessage(replies);
}

serve(port);
