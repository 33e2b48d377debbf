import { afterAll, expect, it } from 'vitest';
import { startSandboxProcess } from '../support/sandbox-process.ts';
import { killAll, startServer, tempFolder, until } from '../support/server-process.ts';
import { toYuan } from './money-oracle.ts';
import { type Body, FINAL, RestClient, token, type Withdrawal } from './rest-client.ts';
import { swift } from './settings.ts';
import { inspectJournal } from './stored-journal.ts';

/** A process that was silent so long must take itself for dead: NODE_DEAD_MS of the design, and some more. */
const STALLED_MS = 11_500;
const WITHDRAWALS = 40;
const AMOUNT_FEN = 100;
const folder = tempFolder();

afterAll(() => {
  killAll();
  folder.remove();
});

it('a server that was stopped in the middle of its work for longer than a node may be silent goes on with all of it', {
  timeout: 120_000,
}, async () => {
  const dataDir = `${folder.path}/data`;
  const sandbox = await startSandboxProcess(`${folder.path}/sandbox`);
  const server = await startServer({
    dataDir,
    env: {
      ...sandbox.env,
      ...swift(),
      PAYOUT_TIMEOUT_MS: '500',
      PAYOUT_QUERY_MS: '100',
    },
  });
  const client = new RestClient(server.url, token('stalled'));
  const staff = new RestClient(server.url, token('boss', 'approver'));
  await staff.settle('PUT', '/v1/staff/members/stalled/channel', { relationId: '2888000001' });
  await sandbox.orders([
    {
      trade_id: '4800000000000000001',
      tk_status: 3,
      relation_id: '2888000001',
      pub_share_fee: toYuan(10_000),
      alimama_share_fee: '0',
    },
  ]);
  await until('funds', 30_000, async () => ((await client.account()).availableFen === 7_000 ? true : undefined));
  await sandbox.faults([{ match: { gateway: 'alipay' }, do: 'delay', ms: 100 }]);

  const asked = Array.from({ length: WITHDRAWALS }, (_, index) =>
    client.withdraw(`k${index}`, AMOUNT_FEN, { identity: 'payee@example.com', name: '收款人' }),
  );
  await until('the work is under way', 20_000, async () =>
    (await sandbox.book()).payouts.length > 3 ? true : undefined,
  );
  process.kill(server.pid, 'SIGSTOP');
  const stoppedAt = performance.now();
  await until('it was silent for long', STALLED_MS * 2, () =>
    performance.now() - stoppedAt > STALLED_MS ? true : undefined,
  );
  process.kill(server.pid, 'SIGCONT');

  for (const { status } of await Promise.all(asked)) expect(status).toBeLessThan(300);
  await until('all is paid', 40_000, async () => {
    const all = await client.list<Withdrawal>('/v1/withdrawals');
    return all.length === WITHDRAWALS && all.every(({ status }) => FINAL.includes(status)) ? true : undefined;
  });
  const rest = 7_000 - WITHDRAWALS * AMOUNT_FEN;
  await until('the account is right', 10_000, async () => {
    const { availableFen, heldFen } = await client.account();
    return availableFen === rest && heldFen === 0 ? true : undefined;
  });
  // Tells that were not accepted in time stand in a list, and leave it when they are tried again.
  const ids = (await client.list<Withdrawal>('/v1/withdrawals')).map(({ id }) => id);
  await until('nothing is undelivered', 20_000, async () => {
    const views = await Promise.all(ids.map((id) => staff.read<Body>(`/v1/staff/actors/withdrawal/${id}`)));
    return views.every(({ undelivered }) => (undelivered as unknown[]).length === 0) ? true : undefined;
  });
  const { payouts } = await sandbox.book();
  expect(payouts.filter(({ payout }) => payout?.status === 'SUCCESS')).toHaveLength(WITHDRAWALS);
  expect(payouts.filter(({ arrivals }) => new Set(arrivals.map(({ digest }) => digest)).size !== 1)).toEqual([]);
  expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(server.stderr()).toContain('heartbeat not renewed in time');
  expect(inspectJournal(dataDir).faults).toEqual([]);
});
