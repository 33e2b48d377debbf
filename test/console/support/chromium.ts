/** Debian's Chromium, or whatever Chrome there is: the tests of the page are skipped, loudly, where there is none. */
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { build } from 'vite';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const ROOT = join(import.meta.dirname, '../../..');
const SOURCES = join(ROOT, 'src/http/console');
const BUILT = join(ROOT, 'dist/console');

/** Undefined where there is none. `CHROMIUM_BIN` goes before `PATH`. */
export function findChromium(): string | undefined {
  const { CHROMIUM_BIN, PATH = '' } = process.env;
  if (CHROMIUM_BIN !== undefined) return CHROMIUM_BIN;
  const found = PATH.split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
  if (found === undefined)
    console.warn(
      `no Chromium: the console page is not tested (set CHROMIUM_BIN, or put one of ${NAMES.join(', ')} in PATH)`,
    );
  return found;
}

export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('there is no Chromium');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** Builds the page into `folder`. */
export async function buildPage(folder: string): Promise<void> {
  await build({
    configFile: join(SOURCES, 'vite.config.ts'),
    build: { outDir: folder, emptyOutDir: true },
    logLevel: 'error',
  });
}

/** The served page is that of the sources: built anew if they are newer, and put in its place at once. */
export async function freshenPage(): Promise<void> {
  const newest = Math.max(
    ...readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).map((path) => statSync(join(SOURCES, path)).mtimeMs),
  );
  const index = join(BUILT, 'index.html');
  const isFresh = () => existsSync(index) && statSync(index).mtimeMs > newest;
  if (isFresh()) return;
  const [fresh, old] = [`${BUILT}-${process.pid}`, `${BUILT}-${process.pid}-old`];
  await buildPage(fresh);
  try {
    // Another test may have been faster, and its servers look into the folder: the same page is not put there again.
    if (isFresh()) return;
    if (existsSync(BUILT)) renameSync(BUILT, old);
    renameSync(fresh, BUILT);
  } catch (error) {
    if (!isFresh()) throw error;
  } finally {
    for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true });
  }
}
