/**
 * The `Journal` port on the embedded store.
 *
 * Owns the tables `actors`, `records` and `taken`. Invariants:
 * J2  `taken` has one row per (actor, seq) and per (actor, message id), written in the record's own transaction.
 * S5  A record's text is stored as it was hashed and checked again whenever it is read.
 */
import { hash } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import type { Address } from '../../actors/address.ts';
import type { AppendResult, Journal, RecordedOutcome } from '../../actors/ports.ts';
import { type JournalRecord, type Outcome, type Reason, recordOf } from '../../actors/record.ts';
import { type JournalLine, toLine } from './journal-line.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import { corrupt, isConflict, mayBeStored } from './sqlite-errors.ts';

interface StoredRecord {
  readonly actor: Address;
  readonly seq: number;
  readonly hash: string | null;
  readonly body: string;
}

interface StoredOutcome {
  readonly seq: number;
  readonly outcome: Outcome;
  readonly reason: string | null;
}

/** Numbers of this many actors are remembered, about 100 bytes each. */
const MAX_KNOWN_NUMBERS = 100_000;

/** A seq or message id of the record is taken. Ends the transaction; never leaves this file. */
class Taken extends Error {}

/** A seq is an integer and sorts before every text, so this bounds an actor's seqs within `taken`. */
const RECORD = `SELECT r.seq, r.hash, r.body FROM taken t JOIN records r ON r.no = t.ref WHERE t.actor = ? AND t.key < ''`;

export class SqliteJournal implements Journal {
  /** SQLite has one writer, and it writes in the caller's own thread. */
  readonly concurrency = 1;
  readonly gatherMs = 0;
  readonly #database: SqliteDatabase;
  readonly #numbers = new Map<Address, number>();
  readonly #sql: ReturnType<typeof prepareAll>;

  constructor(database: SqliteDatabase) {
    this.#database = database;
    this.#sql = prepareAll((sql) => database.prepare(sql));
  }

  /** One transaction for all; when one of them conflicts, a second one that takes each on its own. */
  append(records: readonly JournalRecord[]): Promise<readonly AppendResult[]> {
    return this.appendLines(records.map(toLine));
  }

  /** `append` for records that are lines already. */
  async appendLines(lines: readonly JournalLine[]): Promise<readonly AppendResult[]> {
    return this.#commit(lines, (line) => this.#insert(line)) ?? this.#commit(lines, (l) => this.#tryInsert(l)) ?? [];
  }

  async last(actor: Address): Promise<JournalRecord | undefined> {
    return this.#read(actor, (number) => this.#sql.last.all(number))[0];
  }

  async at(actor: Address, seq: number): Promise<JournalRecord | undefined> {
    return this.#read(actor, (number) => this.#sql.at.all(number, seq))[0];
  }

  async page(actor: Address, after: number, limit: number): Promise<readonly JournalRecord[]> {
    return this.#read(actor, (number) => this.#sql.page.all(number, after, limit));
  }

