/**
 * The `Journal` port on MongoDB.
 *
 * Owns the collection `journal`. Invariants:
 * J1  A record is one insert; nothing ever updates or deletes one.
 * J2  Two unique indexes, (actor, seq) and (actor, message id). A unique index does not see a key that one document holds
 *     twice, so that is found here.
 * M6  What the server has not surely refused is `unknown`: a lost reply, a missing majority, a step-down in the middle.
 *     Sending the record again tells (J4).
 * M8  Every read names its index. A plan that the server chose while an actor was small would sort a large one's records.
 */
import type { Collection, Db, Filter, FindOptions } from 'mongodb';
import type { Address } from '../../actors/address.ts';
import type { AppendResult, Journal, Log, RecordedOutcome } from '../../actors/ports.ts';
import type { JournalRecord } from '../../actors/record.ts';
import { GatheredReads } from './gathered-reads.ts';
import { MAJORITY_READ, type MongoDatabase, patience } from './mongo-database.ts';
import { answered, isUnsent, toStoreError } from './mongo-errors.ts';
import { batchKey, fromStored, type StoredRecord, toStored } from './mongo-records.ts';
import { sendEach, type WriteResult } from './mongo-writes.ts';

const RESULTS: Readonly<Record<WriteResult, AppendResult>> = {
  done: 'inserted',
  duplicate: 'duplicate',
  doubtful: 'unknown',
};

interface AskedOutcomes {
  readonly actor: Address;
  readonly ids: ReadonlySet<string>;
}

const TEXT = { _id: 0, actor: 1, seq: 1, hash: 1, text: 1 } as const;

export class MongoJournal implements Journal {
  /** While one write waits for a majority, another is worked on; measured, more only make the groups smaller. */
  readonly concurrency = 2;
  readonly gatherMs = 500;
  readonly #db: Db;
  readonly #log: Log;
  readonly #lasts = new GatheredReads((actors: readonly Address[]) => this.#lastOfEach(actors));
  readonly #outcomes = new GatheredReads((asked: readonly AskedOutcomes[]) => this.#outcomesOfEach(asked));

  constructor({ db }: MongoDatabase, log: Log) {
    this.#db = db;
    this.#log = log;
  }

  async append(records: readonly JournalRecord[]): Promise<readonly AppendResult[]> {
    const results: AppendResult[] = records.map((record) => (repeatsMessage(record) ? 'duplicate' : 'unknown'));
    const sent = [...records.keys()].filter((index) => results[index] === 'unknown');
    if (sent.length === 0) return results;
    const documents = sent.map((index) => toStored(records[index] as JournalRecord));
    try {
      const report = await sendEach(this.#db, { insert: 'journal', documents });
      report.results.forEach((result, at) => {
        results[sent[at] as number] = RESULTS[result];
      });
      if (report.doubt !== undefined) this.#warn(report.doubt);
    } catch (error) {
      if (isUnsent(error)) throw toStoreError(error);
      this.#warn(error);
    }
    return results;
  }

  async last(actor: Address): Promise<JournalRecord | undefined> {
    return this.#lasts.ask(actor);
  }

  async at(actor: Address, seq: number): Promise<JournalRecord | undefined> {
    return (await this.#read({ actor, seq }, { hint: 'fence', limit: 1 }))[0];
  }

  async page(actor: Address, after: number, limit: number): Promise<readonly JournalRecord[]> {
    return this.#read({ actor, seq: { $gt: after } }, { hint: 'fence', sort: { seq: 1 }, limit });
  }

  async outcomes(actor: Address, messageIds: readonly string[]): Promise<ReadonlyMap<string, RecordedOutcome>> {
    return messageIds.length === 0 ? new Map() : this.#outcomes.ask({ actor, ids: new Set(messageIds) });
  }

  async committedBy(node: string, afterBatch: number, limit: number): Promise<readonly JournalRecord[]> {
    const options = { hint: { _id: 1 }, sort: { _id: 1 } } as const;
    const above = (batch: number) => ({ _id: { $gte: batchKey(node, batch), $lt: `${node}/` } });
    const records = await this.#read(above(afterBatch + 1), { ...options, limit: limit + 1 });
    const cut = records[limit]?.batch;
    if (cut === undefined) return records;
    // The batch that the limit cuts through is left out, unless it is the first.
    const whole = records.filter(({ batch }) => batch < cut);
    if (whole.length > 0) return whole;
    return this.#read({ _id: { $gte: batchKey(node, cut), $lt: batchKey(node, cut + 1) } }, options);
  }

  async actors(after: Address | undefined, limit: number): Promise<readonly Address[]> {
    // Seqs have no gap, so every actor has a first record.
    const filter = { seq: 1, ...(after === undefined ? {} : { actor: { $gt: after } }) };
    const stored = await this.#find(filter, {
      hint: 'fence',
      sort: { actor: 1 },
      limit,
      projection: { _id: 0, actor: 1 },
    });
    return stored.map(({ actor }) => actor);
  }

