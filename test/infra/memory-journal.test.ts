import { MemoryJournal } from '../support/memory-journal.ts';
import { journalContract } from './journal.contract.ts';

journalContract('MemoryJournal', async () => {
  const journal = new MemoryJournal();
  return { journal, reopen: async () => journal, close: async () => {} };
});
