/**
 * Kept state of a server that has its data folder for itself.
 *
 * Owns `<data folder>/dependencies.json`. Invariant: the file is replaced as a whole, so it is never half written. A file
 * that cannot be read is as good as none: it holds hints.
 */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { ActorError } from '../../actors/errors.ts';
import type { KeptEntry, KeptState } from './kept-state.ts';

/** Reads the file at the first use; saves follow one another. */
export function createKeptStateFile(dataDir: string): KeptState {
  const path = join(dataDir, 'dependencies.json');
  let kept: Map<string, KeptEntry> | undefined;
  let writing = Promise.resolve();

  const read = async () => {
    kept ??= new Map((await readEntries(path)).map((entry) => [entry.key, entry]));
    return kept;
  };
  const write = async (entries: readonly KeptEntry[]) => {
    const all = await read();
    for (const entry of entries) if (entry.at >= (all.get(entry.key)?.at ?? 0)) all.set(entry.key, entry);
    await replaceFile(dataDir, path, JSON.stringify([...all.values()]));
  };
  return {
    isShared: false,
    async load(since) {
      const all = await read();
      for (const { key, at } of [...all.values()]) if (at < since) all.delete(key);
      return [...all.values()];
    },
    save(entries) {
      const done = writing
        .then(() => write(entries))
        .catch((cause: unknown) => {
          throw new ActorError('STORE_UNAVAILABLE', `${path} cannot be written`, { cause });
        });
      writing = done.catch(() => {});
      return done;
    },
  };
}

async function readEntries(path: string): Promise<readonly KeptEntry[]> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as readonly KeptEntry[];
  } catch {
    return [];
  }
}

async function replaceFile(dataDir: string, path: string, text: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${path}.new`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}
