/**
 * The connection to a MongoDB deployment that is fit for the journal.
 *
 * Owns the client, its concerns and its bounds. Invariants:
 * M1  A write is acknowledged by a majority that has it on disk, unless its own code asks for less and says why.
 * M2  Nothing waits for ever: every command ends within `socketTimeoutMS` after a server was chosen for it, and the server
 *     gives up before the client does (`BOUNDED`). What a turn waits for is ended by us even should the driver not end it
 *     (`patience`).
 * M3  The driver repeats no write. A repetition hides what is known about the first attempt, such as that it was never
 *     sent; whoever writes repeats it (J4) or can be asked again.
 */
import {
  type Db,
  MongoClient,
  type MongoClientOptions,
  MongoCompatibilityError,
  MongoServerSelectionError,
} from 'mongodb';
import { isForbidden, toStoreError, unfit } from './mongo-errors.ts';
import { assertFitServer, assertFitUrl, databaseIn, unfitTopology } from './mongo-fitness.ts';

const MAX_TIME_MS = 4_000;
const MAJORITY_WITHIN_MS = 3_000;
/** An election takes some seconds, and services start in any order. */
const START_PATIENCE_MS = 15_000;
const DEFAULT_NAME = 'taoke';

/** Of every command: how long the server works on it. */
export const BOUNDED = { maxTimeMS: MAX_TIME_MS } as const;
/** Of every write that must last. */
export const LASTING = { ...BOUNDED, writeConcern: { w: 'majority', j: true, wtimeout: MAJORITY_WITHIN_MS } } as const;
/** Of every read that a decision rests on. */
export const MAJORITY_READ = { ...BOUNDED, readConcern: { level: 'majority' }, readPreference: 'primary' } as const;

/** More than it takes to seek a server, wait for a connection and hear its last word. The driver waits without end for a
 * command to leave that is larger than the buffers on its way when the server has stopped reading. */
const PATIENCE_MS = 10_000;

/** Ends a command that nothing else has ended. */
export function patience(): { readonly signal: AbortSignal } {
  return { signal: AbortSignal.timeout(PATIENCE_MS) };
}

const SETTINGS = {
  appName: 'taoke-rebate',
  connectTimeoutMS: 2_000,
  serverSelectionTimeoutMS: 2_000,
  waitQueueTimeoutMS: 2_000,
  // A primary that neither answers nor hangs up is noticed within two of these and a connect timeout.
  heartbeatFrequencyMS: 2_000,
  retryWrites: false,
  retryReads: true,
  readPreference: 'primary',
  writeConcern: { w: 'majority', journal: true, wtimeoutMS: MAJORITY_WITHIN_MS },
} as const satisfies MongoClientOptions;

export interface MongoDatabase {
  readonly db: Db;
  /** The servers are those of a sharded cluster, seen through a mongos. */
  readonly isSharded: boolean;
  /** The servers' time when this was opened. */
  readonly storeTime: number;
  close(): Promise<void>;
}

export interface MongoOptions {
  /** Instead of the database that the URL names (`taoke` when it names none). */
  readonly name?: string;
  /** How long a command may take; 0 = as long as it wants, for building indexes of a large store. */
  readonly commandTimeoutMs?: number;
}

/**
 * Connects, waiting up to 15 s for a primary.
 * @throws STORE_UNFIT for a deployment or a URL whose promises are too weak, saying what to set; STORE_UNAVAILABLE
 */
export async function openMongoDatabase(url: string, options: MongoOptions = {}): Promise<MongoDatabase> {
  assertFitUrl(url);
  const client = new MongoClient(url, { ...SETTINGS, socketTimeoutMS: options.commandTimeoutMs ?? 5_000 });
  try {
    await connect(client);
    const hello = await client.db('admin').command({ hello: 1 });
    assertFitServer(hello);
    const db = client.db(options.name ?? databaseIn(url) ?? DEFAULT_NAME);
    const storeTime = (hello['localTime'] as Date).getTime();
    return { db, isSharded: hello['msg'] === 'isdbgrid', storeTime, close: () => client.close() };
  } catch (error) {
    await client.close();
    throw toStoreError(error);
  }
}

async function connect(client: MongoClient): Promise<void> {
  const until = performance.now() + START_PATIENCE_MS;
  for (;;) {
    try {
      await client.connect();
      return;
    } catch (error) {
      if (isForbidden(error))
        throw unfit('MongoDB refuses the user of MONGODB_URL', 'check its user and password', error);
      if (error instanceof MongoCompatibilityError) throw unfit(error.message, 'upgrade the MongoDB servers', error);
      if (!(error instanceof MongoServerSelectionError)) throw error;
      const reason = unfitTopology(error);
      if (reason !== undefined) throw reason;
      if (performance.now() >= until) throw error;
    }
  }
}
