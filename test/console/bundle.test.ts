import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tempFolder } from '../support/server-process.ts';
import { buildPage } from './support/chromium.ts';

const MOST_BYTES = 60 * 1024;

describe('the bundled page', () => {
  const folder = tempFolder();
  beforeAll(() => buildPage(folder.path));
  afterAll(() => folder.remove());

  it('has at most 60 kB of JavaScript, gzipped', () => {
    const assets = join(folder.path, 'assets');
    const bytes = readdirSync(assets)
      .filter((name) => name.endsWith('.js'))
      .reduce((sum, name) => sum + gzipSync(readFileSync(join(assets, name))).length, 0);
    console.log(`page JS: ${(bytes / 1024).toFixed(1)} kB gzipped`);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
  });

  it('has no inline script, style or handler, and loads nothing from elsewhere', () => {
    const html = readFileSync(join(folder.path, 'index.html'), 'utf8');
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/);
    for (const [, url] of html.matchAll(/(?:src|href)="([^"]+)"/g)) expect(url).toMatch(/^\/console\/assets\//);
  });
});
