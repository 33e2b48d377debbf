/**
 * Starts against real servers that are not fit.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrateMongoStore, openMongoStore } from '../../src/infra/mongo/mongo-store.ts';
import { listeningLog } from '../support/listening-log.ts';
import { type OwnMongod, startOwnMongod } from '../support/mongo-own-server.ts';
import { needsService } from '../support/services.ts';

const url = needsService('mongodb');
const start = (to: string) => openMongoStore(to, { log: listeningLog() });

describe.each([
  ['standalone', '', /standalone.*--replSet/],
  ['standalone', '?replicaSet=rs0', /belongs to a replica set "rs0".*--replSet/],
  ['uninitiated', '', /not initiated.*rs\.initiate\(\)/],
  ['uninitiated', '?replicaSet=rs0', /not initiated/],
] as const)('a %s server, asked for by "%s"', (kind, options, says) => {
  const folder = mkdtempSync(join(tmpdir(), 'taoke-mongod-'));
  let mongod: OwnMongod;
  beforeAll(async () => {
    mongod = await startOwnMongod(folder, kind);
  }, 60_000);
  afterAll(async () => {
    await mongod?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is refused, saying what to do', async () => {
    await expect(start(`${mongod.url}${options}`)).rejects.toMatchObject({ code: 'STORE_UNFIT' });
    await expect(migrateMongoStore(`${mongod.url}${options}`)).rejects.toThrow(says);
  });
});

describe('a replica set', () => {
  it('whose name is another is refused', async () => {
    await expect(start(url.replace('replicaSet=rs0', 'replicaSet=rs9'))).rejects.toThrow('"rs9"');
  });

  it('that is asked for less than a majority is refused before anything is sent', async () => {
    await expect(start(`${url}&w=1`)).rejects.toMatchObject({ code: 'STORE_UNFIT' });
  });

  it('that is fit gives a store, in the database that the URL names', async () => {
    const named = url.replace(/\/taoke\?/, `/test-start-${process.pid}?`);
    const store = await start(named);
    expect(await store.journal.actors(undefined, 1)).toEqual([]);
    expect(Math.abs(store.storeTime - Date.now())).toBeLessThan(60_000);
    await migrateMongoStore(named);
    await store.close();
    await store.close();
    await expect(store.journal.last('order/1')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    const client = new MongoClient(named);
    await client.db().dropDatabase();
    await client.close();
  });
});
