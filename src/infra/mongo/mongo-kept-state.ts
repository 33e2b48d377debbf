/**
 * Kept state of dependencies on MongoDB, where all nodes see it.
 *
 * Owns the collection `dependencies`, one small document per key. Invariant: a later entry is never replaced by an earlier
 * one, whichever node is slower.
 */
import { MongoBulkWriteError } from 'mongodb';
import type { KeptEntry, KeptState } from '../resilience/kept-state.ts';
import { LASTING, MAJORITY_READ, type MongoDatabase } from './mongo-database.ts';
import { answered } from './mongo-errors.ts';

const DUPLICATE_KEY = 11_000;

/** Writes are lasting, reads at majority; the first load drops what is older than asked for. */
export function createMongoKeptState({ db }: MongoDatabase): KeptState {
  const entries = db.collection<Omit<KeptEntry, 'key'> & { _id: string }>('dependencies');
  let isTidied = false;
  return {
    isShared: true,
    async load(since) {
      if (!isTidied) await answered(entries.deleteMany({ at: { $lt: since } }, LASTING));
      isTidied = true;
      const found = await answered(entries.find({ at: { $gte: since } }, MAJORITY_READ).toArray());
      return found.map(({ _id, ...entry }) => ({ key: _id, ...entry }));
    },
    async save(changed) {
      if (changed.length === 0) return;
      const writes = changed.map(({ key, ...entry }) => ({
        replaceOne: { filter: { _id: key, at: { $lte: entry.at } }, replacement: entry, upsert: true },
      }));
      await answered(entries.bulkWrite(writes, { ...LASTING, ordered: false }).catch(ignoreOlder));
    },
  };
}

/** The filter misses a later entry, and the insert then finds its key taken. */
function ignoreOlder(error: unknown): void {
  if (!(error instanceof MongoBulkWriteError)) throw error;
  const writeErrors = [error.writeErrors].flat();
  if (error.result.getWriteConcernError() !== undefined) throw error;
  if (writeErrors.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
}
