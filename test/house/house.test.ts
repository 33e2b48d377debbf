import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/actors/errors.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const readme = read('README.md');
const manifest = JSON.parse(read('package.json')) as Record<'scripts' | 'dependencies' | 'devDependencies', object>;

const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path: `src/${path}`, text: read(`src/${path}`) }));

/** Code without comments. */
function codeOf(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

/** First cells of the README's tables, without their backticks, of one section. */
function cellsOf(heading: string): string[] {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
}

describe('the house', () => {
  const owners: Record<string, { pattern: RegExp; files: string[] }> = {
    'the wall clock': { pattern: /\bDate\.now\(|new Date\(\)/, files: ['src/infra/system-clock.ts'] },
    randomness: { pattern: /\bMath\.random\(|\brandomUUID\(/, files: ['src/infra/random-ids.ts'] },
    'the environment': { pattern: /\bprocess\.env\b/, files: ['src/infra/config.ts'] },
  };
  for (const [what, { pattern, files }] of Object.entries(owners)) {
    it(`reads ${what} in one file only`, () => {
      const users = sources.filter(({ text }) => pattern.test(codeOf(text))).map(({ path }) => path);
      expect(users).toEqual(files);
    });
  }

  it('keeps files readable in one sitting: 400 lines at most', () => {
    const long = sources.filter(({ text }) => text.split('\n').length > 401).map(({ path }) => path);
    expect(long).toEqual([]);
  });

  it('starts every file of the runtime and the adapters with what it owns', () => {
    const bare = sources
      .filter(({ path }) => /^src\/(actors|infra)\//.test(path))
      .filter(({ text }) => !text.startsWith('/**'));
    expect(bare.map(({ path }) => path)).toEqual([]);
  });
});

describe('the README', () => {
  it('lists every error code of the runtime with its retry class, and no other', () => {
    for (const [code, { retry }] of Object.entries(ERROR_CODES)) expect(readme).toContain(`| \`${code}\` | ${retry} |`);
    expect(cellsOf('Errors').sort()).toEqual(Object.keys(ERROR_CODES).sort());
  });

  it('lists every variable that the configuration reads, and no other', () => {
    const read = [
      ...codeOf(sources.find(({ path }) => path === 'src/infra/config.ts')?.text ?? '').matchAll(
        /'([A-Z][A-Z_]{3,})'/g,
      ),
    ];
    const listed = cellsOf('Configuration').filter((name) => !name.startsWith('_'));
    expect([...new Set(read.map(([, name]) => name))].sort()).toEqual([...new Set(listed)].sort());
  });

  it('lists every npm script that a person runs', () => {
    for (const name of Object.keys(manifest.scripts)) {
      expect(readme, name).toMatch(new RegExp(`\\b(npm |run |\`)${name}\\b|, \`${name}\``));
    }
  });

  it('says why each dependency is there, and every version is exact', () => {
    for (const name of Object.keys(manifest.dependencies)) expect(readme).toContain(`\`${name}\``);
    const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
    for (const version of versions) expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
  });
});
