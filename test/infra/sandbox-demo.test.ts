import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Log } from '../../src/actors/ports.ts';
import { DEMO_RELATION_ID } from '../../src/infra/sandbox/demo.ts';
import { runDemoUser } from '../../src/infra/sandbox/demo-user.ts';
import { handClock, type SandboxHand, silentLog, startHand } from '../support/sandbox-client.ts';

const DAY_MS = 86_400_000;

type Version = { trade_id: string; tk_status: number; modified_time: string; tk_earning_time: string } & Record<
  'relation_id' | 'pub_share_fee' | 'alimama_share_fee',
  string
>;

async function orders(hand: SandboxHand): Promise<Version[][]> {
  const { body } = await hand.control<{ orders: { versions: Version[] }[] }>('GET book/orders');
  return body.orders.map(({ versions }) => versions);
}

describe('the demo life', () => {
  it('seeds rebates of thirty yuan and more that are past a holding time of seven days, seen within the hour', async () => {
    const hand = await startHand({ demo: true });
    const now = hand.clock.now();
    const seeded = (await orders(hand)).map((versions) => versions[0] as Version);
    const mine = seeded.filter((row) => row.relation_id === DEMO_RELATION_ID);
    const at = (text: string) => Date.parse(`${text.replace(' ', 'T')}+08:00`);
    for (const row of seeded) {
      expect(row.tk_status).toBe(3);
      expect(at(row.tk_earning_time)).toBeLessThanOrEqual(now - 8 * DAY_MS);
      expect(at(row.modified_time)).toBeGreaterThan(now - 3_600_000);
      expect(at(row.modified_time)).toBeLessThan(now);
    }
    const netYuan = mine.reduce((sum, row) => sum + Number(row.pub_share_fee) - Number(row.alimama_share_fee), 0);
    expect(netYuan * 0.7).toBeGreaterThan(30);
    expect(seeded.length).toBeGreaterThan(mine.length);
  });

  it('brings new orders every few seconds that are paid, received and settled on a fast clock', async () => {
    const hand = await startHand({ demo: true });
    const before = (await orders(hand)).length;
    for (let second = 0; second < 120; second += 1) hand.clock.advance(1000);
    const fresh = (await orders(hand)).slice(before).map((versions) => versions.map((row) => row.tk_status));
    expect(fresh.length).toBeGreaterThanOrEqual(12);
    expect(fresh.filter((statuses) => statuses.join() === '12,14,3').length).toBeGreaterThanOrEqual(5);
    for (const statuses of fresh) expect(['12', '12,14', '12,14,3', '12,13']).toContain(statuses.join());
  });

  it('goes on over a restart without seeding or numbering anything twice, and ends at five hundred', async () => {
    const first = await startHand({ demo: true });
    first.clock.advance(10 * 60_000);
    const before = await orders(first);
    await first.sandbox.stop();
    const second = await startHand({ dir: first.dir, clock: first.clock, demo: true });
    expect(await orders(second)).toEqual(before);
    second.clock.advance(3 * 3_600_000);
    const after = await orders(second);
    expect(after).toHaveLength(500);
    expect(after.flatMap((versions) => versions[0]?.trade_id).every((id) => /^2888\d{15}$/.test(id ?? ''))).toBe(true);
    expect(after.every((versions) => [3, 13].includes(versions.at(-1)?.tk_status ?? 0))).toBe(true);
  });
});

/** A stand-in for the REST API that answers from a script and remembers what it was asked. */
async function startApi(answer: (asked: string, body: unknown, count: number) => [number, object]) {
  const asked: { request: string; headers: IncomingMessage['headers']; body: unknown }[] = [];
  const server = createServer(async (incoming, response) => {
    let text = '';
    for await (const chunk of incoming) text += chunk;
    const request = `${incoming.method} ${incoming.url}`;
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const count = asked.filter((other) => other.request === request).length;
    asked.push({ request, headers: incoming.headers, body });
    const [status, content] = answer(request, body, count);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function tokenOf(user: string): string {
  return `e30.${Buffer.from(JSON.stringify({ sub: user })).toString('base64url')}.x`;
}

describe('the demo user', () => {
  const BIND = 'PUT /v1/staff/members/demo/channel';
  const CREATE = 'POST /v1/withdrawals';

  function story(baseUrl: string, options: { log?: Log; signal?: AbortSignal } = {}) {
    const clock = handClock();
    // Every wait of the story ends at once: time passes by being waited for.
    const hurried = {
      ...clock,
      after: (ms: number, fn: () => void) => {
        clock.advance(ms);
        setImmediate(fn);
        return () => {};
      },
    };
    const tokens = { userToken: tokenOf('demo'), staffToken: tokenOf('staff') };
    return runDemoUser({ baseUrl, ...tokens, relationId: '5', clock: hurried, log: silentLog, ...options });
  }

  it('binds its channel, waits for rebates, withdraws under a fixed key and follows it until it is paid', async () => {
    const lines: string[] = [];
    const api = await startApi((request, _body, count) => {
      if (request === BIND) return count === 0 ? [503, {}] : [200, {}];
      if (request === 'GET /v1/account') return [200, { availableFen: count < 2 ? 0 : 5000, pendingFen: 70 }];
      if (request === CREATE) return count === 0 ? [500, {}] : [201, { id: 'wd_x', status: 'processing' }];
      return [200, { id: 'wd_x', status: count === 0 ? 'processing' : 'paid' }];
    });
    const log: Log = { ...silentLog, info: (line) => void lines.push(line) };
    expect(await story(api.baseUrl, { log })).toBe('paid');
    expect(api.asked.map(({ request }) => request)).toEqual([
      BIND,
      BIND,
      ...Array(3).fill('GET /v1/account'),
      CREATE,
      CREATE,
      ...Array(2).fill('GET /v1/withdrawals/wd_x'),
    ]);
    expect(api.asked[0]).toMatchObject({
      body: { relationId: '5' },
      headers: { authorization: `Bearer ${tokenOf('staff')}` },
    });
    const created = api.asked.filter(({ request }) => request === CREATE);
    expect(
      new Set(created.map(({ headers, body }) => `${headers['idempotency-key']} ${JSON.stringify(body)}`)).size,
    ).toBe(1);
    expect(created[0]?.body).toMatchObject({ amountFen: 1000, account: { identity: expect.any(String) } });
    expect(lines).toHaveLength(4);
    expect(lines.join(' ')).not.toContain('example.com');
  });

  it('ends with the reason when the channel is taken or the withdrawal refused', async () => {
    const taken = await startApi(() => [409, { code: 'CHANNEL_TAKEN' }]);
    expect(await story(taken.baseUrl)).toBe('refused');
    const short = await startApi((request) =>
      request === CREATE ? [409, { code: 'INSUFFICIENT_FUNDS' }] : [200, { availableFen: 5000 }],
    );
    expect(await story(short.baseUrl)).toBe('refused');
  });

  it('gives up after a while, and stops when told', async () => {
    const poor = await startApi(() => [200, { availableFen: 0 }]);
    expect(await story(poor.baseUrl)).toBe('out of time');
    expect(await story(poor.baseUrl, { signal: AbortSignal.abort() })).toBe('stopped');
  });
});
