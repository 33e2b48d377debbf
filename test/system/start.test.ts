import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { readPrinted, startSandboxProcess } from '../support/sandbox-process.ts';
import {
  type ChildProgram,
  killAll,
  printedUrl,
  spawnProgram,
  spawnServer,
  startServer,
  tempFolder,
  until,
} from '../support/server-process.ts';
import { toShanghai, toYuan } from './money-oracle.ts';
import { RestClient, token, type Withdrawal } from './rest-client.ts';

const run = promisify(execFile);
const folder = tempFolder();
const READY_WITHIN_MS = 60_000;

afterEach(killAll);
afterAll(() => folder.remove());

/** `npm start` as a person types it, in a folder where nothing is yet. */
async function npmStart(dataDir: string): Promise<{ program: ChildProgram; url: string; printed: string }> {
  const program = spawnProgram(['npm', 'start'], { DATA_DIR: dataDir, PORT: '0', OPS_PORT: '0' }, { isGroup: true });
  const url = await until('the server is ready', READY_WITHIN_MS, () => printedUrl(program.stdout()), program.stderr);
  const printed = await until('the words end', 5_000, () => /Ctrl-C stops/.exec(program.stdout())?.input);
  return { program, url, printed };
}

function printedToken(printed: string, whose: string): string {
  return new RegExp(`${whose} +(ey\\S+)`).exec(printed)?.[1] ?? '';
}

/** One `npm run` to its end. */
async function npmRun(
  args: readonly string[],
  env: Record<string, string>,
): Promise<ChildProgram & { code: number | null }> {
  const program = spawnProgram(['npm', 'run', '--silent', ...args], env, { isGroup: true });
  const { code } = await program.exited;
  return { ...program, code };
}

describe('npm start on an empty folder', () => {
  it('pays the demo user within a minute, prints lines that work, and goes on where it stopped', {
    timeout: 180_000,
  }, async () => {
    const dataDir = `${folder.path}/fresh`;
    const first = await npmStart(dataDir);
    const readyAt = performance.now();
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
    const bearer = printedToken(first.printed, 'demo user "demo"');
    expect(/ey[\w-]+\.[\w-]+\.[\w-]+/.exec(first.printed)?.[0], 'the first token is the demo user’s').toBe(bearer);
    const demo = new RestClient(first.url, bearer);
    const paid = await until('the demo withdrawal is paid', 60_000, async () =>
      (await demo.list<Withdrawal>('/v1/withdrawals')).find(({ status }) => status === 'paid'),
    );
    console.log(`npm start: paid ${Math.round(performance.now() - readyAt)} ms after /readyz`);
    await expectCurlLinesToWork(first.printed);

    const before = await demo.list<Withdrawal>('/v1/withdrawals');
    await first.program.end('SIGINT');
    const second = await npmStart(dataDir);
    const again = new RestClient(second.url, bearer);
    expect((await again.withdrawal(paid.id)).status).toBe('paid');
    const after = await again.list<Withdrawal>('/v1/withdrawals');
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect((await again.account()).seq).toBeGreaterThanOrEqual(2);
  });
});

/** Every line that a person may paste, run by a shell as it is. */
async function expectCurlLinesToWork(printed: string): Promise<void> {
  const lines = printed.split('\n').filter((line) => line.trim().startsWith('curl '));
  expect(lines.length).toBeGreaterThanOrEqual(8);
  for (const line of lines) {
    const { stdout } = await run('sh', ['-c', `${line} -w '\\n%{http_code}'`]);
    const [status, ...body] = stdout.split('\n').toReversed();
    expect(status, `${line}\n${body.join('\n')}`).toMatch(/^2\d\d$/);
  }
}

describe('a second server on the same folder', () => {
  it('ends with a clear word, and the first goes on', { timeout: 90_000 }, async () => {
    const dataDir = `${folder.path}/owned`;
    const first = await startServer({ dataDir });
    const second = spawnServer({ dataDir });
    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(second.stderr()).toMatch(/owns this data folder.*owned.*stop the other server/);
    expect(second.stderr()).not.toMatch(/^ +at /m);
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
  });
});

describe('a wrong configuration', () => {
  it('is refused with all that is wrong with it at once, and no secret shown', { timeout: 60_000 }, async () => {
    const dataDir = `${folder.path}/unborn`;
    const server = spawnServer({
      dataDir,
      env: {
        PORT: 'http',
        ORDER_POLL_MS: '-1',
        REBATE_SHARE: '1.5',
        REBATE_RELEASE: 'weekly',
        ORDER_START: 'yesterday',
        TAOBAO_GATEWAY_URL: 'ftp://example.com',
        ALIPAY_GATEWAY_URL: 'http://127.0.0.1:9/gateway.do',
        ALIPAY_PUBLIC_KEY_FILE: '/nowhere/key.pem',
        AUTH_JWT_SECRET: 'changeme-changeme-changeme',
        DATA_KEY: 'too-short',
        LOG_LEVEL: 'loud',
      },
    });
    expect(await server.exited).toEqual({ code: 1, signal: null });
    const said = server.stderr();
    for (const name of [
      'PORT',
      'ORDER_POLL_MS',
      'REBATE_SHARE',
      'REBATE_RELEASE',
      'ORDER_START',
      'TAOBAO_GATEWAY_URL',
      'ALIPAY_APP_ID',
      'ALIPAY_PRIVATE_KEY',
      'ALIPAY_PUBLIC_KEY_FILE',
      'AUTH_JWT_SECRET',
      'DATA_KEY',
      'LOG_LEVEL',
    ]) {
      expect(said).toMatch(new RegExp(`^  - .*${name}`, 'm'));
    }
    expect(said).not.toContain('changeme-changeme');
    expect(said).not.toContain('too-short');
    expect(said).not.toMatch(/^ +at /m);
    expect(existsSync(dataDir)).toBe(false);
  });
});

