/**
 * Wrapped user keys on the embedded store.
 *
 * Owns the table `user_keys`. Invariant: once `erase` has returned, the key stands neither in the file nor in its log.
 */
import type { UserKeys } from '../sealing/sealer.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

export function createSqliteUserKeys(database: SqliteDatabase): UserKeys {
  const find = database.prepare('SELECT wrapped FROM user_keys WHERE user_id = ?');
  const insert = database.prepare('INSERT INTO user_keys (user_id, wrapped) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const remove = database.prepare('DELETE FROM user_keys WHERE user_id = ?');
  const wrappedKey = (userId: string) => find.get(userId)?.['wrapped'] as string | undefined;
  return {
    get: async (userId) => database.read(() => wrappedKey(userId)) ?? null,
    put: async (userId, wrapped) =>
      database.write('synced', () => {
        insert.run(userId, wrapped);
        return wrappedKey(userId) ?? wrapped;
      }),
    async erase(userId) {
      // Deleted cells are overwritten with zeros, then the pages that still held them are dropped from the log.
      database.read(() => database.connection.exec('PRAGMA secure_delete = ON'));
      try {
        database.write('synced', () => remove.run(userId));
        database.read(() => database.connection.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
      } finally {
        database.read(() => database.connection.exec('PRAGMA secure_delete = OFF'));
      }
    },
  };
}
