import { copyFileSync, cpSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openSqliteDatabase } from '../../src/infra/sqlite/sqlite-database.ts';
import { SqliteJournal } from '../../src/infra/sqlite/sqlite-journal.ts';
import { SqliteProjections } from '../../src/infra/sqlite/sqlite-projections.ts';
import { chained, recordOf } from '../support/journal-records.ts';
import { startProcess } from '../support/started-process.ts';
import { storeProcess } from '../support/store-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const MONEY = 'balance/u1';
const FRAME_BYTES = 24 + 16_384;
const WAL_HEADER_BYTES = 32;

async function storeWith(count: number): Promise<{ folder: string; file: string }> {
  const folder = temporaryFolder();
  const database = openSqliteDatabase(folder);
  const journal = new SqliteJournal(database);
  let prev: string | undefined;
  for (let seq = 1; seq <= count; seq += 1) {
    const record = chained(recordOf(MONEY, seq), prev);
    await journal.append([record, recordOf(`order/${seq}`, 1)]);
    prev = record.hash;
  }
  database.close();
  return { folder, file: join(folder, 'store.db') };
}

/** A folder whose owner was killed with this many rounds in the log; `logBytes` had been written when it opened. */
async function killedStore(rounds: number): Promise<{ folder: string; file: string; logBytes: number }> {
  const folder = temporaryFolder();
  const opened = startProcess(process.execPath, [storeProcess, folder, '0']);
  await opened.line('done');
  await opened.kill();
  const logBytes = statSync(join(folder, 'store.db-wal')).size;
  const owner = startProcess(process.execPath, [storeProcess, folder, String(rounds)]);
  await owner.line('done');
  await owner.kill();
  return { folder, file: join(folder, 'store.db'), logBytes };
}

function expectCorrupt(folder: string): void {
  const open = () => openSqliteDatabase(folder).close();
  expect(open).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }));
  // Nor does it start at the second try, nor without saying which file it is and what to do.
  expect(open).toThrow(join(folder, 'store.db'));
  expect(open).toThrow(/restore it from a backup/);
}

describe('[S2] a store that is not whole does not start', () => {
  it.each([
    ['in the middle', (size: number) => size / 2],
    ['within its first page', () => 1_000],
    ['after its first page', () => 4_096],
    ['by its last byte', (size: number) => size - 1],
    ['to nothing', () => 0],
  ])('cut %s', async (_, length) => {
    const { folder, file } = await storeWith(20);
    truncateSync(file, length(statSync(file).size));
    expectCorrupt(folder);
  });

  it('cut while its log is there, as after a kill', async () => {
    const { folder, file } = await killedStore(400);
    const { size } = statSync(file);
    expect(size).toBeGreaterThan(10 * 4_096);
    truncateSync(file, 0);
    expectCorrupt(folder);
    const { folder: other, file: cut } = await killedStore(400);
    truncateSync(cut, Math.floor(size / 8_192) * 4_096);
    expectCorrupt(other);
  });

  it('removed', async () => {
    const { folder, file } = await storeWith(1);
    rmSync(file);
    expectCorrupt(folder);
  });

  it('overwritten with something else', async () => {
    const { folder, file } = await storeWith(1);
    writeFileSync(file, 'no database at all, but text. '.repeat(500));
    expectCorrupt(folder);
  });

  it('overwritten with zeros', async () => {
    const { folder, file } = await storeWith(1);
    writeFileSync(file, Buffer.alloc(statSync(file).size));
    expectCorrupt(folder);
  });

  it('made by another program', () => {
    const folder = temporaryFolder();
    const other = new DatabaseSync(join(folder, 'store.db'));
    other.exec('CREATE TABLE theirs (x)');
    other.close();
    expectCorrupt(folder);
  });

  it('written by a newer version of this program', async () => {
    const { folder, file } = await storeWith(1);
    const newer = new DatabaseSync(file);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    expect(() => openSqliteDatabase(folder)).toThrow(expect.objectContaining({ code: 'STORE_UNFIT' }));
  });

  it('but a backup put into a new folder does', async () => {
    const { file } = await storeWith(3);
    const folder = temporaryFolder();
    copyFileSync(file, join(folder, 'store.db'));
    const database = openSqliteDatabase(folder);
    expect((await new SqliteJournal(database).last(MONEY))?.seq).toBe(3);
    database.close();
  });
});

