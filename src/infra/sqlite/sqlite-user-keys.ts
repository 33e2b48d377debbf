/**
 * Wrapped user keys on the embedded store.
 *
 * Owns the table `user_keys`. Invariant: once `erase` has returned, neither the key nor the mark stands in the file or its log.
 */
import type { UserKeys } from '../sealing/sealer.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

export function createSqliteUserKeys(database: SqliteDatabase): UserKeys {
  const find = database.prepare('SELECT wrapped FROM user_keys WHERE user_id = ?');
  const insert = database.prepare('INSERT INTO user_keys (user_id, wrapped) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const mark = database.prepare('UPDATE user_keys SET mark = ?1 WHERE user_id = ?2 AND mark IS NOT ?1');
  const marked = database.prepare('SELECT user_id FROM user_keys WHERE mark = ? ORDER BY user_id LIMIT ?');
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
    // Before the record of what was sealed, and so not lost unless that is (S3).
    mark: async (userId, text) => void database.write('ordered', () => mark.run(text, userId)),
    marked: async (text, limit) => database.read(() => marked.all(text, limit).map((row) => row['user_id'] as string)),
  };
}
