/**
 * How a database comes to have its indexes, and what is refused without them.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { COLLECTIONS, migrate, prepare } from '../../src/infra/mongo/mongo-schema.ts';
import { mongoTestStore } from '../support/mongo-test-store.ts';
import { needsService } from '../support/services.ts';

const store = mongoTestStore(needsService('mongodb'), 'schema');
const database = () => store().database;
const indexes = async (collection: string) =>
  (await database().db.collection(collection).indexes()).map(({ name }) => String(name)).sort();
const expected = (collection: keyof typeof COLLECTIONS) =>
  ['_id_', ...COLLECTIONS[collection].indexes.map(({ name }) => name)].sort();

beforeEach(async () => {
  await database().db.dropDatabase();
});

describe('an empty database', () => {
  it('is made ready by a start', async () => {
    await prepare(database());
    for (const name of ['journal', 'heads', 'traffic', 'undelivered'] as const) {
      expect(await indexes(name)).toEqual(expected(name));
    }
  });

  it('is made ready by several starts at once', async () => {
    const others = await Promise.all([1, 2, 3].map(() => store().another()));
    await Promise.all(others.map((other) => prepare(other)));
    await Promise.all(others.map((other) => other.close()));
    await expect(prepare(database())).resolves.toBeUndefined();
  });

  it('[J2] has unique indexes on seqs and message ids', async () => {
    await migrate(database());
    const unique = (await database().db.collection('journal').indexes()).filter((index) => index['unique'] === true);
    expect(unique.map(({ key }) => key)).toEqual([{ _id: 1 }, { actor: 1, seq: 1 }, { actor: 1, inbox: 1 }]);
  });
});

describe('a database in use', () => {
  it('is left as it is by a start, and by another migration', async () => {
    await migrate(database());
    await database().db.collection<{ _id: string }>('heads').insertOne({ _id: 'order/1' });
    await prepare(database());
    await migrate(database());
    expect(await database().db.collection('heads').countDocuments()).toBe(1);
  });

  it('[J2] is refused without an index, which a migration brings back', async () => {
    await migrate(database());
    await database().db.collection('journal').dropIndex('inbox');
    await expect(prepare(database())).rejects.toMatchObject({ code: 'STORE_UNFIT' });
    await expect(prepare(database())).rejects.toThrow(/journal\.inbox.*npm run migrate/);
    await migrate(database());
    await expect(prepare(database())).resolves.toBeUndefined();
  });

  it('[J2] is refused with an index that is not unique', async () => {
    await migrate(database());
    await database().db.collection('journal').dropIndex('fence');
    await database().db.collection('journal').createIndex({ actor: 1, seq: 1 }, { name: 'fence' });
    await expect(prepare(database())).rejects.toThrow('journal.fence');
  });

  it('is refused when it has a journal and nothing that it was made ready for', async () => {
    await database().db.collection('journal').insertOne({ actor: 'order/1' });
    await expect(prepare(database())).rejects.toThrow(/journal\.fence.*npm run migrate/);
  });

  it('is refused when another version of the program wrote it, also by a migration', async () => {
    await migrate(database());
    await database()
      .db.collection<{ _id: string }>('formats')
      .updateOne({ _id: 'store' }, { $set: { version: 1 } });
    await expect(prepare(database())).rejects.toMatchObject({ code: 'STORE_UNFIT' });
    await expect(migrate(database())).rejects.toThrow('format 1');
  });
});