describe('npm run token', () => {
  it('prints tokens that the server on that folder takes', { timeout: 90_000 }, async () => {
    const dataDir = `${folder.path}/tokens`;
    const server = await startServer({ dataDir, env: { AUTH_JWT_SECRET: undefined } });
    const user = await npmRun(['token', '--', '--user', 'u1'], { DATA_DIR: dataDir });
    expect((await new RestClient(server.url, user.stdout().trim()).account()).userId).toBe('u1');
    const staff = await npmRun(['token', '--', '--role', 'approver'], { DATA_DIR: dataDir });
    const frozen = await new RestClient(server.url, staff.stdout().trim()).send('POST', '/v1/staff/members/u1/freeze', {
      reason: 'to see',
    });
    expect(frozen.status).toBe(200);
    const forWhom = await npmRun(['token'], { DATA_DIR: dataDir });
    expect([forWhom.code, forWhom.stdout()]).toEqual([1, '']);
    expect(forWhom.stderr()).toContain('--user');
  });
});

describe('npm run sandbox', () => {
  it('prints the environment that points a server at it', { timeout: 120_000 }, async () => {
    const dir = `${folder.path}/alone`;
    const program = spawnProgram(['npm', 'run', '--silent', 'sandbox', '--', '--dir', dir], {}, { isGroup: true });
    const printed = await until('the sandbox is ready', READY_WITHIN_MS, () => readPrinted(program.stdout()));
    const names = Object.keys(printed.env).join(' ');
    const { stdout } = await run('sh', ['-c', `${program.stdout()}\nfor name in ${names}; do printenv $name; done`]);
    expect(stdout.trim().split('\n')).toEqual(Object.values(printed.env));
    const server = await startServer({ dataDir: `${folder.path}/beside`, env: printed.env });
    expect(server.stdout()).not.toContain('sandbox');
    await program.end('SIGTERM');
  });
});

describe('a server in New York', () => {
  it('writes its times at +08:00 all the same', { timeout: 120_000 }, async () => {
    const sandbox = await startSandboxProcess(`${folder.path}/zoned-sandbox`);
    const paidAt = Date.now() - 40 * 86_400_000;
    await sandbox.orders([
      {
        trade_id: '4400000000000000001',
        tk_status: 3,
        relation_id: '2884000001',
        tk_create_time: toShanghai(paidAt),
        pub_share_fee: toYuan(1_000),
        alimama_share_fee: '0',
      },
    ]);
    const server = await startServer({
      dataDir: `${folder.path}/zoned`,
      env: {
        ...sandbox.env,
        TZ: 'America/New_York',
        ORDER_START: new Date(Date.now() - 60_000).toISOString(),
        ORDER_POLL_MS: '100',
        REBATE_RELEASE: 'monthly:21',
      },
    });
    const staff = new RestClient(server.url, token('ops', 'operator'));
    await staff.settle('PUT', '/v1/staff/members/zoned/channel', { relationId: '2884000001' });
    const user = new RestClient(server.url, token('zoned'));
    const order = await until(
      'the order',
      30_000,
      async () => (await user.list<Record<string, string>>('/v1/orders'))[0],
    );
    expect(order['paidAt']).toBe(`${toShanghai(paidAt).replace(' ', 'T')}.000+08:00`);
    expect(order['releaseAt']).toBe(releaseDay(order['settledAt'] ?? ''));
    const { body } = await user.withdraw('k', 100, { identity: '13800138000', name: '张三' });
    expect(body['withdrawalId'] ?? body['id']).toBeDefined();
    const [asked] = await user.list<Withdrawal>('/v1/withdrawals');
    expect(asked?.createdAt).toMatch(/\+08:00$/);
    expect(Math.abs(Date.parse(asked?.createdAt ?? '') - Date.now())).toBeLessThan(60_000);
  });
});

/** 00:00 +08:00 on the 21st of the month after, by the calendar of Shanghai. */
function releaseDay(settledAt: string): string {
  const [year = 0, month = 0] = settledAt.split('-').map(Number);
  const next = month === 12 ? `${year + 1}-01` : `${year}-${String(month + 1).padStart(2, '0')}`;
  return `${next}-21T00:00:00.000+08:00`;
}
