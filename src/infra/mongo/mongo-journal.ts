/**
 * The `Journal` port on MongoDB.
 *
 * Owns the collection `journal`. Invariants:
 * J1  A record is one insert; nothing ever updates or deletes one.
 * J2  Two unique indexes, (actor, seq) and (actor, message id). A unique index does not see a key that one document holds
 *     twice, so that is found here.
 * M6  What the server has not surely refused is `unknown`: a lost reply, a missing majority, a step-down in the middle.
 *     Sending the record again tells (J4).
 */
import type { Db, Filter, FindOptions } from 'mongodb';
import type { Address } from '../../actors/address.ts';
import type { AppendResult, Journal, Log, RecordedOutcome } from '../../actors/ports.ts';
import type { JournalRecord } from '../../actors/record.ts';
import { MAJORITY_READ, type MongoDatabase } from './mongo-database.ts';
import { answered, isUnsent, toStoreError } from './mongo-errors.ts';
import { fromStored, type StoredRecord, toOutcome, toStored } from './mongo-records.ts';
import { sendEach, type WriteResult } from './mongo-writes.ts';

const RESULTS: Readonly<Record<WriteResult, AppendResult>> = {
  done: 'inserted',
  duplicate: 'duplicate',
  doubtful: 'unknown',
};

export class MongoJournal implements Journal {
  /** While some writes wait for a majority, others are worked on; measured, more than four gain nothing. */
  readonly concurrency = 4;
  readonly #db: Db;
  readonly #log: Log;

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
    return (await this.#read({ actor }, { sort: { seq: -1 }, limit: 1 }))[0];
  }

  async at(actor: Address, seq: number): Promise<JournalRecord | undefined> {
    return (await this.#read({ actor, seq }, { limit: 1 }))[0];
  }

  async page(actor: Address, after: number, limit: number): Promise<readonly JournalRecord[]> {
    return this.#read({ actor, seq: { $gt: after } }, { sort: { seq: 1 }, limit });
  }

  async outcomes(actor: Address, messageIds: readonly string[]): Promise<ReadonlyMap<string, RecordedOutcome>> {
    const wanted = new Set(messageIds);
    const found = new Map<string, RecordedOutcome>();
    if (wanted.size === 0) return found;
    const projection = { _id: 0, seq: 1, messages: 1 };
    const stored = await this.#find({ actor, 'messages.id': { $in: [...wanted] } }, { projection });
    for (const { seq, messages } of stored) {
      for (const message of messages) if (wanted.has(message.id)) found.set(message.id, toOutcome(seq, message));
    }
    return found;
  }

  async committedBy(node: string, afterBatch: number, limit: number): Promise<readonly JournalRecord[]> {
    const sort = { batch: 1 } as const;
    const records = await this.#read({ node, batch: { $gt: afterBatch } }, { sort, limit: limit + 1 });
    const cut = records[limit]?.batch;
    if (cut === undefined) return records;
    // The batch that the limit cuts through is left out, unless it is the first.
    const whole = records.filter(({ batch }) => batch < cut);
    return whole.length > 0 ? whole : this.#read({ node, batch: cut }, {});
  }

  async actors(after: Address | undefined, limit: number): Promise<readonly Address[]> {
    // Seqs have no gap, so every actor has a first record.
    const filter = { seq: 1, ...(after === undefined ? {} : { actor: { $gt: after } }) };
    const stored = await this.#find(filter, { sort: { actor: 1 }, limit, projection: { _id: 0, actor: 1 } });
    return stored.map(({ actor }) => actor);
  }

  async #read(filter: Filter<StoredRecord>, options: FindOptions): Promise<JournalRecord[]> {
    const projection = { _id: 0, actor: 1, seq: 1, hash: 1, text: 1 };
    return (await this.#find(filter, { ...options, projection })).map(fromStored);
  }

  #find(filter: Filter<StoredRecord>, options: FindOptions): Promise<StoredRecord[]> {
    const journal = this.#db.collection<StoredRecord>('journal');
    return answered(journal.find<StoredRecord>(filter, { ...options, ...MAJORITY_READ }).toArray());
  }

  #warn(error: unknown): void {
    this.#log.warn('what became of some records is unknown; they will be sent again', { error });
  }
}

function repeatsMessage({ messages }: JournalRecord): boolean {
  return new Set(messages.map(({ id }) => id)).size < messages.length;
}
