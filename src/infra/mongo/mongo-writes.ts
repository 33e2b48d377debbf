/**
 * Many writes in one command, and what became of each.
 *
 * Owns the reading of replies. The driver's own bulk writes report a failed command, failed statements and a missing
 * majority as one error, in which what is known about the single statement is lost; here each keeps its own result.
 */
import { type Db, type Document, MongoWriteConcernError } from 'mongodb';
import { LASTING, patience } from './mongo-database.ts';
import { isDuplicateKey } from './mongo-errors.ts';

/** `done`: by a majority, on disk. `duplicate`: a unique key is taken. `doubtful`: done, or not, or undone later. */
export type WriteResult = 'done' | 'duplicate' | 'doubtful';

export interface WriteReport {
  readonly results: readonly WriteResult[];
  /** Why some are doubtful. */
  readonly doubt?: unknown;
}

export type Write =
  | { readonly insert: string; readonly documents: readonly Document[] }
  | { readonly update: string; readonly updates: readonly Document[] };

interface Reply {
  readonly n?: number;
  readonly writeErrors?: readonly { readonly index: number; readonly code?: number; readonly errmsg?: string }[];
  readonly writeConcernError?: { readonly errmsg?: string };
}

/** A command is one document, of 16 MiB at most. */
const MAX_COMMAND_BYTES = 16_000_000;

/**
 * Sends the writes, each on its own, in as few commands as their size allows. Results are in the order given.
 * @throws the driver's error when the first command as a whole failed; what a later one would have said is doubtful
 */
export async function sendEach(db: Db, write: Write): Promise<WriteReport> {
  const isInsert = 'insert' in write;
  const statements = isInsert ? write.documents : write.updates;
  const results: WriteResult[] = [];
  let doubt: unknown;
  for (const part of cutBySize(statements)) {
    const command = isInsert ? { insert: write.insert, documents: part } : { update: write.update, updates: part };
    try {
      const report = read(await send(db, command), part.length, isInsert);
      results.push(...report.results);
      doubt ??= report.doubt;
    } catch (error) {
      if (results.length === 0) throw error;
      results.push(...new Array<WriteResult>(statements.length - results.length).fill('doubtful'));
      return { results, doubt: doubt ?? error };
    }
  }
  return { results, doubt };
}

async function send(db: Db, command: Document): Promise<Reply> {
  try {
    return await db.command({ ...command, ordered: false, ...LASTING }, patience());
  } catch (error) {
    if (error instanceof MongoWriteConcernError) return error.result as Reply;
    throw error;
  }
}

function read({ n = 0, writeErrors = [], writeConcernError }: Reply, count: number, isInsert: boolean): WriteReport {
  const failed = writeErrors.find((error) => !isDuplicateKey(error));
  // A server that steps down in the middle names the statement that it gave up at, and none after it.
  const isCut = failed !== undefined || (isInsert && n + writeErrors.length < count);
  const isDoubtful = isCut || writeConcernError !== undefined;
  const results = new Array<WriteResult>(count).fill(isDoubtful ? 'doubtful' : 'done');
  for (const error of writeErrors) if (isDuplicateKey(error)) results[error.index] = 'duplicate';
  if (!isDoubtful) return { results };
  return { results, doubt: failed?.errmsg ?? writeConcernError?.errmsg ?? 'the server gave up in the middle' };
}

function* cutBySize(statements: readonly Document[]): Generator<Document[]> {
  let part: Document[] = [];
  let bytes = 0;
  for (const statement of statements) {
    const size = mostBytes(statement);
    if (part.length > 0 && bytes + size > MAX_COMMAND_BYTES) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(statement);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

/** At least as many bytes as it takes in a command. Nearly all of it are texts, which need not be read for this: a UTF-16
 * unit takes three bytes at most. (Their true size took a twentieth of a node's time.) */
function mostBytes(value: unknown): number {
  if (typeof value === 'string') return 6 + 3 * value.length;
  if (typeof value !== 'object' || value === null) return 16;
  let bytes = 16;
  for (const name of Object.keys(value)) bytes += 2 + 3 * name.length + mostBytes((value as Document)[name]);
  return bytes;
}
