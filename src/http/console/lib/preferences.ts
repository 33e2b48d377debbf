/** What a person has chosen on this device: language, whose time, colours. */
import { type Observable, observable } from './observable.ts';

const LOCALES = ['zh-CN', 'en'] as const;
const TIME_ZONES = ['Asia/Shanghai', 'local', 'UTC'] as const;
const THEMES = ['system', 'light', 'dark'] as const;

export type Locale = (typeof LOCALES)[number];
export type TimeZone = (typeof TIME_ZONES)[number];
export type Theme = (typeof THEMES)[number];

export const choices = { locale: LOCALES, timeZone: TIME_ZONES, theme: THEMES };

export const locale = remembered<Locale>('locale', LOCALES);
export const timeZone = remembered<TimeZone>('timeZone', TIME_ZONES);
export const theme = remembered<Theme>('theme', THEMES);

/** The first choice is the default. Without storage (private windows) a choice lasts as long as the page. */
function remembered<T extends string>(name: string, allowed: readonly [T, ...T[]]): Observable<T> {
  const key = `console.${name}`;
  const value = observable<T>(allowed.find((choice) => choice === stored(key)) ?? allowed[0]);
  value.subscribe(() => {
    try {
      localStorage.setItem(key, value.get());
    } catch {
      // Not remembered, that is all.
    }
  });
  return value;
}

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
