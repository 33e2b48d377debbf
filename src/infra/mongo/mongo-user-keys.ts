/**
 * Wrapped user keys on MongoDB.
 *
 * Owns the collection `userKeys`. Invariant: once `erase` has returned, no node reads the key again. The servers' oplog
 * and backups hold it until they are overwritten; it is wrapped, and how long they are kept is for their operator.
 */
import type { UserKeys } from '../sealing/sealer.ts';
import { LASTING, MAJORITY_READ, type MongoDatabase } from './mongo-database.ts';
import { answered } from './mongo-errors.ts';

export function createMongoUserKeys({ db }: MongoDatabase): UserKeys {
  const keys = db.collection<{ _id: string; wrapped: string }>('userKeys');
  return {
    async get(userId) {
      return (await answered(keys.findOne({ _id: userId }, MAJORITY_READ)))?.wrapped ?? null;
    },
    async put(userId, wrapped) {
      const stored = await answered(
        keys.findOneAndUpdate(
          { _id: userId },
          { $setOnInsert: { wrapped } },
          { ...LASTING, upsert: true, returnDocument: 'after' },
        ),
      );
      return stored?.wrapped ?? wrapped;
    },
    async erase(userId) {
      await answered(keys.deleteOne({ _id: userId }, LASTING));
    },
  };
}
