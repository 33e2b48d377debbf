const EIGHT_HOURS_MS = 8 * 60 * 60 * 1000;

/** Epoch ms as RFC 3339 in China Standard Time, e.g. `2026-03-01T00:00:00.000+08:00`. */
export function toRfc3339(ms: number): string {
  return `${new Date(ms + EIGHT_HOURS_MS).toISOString().slice(0, -1)}+08:00`;
}

/** The same for a time that may not be known yet. */
export function toRfc3339OrNull(ms: number | null): string | null {
  return ms === null ? null : toRfc3339(ms);
}