  async #lastOfEach(actors: readonly Address[]): Promise<(() => JournalRecord | undefined)[]> {
    const unique = [...new Set(actors)];
    const stored = await (unique.length === 1
      ? this.#find({ actor: unique[0] as Address }, { hint: 'fence', sort: { seq: -1 }, limit: 1, projection: TEXT })
      : this.#newestOf(unique));
    const byActor = new Map(stored.map((record) => [record.actor, record]));
    return actors.map((actor) => () => {
      const record = byActor.get(actor);
      return record && fromStored(record);
    });
  }

  /** Sorted and grouped like this, the index answers with one seek for each actor, however many records it has. */
  #newestOf(actors: readonly Address[]): Promise<StoredRecord[]> {
    const [seq, hash, text] = [{ $first: '$seq' }, { $first: '$hash' }, { $first: '$text' }];
    const pipeline = [
      { $match: { actor: { $in: actors } } },
      { $sort: { actor: -1, seq: -1 } },
      { $group: { _id: '$actor', seq, hash, text } },
      { $project: { _id: 0, actor: '$_id', seq: 1, text: 1, hash: { $ifNull: ['$hash', '$$REMOVE'] } } },
    ];
    const options = { ...MAJORITY_READ, ...patience(), hint: 'fence' };
    return answered(this.#journal.aggregate<StoredRecord>(pipeline, options).toArray());
  }

  /** Ids are sought within each actor: the index skips from one of those asked for to the next. */
  async #outcomesOfEach(asked: readonly AskedOutcomes[]): Promise<(() => Map<string, RecordedOutcome>)[]> {
    const actors = [...new Set(asked.map(({ actor }) => actor))];
    const ids = [...new Set(asked.flatMap((one) => [...one.ids]))];
    const filter = { actor: { $in: actors }, inbox: { $in: ids } };
    const stored = await this.#find(filter, { projection: { ...TEXT, inbox: 1 }, hint: 'inbox' });
    const byActor = Map.groupBy(stored, ({ actor }) => actor);
    return asked.map(({ actor, ids }) => () => {
      const records = (byActor.get(actor) ?? []).filter(({ inbox }) => inbox.some((id) => ids.has(id)));
      return new Map(records.map(fromStored).flatMap((record) => outcomesIn(record, ids)));
    });
  }

  async #read(filter: Filter<StoredRecord>, options: FindOptions): Promise<JournalRecord[]> {
    return (await this.#find(filter, { ...options, projection: TEXT })).map(fromStored);
  }

  #find(filter: Filter<StoredRecord>, options: FindOptions): Promise<StoredRecord[]> {
    return answered(
      this.#journal.find<StoredRecord>(filter, { ...options, ...MAJORITY_READ, ...patience() }).toArray(),
    );
  }

  get #journal(): Collection<StoredRecord> {
    return this.#db.collection<StoredRecord>('journal');
  }

  #warn(error: unknown): void {
    this.#log.warn('what became of some records is unknown; they will be sent again', { error });
  }
}

function outcomesIn({ seq, messages }: JournalRecord, ids: ReadonlySet<string>): [string, RecordedOutcome][] {
  return messages
    .filter(({ id }) => ids.has(id))
    .map(({ id, outcome, reason }) => [id, reason === undefined ? { seq, outcome } : { seq, outcome, reason }]);
}

function repeatsMessage({ messages }: JournalRecord): boolean {
  return new Set(messages.map(({ id }) => id)).size < messages.length;
}
