import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockFolder } from '../../src/infra/sqlite/owner-lock.ts';
import { openSqliteDatabase, type SqliteDatabase } from '../../src/infra/sqlite/sqlite-database.ts';
import { SqliteJournal } from '../../src/infra/sqlite/sqlite-journal.ts';
import { recordOf } from '../support/journal-records.ts';
import { type StartedProcess, startProcess } from '../support/started-process.ts';
import { storeProcess } from '../support/store-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function startStore(folder: string, rounds = 0): StartedProcess {
  return startProcess(process.execPath, [storeProcess, folder, String(rounds)]);
}

/** The error `open` throws. */
function refusal(open: () => SqliteDatabase): unknown {
  try {
    open().close();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('[S1] a data folder', () => {
  it('is refused to a second process, which is told whose it is and what to do', async () => {
    const folder = temporaryFolder();
    await startStore(folder).line('open');
    const error = refusal(() => openSqliteDatabase(folder));
    expect(error).toMatchObject({ code: 'STORE_OWNED' });
    expect(String(error)).toContain(folder);
    expect(String(error)).toContain('DATA_DIR');
  });

  it('is refused to a second store of the same process, and stays owned by the first', async () => {
    const folder = temporaryFolder();
    const first = lockFolder(folder);
    expect(refusal(() => openSqliteDatabase(folder))).toMatchObject({ code: 'STORE_OWNED' });
    // Closing a file drops all POSIX locks that a process has on it: the refused attempt must not have dropped the first's.
    expect(await startStore(folder).line('failed')).toMatch(/^failed STORE_OWNED/);
    first.release();
  });

  it('is free once its owner is killed, and has every acknowledged record', async () => {
    const folder = temporaryFolder();
    const owner = startStore(folder, 20);
    await owner.line('committed 20');
    await owner.kill();
    const database = openSqliteDatabase(folder);
    expect(await new SqliteJournal(database).page('balance/u1', 0, 100)).toHaveLength(20);
    database.close();
  });

  it('is free once its owner is killed while it writes, ten times over', async () => {
    const folder = temporaryFolder();
    for (let round = 1; round <= 10; round += 1) {
      const owner = startStore(folder, 1_000);
      const seq = await owner.line('committed');
      await owner.kill();
      const database = openSqliteDatabase(folder);
      const last = await new SqliteJournal(database).last('balance/u1');
      expect(last?.seq).toBeGreaterThanOrEqual(Number(seq.split(' ')[1]));
      database.close();
    }
  });

  it('is free once its owner has closed it, which may be said twice', () => {
    const folder = temporaryFolder();
    const database = openSqliteDatabase(folder);
    database.close();
    database.close();
    expect(refusal(() => openSqliteDatabase(folder))).toBeUndefined();
  });

  it('is made for its owner alone, and so is every file in it', async () => {
    const folder = join(temporaryFolder(), 'deep', 'data');
    const database = openSqliteDatabase(folder);
    await new SqliteJournal(database).append([recordOf('order/1', 1)]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(folder))
      expect([file, statSync(join(folder, file)).mode & 0o077]).toEqual([file, 0]);
    database.close();
  });

  it('that was there keeps its mode; a store anyone may read is closed to them', () => {
    const folder = join(temporaryFolder(), 'data');
    mkdirSync(folder, { mode: 0o755 });
    openSqliteDatabase(folder).close();
    chmodSync(join(folder, 'store.db'), 0o644);
    openSqliteDatabase(folder).close();
    expect(statSync(folder).mode & 0o777).toBe(0o755);
    expect(statSync(join(folder, 'store.db')).mode & 0o777).toBe(0o600);
  });
});
