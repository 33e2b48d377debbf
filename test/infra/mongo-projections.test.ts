import { mongoTestStore } from '../support/mongo-test-store.ts';
import { needsService } from '../support/services.ts';
import { projectionsContract } from './projections.contract.ts';

const store = mongoTestStore(needsService('mongodb'), 'projections');

projectionsContract('MongoProjections', async () => {
  const { projections, another, empty } = store();
  await empty();
  let again: Awaited<ReturnType<typeof another>> | undefined;
  return {
    projections: projections(),
    // The server's own clock cannot be moved.
    advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    async reopen() {
      again = await another();
      return projections(again);
    },
    close: async () => again?.close(),
  };
});
