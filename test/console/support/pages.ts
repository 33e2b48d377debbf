/** Every page of the console, with something on each. */
import type { ConsolePage } from './console-page.ts';
import { type ConsoleWorld, USER } from './console-world.ts';
import { losePayouts, parkMessages, startJob } from './troubles.ts';

export interface NamedPage {
  readonly name: string;
  /** Below `/console`. */
  readonly path: string;
  /** What is there once the page is whole. */
  readonly ready: string;
}

const LOST = 3;
/** The incidents are found anew every ten seconds. */
const FOUND_MS = 25_000;
const PAYEE = { identity: 'payee@example.com', name: '收款人' };

/** Makes a withdrawal that waits for a person, a request for a second one and some trouble, and returns all pages. */
export async function pagesOf(world: ConsoleWorld, approver: ConsolePage): Promise<readonly NamedPage[]> {
  const { id } = await world.call<{ id: string }>('POST', '/withdrawals', {
    body: { amountFen: 1_200, account: PAYEE },
  });
  const orders = await world.call<{ data: { tradeId: string }[] }>('GET', '/orders?limit=1');
  await approver.goToActor(`withdrawal/${id}`);
  await approver.act('approve', 'identity was checked by phone', id);
  await approver.confirm();
  const approval = await approver.page.locator('.receipt a').getAttribute('href');
  const path = (approval ?? '').slice('/console'.length);
  const below = () => new URL(approver.page.url()).pathname.slice('/console'.length);
  await Promise.all([losePayouts(world, LOST), parkMessages(world)]);
  await approver.goTo('/incidents');
  await approver.page.locator('tbody a', { hasText: 'Outcome unknown' }).click({ timeout: FOUND_MS });
  await approver.page.getByRole('button', { name: `(${LOST})` }).waitFor();
  const incident = below();
  await startJob(approver, LOST);
  const job = below();
  return [
    { name: 'home', path: '', ready: '.strip' },
    { name: 'search', path: `/search?q=${USER}`, ready: 'tbody tr' },
    { name: 'search-none', path: '/search?q=000', ready: '.empty' },
    { name: 'search-near', path: `/search?q=${orders.data[0]?.tradeId}0`, ready: '.panel tbody tr' },
    { name: 'withdrawal', path: `/actors/withdrawal/${id}`, ready: 'svg.chart [aria-current]' },
    { name: 'withdrawal-past', path: `/actors/withdrawal/${id}?seq=1`, ready: '.past-band' },
    { name: 'order', path: `/actors/order/${orders.data[0]?.tradeId}`, ready: 'svg.chart [aria-current]' },
    { name: 'balance', path: `/actors/balance/${USER}`, ready: 'svg.chart [aria-current]' },
    { name: 'feed', path: '/actors/feed/orders', ready: 'svg.chart [aria-current]' },
    { name: 'account', path: `/accounts/${USER}`, ready: '.sums' },
    { name: 'incidents', path: '/incidents', ready: 'tbody tr' },
    { name: 'incident', path: incident, ready: 'tbody tr' },
    { name: 'approvals', path: '/approvals', ready: 'tbody tr' },
    { name: 'approval', path, ready: '.preview' },
    { name: 'jobs', path: '/jobs', ready: 'tbody tr' },
    { name: 'job', path: job, ready: 'tbody tr' },
    { name: 'machines', path: '/machines', ready: 'tbody tr' },
    { name: 'machine', path: '/machines/withdrawal', ready: 'svg.chart [data-node]' },
    { name: 'dependencies', path: '/dependencies', ready: '.dependency' },
    { name: 'timers', path: '/timers', ready: 'tbody tr' },
    { name: 'audit', path: '/audit', ready: 'tbody tr' },
    { name: 'settings', path: '/settings', ready: '.inline-form' },
    { name: 'unknown', path: '/nowhere', ready: '.empty' },
    { name: 'missing', path: '/actors/order/0', ready: '.problem' },
  ];
}
