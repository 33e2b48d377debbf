/**
 * Calendar arithmetic at +08:00, on which the partner's days and months run. Fixed offset, no daylight saving, and
 * independent of the process's own time zone.
 */

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const OFFSET_MS = 8 * HOUR_MS;

/** 00:00 +08:00 of the day that `ms` falls on. */
export function startOfDay(ms: number): number {
  return Math.floor((ms + OFFSET_MS) / DAY_MS) * DAY_MS - OFFSET_MS;
}

/** The first moment after `ms` at which a clock at +08:00 shows `sinceMidnightMs`. */
export function nextTimeOfDay(ms: number, sinceMidnightMs: number): number {
  const today = startOfDay(ms) + sinceMidnightMs;
  return today > ms ? today : today + DAY_MS;
}

/** 00:00 +08:00 on `day` (1 to 28) of the month after the one that `ms` falls in. */
export function dayOfNextMonth(ms: number, day: number): number {
  const local = new Date(ms + OFFSET_MS);
  return Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, day) - OFFSET_MS;
}
