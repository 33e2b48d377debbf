/**
 * Reads a stopped server's journal, with nothing of the server's code, and says what is wrong with it.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface StoredRecord {
  readonly actor: string;
  readonly seq: number;
  readonly hash: string | null;
  readonly body: string;
}

interface RecordBody {
  readonly actor: string;
  readonly seq: number;
  readonly prev?: string;
  readonly messages: readonly {
    readonly id: string;
    readonly event: { readonly type: string };
    readonly outcome: string;
  }[];
  readonly rows: readonly { readonly table: string; readonly data: Readonly<Record<string, unknown>> }[];
}

export interface JournalReport {
  readonly faults: readonly string[];
  readonly records: number;
  /** Withdrawals of which a process took an attempt with it when it ended. */
  readonly lostPayouts: number;
}

/** J2 and I10 for every actor, I1 for every ledger line, and nothing left parked or undelivered. */
export function inspectJournal(dataDir: string): JournalReport {
  const store = new DatabaseSync(join(dataDir, 'store.db'), { readOnly: true });
  const inspection = new JournalInspection();
  const all = store.prepare(
    'SELECT address AS actor, seq, hash, body FROM records JOIN actors ON actors.no = records.actor ORDER BY address, seq',
  );
  for (const record of all.iterate() as Iterable<StoredRecord>) inspection.add(record);
  const undelivered = store.prepare('SELECT id FROM undelivered').all() as { id: string }[];
  store.close();
  return inspection.report(undelivered.map(({ id }) => id));
}

/** Takes the records actor by actor, each actor's in order, and collects what is wrong. */
export class JournalInspection {
  readonly #faults: string[] = [];
  readonly #lost = new Set<string>();
  readonly #ids = new Set<string>();
  readonly #taken = new Set<string>();
  #last: Pick<StoredRecord, 'actor' | 'seq' | 'hash'> = { actor: '', seq: 0, hash: null };
  #records = 0;

  add({ actor, seq, hash, body }: StoredRecord): void {
    this.#records += 1;
    if (actor !== this.#last.actor) {
      this.#last = { actor, seq: 0, hash: null };
      this.#ids.clear();
    }
    const record = JSON.parse(body) as RecordBody;
    const faults = this.#faults;
    const { seq: before, hash: prev } = this.#last;
    if (seq !== before + 1 || record.seq !== seq || record.actor !== actor)
      faults.push(`J2 ${actor} ${before} then ${seq}`);
    if (hash !== null && createHash('sha256').update(body).digest('base64url') !== hash)
      faults.push(`I10 ${actor}#${seq}`);
    if (hash !== null && (record.prev ?? null) !== prev)
      faults.push(`I10 ${actor}#${seq} does not follow the one before`);
    for (const { id, event, outcome } of record.messages) {
      if (this.#ids.has(id)) faults.push(`J2 ${actor} took ${id} twice`);
      this.#ids.add(id);
      this.#taken.add(id);
      if (outcome === 'parked') faults.push(`parked: ${actor}#${seq} ${id} ${event.type}`);
    }
    if (actor.startsWith('withdrawal/') && body.includes('"ATTEMPT_LOST"')) this.#lost.add(actor);
    faults.push(
      ...record.rows.filter((row) => !isBalanced(row.data)).map((row) => `I1 ${actor}#${seq} ${JSON.stringify(row)}`),
    );
    this.#last = { actor, seq, hash };
  }

  report(undelivered: readonly string[]): JournalReport {
    // What its target has taken may stand there until it is tried again, which then finds it taken.
    const waiting = undelivered.filter((id) => !this.#taken.has(id));
    const faults = [...this.#faults, ...waiting.map((id) => `undelivered ${id}`)];
    return { faults, records: this.#records, lostPayouts: this.#lost.size };
  }
}

/** What one side of a posting gains the others lose; a debt is owed to us. */
function isBalanced(line: Readonly<Record<string, unknown>>): boolean {
  const fen = (name: string) => Number(line[name] ?? 0);
  return fen('pendingFen') + fen('availableFen') + fen('heldFen') - fen('debtFen') + fen('contraFen') === 0;
}
