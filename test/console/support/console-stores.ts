/** What a console under test keeps its data in. */
import { MongoClient } from 'mongodb';
import { startRedis } from '../../support/services/redis-server.ts';
import { findService } from '../../support/services.ts';

interface OpenedStore {
  /** What a server is told of it. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** `folder` is the world's own. */
export type OpenStore = (folder: string) => Promise<OpenedStore>;

interface NamedStore {
  readonly name: string;
  readonly open: OpenStore;
}

/** The server's own file. */
export const onSqlite: OpenStore = async () => ({ env: {}, close: async () => {} });

/** All there are: the distributed one where there is a MongoDB, else it is printed that it is missing. */
export function consoleStores(): readonly NamedStore[] {
  const mongodbUrl = findService('mongodb');
  const embedded = { name: 'SQLite', open: onSqlite };
  return mongodbUrl === undefined ? [embedded] : [embedded, { name: 'MongoDB', open: onMongo(mongodbUrl) }];
}

/** A database and a Redis of its own. */
function onMongo(url: string): OpenStore {
  return async (folder) => {
    const own = url.replace(/^(\w+:\/\/[^/]+)\/?[^?]*/, `$1/console-${process.pid}`);
    const redis = await startRedis(folder);
    return {
      env: { MONGODB_URL: own, REDIS_URL: redis.url },
      close: async () => {
        const client = new MongoClient(own);
        await client.db().dropDatabase();
        await Promise.all([client.close(), redis.kill()]);
      },
    };
  };
}
