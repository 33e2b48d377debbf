import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type SandboxProcess, startSandboxProcess } from '../support/sandbox-process.ts';
import { killAll, startServer, tempFolder, until } from '../support/server-process.ts';
import { toYuan } from './money-oracle.ts';
import { RestClient, token, type Withdrawal, withdrawalId } from './rest-client.ts';
import { swift } from './settings.ts';

const DRAIN_MS = 1_500;
/** Longer than the drain, so that a hanging partner is left behind. */
const PAYOUT_TIMEOUT_MS = 2_500;
/** For a loaded machine to notice the end of a process. */
const SLACK_MS = 2_000;
const folder = tempFolder();

afterEach(killAll);
afterAll(() => folder.remove());

/** What a client on a plain socket saw: a whole answer, none at all, or the beginning of one. */
interface Seen {
  readonly kind: 'whole' | 'none' | 'half';
  readonly status: number;
  readonly code: unknown;
}

const agent = new Agent({ keepAlive: true, maxSockets: 24 });

function plainRequest(url: string, method: string, bearer: string, key: string, body?: object): Promise<Seen> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', 'idempotency-key': key };
    const sent: ClientRequest = httpRequest(url, { method, headers, agent }, (response) =>
      resolve(readWhole(response)),
    );
    sent.once('error', () => resolve({ kind: 'none', status: 0, code: undefined }));
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function readWhole(response: IncomingMessage): Promise<Seen> {
  let text = '';
  try {
    for await (const chunk of response) text += chunk;
    const { code } = JSON.parse(text) as { code?: unknown };
    return { kind: response.complete ? 'whole' : 'half', status: response.statusCode ?? 0, code };
  } catch {
    return { kind: 'half', status: response.statusCode ?? 0, code: undefined };
  }
}

async function fundedServer(name: string, user: string) {
  const sandbox = await startSandboxProcess(`${folder.path}/${name}-sandbox`);
  const options = {
    dataDir: `${folder.path}/${name}`,
    env: {
      ...sandbox.env,
      DRAIN_MS: String(DRAIN_MS),
      ...swift(),
      PAYOUT_TIMEOUT_MS: String(PAYOUT_TIMEOUT_MS),
      PAYOUT_QUERY_MS: '100',
    },
  };
  const server = await startServer(options);
  await fund(sandbox, server.url, user);
  return { sandbox, options, server };
}

async function fund(sandbox: SandboxProcess, url: string, user: string): Promise<void> {
  const income = toYuan(1_000_000);
  await sandbox.orders([
    {
      trade_id: '4500000000000000001',
      tk_status: 3,
      relation_id: '2885000001',
      pub_share_fee: income,
      alimama_share_fee: '0',
    },
  ]);
  const staff = new RestClient(url, token('ops', 'operator'));
  await staff.settle('PUT', `/v1/staff/members/${user}/channel`, { relationId: '2885000001' });
  const client = new RestClient(url, token(user));
  await until('funds', 30_000, async () => ((await client.account()).availableFen > 0 ? true : undefined));
}

