/**
 * Secrets made for a database when none are configured, and kept there, so that all nodes agree.
 *
 * Owns the collection `secrets`. Invariant: a secret once made never changes; of several first starts at once one makes
 * them. Whoever reads the database reads them: with a `DATA_KEY` of its own, personal data stays sealed from it.
 */
import { type ConfiguredSecrets, newSecrets, type Secrets, withConfigured } from '../secrets.ts';
import { LASTING, type MongoDatabase } from './mongo-database.ts';
import { answered } from './mongo-errors.ts';

/**
 * Returns the database's secrets, making them at the first call; configured ones take precedence.
 * @throws STORE_UNAVAILABLE
 */
export async function loadMongoSecrets({ db }: MongoDatabase, configured: ConfiguredSecrets): Promise<Secrets> {
  const made = newSecrets();
  const stored = await answered(
    db
      .collection<Secrets & { _id: string }>('secrets')
      .findOneAndUpdate(
        { _id: 'made' },
        { $setOnInsert: made },
        { ...LASTING, upsert: true, returnDocument: 'after', projection: { _id: 0 } },
      ),
  );
  return withConfigured(stored ?? made, configured);
}
