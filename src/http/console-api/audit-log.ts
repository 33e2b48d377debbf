/**
 * The audit log as it is read: its lines by filters, and whether its chain holds.
 */

import { isActorError } from '../../actors/errors.ts';
import type { ActorSystem } from '../../actors/facade.ts';
import type { ListedRow, Position } from '../../actors/ports.ts';
import { isIntact, type JournalRecord } from '../../actors/record.ts';
import { AUDIT_LISTS, AUDIT_TABLE, type AuditLine } from '../../machines/audit.ts';
import { AUDIT_LOG } from './auditor.ts';
import type { AuditEntry } from './staff-schemas.ts';

export interface AuditFilters {
  readonly by?: string | undefined;
  readonly action?: string | undefined;
  readonly subject?: string | undefined;
  readonly outcome?: AuditLine['outcome'] | undefined;
  /** Epoch ms, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

const PAGE = 500;
/** How many lines of its list one question may look through for those that fit its other filters. */
const MAX_READ = 5_000;

export interface AuditSlice {
  readonly entries: readonly AuditEntry[];
  /** Where to go on, or null at the end. */
  readonly next: Position | null;
}

/** Up to `limit` lines that fit, newest first, strictly after `after`. May answer fewer before the end, with `next`. */
export async function readAudit(
  actors: Pick<ActorSystem, 'rows'>,
  filters: AuditFilters,
  { after, limit }: { after?: Position | undefined; limit: number },
): Promise<AuditSlice> {
  const owner = narrowestList(filters);
  const { from = 0, to } = filters;
  let position = after ?? (to === undefined ? undefined : ([to + 1, ''] as const));
  const entries: AuditEntry[] = [];
  for (let readCount = 0; readCount < MAX_READ; ) {
    const query = {
      table: AUDIT_TABLE,
      owner,
      limit: Math.min(PAGE, limit + 1 - entries.length + (readCount > 0 ? PAGE : 0)),
    };
    const read = await actors.rows(position === undefined ? query : { ...query, after: position });
    for (const row of read) {
      if (row.at < from) return { entries, next: null };
      const entry = toEntry(row);
      if (fits(entry, filters)) {
        if (entries.length === limit) return { entries, next: position ?? null };
        entries.push(entry);
      }
      position = [row.at, row.id];
    }
    if (read.length < query.limit) return { entries, next: null };
    readCount += read.length;
  }
  return { entries, next: position ?? null };
}

function narrowestList({ by, action, subject }: AuditFilters): string {
  if (subject !== undefined) return AUDIT_LISTS.subject(subject);
  if (by !== undefined) return AUDIT_LISTS.by(by);
  return action === undefined ? AUDIT_LISTS.all : AUDIT_LISTS.action(action);
}

function fits(entry: AuditEntry, { by, action, subject, outcome }: AuditFilters): boolean {
  return (
    (by ?? entry.by) === entry.by &&
    (action ?? entry.action) === entry.action &&
    (subject ?? entry.subject) === entry.subject &&
    (outcome ?? entry.outcome) === entry.outcome
  );
}

function toEntry({ seq, at, data }: ListedRow): AuditEntry {
  return { ...(data as unknown as AuditLine), seq, at };
}

export interface ChainCheck {
  readonly isIntact: boolean;
  /** The last record that fits. */
  readonly seq: number;
  readonly hash: string | null;
  readonly brokenAt: number | null;
}

/** Walks the log's journal on from `start`, which was found intact. @throws STORE_UNAVAILABLE */
export async function checkChain(
  actors: Pick<ActorSystem, 'history'>,
  start: Pick<ChainCheck, 'seq' | 'hash'>,
): Promise<ChainCheck> {
  let { seq, hash } = start;
  for (;;) {
    const records = await readFrom(actors, seq);
    for (const record of records) {
      const isNext = record.seq === seq + 1 && (record.prev ?? null) === hash && record.hash !== undefined;
      if (!isNext || !isIntact(record)) return { isIntact: false, seq, hash, brokenAt: seq + 1 };
      seq = record.seq;
      hash = record.hash ?? null;
    }
    if (records === CORRUPT) return { isIntact: false, seq, hash, brokenAt: seq + 1 };
    if (records.length === 0) return { isIntact: true, seq, hash, brokenAt: null };
  }
}

const CORRUPT: readonly JournalRecord[] = [];

/** The next records; of a page that a store refuses to read, those before the bad one. */
async function readFrom(actors: Pick<ActorSystem, 'history'>, seq: number): Promise<readonly JournalRecord[]> {
  for (const limit of [PAGE, 1]) {
    try {
      return await actors.history(AUDIT_LOG, seq, limit);
    } catch (error) {
      if (!isActorError(error, 'STORE_CORRUPT')) throw error;
    }
  }
  return CORRUPT;
}
