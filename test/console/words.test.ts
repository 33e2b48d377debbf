import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import en from '../../src/http/console/words/en.json' with { type: 'json' };
import zh from '../../src/http/console/words/zh-cn.json' with { type: 'json' };
import { CONSOLE_ACCESS } from '../../src/http/console-api/access.ts';

const SOURCES = join(import.meta.dirname, '../../src/http/console');
const code = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => readFileSync(join(SOURCES, path), 'utf8'))
  .join('\n');

const keys = Object.keys(zh);
/** Keys that stand in the code, and the beginnings of those that are put together there. */
const literal = new Set([...code.matchAll(/['"`]([a-zA-Z]+(?:\.[\w-]+)*)['"`]/g)].map(([, key]) => key));
const prefixes = [...code.matchAll(/`([a-zA-Z][\w.]*)\$\{/g)].map(([, prefix]) => prefix ?? '');
/** Keys of groups that are named by their first word and the chosen value: `theme.dark`. */
const groups = ['locale.', 'timeZone.', 'theme.', 'nav.', 'help.', 'audit.action.'];

describe('the words of the console', () => {
  it('are the same keys in both languages, none of them empty', () => {
    expect(Object.keys(en).sort()).toEqual([...keys].sort());
    for (const text of [...Object.values(zh), ...Object.values(en)]) expect(text).not.toBe('');
  });

  it('name the same values in both languages', () => {
    const values = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
    for (const [key, text] of Object.entries(zh)) {
      expect(values(en[key as keyof typeof en]), key).toEqual(values(text));
    }
  });

  it('are each used', () => {
    const unused = keys.filter(
      (key) => !literal.has(key) && ![...prefixes, ...groups].some((prefix) => prefix !== '' && key.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
  });

  it('name every act of the audit log', () => {
    const acts = Object.values(CONSOLE_ACCESS).flatMap(({ audit }) => audit ?? []);
    const nameless = ['search.personal', ...acts].filter((act) => !keys.includes(`audit.action.${act}`));
    expect(nameless).toEqual([]);
  });

  it('are in no other place: the code has no text of its own in Chinese but the names of the languages', () => {
    const strings = code
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/^\s*\/\/.*$/gm, '')
      .match(/\p{Script=Han}+/gu);
    const digits = /^[零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整负]+$/;
    expect((strings ?? []).filter((text) => !digits.test(text) && text !== '中文' && text !== '中')).toEqual([]);
  });
});
