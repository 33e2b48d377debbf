/**
 * The internal port of a real process: what Prometheus and people see of it.
 */
import { createServer } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { issueToken } from '../../src/http/auth/tokens.ts';
import { seriesOf } from '../support/metrics-world.ts';
import {
  freePort,
  JWT_SECRET,
  killAll,
  spawnServer,
  startServer,
  tempFolder,
  until,
} from '../support/server-process.ts';

const folder = tempFolder();
afterAll(() => {
  killAll();
  folder.remove();
});

describe('the internal port', () => {
  it('shows a running demo: partners called, actors by state, money in balance', { timeout: 90_000 }, async () => {
    const port = await freePort();
    const server = await startServer({ dataDir: `${folder.path}/demo`, env: { OPS_PORT: String(port) } });
    const opsUrl = `http://127.0.0.1:${port}`;
    expect(server.stdout()).toContain(`${opsUrl}/metrics`);
    expect((await fetch(`${opsUrl}/readyz`)).status).toBe(200);
    const series = await until('a payout shows', 60_000, async () => {
      const read = seriesOf(await (await fetch(`${opsUrl}/metrics`)).text());
      return (read.get('rebate_actors{machine="withdrawal",state="paid"}') ?? 0) > 0 ? read : undefined;
    });
    const orders = 'rebate_dependency_calls_total{dependency="taobao",policy="orders",outcome="ok"}';
    expect(series.get(orders)).toBeGreaterThan(0);
    expect(series.get('rebate_money_moved_fen_total{kind="capture"}')).toBeGreaterThan(0);
    expect(series.get('rebate_ledger_imbalance_fen{account_class="lines"}')).toBe(0);
    expect(series.get('rebate_nodes{status="live"}')).toBe(1);
    const orderStates = [...series].filter(([one]) => one.startsWith('rebate_actors{machine="order"'));
    expect(orderStates.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan(0);

    const authorization = `Bearer ${await issueToken(JWT_SECRET, { sub: 'lin', role: 'sre' }, Date.now() + 60_000)}`;
    const hold = await fetch(`${opsUrl}/ops/dependencies/alipay/transfer/hold`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'maintenance', ttlMs: 60_000 }),
    });
    expect(await hold.json()).toMatchObject({ state: 'isolated', hold: { by: 'lin', reason: 'maintenance' } });
    const held = seriesOf(await (await fetch(`${opsUrl}/metrics`)).text());
    expect(held.get('rebate_breaker_state{dependency="alipay",policy="transfer",state="isolated"}')).toBe(1);
    expect((await fetch(`${opsUrl}/readyz`)).status).toBe(200);
    expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it('ends a start that finds it taken, and says what to set', { timeout: 60_000 }, async () => {
    const taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port));
    });
    const server = spawnServer({ dataDir: `${folder.path}/taken`, env: { OPS_PORT: String(port) } });
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.stderr()).toContain(`127.0.0.1:${port} is in use: set OPS_PORT to another port`);
    expect(server.stderr()).not.toMatch(/^ +at /m);
    taken.close();
  });
});
