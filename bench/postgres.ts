/**
 * The peers of the embedded default, on a PostgreSQL of their own on this machine: a service written by hand, one
 * transaction for each status change of an order, and the same by a durable-execution engine (DBOS Transact), one
 * workflow for each order with a step for each change.
 */
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { Pool, type PoolClient } from 'pg';
import { drive, perSecond } from './world.ts';

/** Paid, received, settled, released; each with what it moves from pending to available. */
const CHANGES = [
  { status: 'paid', pendingFen: 113, availableFen: 0 },
  { status: 'received', pendingFen: 0, availableFen: 0 },
  { status: 'settled', pendingFen: 0, availableFen: 0 },
  { status: 'released', pendingFen: -113, availableFen: 113 },
] as const;

type Change = (typeof CHANGES)[number];

const SCHEMA = `
CREATE TABLE events (id text PRIMARY KEY);
CREATE TABLE orders (id text PRIMARY KEY, user_id text, status text, item jsonb, at timestamptz);
CREATE INDEX ON orders (user_id, status);
CREATE TABLE ledger (id text PRIMARY KEY, user_id text, order_id text, pending_fen int, available_fen int, at timestamptz);
CREATE INDEX ON ledger (user_id, at);
CREATE TABLE balances (user_id text PRIMARY KEY, pending_fen int, available_fen int);
CREATE TABLE outbox (id text PRIMARY KEY, target text, type text, sent_at timestamptz);
CREATE INDEX ON outbox (sent_at);
`;
const ITEM = JSON.stringify({
  itemId: 'P0tnUWxyz-mvmeP0001',
  itemTitle: '夏季新款纯棉短袖T恤男女同款宽松百搭上衣',
  paidFen: 1_980,
});
const IN_FLIGHT = 64;
const WARM_UP_ORDERS = 500;

export interface Peers {
  readonly postgres: string;
  readonly engine: string;
  /** Lifecycles a second of so many orders. */
  byHand(orders: number): Promise<number>;
  byEngine(orders: number): Promise<number>;
  close(): Promise<void>;
}

/** Undefined where no PostgreSQL server is installed. In a process of their own: the engine keeps connections beyond its
 * shutdown, which the server's end breaks. */
export async function startPeers(): Promise<Peers | undefined> {
  if (serverBinaries() === undefined) return undefined;
  const child = fork(fileURLToPath(import.meta.url), { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const said = child.stderr === null ? Promise.resolve('') : text(child.stderr);
  const ended = once(child, 'exit').then(async () => Promise.reject(new Error(`the peers failed: ${await said}`)));
  ended.catch(() => {});
  const hear = async () => (await Promise.race([once(child, 'message'), ended]))[0];
  const measure = async (peer: PeerName, orders: number) => {
    child.send({ peer, orders } satisfies PeerOrder);
    return Number(await hear());
  };
  return {
    postgres: String(await hear()),
    engine: 'DBOS Transact',
    byHand: (orders) => measure('byHand', orders),
    byEngine: (orders) => measure('byEngine', orders),
    async close() {
      child.disconnect();
      await ended.catch(() => {});
    },
  };
}

type PeerName = 'byHand' | 'byEngine';

interface PeerOrder {
  readonly peer: PeerName;
  readonly orders: number;
}

async function servePeers(): Promise<void> {
  const server = await startServer(serverBinaries() ?? '');
  const pool = new Pool({ connectionString: server.url, max: IN_FLIGHT });
  const measure = { byHand: byHandPerSecond, byEngine: byEnginePerSecond };
  const closed = once(process, 'disconnect');
  try {
    await pool.query(SCHEMA);
    // So that every connection is open and every statement prepared when it counts.
    await byHandPerSecond(pool, WARM_UP_ORDERS);
    process.on('message', ({ peer, orders }: PeerOrder) => {
      void measure[peer](pool, orders, server.url).then((rate) => process.send?.(rate));
    });
    process.send?.(server.version);
    await closed;
  } finally {
    await pool.end();
    await server.stop();
  }
}

async function byHandPerSecond(pool: Pool, orders: number): Promise<number> {
  const { elapsedMs } = await drive(orders, IN_FLIGHT, async (index) => {
    for (const change of CHANGES) await apply(pool, `28${index}`, `bench${index % 500}`, change);
  });
  await assertComplete(pool, orders);
  return perSecond(orders, elapsedMs);
}

async function byEnginePerSecond(pool: Pool, orders: number, url: string): Promise<number> {
  const enginePool = new Pool({ connectionString: url, max: IN_FLIGHT });
  const lifecycle = DBOS.registerWorkflow(
    async (order: string, user: string) => {
      for (const change of CHANGES) {
        await DBOS.runStep(() => apply(pool, order, user, change), { name: change.status });
      }
    },
    { name: 'lifecycle' },
  );
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: url,
    systemDatabasePool: enginePool,
    logLevel: 'error',
    runAdminServer: false,
  });
  await DBOS.launch();
  try {
    const { elapsedMs } = await drive(orders, IN_FLIGHT, (index) => lifecycle(`29${index}`, `bench${index % 500}`));
    await assertComplete(pool, orders);
    return perSecond(orders, elapsedMs);
  } finally {
    await DBOS.shutdown();
    await enginePool.end().catch(() => {});
  }
}

