import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fund } from '../support/funds.ts';
import { freePort, killAll, spawnProgram, until } from '../support/server-process.ts';
import { needsRedisServer, needsService } from '../support/services.ts';
import { Cluster } from '../system/distributed/cluster.ts';
import type { RestClient } from '../system/rest-client.ts';
import { findChromium, freshenPage, launchChromium } from './support/chromium.ts';
import { ConsolePage } from './support/console-page.ts';

const USER = 'nodes-user';
const FUNDS_FEN = 10_000;
const REVIEWED_FEN = 1_500;
const PAYEE = { identity: 'payee@example.com', name: '收款人' };
/** Two nodes see each other's commits by asking for them. */
const SEEN_MS = 5_000;

const mongodbUrl = needsService('mongodb');
needsRedisServer();

describe.skipIf(findChromium() === undefined)('the console of two nodes on one MongoDB', { timeout: 60_000 }, () => {
  let cluster: Cluster;
  let browser: Browser;
  let consoleUrls: readonly string[];
  let passwords: Readonly<Record<string, string>>;

  beforeAll(async () => {
    await freshenPage();
    const ports = [await freePort(), await freePort()];
    consoleUrls = ports.map((port) => `http://127.0.0.1:${port}/console`);
    const nodes = ports.map((port) => ({ OPS_PORT: String(port), FOUR_EYES_FEN: '1200' }));
    [cluster, browser] = await Promise.all([Cluster.start({ mongodbUrl, title: 'console', nodes }), launchChromium()]);
    await cluster.startNodes();
    const roles = { ann: 'approver', bo: 'approver', sue: 'sre' };
    const made = Object.entries(roles).map(async ([name, role]) => [name, await addUser(name, role)] as const);
    passwords = Object.fromEntries(await Promise.all(made));
    await fund([USER], FUNDS_FEN, { sandbox: cluster.sandbox, staff: staff(0), clientOf: () => client(0) });
  }, 240_000);

  afterAll(async () => {
    killAll();
    await browser?.close();
    await cluster?.remove();
  }, 60_000);

  const client = (node: number): RestClient => cluster.nodes[node]?.clientOf(USER) as RestClient;
  const staff = (node: number): RestClient => cluster.nodes[node]?.staff() as RestClient;

  /** By a process of its own, beside the servers. */
  async function addUser(name: string, role: string): Promise<string> {
    const env = { MONGODB_URL: cluster.mongodbUrl, LOG_LEVEL: 'warn' };
    const command = ['npm', 'run', '--silent', 'user', '--', 'add', name, '--role', role];
    const program = spawnProgram(command, env, { isGroup: true });
    const { code } = await program.exited;
    const password = /the password is (\S+)/.exec(program.stdout())?.[1];
    if (code !== 0 || password === undefined) throw new Error(`${code}: ${program.stdout()} ${program.stderr()}`);
    return password;
  }

  function enter(name: string, node: number): Promise<ConsolePage> {
    const at = { consoleUrl: consoleUrls[node] ?? '', password: passwords[name] ?? '' };
    return ConsolePage.open(browser, at, name);
  }

  it('lets users that the command line has added in at any node, and shows there what another node commits', async () => {
    const page = await enter('ann', 1);
    const asked = await client(0).withdraw('reviewed', REVIEWED_FEN, PAYEE);
    const id = String(asked.body['id']);
    await page.goToActor(`withdrawal/${id}`);
    await page.waitUntilLit('withdrawal.review', SEEN_MS);
    await page.page.locator('[data-live=live]').waitFor();
    await staff(0).settle('POST', `/v1/staff/withdrawals/${id}/deny`, { reason: 'seen on the other node' });
    await page.waitUntilLit('withdrawal.denied', SEEN_MS);
    expect(page.faults).toEqual([]);
    await page.close();
  });

  it('pays once two people have agreed, each at another node', async () => {
    const asked = await client(0).withdraw('by-two', REVIEWED_FEN, PAYEE);
    const id = String(asked.body['id']);
    const ann = await enter('ann', 0);
    await ann.goToActor(`withdrawal/${id}`);
    await ann.waitUntilLit('withdrawal.review', SEEN_MS);
    await ann.act('approve', 'identity was checked by phone', id);
    await ann.confirm();

    const bo = await enter('bo', 1);
    await bo.goTo('/approvals');
    await bo.page.locator('tbody a', { hasText: 'Approve' }).click();
    await bo.page.getByRole('button', { name: 'Approve' }).click();
    await bo.page.locator('dialog textarea').fill('the papers are in order');
    await bo.page.locator('dialog button[type=submit]').click();
    await ann.goToActor(`withdrawal/${id}`);
    await ann.waitUntilLit('withdrawal.paid', 20_000);
    const { payouts } = await cluster.sandbox.book();
    expect(payouts.filter(({ outBizNo }) => outBizNo === id).map(({ arrivals }) => arrivals.length)).toEqual([1]);
    expect([...ann.faults, ...bo.faults]).toEqual([]);
    await Promise.all([ann.close(), bo.close()]);
  });

  it('shows at each node what the breakers of all are, and a limit that was changed at another', async () => {
    const [here, there] = [await enter('sue', 0), await enter('sue', 1)];
    for (const at of [here, there]) await at.goTo('/dependencies');
    const cardOn = ({ page }: ConsolePage) => page.getByRole('region', { name: 'taobao item' });
    const [one, other] = [cardOn(here), cardOn(there)];
    const closed = (card: Locator) => card.getByRole('listitem').filter({ hasText: 'Closed' });
    const held = (card: Locator) => card.getByRole('listitem').filter({ hasText: 'Held' });
    for (const card of [one, other]) await closed(card).nth(1).waitFor();
    await steer(here, one, 'Hold');
    for (const card of [one, other]) await held(card).nth(1).waitFor({ timeout: SEEN_MS });
    await steer(there, other, 'Release');
    for (const card of [one, other]) await closed(card).nth(1).waitFor({ timeout: SEEN_MS });
    await steer(here, one, 'Change limit', '3');
    await other.getByText('0/3').waitFor({ timeout: SEEN_MS });
    await other.getByText('3 at once instead of 16 · sue: ').waitFor();
    await steer(there, other, 'Restore limit');
    await one.getByText('0/16').waitFor({ timeout: SEEN_MS });
    expect([...here.faults, ...there.faults]).toEqual([]);
    await Promise.all([here.close(), there.close()]);
  });

  it('ends a session at every node when the command line takes the account away', async () => {
    const page = await enter('bo', 0);
    const env = { MONGODB_URL: cluster.mongodbUrl, LOG_LEVEL: 'warn' };
    const program = spawnProgram(['npm', 'run', '--silent', 'user', '--', 'disable', 'bo'], env, { isGroup: true });
    expect((await program.exited).code).toBe(0);
    await page.page.locator('.sign-in').waitFor();
    await page.tryToSignIn('bo', passwords['bo'] ?? '');
    await page.page.locator('.problem').getByText('Wrong name or password').waitFor();
    await page.close();
  });

  it('goes on at another node after the one that one was at is killed', async () => {
    const page = await enter('ann', 0);
    await page.goToActor(`balance/${USER}`);
    await cluster.nodes[0]?.kill();
    await page.page.locator('[data-live=offline]').waitFor();
    const other = await enter('ann', 1);
    await other.goToActor(`balance/${USER}`);
    await cluster.nodes[0]?.start();
    await page.page.locator('[data-live=live]').waitFor({ timeout: 20_000 });
    const before = await seqOn(page);
    await client(1).withdraw('small', 100, PAYEE);
    await until('the page of the node that came back sees it', SEEN_MS, async () =>
      (await seqOn(page)) > before ? true : undefined,
    );
    await Promise.all([page.close(), other.close()]);
  });
});

/** Through the dialog of that button of a dependency's card. */
async function steer({ page }: ConsolePage, card: Locator, button: string, limit?: string): Promise<void> {
  await card.getByRole('button', { name: button, exact: true }).click();
  const dialog = page.locator('dialog[open]');
  if (limit !== undefined) await dialog.getByLabel('Calls at once').fill(limit);
  await dialog.locator('textarea').fill('to be seen at the other node');
  await dialog.getByRole('button', { name: button, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

async function seqOn({ page }: ConsolePage): Promise<number> {
  return Number(await page.locator('.step-text').getAttribute('data-seq'));
}
