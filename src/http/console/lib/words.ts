/** All text of the page, in two flat files with the same keys. */
import en from '../words/en.json' with { type: 'json' };
import zh from '../words/zh-cn.json' with { type: 'json' };
import { locale } from './preferences.ts';

export type Key = keyof typeof zh;
type Values = Readonly<Record<string, string | number>>;

const FILES: Readonly<Record<'zh-CN' | 'en', Readonly<Record<string, string>>>> = { 'zh-CN': zh, en };

/** The text in the chosen language; `{name}` is filled in from `values`. */
export function t(key: Key, values?: Values): string {
  return filled(FILES[locale.get()][key] ?? key, values);
}

/** The text of a key that came from outside (a code, a field's name), or the fallback when there is none. */
export function tOr(key: string, fallback: string, values?: Values): string {
  const text = FILES[locale.get()][key];
  return text === undefined ? fallback : filled(text, values);
}

/** The keys that begin so, in the order of the file. */
export function keysBelow(prefix: string): readonly string[] {
  return Object.keys(zh).filter((key) => key.startsWith(prefix));
}

/** The text in each language. */
export function inBoth(key: string): readonly string[] {
  return [FILES['zh-CN'], FILES.en].map((file) => file[key] ?? key);
}

function filled(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The one of both that the person reads. */
export function inLocale(words: { readonly zh: string; readonly en: string }): string {
  return locale.get() === 'en' ? words.en : words.zh;
}
