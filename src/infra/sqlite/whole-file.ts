/**
 * Finds a database file that was cut off, before SQLite opens it.
 *
 * Owns the check that SQLite leaves out: beside a write-ahead log it takes a file that is too short, since a crash while the
 * log was copied back leaves one too, and copying the log back then fills the gap with zeros. Every page beyond the
 * file's end must be in the log. Layout: https://www.sqlite.org/fileformat2.html
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { corrupt } from './sqlite-errors.ts';

const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;
const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const SALT = { at: 16, bytes: 8 };
const FRAME_SALT_AT = 8;

interface Log {
  /** Pages that stand in it. */
  readonly pages: ReadonlySet<number>;
  /** How many pages the database has by its last commit; undefined when it has none. */
  readonly pageCount: number | undefined;
}

/**
 * Must not be called while this process has the file open: closing it here would drop its locks.
 * @throws STORE_CORRUPT when it is no database, or a page is neither in it nor in its log
 */
export function assertWhole(path: string): void {
  const { header, size } = withFile(path, (file, size) => ({ header: readAt(file, 0, HEADER_BYTES), size }));
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) throw corrupt(path, 'not a SQLite database');
  const pageBytes = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  const log = readLog(`${path}-wal`, pageBytes);
  const pageCount = log.pageCount ?? header.readUInt32BE(28);
  for (let page = Math.floor(size / pageBytes) + 1; page <= pageCount; page += 1) {
    if (!log.pages.has(page)) throw corrupt(path, `cut off: page ${page} of ${pageCount} is missing`);
  }
}

function readLog(path: string, pageBytes: number): Log {
  const pages = new Set<number>();
  let pageCount: number | undefined;
  if (!existsSync(path)) return { pages, pageCount };
  return withFile(path, (file, size) => {
    const salt = readAt(file, SALT.at, SALT.bytes);
    for (let at = LOG_HEADER_BYTES; at + FRAME_HEADER_BYTES + pageBytes <= size; at += FRAME_HEADER_BYTES + pageBytes) {
      const frame = readAt(file, at, FRAME_HEADER_BYTES);
      // What follows is left from before the log began anew.
      if (!frame.subarray(FRAME_SALT_AT, FRAME_SALT_AT + SALT.bytes).equals(salt)) break;
      pages.add(frame.readUInt32BE(0));
      pageCount = frame.readUInt32BE(4) || pageCount;
    }
    return { pages, pageCount };
  });
}

function withFile<T>(path: string, use: (file: number, size: number) => T): T {
  const file = openSync(path, 'r');
  try {
    return use(file, fstatSync(file).size);
  } finally {
    closeSync(file);
  }
}

function readAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  readSync(file, bytes, 0, length, position);
  return bytes;
}
