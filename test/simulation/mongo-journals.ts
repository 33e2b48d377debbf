/**
 * The journal of simulated runs on a real MongoDB: the adapter itself stands behind the simulator's port, and virtual time
 * stands still while it works.
 */
import type { Journal } from '../../src/actors/ports.ts';
import { type MongoDatabase, openMongoDatabase } from '../../src/infra/mongo/mongo-database.ts';
import { MongoJournal } from '../../src/infra/mongo/mongo-journal.ts';
import { migrate } from '../../src/infra/mongo/mongo-schema.ts';
import { listeningLog } from '../support/listening-log.ts';
import type { Scheduler } from './scheduler.ts';

export class MongoJournals {
  readonly #database: MongoDatabase;

  /** In a database of its own, told from others by `title` and the process. */
  static async connect(url: string, title: string): Promise<MongoJournals> {
    const database = await openMongoDatabase(url, { name: `${title}-${process.pid}` });
    await migrate(database);
    return new MongoJournals(database);
  }

  private constructor(database: MongoDatabase) {
    this.#database = database;
  }

  /** For one run, after `empty`. */
  readonly open = (scheduler: Scheduler): Journal => {
    const journal = new MongoJournal(this.#database, listeningLog());
    return {
      concurrency: journal.concurrency,
      gatherMs: journal.gatherMs,
      append: (records) => scheduler.outside(() => journal.append(records)),
      last: (actor) => scheduler.outside(() => journal.last(actor)),
      at: (actor, seq) => scheduler.outside(() => journal.at(actor, seq)),
      page: (actor, after, limit) => scheduler.outside(() => journal.page(actor, after, limit)),
      outcomes: (actor, ids) => scheduler.outside(() => journal.outcomes(actor, ids)),
      committedBy: (node, after, limit) => scheduler.outside(() => journal.committedBy(node, after, limit)),
      actors: (after, limit) => scheduler.outside(() => journal.actors(after, limit)),
    };
  };

  async empty(): Promise<void> {
    await this.#database.db.collection('journal').deleteMany({});
  }

  async remove(): Promise<void> {
    await this.#database.db.dropDatabase();
    await this.#database.close();
  }
}
