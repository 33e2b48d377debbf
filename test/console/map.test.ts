/** The machine map with real traffic, and what programs of other versions left behind, in the browser. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteDatabase } from '../../src/infra/sqlite/sqlite-database.ts';
import { SqliteJournal } from '../../src/infra/sqlite/sqlite-journal.ts';
import { SqliteProjections } from '../../src/infra/sqlite/sqlite-projections.ts';
import { SystemClock } from '../../src/infra/system-clock.ts';
import { LOST, leaveMembers, OLD, WAKE } from '../support/earlier-version.ts';
import { findChromium, launchChromium } from './support/chromium.ts';
import { ConsolePage } from './support/console-page.ts';
import { onSqlite } from './support/console-stores.ts';
import { type ConsoleWorld, startConsoleWorld, waitForMoney } from './support/console-world.ts';

const FREEZES = 3;

/** The server starts on a folder that earlier programs have written to. */
const onEarlierData: typeof onSqlite = async (folder) => {
  const database = openSqliteDatabase(folder);
  await leaveMembers(new SqliteJournal(database), new SqliteProjections(database, new SystemClock()));
  database.close();
  return onSqlite(folder);
};

describe.skipIf(findChromium() === undefined)('the machine map', { timeout: 60_000 }, () => {
  let world: ConsoleWorld;
  let browser: Browser;
  let viewer: ConsolePage;

  beforeAll(async () => {
    [world, browser] = await Promise.all([startConsoleWorld(onEarlierData), launchChromium()]);
    await waitForMoney(world);
    viewer = await ConsolePage.open(browser, world, 'viewer');
  }, 90_000);

  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });

  const freeze = (verb: 'freeze' | 'unfreeze') =>
    world.call('POST', `/staff/members/u9/${verb}`, { role: 'approver', body: { reason: 'a step to be counted' } });
  const rowOf = (table: string, text: string) =>
    viewer.page.getByRole('table', { name: table }).locator('tbody tr', { hasText: text });

  it('tells the busiest steps by thick lines, in figures and in words, of an hour or a day', async () => {
    for (let n = 0; n < FREEZES; n += 1) {
      await freeze('freeze');
      await freeze('unfreeze');
    }
    await viewer.goTo('/machines/member');
    const { page } = viewer;
    const edge = page.locator('svg.chart [data-edge="member|freeze|member.frozen"]');
    expect(await edge.locator('.told').textContent()).toBe(`×${FREEZES}`);
    expect(await edge.locator('.line').getAttribute('class')).toBe('line busy-4');
    expect(await rowOf('Most frequent steps', 'Freeze').first().textContent()).toContain(String(FREEZES));
    expect(await page.locator('.unseen .transitions').first().textContent()).toContain(`${FREEZES} times`);
    expect(await rowOf('States', 'Frozen').textContent()).toMatch(/\d ms/);
    await page.getByRole('button', { name: '24 hours' }).click();
    await page.waitForURL(/hours=24/);
    await edge.locator('.told').waitFor();
  });

  it('draws another version by its own chart, with who still runs on it', async () => {
    await viewer.goTo('/machines/member');
    await viewer.page.locator('select').selectOption(OLD);
    await viewer.page.locator(`svg.chart [data-edge="${WAKE}"]`).waitFor();
    await viewer.page.locator('.notice', { hasText: OLD }).waitFor();
    expect(await rowOf('States', 'Awake').textContent()).toContain('1');
    await rowOf('States', 'Awake').getByRole('link').click();
    const standing = viewer.page.getByRole('table', { name: 'What stands in this state' }).locator('tbody tr');
    await standing.first().waitFor();
    expect(await standing.allTextContents()).toEqual([expect.stringMatching(/early.*Awake/)]);
  });

  it('of a version without a chart lists the states that have anything', async () => {
    await viewer.goTo(`/machines/member?version=${LOST}`);
    await viewer.page.locator('.notice', { hasText: LOST }).waitFor();
    expect(await viewer.page.locator('svg.chart').count()).toBe(0);
    await rowOf('States', 'drifting').waitFor();
  });

  it('shows an actor’s past by the chart of its version, and without one by its states', async () => {
    await viewer.goToActor('member/early', '?seq=1');
    expect(await viewer.litStates()).toEqual(['member', 'member.asleep']);
    await viewer.page.locator('.notice', { hasText: OLD }).waitFor();
    await viewer.goTo('/actors/member/lost');
    await viewer.page.locator('.notice', { hasText: LOST }).waitFor();
    await viewer.page.locator('.outline li.active', { hasText: 'drifting' }).waitFor();
    expect(viewer.faults).toEqual([]);
  });
});
