/**
 * Pictures of every page, in both languages, at 1280 and 390 pixels, light and dark, in `screenshots/`:
 * `npm run screenshots [-- NAME…]`. They are for looking at, not for comparing.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launchChromium } from './support/chromium.ts';
import { ConsolePage } from './support/console-page.ts';
import { startConsoleWorld, waitForMoney } from './support/console-world.ts';
import { pagesOf } from './support/pages.ts';

const FOLDER = join(import.meta.dirname, '../../screenshots');
const SETTLE_MS = 700;
const names = process.argv.slice(2);

mkdirSync(FOLDER, { recursive: true });
const world = await startConsoleWorld();
const browser = await launchChromium();
try {
  await waitForMoney(world);
  const approver = await ConsolePage.open(browser, world, 'approver');
  const pages = await pagesOf(world, approver);
  await approver.close();
  for (const locale of ['zh-CN', 'en'] as const) {
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [390, 'light'],
      [1280, 'dark'],
    ] as const) {
      const admin = await ConsolePage.open(browser, world, 'admin', { width, locale, colorScheme });
      for (const { name, path, ready } of pages) {
        if (names.length > 0 && !names.includes(name)) continue;
        await admin.goTo(path);
        await admin.page.locator(ready).first().waitFor();
        await admin.page.waitForTimeout(SETTLE_MS);
        await admin.page.screenshot({
          path: join(FOLDER, `${name}-${width}-${locale}-${colorScheme}.png`),
          fullPage: true,
        });
      }
      for (const fault of admin.faults) console.error(fault);
      await admin.close();
    }
  }
} finally {
  await browser.close();
  await world.stop();
}
