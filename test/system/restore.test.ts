import { cpSync, rmSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { startSandboxProcess } from '../support/sandbox-process.ts';
import { killAll, startServer, tempFolder, until } from '../support/server-process.ts';
import { toYuan } from './money-oracle.ts';
import { RestClient, token, type Withdrawal } from './rest-client.ts';
import { swift } from './settings.ts';

const folder = tempFolder();
const PAYEE = { identity: 'payee@example.com', name: '收款人' };

afterAll(() => {
  killAll();
  folder.remove();
});

/**
 * A backup knows nothing of what came after it. Orders come again from the feed, and since a payout's number follows
 * from user and key, whoever asks again, or decides again, meets the payout that was made and not a second one.
 */
it('a backup that is restored catches up with the partners, and pays nothing twice', { timeout: 180_000 }, async () => {
  const [dataDir, backup] = [`${folder.path}/data`, `${folder.path}/backup`];
  const sandbox = await startSandboxProcess(`${folder.path}/sandbox`);
  const options = {
    dataDir,
    env: {
      ...sandbox.env,
      ...swift(),
      WITHDRAW_REVIEW_FEN: '200',
    },
  };
  let server = await startServer(options);
  const client = new RestClient(() => server.url, token('restored'));
  const staff = new RestClient(() => server.url, token('boss', 'approver'));
  const order = { tk_status: 3, relation_id: '2889000001', alimama_share_fee: '0', pub_share_fee: toYuan(1_000) };
  const untilAvailable = (fen: number) =>
    until(`${fen} fen`, 40_000, async () => ((await client.account()).availableFen === fen ? true : undefined));
  const untilPaid = (id: string) =>
    until(`${id} is paid`, 40_000, async () => ((await client.withdrawal(id)).status === 'paid' ? true : undefined));
  const withdraw = async (key: string, amountFen: number) => {
    const { status, body } = await client.withdraw(key, amountFen, PAYEE);
    expect(status).toBe(201);
    return body as unknown as Withdrawal;
  };
  const approve = (id: string) => staff.settle('POST', `/v1/staff/withdrawals/${id}/approve`, { reason: 'fine' });

  await staff.settle('PUT', '/v1/staff/members/restored/channel', { relationId: '2889000001' });
  await sandbox.orders([{ ...order, trade_id: '4900000000000000001' }]);
  await untilAvailable(700);
  const reviewed = await withdraw('before', 300);
  expect(reviewed.status).toBe('review');
  await server.end('SIGTERM');
  cpSync(dataDir, backup, { recursive: true });

  // What the backup will not know: an order, a closed one, a decision, and a whole withdrawal.
  server = await startServer(options);
  await sandbox.orders([{ ...order, trade_id: '4900000000000000002' }]);
  expect((await approve(reviewed.id)).status).toBe(200);
  const later = await withdraw('after', 150);
  await untilPaid(reviewed.id);
  await untilPaid(later.id);
  await untilAvailable(1_400 - 450);
  await server.end('SIGKILL');

  rmSync(dataDir, { recursive: true });
  cpSync(backup, dataDir, { recursive: true });
  server = await startServer(options);
  await untilAvailable(1_400 - 300);
  expect((await approve(reviewed.id)).status).toBe(200);
  expect((await withdraw('after', 150)).id).toBe(later.id);
  await untilPaid(reviewed.id);
  await untilPaid(later.id);
  await untilAvailable(1_400 - 450);
  const { payouts, balanceFen } = await sandbox.book();
  expect(
    payouts.map(({ outBizNo, arrivals, payout }) => [
      outBizNo,
      new Set(arrivals.map(({ digest }) => digest)).size,
      payout?.amountFen,
    ]),
  ).toEqual([
    [reviewed.id, 1, 300],
    [later.id, 1, 150],
  ]);
  expect(balanceFen).toBe(1_000_000_000 - 450);
});