describe('SIGTERM', () => {
  it('under load ends in time with exit code 0, and every answer begun is finished and kept', {
    timeout: 120_000,
  }, async () => {
    const { server, options } = await fundedServer('busy', 'busy');
    const bearer = token('busy');
    const seen: Seen[] = [];
    const acknowledged: string[] = [];
    let isGone = false;
    let count = 0;
    const client = async () => {
      while (!isGone) {
        count += 1;
        const key = `k${count}`;
        const body = { amountFen: 100, account: { identity: '13800138000', name: '张三' } };
        const isWrite = count % 3 === 0;
        const answer = isWrite
          ? await plainRequest(`${server.url}/v1/withdrawals`, 'POST', bearer, key, body)
          : await plainRequest(`${server.url}/v1/orders`, 'GET', bearer, key);
        seen.push(answer);
        if (isWrite && answer.status < 300 && answer.kind === 'whole') acknowledged.push(withdrawalId('busy', key));
      }
    };
    const clients = Array.from({ length: 24 }, client);
    await until('the load runs', 30_000, () => (acknowledged.length > 50 ? true : undefined));
    const startedAt = performance.now();
    const exit = await server.end('SIGTERM');
    const tookMs = performance.now() - startedAt;
    isGone = true;
    await Promise.all(clients);

    expect(exit).toEqual({ code: 0, signal: null });
    expect(tookMs).toBeLessThan(DRAIN_MS + SLACK_MS);
    expect(seen.filter(({ kind }) => kind === 'half')).toEqual([]);
    const others = seen.filter(
      ({ kind, status, code }) => kind === 'whole' && status >= 300 && !isClosing(status, code),
    );
    expect(others).toEqual([]);

    const again = await startServer(options);
    const restarted = new RestClient(again.url, bearer);
    const known = new Set((await restarted.list<Withdrawal>('/v1/withdrawals')).map(({ id }) => id));
    expect(acknowledged.filter((id) => !known.has(id))).toEqual([]);
    console.log(`SIGTERM after ${seen.length} requests: gone in ${Math.round(tookMs)} ms`);
  });

  it('does not wait longer than allowed for a partner that hangs, and pays once after the restart', {
    timeout: 120_000,
  }, async () => {
    const { sandbox, server, options } = await fundedServer('hanging', 'patient');
    await sandbox.faults([{ match: { gateway: 'alipay', nth: 1 }, do: 'delay', ms: PAYOUT_TIMEOUT_MS * 2 }]);
    const id = withdrawalId('patient', 'k');
    const client = new RestClient(server.url, token('patient'));
    await client.withdraw('k', 300, { identity: '13800138000', name: '张三' });
    await until('the partner has the request', 30_000, async () =>
      (await sandbox.book()).payouts.length > 0 ? true : undefined,
    );
    await expectEndInTime(server);

    const again = await startServer(options);
    const restarted = new RestClient(again.url, token('patient'));
    await until('it is paid', 40_000, async () =>
      (await restarted.withdrawal(id)).status === 'paid' ? true : undefined,
    );
    const [entry, ...others] = (await sandbox.book()).payouts;
    expect([entry?.payout?.status, others]).toEqual(['SUCCESS', []]);
  });

  it('does not wait longer than allowed for a client that never finishes its request', {
    timeout: 60_000,
  }, async () => {
    const server = await startServer({ dataDir: `${folder.path}/slow`, env: { DRAIN_MS: String(DRAIN_MS) } });
    const socket = await openUnfinished(server.url);
    await expectEndInTime(server);
    socket.destroy();
  });

  it('a second time ends it at once', { timeout: 60_000 }, async () => {
    const server = await startServer({ dataDir: `${folder.path}/twice`, env: { DRAIN_MS: '600000' } });
    const socket = await openUnfinished(server.url);
    void server.end('SIGTERM');
    await until('it takes no more requests', 20_000, async () =>
      fetch(`${server.url}/readyz`).then(
        ({ ok }) => (ok ? undefined : true),
        () => true,
      ),
    );
    expect(await server.end('SIGTERM')).toEqual({ code: 1, signal: null });
    socket.destroy();
  });
});

/** A client that sends half of its request and no more. */
async function openUnfinished(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => {});
  const head = `POST /v1/withdrawals HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token('slow')}\r\n`;
  socket.write(
    `${head}idempotency-key: k\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"amountFen"`,
  );
  // The server has read the head once it answers another request that was sent after it.
  await new RestClient(url, token('slow')).account();
  return socket;
}

async function expectEndInTime(server: { end(signal: 'SIGTERM'): Promise<unknown>; stderr(): string }): Promise<void> {
  const startedAt = performance.now();
  expect(await server.end('SIGTERM'), server.stderr()).toEqual({ code: 0, signal: null });
  expect(performance.now() - startedAt).toBeLessThan(DRAIN_MS + SLACK_MS);
}

/** "Not here, not now": what a server that is leaving may say. */
function isClosing(status: number, code: unknown): boolean {
  return status === 503 && code === 'RUNTIME_STOPPING';
}
