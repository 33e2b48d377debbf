/**
 * Wrapped user keys on MongoDB.
 *
 * Owns the collection `userKeys`. Invariant: once `erase` has returned, no node reads key or mark again. The servers' oplog
 * and backups hold it until they are overwritten; it is wrapped, and how long they are kept is for their operator.
 */
import type { UserKeys } from '../sealing/sealer.ts';
import { LASTING, MAJORITY_READ, type MongoDatabase } from './mongo-database.ts';
import { answered } from './mongo-errors.ts';

export function createMongoUserKeys({ db }: MongoDatabase): UserKeys {
  const keys = db.collection<{ _id: string; wrapped: string; mark?: string }>('userKeys');
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
    async mark(userId, mark) {
      await answered(keys.updateOne({ _id: userId, mark: { $ne: mark } }, { $set: { mark } }, LASTING));
    },
    async marked(mark, limit) {
      const options = { ...MAJORITY_READ, sort: { _id: 1 }, limit, hint: 'mark', projection: { _id: 1 } } as const;
      return (await answered(keys.find({ mark }, options).toArray())).map(({ _id }) => _id);
    },
  };
}
