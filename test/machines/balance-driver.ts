import type { ActorEvent } from '../../src/actors/record.ts';
import { balanceListing, createBalanceMachine } from '../../src/machines/balance.ts';
import type { BalanceContext } from '../../src/machines/balance-context.ts';
import { findBrokenBooks } from '../support/ledger-check.ts';
import { MachineDriver } from '../support/machine-driver.ts';

export type BalanceDriver = MachineDriver<BalanceContext>;

const machine = createBalanceMachine();

/** A balance of `availableFen`, all of it from one order. */
export function balanceOf(availableFen = 0): BalanceDriver {
  const driver: BalanceDriver = new MachineDriver(
    { type: 'balance', machine, money: true, list: balanceListing },
    'u1',
  );
  if (availableFen > 0) {
    driver.send(post(1, { pendingFen: availableFen, order: 'base' }));
    driver.send(post(2, { pendingFen: 0 - availableFen, availableFen, kind: 'release', order: 'base' }));
  }
  return driver;
}

export function post(n: number, change: { order?: string; kind?: string; pendingFen?: number; availableFen?: number }) {
  return { type: 'post', order: '1', kind: 'credit', pendingFen: 0, availableFen: 0, ...change, n };
}

/** TCC messages about one withdrawal, with a deadline a minute from the driver's start. */
export function about(driver: BalanceDriver, withdrawal: string, amountFen = 100) {
  const deadline = driver.now + 60_000;
  return {
    hold: { type: 'hold', withdrawal, amountFen, deadline },
    capture: { type: 'capture', withdrawal },
    release: { type: 'release', withdrawal, deadline },
    debit: { type: 'debit', withdrawal, amountFen },
  } satisfies Record<string, ActorEvent>;
}

export function sumsOf({ context: { pending, available, held, debt } }: BalanceDriver) {
  return { pending, available, held, debt };
}

/** What withdrawals were told, oldest first: `wd_1 held`, `wd_2 holdRefused HOLD_TOO_LATE`. */
export function answersOf({ tells }: BalanceDriver): readonly string[] {
  return tells.map(({ to, event }) =>
    [to.replace('withdrawal/', ''), event.type, event['code']].filter(Boolean).join(' '),
  );
}

export function ledgerOf({ rows }: BalanceDriver): readonly string[] {
  return rows.map(({ data }) => {
    const changes = ['pending', 'available', 'held', 'debt']
      .map((name) => [name, data[`${name}Fen`] as number] as const)
      .filter(([, fen]) => fen !== 0)
      .map(([name, fen]) => `${name}${fen > 0 ? '+' : ''}${fen}`);
    return [data['kind'], ...changes, data['contra']].filter((part) => part !== null).join(' ');
  });
}

export function brokenIn({ rows, context }: BalanceDriver): readonly string[] {
  return findBrokenBooks(rows, context);
}
