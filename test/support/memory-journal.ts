/**
 * The `Journal` port in memory, for actor tests and the simulator. Passes the journal contract like every adapter.
 */
import type { Address } from '../../src/actors/address.ts';
import type { AppendResult, Journal, RecordedOutcome } from '../../src/actors/ports.ts';
import type { JournalRecord } from '../../src/actors/record.ts';

/** Records live as text, so nothing is shared with the caller. */
export class MemoryJournal implements Journal {
  readonly concurrency = 1;
  readonly gatherMs = 50;
  readonly #records = new Map<Address, string[]>();
  readonly #inbox = new Map<Address, Map<string, RecordedOutcome>>();
  readonly #byNode = new Map<string, { batch: number; text: string }[]>();

  async append(records: readonly JournalRecord[]): Promise<readonly AppendResult[]> {
    return records.map((record) => this.#insert(record));
  }

  #insert(record: JournalRecord): AppendResult {
    const { actor, seq, messages, node, batch } = record;
    const stored = this.#records.get(actor) ?? [];
    const inbox = this.#inbox.get(actor) ?? new Map<string, RecordedOutcome>();
    const ids = new Set(messages.map((message) => message.id));
    const isTaken = ids.size < messages.length || [...ids].some((id) => inbox.has(id));
    if (stored[seq - 1] !== undefined || isTaken) return 'duplicate';
    const text = JSON.stringify(record);
    stored[seq - 1] = text;
    this.#records.set(actor, stored);
    for (const { id, outcome, reason } of messages) {
      inbox.set(id, reason === undefined ? { seq, outcome } : { seq, outcome, reason });
    }
    this.#inbox.set(actor, inbox);
    const ofNode = this.#byNode.get(node) ?? [];
    ofNode.push({ batch, text });
    this.#byNode.set(node, ofNode);
    return 'inserted';
  }

  async last(actor: Address): Promise<JournalRecord | undefined> {
    return parse(this.#records.get(actor)?.at(-1));
  }

  async at(actor: Address, seq: number): Promise<JournalRecord | undefined> {
    return parse(this.#records.get(actor)?.[seq - 1]);
  }

  async page(actor: Address, after: number, limit: number): Promise<readonly JournalRecord[]> {
    const stored = this.#records.get(actor) ?? [];
    return stored.slice(after, after + limit).flatMap((text) => parse(text) ?? []);
  }

  async outcomes(actor: Address, messageIds: readonly string[]): Promise<ReadonlyMap<string, RecordedOutcome>> {
    const inbox = this.#inbox.get(actor);
    const found = new Map<string, RecordedOutcome>();
    for (const id of messageIds) {
      const outcome = inbox?.get(id);
      if (outcome !== undefined) found.set(id, structuredClone(outcome));
    }
    return found;
  }

  async committedBy(node: string, afterBatch: number, limit: number): Promise<readonly JournalRecord[]> {
    const above = (this.#byNode.get(node) ?? []).filter(({ batch }) => batch > afterBatch);
    above.sort((a, b) => a.batch - b.batch);
    let end = Math.min(limit, above.length);
    // Whole batches only: cut back to a border, or forward to the end of the first batch.
    while (end > 0 && end < above.length && above[end]?.batch === above[end - 1]?.batch) end -= 1;
    if (end === 0) end = above.findLastIndex(({ batch }) => batch === above[0]?.batch) + 1;
    return above.slice(0, end).flatMap(({ text }) => parse(text) ?? []);
  }

  async actors(after: Address | undefined, limit: number): Promise<readonly Address[]> {
    const all = [...this.#records.keys()].sort();
    return all.filter((actor) => after === undefined || actor > after).slice(0, limit);
  }
}

function parse(text: string | undefined): JournalRecord | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as JournalRecord);
}
