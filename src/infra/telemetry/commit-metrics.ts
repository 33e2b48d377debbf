/**
 * What commits of this process mean in money and in people's actions, as metrics.
 *
 * Owns the sums. Invariant: each committed row counts once, for a commit is heard of once; so the imbalance is zero
 * unless a ledger line that does not balance has been committed, which no machine does.
 */
import type { Registry } from 'prom-client';
import type { JournalRecord, JsonObject, Row } from '../../actors/record.ts';
import type { AuditLine } from '../../machines/audit.ts';
import type { LedgerKind, LedgerLine } from '../../machines/money.ts';
import { registerRead } from './read-metric.ts';

const KINDS = {
  credit: 0,
  release: 0,
  clawback: 0,
  hold: 0,
  capture: 0,
  unhold: 0,
  debtRepaid: 0,
  adjust: 0,
} as const satisfies Record<LedgerKind, 0>;

interface CommitMetricsDeps {
  readonly registry: Registry;
  onCommit(listener: (record: JournalRecord) => void): () => void;
}

/** Registers them and begins to listen. */
export function registerCommitMetrics({ registry, onCommit }: CommitMetricsDeps): void {
  const moved: Record<string, number> = { ...KINDS };
  const imbalance = { lines: 0, holds: 0 };
  const actions = new Map<string, { action: string; role: string; outcome: string; count: number }>();

  const hear = ({ rows, snapshot }: JournalRecord): void => {
    let isLedger = false;
    for (const row of rows) {
      if (row.table === 'ledger') {
        isLedger = true;
        const line = row.data as unknown as LedgerLine;
        moved[line.kind] = (moved[line.kind] ?? 0) + amountOf(line);
        imbalance.lines += Math.abs(imbalanceOf(line));
      } else if (isAuditLine(row)) noteAction(actions, row.data as unknown as AuditLine);
    }
    if (isLedger) imbalance.holds += Math.abs(uncoveredOf(snapshot.context));
  };

  registerRead(
    registry,
    {
      name: 'rebate_money_moved_fen_total',
      type: 'counter',
      labels: ['kind'],
      help: 'Fen that ledger lines moved, by kind',
    },
    () => Object.entries(moved).map(([kind, value]) => ({ labels: { kind }, value })),
  );
  registerRead(
    registry,
    {
      name: 'rebate_ledger_imbalance_fen',
      type: 'gauge',
      labels: ['account_class'],
      help: 'Fen by which lines (lines) or held sums and open holds (holds) did not balance since the start; always 0',
    },
    () => Object.entries(imbalance).map(([account_class, value]) => ({ labels: { account_class }, value })),
  );
  registerRead(
    registry,
    {
      name: 'rebate_operator_actions_total',
      type: 'counter',
      labels: ['action', 'role', 'outcome'],
      help: 'What people did in the console, as audited',
    },
    () => [...actions.values()].map(({ count, ...labels }) => ({ labels, value: count })),
  );
  onCommit(hear);
}

/** An action is listed under several names; this is the list of all. */
function isAuditLine({ table, owner }: Row): boolean {
  return table === 'audit' && owner === 'log';
}

function noteAction(
  actions: Map<string, { action: string; role: string; outcome: string; count: number }>,
  { action, role, outcome }: AuditLine,
): void {
  const labels = { action, role: role ?? 'none', outcome };
  const key = JSON.stringify(labels);
  actions.set(key, { ...labels, count: (actions.get(key)?.count ?? 0) + 1 });
}

function amountOf({ pendingFen, availableFen, heldFen, debtFen, contraFen }: LedgerLine): number {
  return Math.max(...[pendingFen, availableFen, heldFen, debtFen, contraFen].map(Math.abs));
}

function imbalanceOf({ pendingFen, availableFen, heldFen, debtFen, contraFen }: LedgerLine): number {
  return pendingFen + availableFen + heldFen - debtFen + contraFen;
}

/** What is held but belongs to no open hold, or the other way round. */
function uncoveredOf({ held, holds }: JsonObject): number {
  const open = Object.values((holds ?? {}) as Record<string, number>);
  return Number(held ?? 0) - open.reduce((sum, fen) => sum + fen, 0);
}
