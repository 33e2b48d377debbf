/** Real trouble for the pages that show it, made by what the sandbox's partners do wrong. */
import { until } from '../../support/server-process.ts';
import type { ConsolePage } from './console-page.ts';
import type { ConsoleWorld } from './console-world.ts';

export const REASON = 'as agreed on the phone';
const PAYEE = { identity: 'payee@example.com', name: '收款人' };
const WITHIN_MS = 30_000;
/** Whose balance more is due than a ledger can hold. */
export const TOO_RICH = 'too-rich';
const RELATION_ID = '2880000099';
/** So many of the dearest orders that can be reported do not fit into one sum. */
const DEAR_ORDERS = Array.from({ length: 40 }, (_, n) => ({
  trade_id: `39000000000000000${String(n).padStart(2, '0')}`,
  relation_id: RELATION_ID,
  alipay_total_price: '9999999999999.00',
  total_commission_rate: '100.00',
}));

/** So many payouts of which nobody knows whether they happened: Alipay answers nothing but errors until `clearFaults`. */
export async function losePayouts(world: ConsoleWorld, count: number): Promise<readonly string[]> {
  await world.faults([{ do: 'http500', match: { gateway: 'alipay' } }]);
  const made = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      world.call<{ id: string }>('POST', '/withdrawals', { body: { amountFen: 100 + n, account: PAYEE } }),
    ),
  );
  const ids = made.map(({ id }) => id);
  await Promise.all(ids.map((id) => untilState(world, id, 'paying.unknown')));
  return ids;
}

export function untilState(world: ConsoleWorld, id: string, wanted: string): Promise<boolean> {
  return until(`withdrawal ${id} is ${wanted}`, WITHIN_MS, async () => {
    const { state } = await world.call<{ state: string }>('GET', `/withdrawals/${id}`);
    return state === wanted ? true : undefined;
  });
}

/** Messages to a balance that would break its sums, and so are parked. */
export async function parkMessages(world: ConsoleWorld): Promise<void> {
  const body = { relationId: RELATION_ID };
  await world.call('PUT', `/staff/members/${TOO_RICH}/channel`, { role: 'approver', body });
  await world.orders(DEAR_ORDERS.map((order) => ({ ...order, tk_status: 12 })));
}

/** Closes half of those orders, so that what was parked fits. */
export async function makeRoom(world: ConsoleWorld): Promise<void> {
  const pendingFen = async () =>
    (await world.call<{ pendingFen: number }>('GET', '/account', { user: TOO_RICH })).pendingFen;
  const fullFen = await pendingFen();
  const closed = DEAR_ORDERS.slice(0, DEAR_ORDERS.length / 2);
  await world.orders(closed.map(({ trade_id }) => ({ trade_id, tk_status: 13 })));
  await until('there is room', WITHIN_MS, async () => ((await pendingFen()) < fullFen * 0.8 ? true : undefined));
}

/** On the page of an incident of `count` lost payouts: asks about all of them, one a second. */
export async function startJob({ page }: ConsolePage, count: number): Promise<void> {
  await page.getByRole('button', { name: `Query now (${count})` }).click();
  const dialog = page.locator('dialog[open]');
  await dialog.locator('textarea').fill(REASON);
  await dialog.getByLabel('Speed').selectOption('1');
  await dialog.getByRole('button', { name: 'Dry run' }).click();
  await dialog.getByText(`${count} of them`).waitFor();
  await dialog.getByRole('button', { name: 'Start' }).click();
  await page.waitForURL(/\/jobs\/job_/);
}
