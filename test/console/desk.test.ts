/** What each member of staff keeps at hand, and what takes two of them, in the browser. */
import { readFileSync } from 'node:fs';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, launchChromium } from './support/chromium.ts';
import { ConsolePage } from './support/console-page.ts';
import { type ConsoleWorld, startConsoleWorld, waitForMoney } from './support/console-world.ts';
import { losePayouts, REASON } from './support/troubles.ts';

const PAYEE = { identity: 'payee@example.com', name: '收款人' };
const WATCHED = 'watched';
/** A user whose id is a phone number. */
const PHONE = '13800138000';
/** The figures of all lists are counted anew every ten seconds, or in a hundred times what counting takes on a busy machine. */
const COUNTED_MS = 60_000;

describe.skipIf(findChromium() === undefined)('the desk of a member of staff', { timeout: 150_000 }, () => {
  let world: ConsoleWorld;
  let browser: Browser;
  const people: ConsolePage[] = [];

  beforeAll(async () => {
    [world, browser] = await Promise.all([startConsoleWorld(), launchChromium()]);
    await waitForMoney(world);
    for (const user of [WATCHED, PHONE]) await freeze(user, 'unfreeze');
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });

  const enter = async (user: string, password?: string) => {
    const one = await ConsolePage.open(browser, world, user, password === undefined ? {} : { password });
    people.push(one);
    return one;
  };
  const freeze = (user: string, verb: 'freeze' | 'unfreeze') =>
    world.call('POST', `/staff/members/${user}/${verb}`, { role: 'approver', body: { reason: REASON } });

  it('has on every device what was followed on one, with the state of now', async () => {
    const [here, there] = [await enter('viewer'), await enter('viewer')];
    await here.goToActor(`member/${WATCHED}`);
    await here.page.getByRole('button', { name: '☆ Follow' }).click();
    await here.page.getByRole('button', { name: '★ Following' }).waitFor();
    const row = rowsOf(there, 'Followed').filter({ hasText: WATCHED });
    await row.getByText('Active', { exact: true }).waitFor();
    await freeze(WATCHED, 'freeze');
    await row.getByText('Frozen', { exact: true }).waitFor();
    await here.page.getByRole('button', { name: '★ Following' }).click();
    await row.waitFor({ state: 'detached' });
  });

  it('tells who is named in a note, until they have opened it; the note is text, whatever is in it', async () => {
    const [writer, reader] = [await enter('operator'), await enter('sre')];
    await writer.goToActor(`member/${WATCHED}`);
    await writer.page.getByRole('button', { name: 'Add a note' }).click();
    const text = writer.page.locator('.notes textarea');
    await text.fill('<img src=x onerror="document.title=1"> please look, @sr');
    await writer.page.locator('.notes').getByRole('button', { name: '@sre' }).click();
    await writer.page.locator('.notes').getByRole('button', { name: 'Save', exact: true }).click();
    await reader.page.getByText('1 unread').waitFor();
    await reader.page.getByText('operator named you on').getByRole('link').click();
    await reader.page.locator('.note-text mark').getByText('@sre').waitFor();
    expect(await reader.page.locator('.note-text').textContent()).toContain('<img src=x onerror=');
    expect(await reader.page.locator('.note-text img').count()).toBe(0);
    await reader.page.getByText('1 unread').waitFor({ state: 'detached' });
  });

  it('offers a saved view where the filters are, and lets it go in the settings', async () => {
    const auditor = await enter('auditor');
    await auditor.goTo('/audit?by=sre');
    await auditor.page.getByRole('button', { name: 'Save this view' }).click();
    await auditor.page.locator('dialog[open]').getByLabel('Name').fill('值班 sre');
    await auditor.page.locator('dialog[open]').getByRole('button', { name: 'Save this view' }).click();
    await auditor.goTo('/audit');
    await auditor.page.getByRole('navigation', { name: 'Saved views' }).getByText('值班 sre').click();
    await auditor.page.waitForURL('**/audit?by=sre');
    await rowsOf(auditor, 'Audit').getByText('Read a mention').waitFor();
    await auditor.goTo('/settings');
    const view = rowsOf(auditor, 'Saved views').filter({ hasText: '值班 sre' });
    await view.getByText('audit?by=sre').waitFor();
    await view.getByRole('button', { name: 'Remove' }).click();
    await auditor.page.getByText('No saved views yet').waitFor();
  });

  it('lets one approver do alone what takes two, and asks the other to review it', async () => {
    const [approver, other] = [await enter('approver'), await enter('approver2')];
    const { id } = await world.call<{ id: string }>('POST', '/withdrawals', {
      body: { amountFen: 1_200, account: PAYEE },
    });
    await approver.goToActor(`withdrawal/${id}`);
    await approver.act('approve', REASON, id);
    await approver.confirm();
    await approver.page.locator('.receipt a').click();
    await approver.page.getByRole('button', { name: 'Break the glass' }).click();
    const dialog = approver.page.locator('dialog[open]');
    await dialog.locator('textarea').fill('nobody else can be reached');
    await dialog.getByLabel('Ticket').fill('SEV-7');
    await dialog.getByLabel(/last four/i).fill('zzzz');
    await dialog.getByRole('button', { name: 'Break the glass' }).click();
    await dialog.getByText('The confirmation does not match').waitFor();
    await dialog.getByLabel(/last four/i).fill(id.slice(-4));
    await dialog.getByRole('button', { name: 'Break the glass' }).click();
    await approver.page.locator('.page-head').getByText('Done by one, review due').waitFor();
    await approver.page.getByText('An approver other than who asked has to review it.').waitFor();

    const due = rowsOf(other, 'Approvals').filter({ hasText: id });
    await due.getByText('Done by one, review due').waitFor();
    await due.getByRole('link').first().click();
    await other.page.getByRole('button', { name: 'Agree' }).click();
    await giveReason(other, 'Agree');
    await other.page.locator('.page-head').getByText('Done by one, reviewed').waitFor();
    await other.goTo('');
    await other.page.getByText('Followed', { exact: true }).first().waitFor();
    expect(await other.page.getByText('Emergencies to review').count()).toBe(0);
  });

  it('grants a role by two admins', async () => {
    const [admin, second] = [await enter('admin'), await enter('admin2')];
    await admin.goTo('/settings');
    await admin.page.getByRole('button', { name: 'Add a user' }).click();
    const dialog = admin.page.locator('dialog[open]');
    await dialog.getByLabel('Name').fill('wang');
    await dialog.getByLabel('Role').selectOption('operator');
    await dialog.getByLabel('Reason').fill(REASON);
    await dialog.getByRole('button', { name: 'Add a user' }).click();
    const password = (await admin.page.locator('code.secret').textContent()) ?? '';
    await admin.page.getByText('The change to wang counts once another admin agrees').waitFor();
    const asked = rowsOf(second, 'Approvals').filter({ hasText: 'staff/wang' });
    await asked.getByRole('link').first().click();
    await second.page.getByRole('button', { name: 'Approve' }).click();
    await giveReason(second, 'Approve');
    await second.page.locator('.page-head').getByText('Approved', { exact: true }).waitFor();
    const wang = await enter('wang', password);
    await wang.page.locator('.top .who').getByText('operator').waitFor();
  });

  it('exports the whole history of one actor to an auditor', async () => {
    const auditor = await enter('auditor');
    await auditor.goToActor(`member/${WATCHED}`);
    await auditor.page.getByRole('button', { name: 'Export' }).click();
    const dialog = auditor.page.locator('dialog[open]');
    await dialog.getByLabel('Reason').fill('asked for by the court');
    const [download] = await Promise.all([
      auditor.page.waitForEvent('download'),
      dialog.getByRole('link', { name: 'Export' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`member-${WATCHED}.jsonl`);
    const lines = readFileSync(await download.path(), 'utf8')
      .trimEnd()
      .split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
      address: `member/${WATCHED}`,
      isComplete: true,
      lastSeq: lines.length - 1,
    });
  });

  it('shows a user id that is a phone number masked, until somebody says why they must see it', async () => {
    const operator = await enter('operator');
    await operator.page.keyboard.press('/');
    await operator.page.keyboard.type(PHONE);
    await operator.page.keyboard.press('Enter');
    await operator.page.locator('tbody a').getByText('138****00').first().click();
    await operator.page.locator('[data-address^="member/masked."]').waitFor();
    await operator.page.locator('svg.chart [aria-current]').first().waitFor();
    await operator.page.locator('.actor-line').getByText('138****00').first().waitFor();
    await operator.page.locator('[data-live=live]').waitFor();
    await freeze(PHONE, 'freeze');
    await operator.waitUntilLit('member.frozen');
    expect(await operator.page.content()).not.toContain(PHONE);
    await operator.page.locator('.actor-line').getByRole('button', { name: 'Reveal' }).click();
    const dialog = operator.page.locator('dialog[open]');
    await dialog.getByLabel('Reason').fill('the customer is on the phone');
    await dialog.locator('button[type=submit]').click();
    await operator.page.locator('mark.revealed').getByText(PHONE).waitFor();
  });

  it('shows of each incident how many it was about in the last day, and only those asked for', async () => {
    await losePayouts(world, 2);
    const operator = await enter('operator');
    await operator.goTo('/incidents');
    // On a busy machine one may have timed out instead: two incidents of one each.
    const row = rowsOf(operator, 'Incidents').filter({ hasText: 'Outcome unknown' }).first();
    await row.getByRole('img', { name: /[12] now, 0 six hours ago/ }).waitFor({ timeout: COUNTED_MS });
    await operator.page.getByRole('button', { name: 'Mine' }).click();
    await operator.page.waitForURL('**/incidents?show=mine');
    await operator.page.getByText('No incident fits the filter').waitFor();
    await world.clearFaults();
  });

  it('never threw, and nothing was stopped by its content security policy', () => {
    expect(people.flatMap(({ faults }) => faults)).toEqual([]);
  });
});

function rowsOf({ page }: ConsolePage, table: string): Locator {
  return page.getByRole('table', { name: table, exact: true }).locator('tbody tr');
}

async function giveReason({ page }: ConsolePage, confirm: string): Promise<void> {
  const dialog = page.locator('dialog[open]');
  await dialog.locator('textarea').fill(REASON);
  await dialog.getByRole('button', { name: confirm, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}
