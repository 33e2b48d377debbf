/**
 * Group commit: records of different actors that are ready together go to the journal in one write.
 *
 * Owns the path from a finished record to its certain fate. Invariants:
 * J4  An unknown insert is sent again, identical, until the journal says inserted or duplicate; on duplicate the record
 *     at that seq is read at majority and judged by node and batch. A caller never learns anything less certain.
 * J5  A batch holds at most one record of an actor, because an actor waits for its record's fate before its next turn.
 * C1  No artificial wait of a record: a batch is what gathered while the write before it was in flight.
 * C2  Nothing is written outside the time for which the node's heartbeat vouches (`renew`): others count on a silent
 *     node to be silent, and know nothing of one that never announced itself.
 */
import type { Batches } from './batches.ts';
import type { Clock, Ids, Journal, Log } from './ports.ts';
import type { JournalRecord } from './record.ts';

/** `committed`: ours, durable. `lost`: another node's record has that seq. `messageTaken`: one of the messages stands in
 * an earlier record. `fenced`: this node gave itself up; the fate is for whoever takes it over. */
export type Fate = 'committed' | 'lost' | 'messageTaken' | 'fenced';

interface Entry {
  readonly record: JournalRecord;
  readonly resolve: (fate: Fate) => void;
}

interface Group {
  readonly batch: number;
  readonly entries: Entry[];
}

const WORTH_WRITING = 64;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;

export interface CommitterDeps {
  readonly journal: Journal;
  readonly batches: Batches;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Called after each write of a group, whatever its result. */
  readonly written: () => void;
}

export class GroupCommitter {
  readonly #written: () => void;
  readonly #journal: Journal;
  readonly #batches: Batches;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #log: Log;
  readonly #maxRecords: number;
  readonly #waiting: Group[] = [];
  readonly #unresolved = new Set<Entry>();
  #writing = 0;
  #scheduled = false;
  #fenced = false;
  #writeUntil = Number.NEGATIVE_INFINITY;

  constructor(deps: CommitterDeps, maxRecords: number) {
    this.#written = deps.written;
    this.#journal = deps.journal;
    this.#batches = deps.batches;
    this.#clock = deps.clock;
    this.#ids = deps.ids;
    this.#log = deps.log;
    this.#maxRecords = maxRecords;
  }

  /** The records whose fate is not certain yet. */
  get unresolved(): readonly string[] {
    return [...this.#unresolved].map(({ record: { actor, seq } }) => `${actor}#${seq}`);
  }

  /** Nothing is being written or waits for it. */
  get isIdle(): boolean {
    return this.#writing === 0 && this.#waiting.length === 0;
  }

  /** Commits the record that `make` builds for the batch it will be part of. Resolves once its fate is certain. */
  commit(make: (batch: number) => JournalRecord): Promise<Fate> {
    if (this.#fenced) return Promise.resolve('fenced');
    const group = this.#openGroup();
    // Even when `make` throws: the group has a number now, and the watermark waits for it.
    this.#schedule();
    const record = make(group.batch);
    return new Promise((resolve) => {
      const entry = { record, resolve };
      group.entries.push(entry);
      this.#unresolved.add(entry);
      if (this.#isWorthWriting(group)) this.#writeNext();
    });
  }

  /** Before the event loop turns: the journal need not idle while a long row of turns is decided. */
  #isWorthWriting({ entries }: Group): boolean {
    return entries.length >= (this.#writing === 0 ? WORTH_WRITING : this.#maxRecords);
  }

  /** The node has been heard: it may write until then (C2). */
  renew(until: number): void {
    this.#writeUntil = until;
    if (this.#waiting.length > 0) this.#schedule();
  }

  /** Inserts nothing more; everything unresolved is `fenced`. A write already sent may still apply. */
  fence(): void {
    this.#fenced = true;
    this.#waiting.length = 0;
    for (const entry of this.#unresolved) entry.resolve('fenced');
    this.#unresolved.clear();
  }

  #openGroup(): Group {
    const last = this.#waiting.at(-1);
    if (last !== undefined && last.entries.length < this.#maxRecords) return last;
    const group = { batch: this.#batches.open(this.#clock.now()), entries: [] };
    this.#waiting.push(group);
    return group;
  }

  #schedule(): void {
    if (this.#scheduled || this.#writing >= this.#journal.concurrency) return;
    this.#scheduled = true;
    this.#clock.soon(() => {
      this.#scheduled = false;
      this.#writeNext();
    });
  }

  #writeNext(): void {
    while (this.#mayWrite() && this.#writing < this.#journal.concurrency) {
      const group = this.#waiting.shift();
      if (group === undefined) return;
      this.#writing += 1;
      void this.#resolve(group).finally(() => {
        this.#writing -= 1;
        if (this.#waiting.length > 0) this.#schedule();
        this.#written();
      });
    }
  }

  #mayWrite(): boolean {
    return !this.#fenced && this.#clock.now() < this.#writeUntil;
  }

  /** Writes a group once, answers what is certain and leaves the rest to retries of their own, so that a stuck record
   * holds up its actor and its batch, but no other write. */
  async #resolve(group: Group): Promise<void> {
    const doubtful = await this.#write(group.entries);
    if (doubtful.length === 0) this.#batches.settle(group.batch);
    else void this.#retry(group.batch, doubtful);
  }

