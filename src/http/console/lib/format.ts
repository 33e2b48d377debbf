/** Money, times and ages as people read them, in the chosen language and zone. */
import { locale, timeZone } from './preferences.ts';
import { t } from './words.ts';

/** `¥1,234.56`, the minus in front. */
export function money(amountFen: number): string {
  const yuan = (Math.abs(amountFen) / 100).toLocaleString('en-US', { minimumFractionDigits: 2 });
  return `${amountFen < 0 ? '−' : ''}¥${yuan}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const zone = timeZone.get();
  const key = `${zone} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (format === undefined) {
    // Swedish is written as ISO 8601: the same width in every language, and it sorts.
    format = new Intl.DateTimeFormat('sv-SE', zone === 'local' ? options : { ...options, timeZone: zone });
    formats.set(key, format);
  }
  return format;
}

/** `2026-11-20 09:14:03`. */
export function dateTime(at: number): string {
  return formatOf({ dateStyle: 'short', timeStyle: 'medium' }).format(at);
}

/** `09:14:03`. */
export function clockTime(at: number): string {
  return formatOf({ timeStyle: 'medium' }).format(at);
}

/** The day and the time when it is another day than now, else the time alone. */
export function shortTime(at: number, now: number): string {
  const day = formatOf({ dateStyle: 'short' });
  return day.format(at) === day.format(now) ? clockTime(at) : dateTime(at).slice(5, 16);
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time by its two greatest units: `2 天 3 小时`, `4 min 12 s`. */
export function duration(ms: number): string {
  const length = Math.abs(ms);
  if (length < SECOND) return t('duration.none');
  const units = [
    ['d', DAY],
    ['h', HOUR],
    ['m', MINUTE],
    ['s', SECOND],
  ] as const;
  const first = units.findIndex(([, unit]) => length >= unit);
  return units
    .slice(first, first + 2)
    .map(
      ([name, unit], index) =>
        [name, Math.floor((index === 0 ? length : length % (units[first]?.[1] ?? DAY)) / unit)] as const,
    )
    .filter(([, count]) => count > 0)
    .map(([name, count]) => t(`duration.${name}`, { n: count }))
    .join(' ');
}

/** `3 分 5 秒前`, or how long until then. */
export function relative(at: number, now: number): string {
  const length = duration(now - at);
  if (Math.abs(now - at) < SECOND) return t('time.now');
  return at <= now ? t('time.ago', { length }) : t('time.in', { length });
}

/** `04:12`, for countdowns; nothing is left below zero. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / SECOND));
  if (seconds >= 3600) return duration(ms);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}

export function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(ratio > 0 && ratio < 0.1 ? 1 : 0)}%`;
}

export function integer(value: number): string {
  return value.toLocaleString(locale.get() === 'en' ? 'en-US' : 'zh-CN');
}
