import { MongoJournal } from '../../src/infra/mongo/mongo-journal.ts';
import { listeningLog } from '../support/listening-log.ts';
import { mongoTestStore } from '../support/mongo-test-store.ts';
import { needsService } from '../support/services.ts';
import { journalContract } from './journal.contract.ts';

const store = mongoTestStore(needsService('mongodb'), 'journal');

journalContract('MongoJournal', async () => {
  const { database, another, empty } = store();
  await empty();
  let again: Awaited<ReturnType<typeof another>> | undefined;
  return {
    journal: new MongoJournal(database, listeningLog()),
    async reopen() {
      again = await another();
      return new MongoJournal(again, listeningLog());
    },
    close: async () => again?.close(),
  };
});
