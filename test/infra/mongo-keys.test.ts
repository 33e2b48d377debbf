/**
 * User keys and secrets that all nodes of one database share.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { loadMongoSecrets } from '../../src/infra/mongo/mongo-secrets.ts';
import { createMongoUserKeys } from '../../src/infra/mongo/mongo-user-keys.ts';
import { mongoTestStore } from '../support/mongo-test-store.ts';
import { needsService } from '../support/services.ts';
import { userKeysContract } from './user-keys.contract.ts';

const store = mongoTestStore(needsService('mongodb'), 'keys');
const none = { authJwtSecret: undefined, dataKey: undefined };

beforeEach(() => store().empty());

userKeysContract('user keys on MongoDB', async () => {
  const other = await store().another();
  return {
    keys: createMongoUserKeys(store().database),
    again: async () => createMongoUserKeys(other),
    close: () => other.close(),
  };
});

describe('a user’s key', () => {
  it('stays the first that was put, also of many at once', async () => {
    const keys = createMongoUserKeys(store().database);
    const put = await Promise.all(Array.from({ length: 20 }, (_, index) => keys.put('u1', `w1.${index}`)));
    expect(new Set(put).size).toBe(1);
    expect(await keys.get('u1')).toBe(put[0]);
  });
});

describe('secrets', () => {
  it('are the same for every node, made by whoever asks first', async () => {
    const others = await Promise.all([1, 2, 3].map(() => store().another()));
    const loaded = await Promise.all([...others, store().database].map((database) => loadMongoSecrets(database, none)));
    await Promise.all(others.map((other) => other.close()));
    expect(new Set(loaded.map((secrets) => JSON.stringify(secrets))).size).toBe(1);
    expect(Object.keys(loaded[0] ?? {}).sort()).toEqual(['authJwtSecret', 'cursorKey', 'dataKey']);
    expect(Buffer.from(loaded[0]?.dataKey ?? '', 'base64')).toHaveLength(32);
  });

  it('give way to configured ones', async () => {
    const made = await loadMongoSecrets(store().database, none);
    const configured = await loadMongoSecrets(store().database, { authJwtSecret: 'configured', dataKey: undefined });
    expect(configured).toEqual({ ...made, authJwtSecret: 'configured' });
    expect(await loadMongoSecrets(store().database, none)).toEqual(made);
  });
});
