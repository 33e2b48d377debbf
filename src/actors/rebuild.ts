/**
 * Makes every head and row anew from the journal (J6).
 */
import { type Address, typeOf } from './address.ts';
import type { Journal, ListedRow, Projections } from './ports.ts';
import { toHead, toListedRows } from './projector.ts';
import type { JournalRecord } from './record.ts';
import { type ActorDefinition, Registry } from './registry.ts';

const PAGE = 500;

/**
 * Drops all heads and rows and writes them again. Nothing else may use the store meanwhile; interrupted, it is simply
 * run again. Returns how many actors and rows it wrote.
 * @throws STORE_UNAVAILABLE, STORE_CORRUPT
 */
export async function rebuildProjections(
  { journal, projections }: { journal: Journal; projections: Projections },
  definitions: readonly ActorDefinition[],
): Promise<{ actors: number; rows: number }> {
  const registry = new Registry(definitions);
  await projections.clear();
  const count = { actors: 0, rows: 0 };
  let after: Address | undefined;
  for (;;) {
    const actors = await journal.actors(after, PAGE);
    if (actors.length === 0) return count;
    const heads = [];
    for (const actor of actors) {
      const { last, rows } = await readAll(journal, actor);
      heads.push(toHead(registry.logic(typeOf(actor)), last));
      for (let from = 0; from < rows.length; from += PAGE) await projections.project([], rows.slice(from, from + PAGE));
      count.rows += rows.length;
    }
    await projections.project(heads, [], new Set(actors));
    count.actors += actors.length;
    after = actors.at(-1);
  }
}

async function readAll(journal: Journal, actor: Address): Promise<{ last: JournalRecord; rows: ListedRow[] }> {
  const rows: ListedRow[] = [];
  let last: JournalRecord | undefined;
  for (;;) {
    const records = await journal.page(actor, last?.seq ?? 0, PAGE);
    for (const record of records) rows.push(...toListedRows(record));
    last = records.at(-1) ?? last;
    if (records.length < PAGE) return { last: last as JournalRecord, rows };
  }
}
