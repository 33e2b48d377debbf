/**
 * A partner's book: an append-only file of JSON lines, the outside truth that tests compare the server with.
 *
 * Owns: the file's bytes. What the lines mean is the order book's and the payout book's business.
 * Invariants:
 * - B1 A gateway answers only after `flushed()`: what was said once is still there after `kill -9` and power loss.
 * - B2 A torn last line was never answered for; it is cut off at the next start. Any other bad line is corruption.
 * - B3 After a failed write nothing more is written or answered for.
 */
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ActorError } from '../../actors/errors.ts';

export class Book<Line> {
  readonly #file: FileHandle;
  #queued: string[] = [];
  #written: Promise<void> = Promise.resolve();

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Queues the line; it is durable when a `flushed()` called afterwards resolves. Lines keep their order. */
  append(line: Line): void {
    this.#queued.push(`${JSON.stringify(line)}\n`);
    if (this.#queued.length > 1) return;
    this.#written = this.#written.then(() => this.#write());
    // Whoever waits by `flushed()` hears of a failure; without a waiter it must not end the process.
    this.#written.catch(() => {});
  }

  /** Resolves when every line appended so far is on disk. @throws STORE_UNAVAILABLE when a write failed, from then on */
  flushed(): Promise<void> {
    return this.#written;
  }

  /** Writes what is queued and closes the file. */
  async close(): Promise<void> {
    await this.#written.catch(() => {});
    await this.#file.close();
  }

  async #write(): Promise<void> {
    // What the same request, and others now arriving, still append goes to disk by the same sync.
    await new Promise((resolve) => setImmediate(resolve));
    const text = this.#queued.join('');
    this.#queued = [];
    try {
      await this.#file.appendFile(text);
      await this.#file.datasync();
    } catch (cause) {
      throw new ActorError('STORE_UNAVAILABLE', 'a sandbox book could not be written', { cause });
    }
  }
}

/**
 * Opens the book at `path` (made with its folder if missing) and reads its lines in order.
 * @throws STORE_CORRUPT when a line other than a torn last one is not JSON
 */
export async function openBook<Line>(path: string): Promise<{ book: Book<Line>; lines: readonly Line[] }> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, 'a+', 0o600);
  const text = await file.readFile();
  const end = text.lastIndexOf('\n') + 1;
  if (end < text.length) await file.truncate(end);
  await file.sync();
  await syncFolder(dirname(path));
  const lines = text.toString('utf8', 0, end).split('\n').slice(0, -1);
  return { book: new Book<Line>(file), lines: lines.map((line, index) => parseLine<Line>(line, path, index + 1)) };
}

/** Makes a new file's name durable: without this a power loss can forget a file whose content was synced. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

function parseLine<Line>(line: string, path: string, number: number): Line {
  try {
    return JSON.parse(line) as Line;
  } catch (cause) {
    throw new ActorError('STORE_CORRUPT', `line ${number} of ${path} is not JSON`, { cause });
  }
}
