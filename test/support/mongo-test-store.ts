/**
 * A database of its own for a test file, emptied for each test.
 */
import { afterAll, beforeAll } from 'vitest';
import { type MongoDatabase, openMongoDatabase } from '../../src/infra/mongo/mongo-database.ts';
import { migrate } from '../../src/infra/mongo/mongo-schema.ts';
import { NOWHERE } from './services.ts';

const COLLECTIONS = [
  'journal',
  'heads',
  'rows',
  'undelivered',
  'nodes',
  'traffic',
  'userKeys',
  'secrets',
  'dependencies',
];

export interface MongoTestStore {
  readonly database: MongoDatabase;
  /** Another connection to the same database. */
  another(): Promise<MongoDatabase>;
  empty(): Promise<void>;
  /** Resolves when every member has applied what was written so far, so that a secondary answers from it. */
  everywhere(): Promise<void>;
}

/** To be called once at the top of a file; `title` tells its database from other files'. Removed at the end. */
export function mongoTestStore(url: string, title: string): () => MongoTestStore {
  let store: MongoTestStore | undefined;
  let drop = async () => {};
  beforeAll(async () => {
    // A skipped file runs the hooks at its top.
    if (url === NOWHERE) return;
    const name = `test-${title}-${process.pid}`;
    const database = await openMongoDatabase(url, { name });
    const { db } = database;
    await db.dropDatabase();
    await migrate(database);
    const members = (await db.admin().command({ hello: 1 }))['hosts'].length as number;
    store = {
      database,
      another: () => openMongoDatabase(url, { name }),
      async empty() {
        await Promise.all(COLLECTIONS.map((collection) => db.collection(collection).deleteMany({})));
      },
      async everywhere() {
        const writeConcern = { w: members, wtimeoutMS: 10_000 };
        await db.collection('barrier').updateOne({}, { $inc: { n: 1 } }, { upsert: true, writeConcern });
      },
    };
    drop = async () => {
      await db.dropDatabase();
      await database.close();
    };
  });
  afterAll(() => drop());
  return () => {
    if (store === undefined) throw new Error('the database is opened before the first test');
    return store;
  };
}
