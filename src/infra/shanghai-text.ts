/**
 * Times as both partners write them: `yyyy-MM-dd HH:mm:ss` at +08:00.
 *
 * Pure arithmetic on epoch ms: the zone of the process plays no part. A server on UTC that wrote its own time would be
 * eight hours off, and Taobao refuses more than ten minutes (TOP doc 101617).
 */
import { HOUR_MS } from '../machines/shanghai.ts';

const OFFSET_MS = 8 * HOUR_MS;
const TEXT = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/;

/** Epoch ms as partner text; the part below a second is dropped. */
export function toShanghaiText(ms: number): string {
  return new Date(ms + OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** Partner text as epoch ms, or null when it is no time of the calendar. A leap second (`:60`) is the next second. */
export function fromShanghaiText(text: string): number | null {
  const match = TEXT.exec(text);
  if (!match) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  if (hour > 23 || minute > 59 || second > 60) return null;
  const midnight = new Date(Date.UTC(year, month - 1, day));
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return null;
  return midnight.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 - OFFSET_MS;
}
