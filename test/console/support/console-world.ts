/** The real server with its sandbox, as a process, and what a person needs to use its console. */
import { freePort, type ServerProcess, spawnServer, tempFolder, until } from '../../support/server-process.ts';
import { token } from '../../system/rest-client.ts';
import { freshenPage } from './chromium.ts';
import { type OpenStore, onSqlite } from './console-stores.ts';

export const USER = 'demo';

export interface ConsoleWorld {
  readonly apiUrl: string;
  readonly consoleUrl: string;
  /** Of each of the sandbox's users, who are named after their roles. */
  readonly password: string;
  readonly controlUrl: string;
  /** A request of the demo user, or of staff by the app's own API. */
  call<T>(method: string, path: string, options?: CallOptions): Promise<T>;
  faults(rules: readonly object[]): Promise<void>;
  clearFaults(): Promise<void>;
  /** Rows that the sandbox's Taobao reports from now on; one with a known `trade_id` moves that order on. */
  orders(rows: readonly object[]): Promise<void>;
  kill(): Promise<void>;
  /** Again on the same ports and folder. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Withdrawals above ¥5 are reviewed, above ¥10 by two people. */
const SETTINGS = {
  WITHDRAW_REVIEW_FEN: '500',
  FOUR_EYES_FEN: '1000',
  BREAK_GLASS: 'on',
  PAYOUT_TIMEOUT_MS: '1000',
  PAYOUT_QUERY_MS: '60000',
  ORDER_POLL_MS: '1000',
  LOG_LEVEL: 'error',
  GRAFANA_URL: 'https://grafana.example/d/taoke-resilience?var-dependency={dependency}&var-policy={policy}',
  TRACE_URL: 'https://jaeger.example/trace/{traceId}',
};

/** Starts it with the page of these sources; `openStore` says where it keeps its data. */
export async function startConsoleWorld(openStore: OpenStore = onSqlite): Promise<ConsoleWorld> {
  await freshenPage();
  const folder = tempFolder();
  const store = await openStore(folder.path);
  const [port, opsPort] = [await freePort(), await freePort()];
  const spawn = (): ServerProcess =>
    spawnServer({ dataDir: folder.path, port, env: { ...SETTINGS, ...store.env, OPS_PORT: String(opsPort) } });
  let server = spawn();
  const apiUrl = await server.ready();
  const printed = server.stdout();
  const password = /with the password (\S+)/.exec(printed)?.[1] ?? '';
  const controlUrl = () => new URL(/http:\S+__sandbox\//.exec(server.stdout())?.[0] ?? '');
  const control = async (method: string, path: string, body?: object) => {
    const response = await fetch(new URL(path, controlUrl()), {
      method,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  return {
    apiUrl,
    consoleUrl: `http://127.0.0.1:${opsPort}/console`,
    password,
    get controlUrl() {
      return controlUrl().href;
    },
    call: (method, path, options) => call(apiUrl, method, path, options),
    faults: (rules) => control('POST', 'faults', rules),
    clearFaults: () => control('DELETE', 'faults'),
    orders: (rows) => control('POST', 'orders', rows),
    kill: async () => {
      await server.end('SIGKILL');
    },
    restart: async () => {
      server = spawn();
      await server.ready();
    },
    stop: async () => {
      await server.end('SIGKILL');
      await store.close();
      folder.remove();
    },
  };
}

/** The demo user's first orders are settled within seconds. */
export async function waitForMoney(world: ConsoleWorld): Promise<void> {
  await until('the demo user has money', 60_000, async () => {
    const account = await world.call<{ availableFen: number }>('GET', '/account').catch(() => undefined);
    return (account?.availableFen ?? 0) > 5_000 ? true : undefined;
  });
}

interface CallOptions {
  /** Default: the demo user. */
  readonly user?: string;
  readonly role?: string;
  readonly body?: unknown;
}

const CALL_WITHIN_MS = 30_000;

/** Repeats the request, under one key, for as long as the server asks for that. */
async function call<T>(
  apiUrl: string,
  method: string,
  path: string,
  { user = USER, role, body }: CallOptions = {},
): Promise<T> {
  const headers = {
    authorization: `Bearer ${role === undefined ? token(user) : token('test-staff', role)}`,
    'idempotency-key': crypto.randomUUID(),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  return until(`${method} ${path}`, CALL_WITHIN_MS, async () => {
    const response = await fetch(`${apiUrl}/v1${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status === 503) return undefined;
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  });
}
