import { afterAll, expect, it } from 'vitest';
import { fund } from '../support/funds.ts';
import { startSandboxProcess } from '../support/sandbox-process.ts';
import { killAll, type ServerProcess, startServer, tempFolder, until } from '../support/server-process.ts';
import { RestClient, token, withdrawalId } from './rest-client.ts';
import { swift } from './settings.ts';

const USERS = ['ann', 'bob', 'cid', 'dan', 'eve', 'fay', 'gus', 'hal'];
const FUNDS_FEN = 700;
const AMOUNT_FEN = 630;
const WITHIN_MS = 60_000;
/** More than it takes to open the breaker, so that the first probes fail too. */
const FAILURES = 8;
const PAYEE = { identity: 'payee@example.com', name: '收款人' };

const folder = tempFolder();
afterAll(() => {
  killAll();
  folder.remove();
});

it('payouts wait for a gateway that is down, also across a crash, and are each paid once when it is back', {
  timeout: 180_000,
}, async () => {
  const sandbox = await startSandboxProcess(`${folder.path}/sandbox`);
  const env = {
    ...sandbox.env,
    ...swift(),
    PAYOUT_TIMEOUT_MS: '400',
    PAYOUT_QUERY_MS: '150',
    DEPENDENCY_SETTINGS: 'alipay/transfer.minCalls=4, alipay/transfer.openMs=1500, alipay/transfer.longestOpenMs=3000',
  };
  let server = await startServer({ dataDir: `${folder.path}/data`, env });
  const clientOf = (user: string) => new RestClient(() => server.url, token(user));
  const idOf = (user: string) => withdrawalId(user, 'the-key');
  await fund(USERS, FUNDS_FEN, {
    sandbox,
    staff: new RestClient(() => server.url, token('boss', 'approver')),
    clientOf,
  });

  // The first is paid although its answer says otherwise.
  await sandbox.faults([
    { do: 'http500', done: true, match: { gateway: 'alipay', outBizNo: idOf('ann'), nth: 1 } },
    {
      do: 'http500',
      match: { gateway: 'alipay', method: 'alipay.fund.trans.uni.transfer', nth: 1, times: FAILURES },
    },
  ]);
  const { balanceFen } = await sandbox.book();
  await Promise.all(USERS.map((user) => clientOf(user).withdraw('the-key', AMOUNT_FEN, PAYEE)));

  await until('the breaker is open', WITHIN_MS, () => (said(server, 'open', 'failures') ? true : undefined));
  await until('a payout waits for it', WITHIN_MS, async () => {
    const withdrawals = await Promise.all(USERS.map((user) => clientOf(user).withdrawal(idOf(user))));
    return withdrawals.some(({ state }) => state === 'paying.postponed') ? true : undefined;
  });
  await server.end('SIGKILL');
  server = await startServer({ dataDir: `${folder.path}/data`, env });
  expect(said(server, 'open', 'hydrated')).toBe(true);

  for (const user of USERS) {
    await until(
      `${user} is paid`,
      WITHIN_MS,
      async () => ((await clientOf(user).withdrawal(idOf(user))).status === 'paid' ? true : undefined),
      () => server.stderr().slice(-2_000),
    );
  }
  const book = await sandbox.book();
  expect(book.balanceFen).toBe(balanceFen - USERS.length * AMOUNT_FEN);
  expect(book.payouts.map(({ payout }) => payout)).toEqual(
    USERS.map(() => expect.objectContaining({ amountFen: AMOUNT_FEN, status: 'SUCCESS' })),
  );
  for (const user of USERS) {
    await until(`${user}'s account follows`, WITHIN_MS, async () => {
      const { availableFen, heldFen } = await clientOf(user).account();
      return availableFen === FUNDS_FEN - AMOUNT_FEN && heldFen === 0 ? true : undefined;
    });
  }
});

/** Whether the server has said so of the breaker of transfers. */
function said(server: ServerProcess, to: string, cause: string): boolean {
  return server.stderr().includes(`"policy":"alipay/transfer","from":"closed","to":"${to}","cause":"${cause}"`);
}
