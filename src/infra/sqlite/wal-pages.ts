/**
 * Finds a database file that was cut off.
 *
 * Owns the one check that SQLite leaves out: with a write-ahead log beside it, a file that is too short is opened, since
 * a crash while the log was copied back leaves one too. Then, though, every page beyond its end is in the log. Layout of
 * the log: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 */
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { corrupt } from './sqlite-errors.ts';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const SALT_BYTES = 8;

/** @throws STORE_CORRUPT when a page is neither in the file nor in its log */
export function assertAllPages(connection: DatabaseSync, path: string): void {
  const pragma = (name: string) => Number(connection.prepare(`PRAGMA ${name}`).get()?.[name]);
  const pageBytes = pragma('page_size');
  const pageCount = pragma('page_count');
  const present = Math.floor(statSync(path).size / pageBytes);
  if (present >= pageCount) return;
  const logged = pagesInLog(`${path}-wal`, pageBytes);
  for (let page = present + 1; page <= pageCount; page += 1) {
    if (!logged.has(page)) throw corrupt(path, `cut off: page ${page} of ${pageCount} is missing`);
  }
}

function pagesInLog(path: string, pageBytes: number): Set<number> {
  const pages = new Set<number>();
  if (!existsSync(path)) return pages;
  // Nobody locks the log, so that opening it here drops no lock of SQLite's.
  const file = openSync(path, 'r');
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    if (readSync(file, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return pages;
    const salt = header.subarray(16, 16 + SALT_BYTES);
    const { size } = fstatSync(file);
    const frame = Buffer.alloc(FRAME_HEADER_BYTES);
    for (let at = HEADER_BYTES; at < size; at += FRAME_HEADER_BYTES + pageBytes) {
      readSync(file, frame, 0, FRAME_HEADER_BYTES, at);
      if (!frame.subarray(8, 8 + SALT_BYTES).equals(salt)) break;
      pages.add(frame.readUInt32BE(0));
    }
    return pages;
  } finally {
    closeSync(file);
  }
}
