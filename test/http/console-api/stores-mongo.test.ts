import { MongoJournal } from '../../../src/infra/mongo/mongo-journal.ts';
import { mongoTestStore } from '../../support/mongo-test-store.ts';
import { needsService } from '../../support/services.ts';
import { consoleStoresContract } from './console-stores.contract.ts';
import { workStoresContract } from './work-stores.contract.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const store = mongoTestStore(needsService('mongodb'), 'console');

for (const contract of [consoleStoresContract, workStoresContract]) {
  contract('MongoDB', async () => {
    const { database, projections, empty } = store();
    await empty();
    return {
      journal: new MongoJournal(database, silent),
      projections: projections(),
      close: async () => {},
    };
  });
}
