/**
 * Collections, indexes and shard keys.
 *
 * Owns their shape and its version, and how a database comes to have them. Invariant: nothing is written to a database
 * whose journal lacks a unique index, since those are the fence (J2).
 *
 * Measured on groups of 256 records of 1.9 kB on three members: a record as text beside the fields that are asked for
 * costs the servers as much as one as a document and this process half; an index of the journal is a
 * tenth of what the servers do for it. Of a head, each index of a value that changes costs a fifth of an insert.
 */
import type { Db, Document, IndexDescription } from 'mongodb';
import type { MongoDatabase } from './mongo-database.ts';
import { answered, isCollectionThere, isNoSuchCollection, toStoreError, unfit } from './mongo-errors.ts';

const FORMAT_VERSION = 3;
const FORMATS = 'formats';

interface Collection {
  readonly indexes: readonly (IndexDescription & { readonly name: string })[];
  /** On a sharded cluster; a collection without one stays on one shard. */
  readonly shardKey?: Readonly<Record<string, 1 | 'hashed'>>;
  /** Documents stand in the order of their ids, in one tree with them: a tenth less for an insert. Not on a sharded cluster. */
  readonly isClustered?: boolean;
}

type CollectionName = 'journal' | 'heads' | 'rows' | 'undelivered' | 'nodes' | 'traffic' | 'userKeys' | 'secrets';

/** A hashed shard key cannot carry the journal's unique indexes, which begin with it. */
export const COLLECTIONS: Readonly<Record<CollectionName, Collection>> = {
  journal: {
    indexes: [
      { name: 'fence', key: { actor: 1, seq: 1 }, unique: true },
      { name: 'inbox', key: { actor: 1, inbox: 1 }, unique: true },
    ],
    shardKey: { actor: 1 },
    isClustered: true,
  },
  heads: {
    indexes: [
      { name: 'status', key: { type: 1, status: 1, sortKey: -1, _id: -1 } },
      // Its last field answers statistics from the index alone.
      { name: 'state', key: { type: 1, machine: 1, state: 1, sortKey: -1, _id: -1, since: 1 } },
      {
        name: 'owner',
        key: { owner: 1, type: 1, sortKey: -1, _id: -1 },
        partialFilterExpression: { owner: { $exists: true } },
      },
      { name: 'due', key: { nextDue: 1, _id: 1 }, partialFilterExpression: { nextDue: { $exists: true } } },
    ],
    shardKey: { _id: 'hashed' },
  },
  rows: { indexes: [], shardKey: { '_id.owner': 'hashed' }, isClustered: true },
  undelivered: {
    indexes: [
      { name: 'due', key: { nextAt: 1, _id: 1 } },
      { name: 'target', key: { to: 1, since: 1, _id: 1 } },
    ],
  },
  nodes: { indexes: [] },
  traffic: {
    indexes: [
      { name: 'type', key: { type: 1, slot: 1 } },
      { name: 'slot', key: { slot: 1 } },
    ],
  },
  userKeys: {
    indexes: [{ name: 'mark', key: { mark: 1, _id: 1 }, partialFilterExpression: { mark: { $exists: true } } }],
  },
  secrets: { indexes: [] },
};

const NAMES = Object.keys(COLLECTIONS) as CollectionName[];

/**
 * Makes what is missing of collections, indexes and, on a sharded cluster, shard keys. Again is fine, also at once from
 * several processes; interrupted, it is simply run again.
 * @throws STORE_UNFIT when another version of the program wrote the database; STORE_UNAVAILABLE
 */
export async function migrate(database: MongoDatabase): Promise<void> {
  await assertKnownFormat(database);
  for (const name of NAMES) await ensureCollection(database, name);
  await answered(
    database.db
      .collection<{ _id: string; version: number }>(FORMATS)
      .updateOne({ _id: 'store' }, { $max: { version: FORMAT_VERSION } }, { upsert: true }),
  );
}

/** Makes one collection with all that belongs to it, as `migrate` does. */
export async function ensureCollection({ db, isSharded }: MongoDatabase, name: CollectionName): Promise<void> {
  const { indexes, shardKey, isClustered = false } = COLLECTIONS[name];
  if (isClustered && !isSharded) await createClustered(db, name);
  if (indexes.length > 0) await answered(db.collection(name).createIndexes([...indexes]));
  if (isSharded && shardKey !== undefined) {
    await answered(db.admin().command({ shardCollection: `${db.databaseName}.${name}`, key: shardKey }));
  }
}

/** One that is there stays as it is. */
async function createClustered(db: Db, name: CollectionName): Promise<void> {
  try {
    await db.createCollection(name, { clusteredIndex: { key: { _id: 1 }, unique: true } });
  } catch (error) {
    if (!isCollectionThere(error)) throw toStoreError(error);
  }
}

/**
 * Makes an empty database ready; leaves any other as it is and checks it.
 * @throws STORE_UNFIT when an index is missing, or another version of the program wrote the database; STORE_UNAVAILABLE
 */
export async function prepare(database: MongoDatabase): Promise<void> {
  const isUsed =
    (await assertKnownFormat(database)) || (await answered(database.db.collection('journal').findOne())) !== null;
  if (!isUsed) return migrate(database);
  const missing: string[] = [];
  for (const name of NAMES) {
    const { indexes } = COLLECTIONS[name];
    const existing = await indexesOf(database, name);
    missing.push(...indexes.filter((index) => !existing.some(sameAs(index))).map((index) => `${name}.${index.name}`));
  }
  if (missing.length > 0) throw unfit(`the database lacks the indexes ${missing.join(', ')}`, 'npm run migrate');
}

/** Whether the database has a format. @throws STORE_UNFIT when it is not known here */
async function assertKnownFormat({ db }: MongoDatabase): Promise<boolean> {
  const format = await answered(db.collection<{ _id: string; version: number }>(FORMATS).findOne({ _id: 'store' }));
  if (format === null) return false;
  if (format.version === FORMAT_VERSION) return true;
  throw unfit(
    `the database has format ${format.version}, this program knows ${FORMAT_VERSION}`,
    'start it with the version of the program that wrote it',
  );
}

async function indexesOf({ db }: MongoDatabase, name: string): Promise<readonly Document[]> {
  try {
    return await db.collection(name).indexes();
  } catch (error) {
    if (isNoSuchCollection(error)) return [];
    throw toStoreError(error);
  }
}

/** Of the same name, which queries ask for it by, the same keys in the same order, and as unique. */
function sameAs({ name, key, unique }: IndexDescription): (existing: Document) => boolean {
  const told = JSON.stringify([name, key, unique === true]);
  return (existing) => JSON.stringify([existing['name'], existing['key'], existing['unique'] === true]) === told;
}