  async #retry(batch: number, doubtful: Entry[]): Promise<void> {
    let delayMs = FIRST_RETRY_MS;
    for (let left = doubtful; left.length > 0; ) {
      await this.#sleep(delayMs * (0.5 + this.#ids.fraction()));
      if (this.#fenced) return;
      delayMs = Math.min(delayMs * 2, LAST_RETRY_MS);
      if (this.#mayWrite()) left = await this.#write(left);
    }
    this.#batches.settle(batch);
  }

  /** Sends the entries' records; answers those whose fate is certain and returns the others. */
  async #write(entries: Entry[]): Promise<Entry[]> {
    if (entries.length === 0) return [];
    let results: readonly string[];
    try {
      results = await this.#journal.append(entries.map((entry) => entry.record));
    } catch (error) {
      this.#log.warn('journal append failed; it will be repeated', { records: entries.length, error });
      return this.#fenced ? [] : entries;
    }
    const doubtful: Entry[] = [];
    const judged: Promise<void>[] = [];
    entries.forEach((entry, index) => {
      if (results[index] === 'inserted') this.#answer(entry, 'committed');
      else if (results[index] === 'unknown') doubtful.push(entry);
      else {
        judged.push(
          this.#judge(entry.record).then((fate) => {
            if (fate === undefined) doubtful.push(entry);
            else this.#answer(entry, fate);
          }),
        );
      }
    });
    if (judged.length > 0) await Promise.all(judged);
    return doubtful;
  }

  /** Whose record is it that ours collided with (J4)? Undefined while that cannot be told. */
  async #judge(record: JournalRecord): Promise<Fate | undefined> {
    try {
      const stored = await this.#journal.at(record.actor, record.seq);
      if (stored !== undefined) {
        return stored.node === record.node && stored.batch === record.batch ? 'committed' : 'lost';
      }
      const taken = await this.#journal.outcomes(
        record.actor,
        record.messages.map((message) => message.id),
      );
      // At that very seq it came to a majority between the two reads, and may be our own: look once more.
      return [...taken.values()].some(({ seq }) => seq !== record.seq) ? 'messageTaken' : undefined;
    } catch (error) {
      this.#log.warn('could not read the record that ours collided with', { actor: record.actor, error });
      return undefined;
    }
  }

  #answer(entry: Entry, fate: Fate): void {
    if (this.#unresolved.delete(entry)) entry.resolve(fate);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ms, resolve));
  }
}
