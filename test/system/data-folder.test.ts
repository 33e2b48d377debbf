import { copyFileSync, mkdirSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SandboxProcess, startSandboxProcess } from '../support/sandbox-process.ts';
import {
  killAll,
  type ServerOptions,
  spawnProgram,
  spawnServer,
  startServer,
  tempFolder,
  until,
} from '../support/server-process.ts';
import { toYuan } from './money-oracle.ts';
import { FINAL, type LedgerRow, type Payee, RestClient, token, type Withdrawal } from './rest-client.ts';
import { swift } from './settings.ts';

/** Markers: each would be found wherever it leaked to. One is refused by the partner, one by the balance, one denied. */
const PAYEES: readonly (Payee & { readonly amountFen: number })[] = [
  { identity: '13912345678', name: '欧阳测试甲', amountFen: 150 },
  { identity: 'marker.payee.two@example.com', name: 'Marker Payee Two', amountFen: 160 },
  { identity: '2088123456789012', name: '司徒测试丙', amountFen: 170 },
  { identity: 'refuse.payee_not_exist@marker.example.com', name: '诸葛测试丁', amountFen: 180 },
  { identity: 'marker.payee.rich@example.com', name: '皇甫测试戊', amountFen: 99_999_999 },
  { identity: 'marker.payee.review@example.com', name: '夏侯测试己', amountFen: 1_000 },
];
const SECRETS = PAYEES.flatMap(({ identity, name }) => [identity, name, JSON.stringify(name).slice(1, -1)]);

const folder = tempFolder();
const dataDir = `${folder.path}/data`;
const user = 'marked';
let sandbox: SandboxProcess;
let options: ServerOptions;
/** What the lists showed before the server was stopped, and everything it ever printed. */
let lists: unknown;
let printed = '';
/** Files and markers found in them while the server ran. */
let leaks: readonly string[] = [];

beforeAll(async () => {
  sandbox = await startSandboxProcess(`${folder.path}/sandbox`);
  options = {
    dataDir,
    env: {
      ...sandbox.env,
      LOG_LEVEL: 'debug',
      ...swift(),
      WITHDRAW_REVIEW_FEN: '999',
    },
  };
  const server = await startServer(options);
  await live(server.url);
  lists = await listsOf(server.url);
  leaks = leaksIn(folder.path);
  await server.end('SIGTERM');
  printed = server.stdout() + server.stderr() + sandbox.stdout() + sandbox.stderr();
}, 120_000);

afterAll(() => {
  killAll();
  folder.remove();
});

/** Some orders, and a withdrawal to each payee, until everything has ended. */
async function live(url: string): Promise<void> {
  const staff = new RestClient(url, token('boss', 'approver'));
  const client = new RestClient(url, token(user));
  await staff.settle('PUT', `/v1/staff/members/${user}/channel`, { relationId: '2886000001' });
  await sandbox.orders(
    [3, 12, 14, 13, 3].map((status, index) => ({
      trade_id: String(4_600_000_000_000_000_000n + BigInt(index)),
      tk_status: status,
      relation_id: '2886000001',
      pub_share_fee: status === 3 ? toYuan(3_000) : '0',
      alimama_share_fee: '0',
    })),
  );
  await until('funds', 30_000, async () => ((await client.account()).availableFen === 4_200 ? true : undefined));
  for (const [index, { amountFen, identity, name }] of PAYEES.entries()) {
    const { status, body } = await client.withdraw(`k${index}`, amountFen, { identity, name });
    if (body['status'] !== 'review') continue;
    const path = `/v1/staff/withdrawals/${String(body['id'])}/deny`;
    expect([status, (await staff.settle('POST', path, { reason: 'no' })).status]).toEqual([201, 200]);
  }
  await until('all have ended', 30_000, async () => {
    const all = await client.list<Withdrawal>('/v1/withdrawals');
    return all.length === PAYEES.length && all.every(({ status }) => FINAL.includes(status)) ? true : undefined;
  });
  await until('the ledger is whole', 10_000, async () => {
    const [account, rows] = [await client.account(), await client.list<LedgerRow>('/v1/account/ledger')];
    return rows.reduce((sum, row) => sum + row.availableFen, 0) === account.availableFen ? true : undefined;
  });
}

async function listsOf(url: string): Promise<unknown> {
  const client = new RestClient(url, token(user));
  return {
    account: await client.account(),
    orders: await client.list('/v1/orders'),
    withdrawals: await client.list('/v1/withdrawals'),
    ledger: await client.list('/v1/account/ledger'),
  };
}

function filesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function leaksIn(dir: string): string[] {
  return filesIn(dir).flatMap((path) => {
    const bytes = readFileSync(path);
    return SECRETS.filter((secret) => bytes.includes(secret)).map((secret) => `${path}: ${secret}`);
  });
}

describe('payees', () => {
  it('stand in no file in clear, neither while the server runs nor after it', () => {
    const files = filesIn(dataDir);
    expect(files.length).toBeGreaterThan(1);
    expect(files.some((path) => readFileSync(path).includes('withdrawal/wd_'))).toBe(true);
    expect(leaks).toEqual([]);
    expect(leaksIn(folder.path)).toEqual([]);
  });

  it('stand in nothing that the server prints, at any level', () => {
    expect(SECRETS.filter((secret) => printed.includes(secret))).toEqual([]);
    expect(printed.length).toBeGreaterThan(0);
  });
});

describe('npm run rebuild', () => {
  it('makes all lists anew, equal to those before, from the journal alone', { timeout: 120_000 }, async () => {
    const store = new DatabaseSync(join(dataDir, 'store.db'));
    store.exec('DELETE FROM heads; DELETE FROM lists');
    store.close();
    const bare = await startServer(options);
    expect(await listsOf(bare.url)).toMatchObject({ orders: [], withdrawals: [], ledger: [] });
    await bare.end('SIGTERM');

    const rebuild = spawnProgram(['npm', 'run', '--silent', 'rebuild'], { DATA_DIR: dataDir }, { isGroup: true });
    expect(await rebuild.exited, rebuild.stderr()).toEqual({ code: 0, signal: null });
    expect(rebuild.stdout()).toMatch(/rebuilt the lists of \d+ actors and \d+ rows/);
    const server = await startServer(options);
    expect(await listsOf(server.url)).toEqual(lists);
    await server.end('SIGTERM');
  });
});

describe('a damaged data folder', () => {
  it.each(['cut in half', 'gone'])(
    'is refused with a clear word when its store is %s, and left as it is',
    async (damage) => {
      const copy = `${folder.path}/${damage.replaceAll(' ', '-')}`;
      mkdirSync(copy);
      for (const name of readdirSync(dataDir)) {
        if (damage !== 'gone' || !name.startsWith('store.db')) copyFileSync(join(dataDir, name), join(copy, name));
      }
      if (damage !== 'gone') truncateSync(join(copy, 'store.db'), readFileSync(join(copy, 'store.db')).length / 2);
      const before = filesIn(copy).length;
      const server = spawnServer({ ...options, dataDir: copy });
      expect(await server.exited).toEqual({ code: 1, signal: null });
      expect(server.stderr()).toContain(copy);
      expect(server.stderr()).not.toMatch(/^ +at /m);
      expect(filesIn(copy).length).toBe(before);
    },
    60_000,
  );
});
