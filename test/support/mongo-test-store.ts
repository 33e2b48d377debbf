/**
 * A database of its own for a test file, emptied for each test.
 */
import { afterAll, beforeAll } from 'vitest';
import { type MongoDatabase, openMongoDatabase } from '../../src/infra/mongo/mongo-database.ts';
import { MongoProjections } from '../../src/infra/mongo/mongo-projections.ts';
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
  /** Projections whose writes are everywhere once they resolve: contracts do not wait for the secondary that lists of staff
   * and statistics come from. */
  projections(on?: MongoDatabase): MongoProjections;
}

class EverywhereProjections extends MongoProjections {
  readonly #everywhere: () => Promise<void>;

  constructor(database: MongoDatabase, everywhere: () => Promise<void>) {
    super(database);
    this.#everywhere = everywhere;
  }

  override async project(...args: Parameters<MongoProjections['project']>): Promise<void> {
    await super.project(...args);
    await this.#everywhere();
  }

  override async addTraffic(...args: Parameters<MongoProjections['addTraffic']>): Promise<void> {
    await super.addTraffic(...args);
    await this.#everywhere();
  }

  override async dropTraffic(...args: Parameters<MongoProjections['dropTraffic']>): Promise<void> {
    await super.dropTraffic(...args);
    await this.#everywhere();
  }

  override async clear(): Promise<void> {
    await super.clear();
    await this.#everywhere();
  }
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
    const everywhere = async () => {
      const writeConcern = { w: members, wtimeoutMS: 10_000 };
      await db.collection('barrier').updateOne({}, { $inc: { n: 1 } }, { upsert: true, writeConcern });
    };
    store = {
      database,
      another: () => openMongoDatabase(url, { name }),
      async empty() {
        await Promise.all(COLLECTIONS.map((collection) => db.collection(collection).deleteMany({})));
      },
      everywhere,
      projections: (on = database) => new EverywhereProjections(on, everywhere),
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