async function apply(pool: Pool, order: string, user: string, change: Change): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await write(client, order, user, change);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

async function write(client: PoolClient, order: string, user: string, change: Change): Promise<void> {
  const { status, pendingFen, availableFen } = change;
  const id = `${order}:${status}`;
  const query = (name: string, text: string, values: unknown[]) => client.query({ name, text, values });
  await query('event', 'INSERT INTO events VALUES ($1)', [id]);
  await query(
    'order',
    `INSERT INTO orders VALUES ($1, $2, $3, $4, now())
     ON CONFLICT (id) DO UPDATE SET status = excluded.status, at = excluded.at`,
    [order, user, status, ITEM],
  );
  await query('ledger', 'INSERT INTO ledger VALUES ($1, $2, $3, $4, $5, now())', [
    id,
    user,
    order,
    pendingFen,
    availableFen,
  ]);
  await query(
    'balance',
    `INSERT INTO balances VALUES ($1, $2, $3) ON CONFLICT (user_id) DO UPDATE SET
     pending_fen = balances.pending_fen + excluded.pending_fen,
     available_fen = balances.available_fen + excluded.available_fen`,
    [user, pendingFen, availableFen],
  );
  await query('outbox', 'INSERT INTO outbox VALUES ($1, $2, $3, NULL)', [id, user, status]);
}

async function assertComplete(pool: Pool, orders: number): Promise<void> {
  const { rows } = await pool.query('SELECT sum(available_fen)::int AS fen FROM balances');
  if (rows[0]?.fen !== orders * 113) throw new Error('the peer lost money');
  await pool.query('TRUNCATE events, orders, ledger, balances, outbox');
}

function serverBinaries(): string | undefined {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return undefined;
  return readdirSync(root)
    .map((version) => join(root, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
}

/** The server as it comes, on loopback with data of its own; it refuses to run as root, so then as its own user. */
async function startServer(bin: string) {
  const dir = mkdtempSync(join(tmpdir(), 'taoke-postgres-'));
  const isRoot = process.getuid?.() === 0;
  const idOf = (flag: '-u' | '-g') => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  const as = isRoot ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  if (isRoot) execFileSync('chown', ['postgres', dir]);
  const data = join(dir, 'data');
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8'], {
    ...as,
    stdio: 'ignore',
  });
  const port = await freePort();
  const args = [
    '-D',
    data,
    '-p',
    String(port),
    '-k',
    dir,
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'max_connections=200',
  ];
  const child = spawn(join(bin, 'postgres'), args, { ...as, stdio: 'ignore' });
  const url = `postgresql://bench@127.0.0.1:${port}/postgres`;
  const version = await whenReady(url, child);
  return {
    url,
    version,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function whenReady(url: string, child: ChildProcess): Promise<string> {
  for (let attempt = 0; attempt < 100 && child.exitCode === null; attempt += 1) {
    const pool = new Pool({ connectionString: url, max: 1 });
    try {
      const { rows } = await pool.query('SHOW server_version');
      return `PostgreSQL ${String(rows[0]?.server_version).split(' ')[0]}`;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    } finally {
      await pool.end();
    }
  }
  throw new Error('PostgreSQL did not start');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await servePeers();
