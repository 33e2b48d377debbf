/**
 * Heads, rows and undelivered tells for tests of projections.
 */
import type { Address } from '../../src/actors/address.ts';
import type { Head, ListedRow, UndeliveredTell } from '../../src/actors/ports.ts';

export function headOf(actor: Address, seq: number, change: Partial<Head> = {}): Head {
  return {
    actor,
    type: actor.slice(0, actor.indexOf('/')),
    machine: 'order@1',
    seq,
    at: 1_000 + seq,
    state: 'paid',
    since: 900,
    owner: 'u1',
    sortKey: 1_000,
    status: 'paid',
    view: { seq },
    nextDue: null,
    ...change,
  };
}

export function rowOf(actor: Address, seq: number, n: number, change: Partial<ListedRow> = {}): ListedRow {
  const id = `${actor}#${seq}.${n}`;
  return { id, table: 'ledger', owner: 'u1', data: { fen: n }, actor, seq, n, at: 1_000 + seq, ...change };
}

export function tellOf(id: string, change: Partial<UndeliveredTell> = {}): UndeliveredTell {
  return {
    id,
    to: 'balance/u1',
    event: { type: 'post', fen: 1 },
    from: 'order/1',
    since: 100,
    nextAt: 200,
    attempts: 1,
    ...change,
  };
}
