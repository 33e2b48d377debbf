import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSqliteDatabase, type SqliteDatabase } from '../../src/infra/sqlite/sqlite-database.ts';
import { SqliteJournal } from '../../src/infra/sqlite/sqlite-journal.ts';
import { SqliteProjections } from '../../src/infra/sqlite/sqlite-projections.ts';
import { createSqliteUserKeys } from '../../src/infra/sqlite/sqlite-user-keys.ts';
import { fill, recordOf, recordWith } from '../support/journal-records.ts';
import { headOf, rowOf } from '../support/projected.ts';
import { startProcess } from '../support/started-process.ts';
import { storeProcess } from '../support/store-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const large = (actor: `order/${string}`) => recordWith(actor, { text: 'x'.repeat(100_000) });
const unavailable = expect.objectContaining({ code: 'STORE_UNAVAILABLE', retry: 'later' });

/** Lets the file grow by three pages only, as a full disk would. */
function fillDisk({ connection }: SqliteDatabase): void {
  const pages = connection.prepare('PRAGMA page_count').get()?.['page_count'] as number;
  connection.exec(`PRAGMA max_page_count = ${pages + 3}`);
}

function emptyDisk({ connection }: SqliteDatabase): void {
  connection.exec('PRAGMA max_page_count = 1000000000');
}

describe('[S4] a full disk', () => {
  it('refuses a batch whole, serves reads, and takes the same batch once there is room', async () => {
    const database = openSqliteDatabase(temporaryFolder());
    const journal = new SqliteJournal(database);
    await fill(journal, 'order/1', 3);
    fillDisk(database);
    const batch = [recordOf('order/2', 1), large('order/3'), recordOf('order/4', 1)];
    await expect(journal.append(batch)).rejects.toEqual(unavailable);
    expect((await journal.last('order/1'))?.seq).toBe(3);
    expect(await journal.last('order/2')).toBeUndefined();
    expect(await journal.actors(undefined, 10)).toEqual(['order/1']);
    emptyDisk(database);
    expect(await journal.append(batch)).toEqual(['inserted', 'inserted', 'inserted']);
    for (const { actor } of batch) expect((await journal.last(actor))?.actor).toBe(actor);
    database.close();
  });

  it('refuses a batch with a duplicate in it whole as well', async () => {
    const database = openSqliteDatabase(temporaryFolder());
    const journal = new SqliteJournal(database);
    await fill(journal, 'order/1', 1);
    fillDisk(database);
    await expect(journal.append([recordOf('order/1', 1), recordOf('order/2', 1), large('order/3')])).rejects.toEqual(
      unavailable,
    );
    expect(await journal.actors(undefined, 10)).toEqual(['order/1']);
    database.close();
  });

  it('refuses heads, also ones of a state never seen, and takes them later', async () => {
    const database = openSqliteDatabase(temporaryFolder());
    const projections = new SqliteProjections(database, new VirtualClock());
    const heads = [
      headOf('order/1', 1, { state: 'new' }),
      headOf('order/2', 1, { view: { text: 'x'.repeat(100_000) } }),
    ];
    fillDisk(database);
    await expect(projections.project(heads, [rowOf('balance/u1', 1, 1)])).rejects.toEqual(unavailable);
    expect(await projections.heads({ type: 'order', limit: 5 })).toEqual([]);
    emptyDisk(database);
    await projections.project([headOf('order/3', 1, { state: 'other' })], []);
    await projections.project(heads, []);
    expect(await projections.heads({ type: 'order', state: 'new', limit: 5 })).toEqual([heads[0]]);
    database.close();
  });

  it('loses nothing that was acknowledged when the process then dies', async () => {
    const folder = temporaryFolder();
    // Node ignores SIGXFSZ, so a write over the limit fails as on a broken disk.
    const command = `ulimit -f 4800; exec "${process.execPath}" "${storeProcess}" "${folder}" 100000`;
    const store = startProcess('sh', ['-c', command]);
    expect(await store.line('failed')).toMatch(/^failed STORE_UNAVAILABLE .*store\.db/);
    await store.kill();
    const database = openSqliteDatabase(folder);
    const journal = new SqliteJournal(database);
    const last = await journal.last('balance/u1');
    expect(last?.seq).toBeGreaterThan(10);
    // The last may be one that was not acknowledged: what became of it, the refusal said, is not known.
    await expect(store.line(`committed ${(last?.seq ?? 0) - 1}`)).resolves.toBeDefined();
    await expect(store.line(`committed ${(last?.seq ?? 0) + 1}`)).rejects.toThrow(/ended/);
    database.close();
  });
});

describe('a store that became read-only', () => {
  it('refuses writes, serves reads, and goes on when it no longer is', async () => {
    const database = openSqliteDatabase(temporaryFolder());
    const journal = new SqliteJournal(database);
    await fill(journal, 'order/1', 1);
    database.connection.exec('PRAGMA query_only = ON');
    await expect(journal.append([recordOf('order/1', 2)])).rejects.toEqual(unavailable);
    expect((await journal.last('order/1'))?.seq).toBe(1);
    database.connection.exec('PRAGMA query_only = OFF');
    expect(await journal.append([recordOf('order/1', 2)])).toEqual(['inserted']);
    database.close();
  });
});

describe('a closed store', () => {
  it('answers STORE_UNAVAILABLE', async () => {
    const database = openSqliteDatabase(temporaryFolder());
    const journal = new SqliteJournal(database);
    const projections = new SqliteProjections(database, new VirtualClock());
    database.close();
    await expect(journal.append([recordOf('order/1', 1)])).rejects.toEqual(unavailable);
    await expect(journal.last('order/1')).rejects.toEqual(unavailable);
    await expect(projections.project([headOf('order/1', 1)], [])).rejects.toEqual(unavailable);
    await expect(projections.nodes()).rejects.toEqual(unavailable);
  });
});

describe('user keys', () => {
  it('once erased stand nowhere in the folder, and make room for a new one', async () => {
    const folder = temporaryFolder();
    const database = openSqliteDatabase(folder);
    const keys = createSqliteUserKeys(database);
    const found = (text: string) => {
      // In a process of its own: reading the file in this one would drop its locks.
      const files = execFileSync('sh', ['-c', `grep -l "${text}" "${folder}"/* || true`]).toString();
      return files.split('\n').filter(Boolean);
    };
    await keys.put('u1', 'w1.UNIQUE-AND-SECRET');
    await keys.mark('u1', 'MARK-TO-BE-ERASED');
    await keys.put('u2', 'w1.KEPT');
    expect(found('UNIQUE-AND-SECRET')).toEqual([join(folder, 'store.db-wal')]);
    await keys.erase('u1');
    await keys.erase('u1');
    for (const text of ['UNIQUE-AND-SECRET', 'MARK-TO-BE-ERASED']) expect(found(text)).toEqual([]);
    expect(found('w1.KEPT')).toHaveLength(1);
    expect(await keys.get('u1')).toBeNull();
    expect(await keys.put('u1', 'w1.new')).toBe('w1.new');
    expect(await keys.get('u2')).toBe('w1.KEPT');
    database.close();
  });
});