  async outcomes(actor: Address, messageIds: readonly string[]): Promise<ReadonlyMap<string, RecordedOutcome>> {
    return this.#database.read(() => {
      const found = new Map<string, RecordedOutcome>();
      const number = this.#numberOf(actor);
      if (number === undefined) return found;
      for (const id of messageIds) {
        const stored = this.#sql.outcome.get(number, id) as unknown as StoredOutcome | undefined;
        if (stored !== undefined) found.set(id, toOutcome(stored));
      }
      return found;
    });
  }

  async committedBy(node: string, afterBatch: number, limit: number): Promise<readonly JournalRecord[]> {
    return this.#database.read(() => {
      // The batch that the limit cuts through is left out, unless it is the first.
      const cut = this.#sql.batchAt.get(node, afterBatch, limit)?.['batch'];
      const upTo = (batch: number) =>
        (this.#sql.committed.all(node, afterBatch, batch) as unknown as StoredRecord[]).map(toRecord);
      if (typeof cut !== 'number') return upTo(Number.MAX_SAFE_INTEGER);
      const whole = upTo(cut - 1);
      return whole.length > 0 ? whole : upTo(cut);
    });
  }

  async actors(after: Address | undefined, limit: number): Promise<readonly Address[]> {
    return this.#database.read(() => this.#sql.actors.all(after ?? '', limit).map((row) => row['address'] as Address));
  }

  /** Undefined when one of the records conflicts and nothing was stored. */
  #commit(
    lines: readonly JournalLine[],
    store: (line: JournalLine) => AppendResult,
  ): readonly AppendResult[] | undefined {
    try {
      return this.#database.write('synced', () => lines.map(store));
    } catch (error) {
      // Numbers given in this transaction are free again.
      this.#numbers.clear();
      if (error instanceof Taken) return undefined;
      if (mayBeStored(error)) return lines.map(() => 'unknown');
      throw error;
    }
  }

  #tryInsert(line: JournalLine): AppendResult {
    this.#sql.savepoint.run();
    try {
      return this.#insert(line);
    } catch (error) {
      if (!(error instanceof Taken)) throw error;
      this.#sql.undo.run();
      this.#numbers.clear();
      return 'duplicate';
    } finally {
      this.#sql.release.run();
    }
  }

  #insert([actor, seq, node, batch, hash, text, taken]: JournalLine): AppendResult {
    const sql = this.#sql;
    try {
      const number = this.#numberOf(actor) ?? this.#number(actor);
      const stored = sql.insertRecord.run(number, seq, node, batch, hash, text);
      sql.takeSeq.run(number, seq, stored.lastInsertRowid);
      for (let at = 0; at < taken.length; at += 3) {
        const [id = null, outcome = null, reason = null] = taken.slice(at, at + 3);
        sql.takeMessage.run(number, id, seq, outcome, reason);
      }
      return 'inserted';
    } catch (error) {
      throw isConflict(error) ? new Taken() : error;
    }
  }

  #numberOf(actor: Address): number | undefined {
    const known = this.#numbers.get(actor);
    if (known !== undefined) return known;
    const number = this.#sql.numberOf.get(actor)?.['no'];
    return typeof number === 'number' ? this.#remember(actor, number) : undefined;
  }

  #number(actor: Address): number {
    return this.#remember(actor, Number(this.#sql.insertActor.run(actor).lastInsertRowid));
  }

  #remember(actor: Address, number: number): number {
    if (this.#numbers.size >= MAX_KNOWN_NUMBERS) this.#numbers.clear();
    this.#numbers.set(actor, number);
    return number;
  }

  #read(actor: Address, query: (number: number) => ReturnType<StatementSync['all']>): JournalRecord[] {
    return this.#database.read(() => {
      const number = this.#numberOf(actor);
      if (number === undefined) return [];
      return (query(number) as unknown as StoredRecord[]).map(({ seq, hash, body }) =>
        toRecord({ actor, seq, hash, body }),
      );
    });
  }
}

function prepareAll(prepare: (sql: string) => StatementSync) {
  return {
    numberOf: prepare('SELECT no FROM actors WHERE address = ?'),
    insertActor: prepare('INSERT INTO actors (address) VALUES (?)'),
    insertRecord: prepare('INSERT INTO records (actor, seq, node, batch, hash, body) VALUES (?, ?, ?, ?, ?, ?)'),
    // `key` takes values as they come, and numbers come as REAL.
    takeSeq: prepare('INSERT INTO taken (actor, key, ref) VALUES (?, CAST(? AS INTEGER), ?)'),
    takeMessage: prepare('INSERT INTO taken (actor, key, ref, outcome, reason) VALUES (?, ?, ?, ?, ?)'),
    savepoint: prepare('SAVEPOINT one'),
    undo: prepare('ROLLBACK TO one'),
    release: prepare('RELEASE one'),
    last: prepare(`${RECORD} ORDER BY t.key DESC LIMIT 1`),
    at: prepare(`${RECORD} AND t.key = ?`),
    page: prepare(`${RECORD} AND t.key > ? ORDER BY t.key LIMIT ?`),
    outcome: prepare('SELECT ref AS seq, outcome, reason FROM taken WHERE actor = ? AND key = ?'),
    batchAt: prepare('SELECT batch FROM records WHERE node = ? AND batch > ? ORDER BY batch LIMIT 1 OFFSET ?'),
    committed: prepare(`SELECT a.address AS actor, r.seq, r.hash, r.body FROM records r JOIN actors a ON a.no = r.actor
      WHERE r.node = ? AND r.batch > ? AND r.batch <= ? ORDER BY r.batch, r.no`),
    actors: prepare('SELECT address FROM actors WHERE address > ? ORDER BY address LIMIT ?'),
  };
}

function toOutcome({ seq, outcome, reason }: StoredOutcome): RecordedOutcome {
  return reason === null ? { seq, outcome } : { seq, outcome, reason: JSON.parse(reason) as Reason };
}

/** @throws STORE_CORRUPT when the text is not the one that was stored there */
function toRecord({ actor, seq, hash: expected, body }: StoredRecord): JournalRecord {
  const where = `${actor} seq ${seq}`;
  if (expected !== null && hash('sha256', body, 'base64url') !== expected)
    throw corrupt(where, 'its hash does not match');
  let record: JournalRecord;
  try {
    record = recordOf(body, expected ?? undefined);
  } catch (error) {
    throw corrupt(where, 'its text is not JSON', error);
  }
  if (record.actor !== actor || record.seq !== seq) throw corrupt(where, 'another record stands in its place');
  return record;
}
