import { MongoProjections } from '../../src/infra/mongo/mongo-projections.ts';
import { mongoTestStore } from '../support/mongo-test-store.ts';
import { needsService } from '../support/services.ts';
import { projectionsContract } from './projections.contract.ts';

const store = mongoTestStore(needsService('mongodb'), 'projections');

/** Lists of staff come from a secondary, which the contract does not wait for. */
class EverywhereProjections extends MongoProjections {
  override async project(...args: Parameters<MongoProjections['project']>): Promise<void> {
    await super.project(...args);
    await store().everywhere();
  }

  override async addTraffic(...args: Parameters<MongoProjections['addTraffic']>): Promise<void> {
    await super.addTraffic(...args);
    await store().everywhere();
  }

  override async dropTraffic(...args: Parameters<MongoProjections['dropTraffic']>): Promise<void> {
    await super.dropTraffic(...args);
    await store().everywhere();
  }

  override async clear(): Promise<void> {
    await super.clear();
    await store().everywhere();
  }
}

projectionsContract('MongoProjections', async () => {
  const { database, another, empty } = store();
  await empty();
  let again: Awaited<ReturnType<typeof another>> | undefined;
  return {
    projections: new EverywhereProjections(database),
    // The server's own clock cannot be moved.
    advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    async reopen() {
      again = await another();
      return new EverywhereProjections(again);
    },
    close: async () => again?.close(),
  };
});