describe('[S5] a money record', () => {
  it('with any one byte flipped is not read, and the error names actor and seq', async () => {
    const database = openSqliteDatabase(temporaryFolder());
    const journal = new SqliteJournal(database);
    await journal.append([chained(recordOf(MONEY, 1))]);
    const text = database.prepare('SELECT CAST(body AS BLOB) AS bytes FROM records').get()?.['bytes'] as Uint8Array;
    const write = database.prepare('UPDATE records SET body = CAST(? AS TEXT)');
    expect(text.length).toBeGreaterThan(300);
    for (let position = 0; position < text.length; position += 1) {
      const damaged = Uint8Array.from(text);
      damaged[position] = (damaged[position] as number) ^ (1 << (position % 8));
      write.run(damaged);
      const read = journal.last(MONEY);
      await expect(read, `byte ${position}`).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
      await expect(read).rejects.toThrow(/balance\/u1 seq 1/);
    }
    write.run(text);
    expect((await journal.last(MONEY))?.seq).toBe(1);
    database.close();
  });

  it('flipped in the file is found by every read', async () => {
    const { folder, file } = await storeWith(3);
    const bytes = readFileSync(file);
    const at = bytes.indexOf('"actor":"balance/u1","seq":2') + 9;
    expect(at).toBeGreaterThan(9);
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(file, bytes);
    const database = openSqliteDatabase(folder);
    const journal = new SqliteJournal(database);
    const corrupt = expect.objectContaining({ code: 'STORE_CORRUPT' });
    await expect(journal.at(MONEY, 2)).rejects.toEqual(corrupt);
    await expect(journal.page(MONEY, 0, 10)).rejects.toEqual(corrupt);
    await expect(journal.committedBy('node-a', 0, 100)).rejects.toEqual(corrupt);
    expect((await journal.last(MONEY))?.seq).toBe(3);
    database.close();
  });

  it('put in the place of another is not taken for it', async () => {
    const { folder } = await storeWith(2);
    const database = openSqliteDatabase(folder);
    const [first, second] = database.prepare('SELECT hash, body FROM records WHERE hash IS NOT NULL ORDER BY no').all();
    database.connection.exec(
      `UPDATE records SET hash = '${first?.['hash']}', body = '${first?.['body']}' WHERE seq = 2`,
    );
    expect(second?.['hash']).not.toBe(first?.['hash']);
    await expect(new SqliteJournal(database).last(MONEY)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    database.close();
  });

  it('without a hash whose text is no JSON any more is not read either', async () => {
    const { folder } = await storeWith(1);
    const database = openSqliteDatabase(folder);
    database.connection.exec(`UPDATE records SET body = substr(body, 2) WHERE hash IS NULL`);
    await expect(new SqliteJournal(database).last('order/1')).rejects.toThrow(/order\/1 seq 1/);
    database.close();
  });
});

describe('[S3] power loss', () => {
  it('leaves records, heads and watermarks up to one point, wherever the log ends', async () => {
    const rounds = 6;
    const { folder, logBytes } = await killedStore(rounds);
    const whole = statSync(join(folder, 'store.db-wal')).size;
    const seen = new Set<string>();
    for (let length = logBytes; length <= whole; length += FRAME_BYTES / 2) {
      const copy = temporaryFolder();
      cpSync(folder, copy, { recursive: true });
      const isBorder = (length - WAL_HEADER_BYTES) % FRAME_BYTES === 0;
      truncateSync(join(copy, 'store.db-wal'), length);
      const database = openSqliteDatabase(copy);
      const projections = new SqliteProjections(database, new VirtualClock());
      const record = (await new SqliteJournal(database).last(MONEY))?.seq ?? 0;
      const head = (await projections.head(MONEY))?.seq ?? 0;
      const watermark = (await projections.nodes())[0]?.watermark ?? 0;
      expect(record - head === 0 || record - head === 1, `${length} ${isBorder}`).toBe(true);
      expect(head - watermark === 0 || head - watermark === 1).toBe(true);
      seen.add(`${record} ${head} ${watermark}`);
      database.close();
    }
    // Each of the three writes of a round is a point at which the log may end.
    expect(seen.size).toBe(3 * rounds + 1);
    expect(seen).toContain(`${rounds} ${rounds} ${rounds}`);
  });
});
