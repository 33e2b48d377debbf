/**
 * The partners' clock face: `yyyy-MM-dd HH:mm:ss` at +08:00 (no daylight saving), whatever the process's zone.
 *
 * The sandbox keeps its own copy: a partner that shared code with the client under test could not find its mistakes.
 */

const OFFSET_MS = 8 * 60 * 60 * 1000;
const FORMAT = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/;

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The partner's text for a moment, cut to the second. Texts compare as the moments do. */
export function toShanghai(ms: number): string {
  return new Date(ms + OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** The moment of a partner's text; undefined unless it is a real date in exactly the partner's format. */
export function fromShanghai(text: string): number | undefined {
  if (!FORMAT.test(text)) return undefined;
  const ms = Date.parse(`${text.replace(' ', 'T')}+08:00`);
  return Number.isNaN(ms) || toShanghai(ms) !== text ? undefined : ms;
}
