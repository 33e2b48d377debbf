import { readFileSync } from 'node:fs';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { token } from '../system/rest-client.ts';
import { findChromium, launchChromium } from './support/chromium.ts';
import { ConsolePage } from './support/console-page.ts';
import { consoleStores } from './support/console-stores.ts';
import { type ConsoleWorld, startConsoleWorld, waitForMoney } from './support/console-world.ts';
import { losePayouts, makeRoom, parkMessages, REASON, startJob, TOO_RICH, untilState } from './support/troubles.ts';

/** Enough for a job of one a second to be paused before it is done. */
const LOST = 8;
/** The figures of all lists are counted anew every ten seconds, or in a hundred times what counting takes on a busy machine. */
const COUNTED_MS = 60_000;

const onEachStore = describe.skipIf(findChromium() === undefined).each(consoleStores());

onEachStore('the console at work on $name', { timeout: 150_000 }, ({ open }) => {
  let world: ConsoleWorld;
  let browser: Browser;
  let lost: readonly string[];
  const people: ConsolePage[] = [];

  beforeAll(async () => {
    [world, browser] = await Promise.all([startConsoleWorld(open), launchChromium()]);
    await waitForMoney(world);
    [lost] = await Promise.all([losePayouts(world, LOST), parkMessages(world)]);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });

  const enter = async (user: string) => {
    const one = await ConsolePage.open(browser, world, user);
    people.push(one);
    return one;
  };

  describe('in an incident', () => {
    let operator: ConsolePage;
    beforeAll(async () => {
      operator = await enter('operator');
    });

    it('shows the group of payouts that nobody knows about, how many and how much, and each of them', async () => {
      await operator.goTo('/incidents');
      const row = rowOf(operator, 'Outcome unknown');
      await row.getByText('alipay').waitFor({ timeout: COUNTED_MS });
      await row.getByText(String(LOST), { exact: true }).waitFor({ timeout: COUNTED_MS });
      await row.getByText('¥8.28').waitFor();
      await row.getByText('Open', { exact: true }).waitFor();
      await row.locator('a').click();
      const items = operator.page.getByRole('table', { name: 'Among them' }).locator('tbody tr');
      await items.nth(LOST - 1).waitFor();
      for (const id of lost) await items.getByText(id).waitFor();
    });

    it('takes it over and puts it off, each with a reason that all can read', async () => {
      await reasoned(operator, 'Acknowledge');
      await operator.page.locator('.page-head').getByText('Acknowledged', { exact: true }).waitFor();
      await operator.page.getByText(`operator: ${REASON}`).waitFor();
      await reasoned(operator, 'Snooze');
      await operator.page.locator('.page-head').getByText('Snoozed', { exact: true }).waitFor();
    });

    it('asks about all of them by a job that can be paused and goes on, and has an outcome for each', async () => {
      await startJob(operator, LOST);
      await operator.page.getByText('Running', { exact: true }).waitFor();
      await reasoned(operator, 'Pause');
      await operator.page.getByText('Paused', { exact: true }).waitFor();
      await operator.page.getByText('waits', { exact: true }).first().waitFor();
      await reasoned(operator, 'Resume');
      await operator.page.getByText(`${LOST}/${LOST}`).waitFor({ timeout: 30_000 });
      await operator.page.locator('.page-head').getByText('Done', { exact: true }).waitFor();
      expect(await rowsOf(operator, 'Item by item').count()).toBe(LOST);
      expect(await rowsOf(operator, 'Item by item').getByText('done', { exact: true }).count()).toBe(LOST);
    });

    it('cancels a job, which leaves the rest undone', async () => {
      await operator.goTo('/incidents');
      await rowOf(operator, 'Outcome unknown').locator('a').click();
      await startJob(operator, LOST);
      await reasoned(operator, 'Cancel it');
      await operator.page.getByText('Canceled', { exact: true }).waitFor();
      await operator.goTo('/jobs');
      await operator.page.getByText('Canceled', { exact: true }).waitFor();
      await operator.page.getByText('Done', { exact: true }).waitFor();
    });

    it('sees the group go once the partner answers again', async () => {
      await world.clearFaults();
      await operator.goTo(`/actors/withdrawal/${lost[0]}`);
      for (const id of lost) {
        await operator.goToActor(`withdrawal/${id}`);
        await operator.act('requery', REASON, id);
        await operator.confirm();
      }
      await Promise.all(lost.map((id) => untilState(world, id, 'paid')));
      await operator.goTo('/incidents');
      await operator.page.getByText('Cleared', { exact: true }).waitFor({ timeout: COUNTED_MS });
    });
  });

  it('shows what changed between a dry run and its confirmation, and asks again', async () => {
    const approver = await enter('approver');
    const body = { amountFen: 900, account: { identity: 'payee@example.com', name: '收款人' } };
    const { id } = await world.call<{ id: string }>('POST', '/withdrawals', { body });
    await approver.goToActor(`withdrawal/${id}`);
    await approver.waitUntilLit('withdrawal.review');
    await approver.act('approve', REASON, id);
    await world.call('POST', `/withdrawals/${id}/cancel`, { body: {} });
    const dialog = approver.page.locator('dialog[open]');
    await dialog.locator('button[type=submit]').click();
    await dialog.getByText('It has changed meanwhile; look at the dry run again').waitFor();
    await dialog.locator('.notice li').getByText('Cancel →').waitFor();
    await dialog.getByRole('button', { name: 'Dry run' }).click();
    await dialog.getByText('The withdrawal does not wait for approval').waitFor();
    expect(await dialog.locator('button[type=submit]').isDisabled()).toBe(true);
    await untilState(world, id, 'canceled');
  });

  describe('with messages that got stuck', () => {
    let sre: ConsolePage;
    beforeAll(async () => {
      sre = await enter('sre');
    });

    it('lists what is due, and the messages that were parked with why', async () => {
      await sre.goTo('/timers');
      await rowsOf(sre, 'Timers and calls').getByText('feed/orders').waitFor();
      const letters = rowsOf(sre, 'Dead letters');
      await letters.getByText(`balance/${TOO_RICH}`).first().waitFor({ timeout: COUNTED_MS });
      await letters
        .getByText(/no whole number of fen/)
        .first()
        .waitFor();
    });

    it('replays one: it is parked again as long as its cause is there, and says so', async () => {
      await replayFirst(sre);
      await sre.page.locator('.notice').getByText('parked').waitFor();
    });

    it('offers nothing to pick to whom it is not for', async () => {
      const viewer = await enter('viewer');
      await viewer.goTo('/timers');
      await rowsOf(viewer, 'Dead letters').getByText(`balance/${TOO_RICH}`).first().waitFor();
      expect(await rowsOf(viewer, 'Dead letters').locator('input').count()).toBe(0);
    });

    it('replays one that fits now, once', async () => {
      await makeRoom(world);
      await sre.goTo('/timers');
      await replayFirst(sre);
      await sre.page.locator('.notice').getByText('done').waitFor();
      await rowsOf(sre, 'Dead letters').getByText('parked → done').waitFor();
    });

    it('replays all that are left, with what each came to', async () => {
      await sre.page.getByRole('button', { name: 'Pick all' }).click();
      const button = sre.page.getByRole('button', { name: /^Replay \(\d+\)$/ });
      const name = (await button.textContent()) ?? '';
      await button.click();
      await giveReason(sre, name);
      const outcomes = sre.page.locator('.notice li');
      expect(await outcomes.count()).toBe(Number(/\d+/.exec(name)?.[0]));
      expect(await outcomes.getByText('done').count()).toBeGreaterThan(1);
    });

    it('holds a partner for a time, releases it, and asks at once whether it answers', async () => {
      await sre.goTo('/dependencies');
      const card = sre.page.getByRole('region', { name: 'alipay query' });
      await card.getByRole('button', { name: 'Hold' }).click();
      await giveReason(sre, 'Hold');
      await card.getByText(`sre: ${REASON}`).waitFor();
      expect(await card.getByRole('button', { name: 'Probe now' }).isDisabled()).toBe(true);
      await card.getByRole('button', { name: 'Release' }).click();
      await giveReason(sre, 'Release');
      await card.getByText(`sre: ${REASON}`).waitFor({ state: 'detached' });
      await card.getByRole('button', { name: 'Probe now' }).click();
      await giveReason(sre, 'Probe now');
      await sre.page.getByText('alipay/query answers').waitFor();
    });

    it('changes how many calls a partner gets at once, within bounds, for a time, and goes back', async () => {
      const card = sre.page.getByRole('region', { name: 'taobao orders' });
      await card.getByRole('button', { name: 'Change limit' }).click();
      const dialog = sre.page.locator('dialog[open]');
      await dialog.getByText('1 to 16; configured: 4').waitFor();
      await dialog.getByLabel('Calls at once').fill('17');
      await dialog.locator('textarea').fill(REASON);
      await dialog.getByRole('button', { name: 'Change limit' }).click();
      await dialog.getByText('send a whole number from 1 to 16 (configured: 4)').waitFor();
      await dialog.getByLabel('Calls at once').fill('2');
      await giveReason(sre, 'Change limit');
      await card.getByText(`2 at once instead of 4 · sre: ${REASON} ·`).waitFor();
      await card.getByText(/^\d\/2$/).waitFor();
      await card.getByRole('button', { name: 'Restore limit' }).click();
      await giveReason(sre, 'Restore limit');
      await card.getByText(/^\d\/4$/).waitFor();
      await card.getByText('instead of').waitFor({ state: 'detached' });
    });

    it('tells how fast a partner answers and what each process makes of it, and leads on', async () => {
      await sre.goTo('/dependencies');
      const card = sre.page.getByRole('region', { name: 'taobao orders' });
      await card.getByText('p99').waitFor({ timeout: COUNTED_MS });
      expect(await card.getByRole('list', { name: 'On each process' }).textContent()).toMatch(/^\S{8} all Closed$/);
      const grafana = card.getByRole('link', { name: 'Grafana' });
      expect(await grafana.getAttribute('href')).toBe(
        'https://grafana.example/d/taoke-resilience?var-dependency=taobao&var-policy=orders',
      );
      expect(await grafana.getAttribute('rel')).toBe('noreferrer');
    });
  });

  describe('looking back', () => {
    let auditor: ConsolePage;
    beforeAll(async () => {
      auditor = await enter('auditor');
    });

    it('lists every act with who and why, and finds those of one person', async () => {
      await auditor.goTo('/audit');
      await auditor.page.getByLabel('By', { exact: true }).fill('sre');
      const actions = auditor.page.getByLabel('Action', { exact: true });
      expect(await actions.locator('option').allTextContents()).toContain('hold a dependency');
      await auditor.page.getByRole('button', { name: 'Filter' }).click();
      await auditor.page.waitForURL(/by=sre/);
      const rows = rowsOf(auditor, 'Audit');
      await rows.getByText('probe a dependency').waitFor();
      await rows.getByText('hold a dependency').waitFor();
      await rows.getByText('release a dependency').waitFor();
      await rows.getByText('end a changed limit').waitFor();
      expect(await rows.getByText('change a limit for a time').count()).toBe(2);
      await rows.getByText('replay dead letters').first().waitFor();
      await rows.getByText(REASON).first().waitFor();
      // What was there stays until the first page is.
      await expect.poll(() => rows.getByText('operator').count()).toBe(0);
    });

    it('lists what was done at the internal port too', async () => {
      const hold = await fetch(new URL('/ops/dependencies/taobao/item/hold', world.consoleUrl), {
        method: 'POST',
        headers: { authorization: `Bearer ${token('night-shift', 'sre')}`, 'content-type': 'application/json' },
        body: JSON.stringify({ reason: 'while the console was away', ttlMs: 60_000 }),
      });
      expect(hold.status).toBe(200);
      await auditor.goTo('/audit?by=night-shift@ops-port');
      const row = rowsOf(auditor, 'Audit').filter({ hasText: 'while the console was away' });
      await row.getByText('hold a dependency').waitFor();
    });

    it('checks the chain, and exports it as a file with one more line about that', async () => {
      await auditor.goTo('/audit');
      await auditor.page.getByRole('button', { name: 'Verify the chain' }).click();
      await auditor.page.getByText(/^Intact, [\d,]+ records$/).waitFor();
      await auditor.page.getByRole('button', { name: 'Export' }).click();
      await auditor.page.locator('dialog input').fill('for the yearly review');
      const [download] = await Promise.all([
        auditor.page.waitForEvent('download'),
        auditor.page.locator('dialog a.button').click(),
      ]);
      const lines = readFileSync(await download.path(), 'utf8').split('\n');
      expect(lines[0]).toContain('seq,at,by,role,action');
      expect(lines.filter((line) => line.includes('incident.snooze')).length).toBe(1);
      await auditor.goTo('/audit?action=audit.export');
      await rowsOf(auditor, 'Audit').getByText('for the yearly review').waitFor();
    });
  });

  describe('at the door', () => {
    it('lets a user in whom an admin has added, and out when the admin takes the account away', async () => {
      const admin = await enter('admin');
      await admin.goTo('/settings');
      await admin.page.getByRole('button', { name: 'Add a user' }).click();
      const dialog = admin.page.locator('dialog[open]');
      await dialog.getByLabel('Name').fill('lin');
      await dialog.getByLabel('Role').selectOption('viewer');
      await dialog.getByLabel('Reason').fill(REASON);
      await dialog.getByRole('button', { name: 'Add a user' }).click();
      const password = (await admin.page.locator('code.secret').textContent()) ?? '';
      const lin = await ConsolePage.open(browser, world, 'lin', { password });
      people.push(lin);
      await lin.page.locator('.top .who').getByText('viewer').waitFor();

      const row = rowsOf(admin, 'Users and roles').filter({ hasText: 'lin' });
      await row.getByRole('button', { name: 'Disable' }).click();
      await giveReason(admin, 'Disable');
      await lin.page.locator('.sign-in').waitFor();
      await lin.tryToSignIn('lin', password);
      await lin.page.locator('.problem').getByText('Wrong name or password').waitFor();
    });

    it('stops guessing after some wrong passwords, and says how long', async () => {
      const { page, context } = await guest();
      for (let n = 0; n < 5; n += 1) {
        await page.locator('input').nth(0).fill('viewer');
        await page.locator('input').nth(1).fill(`guess number ${n}`);
        const [answer] = await Promise.all([
          page.waitForResponse((response) => response.url().endsWith('/session')),
          page.locator('button[type=submit]').click(),
        ]);
        expect(answer.status()).toBe(401);
        await page.locator('button[type=submit]:enabled').waitFor();
      }
      await page.locator('button[type=submit]').click();
      await page.locator('.problem').getByText('Too many attempts').waitFor();
      await page
        .locator('.problem')
        .getByText(/1[45] min/)
        .waitFor();
      await context.close();
    });

    it('says on every page that is not for a role which role it takes', async () => {
      const approver = await enter('approver2');
      await approver.goTo('/audit');
      const problem = approver.page.locator('.problem');
      await problem.getByText('Your role may not do this').waitFor();
      await problem.getByText(/It takes: auditor, admin/).waitFor();
      expect(await approver.page.locator('nav').getByText('Audit').count()).toBe(0);
      await approver.goTo('/actors/staff/admin');
      await problem.getByText('Your role may not do this').waitFor();
    });

    it('tells what is not there from a page that is not there', async () => {
      const approver = people.at(-1) as ConsolePage;
      const words: Record<string, string> = {
        '/nowhere': 'There is no such page',
        '/actors/order/1': 'It has never existed here',
        '/actors/nothing/1': 'No such type',
        '/accounts/nobody-at-all': 'nobody-at-all',
        '/approvals/ap_none': 'Not found',
        '/jobs/job_none': 'Not found',
        '/incidents/in_none': 'No such incident, or it is over',
        '/machines/nothing': 'No such type',
      };
      for (const [path, text] of Object.entries(words)) {
        await approver.goTo(path);
        await approver.page.locator('main').getByText(text).first().waitFor();
        expect(await approver.page.locator('h1').textContent(), path).toBeTruthy();
      }
    });

    it('is left on a phone by its menu, which also says who one is', async () => {
      const phone = await ConsolePage.open(browser, world, 'sre', { width: 390 });
      people.push(phone);
      const heights = await phone.page
        .locator('header.top > :not(form)')
        .evaluateAll((parts) =>
          parts
            .map((part) => part.getBoundingClientRect())
            .flatMap(({ y, height }) => (height === 0 ? [] : y + height / 2)),
        );
      expect(Math.max(...heights) - Math.min(...heights), 'all in one row').toBeLessThan(10);
      await phone.page.locator('.menu').click();
      await phone.page.locator('nav .who').getByText('sre').first().waitFor();
      await phone.page.getByRole('button', { name: 'Sign out' }).click();
      await phone.page.locator('.sign-in').waitFor();
    });

    it('leads back to where one was after signing in again', async () => {
      const approver = await enter('approver2');
      await approver.goTo('/jobs');
      await approver.page.getByRole('button', { name: 'Sign out' }).click();
      await approver.page.locator('.sign-in').waitFor();
      await approver.signIn('approver2');
      await approver.page.getByRole('table', { name: 'Jobs' }).waitFor();
    });
  });

  it('never threw, and nothing was stopped by its content security policy', () => {
    expect(people.flatMap(({ faults }) => faults)).toEqual([]);
  });

  async function guest() {
    const context = await browser.newContext();
    await context.addInitScript(() => localStorage.setItem('console.locale', 'en'));
    const page = await context.newPage();
    await page.goto(world.consoleUrl);
    await page.locator('.sign-in').waitFor();
    return { page, context };
  }
});

function rowsOf({ page }: ConsolePage, table: string): Locator {
  return page.getByRole('table', { name: table, exact: true }).locator('tbody tr');
}

function rowOf(one: ConsolePage, text: string): Locator {
  return rowsOf(one, 'Incidents').filter({ hasText: text });
}

/** Through the dialog that the button of that name opens. */
async function reasoned(one: ConsolePage, name: string): Promise<void> {
  await one.page.getByRole('button', { name, exact: true }).click();
  await giveReason(one, name);
}

async function giveReason({ page }: ConsolePage, confirm: string): Promise<void> {
  const dialog = page.locator('dialog[open]');
  await dialog.locator('textarea').fill(REASON);
  await dialog.getByRole('button', { name: confirm, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

async function replayFirst(one: ConsolePage): Promise<void> {
  const letters = rowsOf(one, 'Dead letters');
  await letters.locator('input:enabled').first().check();
  await one.page.getByRole('button', { name: 'Replay (1)' }).click();
  await giveReason(one, 'Replay (1)');
}
