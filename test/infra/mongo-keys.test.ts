/**
 * User keys and secrets that all nodes of one database share.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { loadMongoSecrets } from '../../src/infra/mongo/mongo-secrets.ts';
import { createMongoUserKeys } from '../../src/infra/mongo/mongo-user-keys.ts';
import { mongoTestStore } from '../support/mongo-test-store.ts';
import { needsService } from '../support/services.ts';

const store = mongoTestStore(needsService('mongodb'), 'keys');
const none = { authJwtSecret: undefined, dataKey: undefined };

beforeEach(() => store().empty());

describe('a user’s key', () => {
  const keys = () => createMongoUserKeys(store().database);

  it('is there once it was put', async () => {
    expect(await keys().get('u1')).toBeNull();
    expect(await keys().put('u1', 'w1.a')).toBe('w1.a');
    expect(await keys().get('u1')).toBe('w1.a');
    expect(await keys().get('u2')).toBeNull();
  });

  it('stays the first that was put, also of many at once', async () => {
    const put = await Promise.all(Array.from({ length: 20 }, (_, index) => keys().put('u1', `w1.${index}`)));
    expect(new Set(put).size).toBe(1);
    expect(await keys().put('u1', 'w1.late')).toBe(put[0]);
    expect(await keys().get('u1')).toBe(put[0]);
  });

  it('is gone once it was erased, and may be made anew', async () => {
    await keys().put('u1', 'w1.a');
    await keys().erase('u1');
    await keys().erase('u1');
    expect(await keys().get('u1')).toBeNull();
    expect(await keys().put('u1', 'w1.b')).toBe('w1.b');
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
