import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, launchChromium } from './support/chromium.ts';
import { ConsolePage } from './support/console-page.ts';
import { type ConsoleWorld, startConsoleWorld, waitForMoney } from './support/console-world.ts';
import { type NamedPage, pagesOf } from './support/pages.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(findChromium() === undefined)('every page of the console', { timeout: 90_000 }, () => {
  let world: ConsoleWorld;
  let browser: Browser;
  let pages: readonly NamedPage[];

  beforeAll(async () => {
    [world, browser] = await Promise.all([startConsoleWorld(), launchChromium()]);
    await waitForMoney(world);
    const approver = await ConsolePage.open(browser, world, 'approver');
    pages = await pagesOf(world, approver);
    await approver.close();
  }, 90_000);

  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`is accessible by the rules of axe (${colorScheme})`, async () => {
      const admin = await ConsolePage.open(browser, world, 'admin', { colorScheme });
      const found: Record<string, string[]> = {};
      for (const { name, path, ready } of pages) {
        await admin.goTo(path);
        await admin.page.locator(ready).first().waitFor();
        const violations = await violationsOn(admin);
        if (violations.length > 0) found[name] = violations;
      }
      await admin.page.locator('.sign-out').click();
      await admin.page.locator('.sign-in').waitFor();
      const violations = await violationsOn(admin);
      if (violations.length > 0) found['sign-in'] = violations;
      expect(found).toEqual({});
      expect(admin.faults).toEqual([]);
      await admin.close();
    });
  }

  it('is as wide as a phone, in both languages, with nothing to scroll sideways', async () => {
    const wide: string[] = [];
    for (const locale of ['zh-CN', 'en'] as const) {
      const admin = await ConsolePage.open(browser, world, 'admin', { width: 390, locale });
      for (const { name, path, ready } of pages) {
        await admin.goTo(path);
        await admin.page.locator(ready).first().waitFor();
        const excess = await admin.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (excess > 0) wide.push(`${name} (${locale}): ${excess} px`);
      }
      await admin.close();
    }
    expect(wide).toEqual([]);
  });
});

async function violationsOn({ page }: ConsolePage): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .map(({ html }) => html.slice(0, 120))
        .slice(0, 3)
        .join(' | ')}`,
  );
}
