import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SandboxProcess, startSandboxProcess } from '../support/sandbox-process.ts';
import {
  killAll,
  pause,
  type ServerProcess,
  spawnServer,
  startServer,
  tempFolder,
  until,
} from '../support/server-process.ts';
import { toShanghai, toYuan } from './money-oracle.ts';
import { type LedgerRow, RestClient, token, type Withdrawal, withdrawalId } from './rest-client.ts';
import { swift } from './settings.ts';

const DAY_MS = 86_400_000;
const REBATE_FEN = 700;
/** The due time is this far ahead, and further on a machine that is busy: all must be said before it has come. */
const DUE_IN_MS = 5_000;
const PAYEE = { identity: 'payee@example.com', name: '收款人' };

const folder = tempFolder();
let sandbox: SandboxProcess;
let server: ServerProcess & { readonly url: string };

const options = () => ({
  dataDir: `${folder.path}/data`,
  env: {
    ...sandbox.env,
    ...swift(),
    PAYOUT_TIMEOUT_MS: '500',
    PAYOUT_QUERY_MS: '3000',
  },
});
const clientOf = (user: string) => new RestClient(server.url, token(user));
const staff = () => new RestClient(server.url, token('boss', 'approver'));

/** Each user has one order, whose rebate is released at its settlement time. */
const USERS = ['soon', 'past', 'far', 'closed', 'moved', 'payer'] as const;
type User = (typeof USERS)[number];
const tradeId = (user: User) => String(4_700_000_000_000_000_000n + BigInt(USERS.indexOf(user)));
const relationId = (user: User) => String(2_887_000_000 + USERS.indexOf(user));

function order(user: User, settledAt: number, status = 3) {
  return {
    trade_id: tradeId(user),
    tk_status: status,
    relation_id: relationId(user),
    tk_earning_time: toShanghai(settledAt),
    pub_share_pre_fee: toYuan(1_000),
    pub_share_fee: toYuan(1_000),
    alimama_share_fee: '0',
  };
}

let dueAt: number;

beforeAll(async () => {
  sandbox = await startSandboxProcess(`${folder.path}/sandbox`);
  server = await startServer(options());
  for (const user of USERS) {
    const path = `/v1/staff/members/${user}/channel`;
    expect((await staff().settle('PUT', path, { relationId: relationId(user) })).status).toBe(200);
  }
  const startedAt = Date.now();
  await report(order('past', startedAt - DAY_MS), order('payer', startedAt - DAY_MS));
  dueAt = Math.ceil((Date.now() + DUE_IN_MS + 3 * (Date.now() - startedAt)) / 1_000) * 1_000;
  await report(order('soon', dueAt), order('far', dueAt + 60 * DAY_MS), order('closed', dueAt), order('moved', dueAt));
}, 120_000);

afterAll(() => {
  killAll();
  folder.remove();
});

/** Tells of orders and waits until their users have the rebates. */
async function report(...orders: readonly ReturnType<typeof order>[]): Promise<void> {
  await sandbox.orders(orders);
  for (const user of USERS.filter((each) => orders.some(({ trade_id: id }) => id === tradeId(each)))) {
    await until(`the rebate of ${user}`, 30_000, async () => {
      const { pendingFen, availableFen } = await clientOf(user).account();
      return pendingFen + availableFen === REBATE_FEN ? true : undefined;
    });
  }
}

interface Waiting {
  readonly waiting: readonly { readonly kind: string; readonly dueAt: string }[];
}

async function timersOf(user: User): Promise<readonly number[]> {
  const { waiting } = await staff().read<Waiting>(`/v1/staff/actors/order/${tradeId(user)}`);
  return waiting.filter(({ kind }) => kind === 'timer').map((timer) => Date.parse(timer.dueAt));
}

/** The ledger's kinds, oldest first. */
async function kindsOf(user: User): Promise<readonly string[]> {
  return (await clientOf(user).list<LedgerRow>('/v1/account/ledger')).map(({ kind }) => kind).toReversed();
}

async function untilReleased(user: User): Promise<void> {
  await until(
    `the release for ${user}`,
    20_000,
    async () => ((await clientOf(user).account()).availableFen === REBATE_FEN ? true : undefined),
    server.stderr,
  );
  await until(`the ledger of ${user}`, 5_000, async () =>
    (await kindsOf(user)).includes('release') ? true : undefined,
  );
}

describe('a due time', () => {
  it('in the past when it is set is kept at once', async () => {
    expect(await clientOf('past').account()).toMatchObject({ pendingFen: 0, availableFen: REBATE_FEN });
  });

  it('ahead waits in the actor, also one of sixty days, which no timer of the platform can hold', async () => {
    expect(await timersOf('soon')).toEqual([dueAt]);
    expect(await timersOf('far')).toEqual([dueAt + 60 * DAY_MS]);
    expect(await clientOf('far').account()).toMatchObject({ pendingFen: REBATE_FEN, availableFen: 0 });
  });

  it('that passes while the process is down is kept once, after the restart and after more of them', {
    timeout: 120_000,
  }, async () => {
    // The order is closed, and another one's settlement moved away, before their time: their old timers are void.
    await sandbox.orders([order('closed', dueAt, 13), order('moved', dueAt + 30 * DAY_MS)]);
    await until('both are seen', 20_000, async () => {
      const { pendingFen } = await clientOf('closed').account();
      const [moved] = await timersOf('moved');
      return pendingFen === 0 && moved === dueAt + 30 * DAY_MS ? true : undefined;
    });
    const payout = await beginPayout();
    expect(await clientOf('soon').account(), 'gone before the time has come').toMatchObject({ availableFen: 0 });
    await server.end('SIGKILL');
    expect(Date.now()).toBeLessThan(dueAt);
    await until('the time has passed', 60_000, () => (Date.now() > dueAt + 500 ? true : undefined));
    expect((await entryOf(payout))?.arrivals).toHaveLength(1);

    // Killed again while it catches up: what was begun is finished, and not begun again.
    for (const afterMs of [300, 700, 1_100]) {
      const next = spawnServer(options());
      await pause(afterMs);
      await next.end('SIGKILL');
    }
    server = await startServer(options());
    await untilReleased('soon');
    const isPaid = async () => ((await clientOf('payer').withdrawal(payout)).status === 'paid' ? true : undefined);
    await until('the payout is found paid', 30_000, isPaid);

    await server.end('SIGTERM');
    server = await startServer(options());
    expect((await kindsOf('soon')).filter((kind) => kind === 'release')).toHaveLength(1);
    expect(await clientOf('soon').account()).toMatchObject({ pendingFen: 0, availableFen: REBATE_FEN });
    expect(await clientOf('closed').account()).toMatchObject({ pendingFen: 0, availableFen: 0 });
    expect(await clientOf('moved').account()).toMatchObject({ pendingFen: REBATE_FEN, availableFen: 0 });
    expect(await timersOf('moved')).toEqual([dueAt + 30 * DAY_MS]);
    expect(await timersOf('far')).toEqual([dueAt + 60 * DAY_MS]);
    expect((await clientOf('payer').list<Withdrawal>('/v1/withdrawals')).map(({ id }) => id)).toEqual([payout]);
    expect((await kindsOf('payer')).filter((kind) => kind === 'hold' || kind === 'capture')).toEqual([
      'hold',
      'capture',
    ]);
    expect(new Set((await entryOf(payout))?.arrivals.map(({ digest }) => digest)).size).toBe(1);
  });
});

/** A payout that was made but not answered for, so that the next query is a timer's; it falls due in the downtime. */
async function beginPayout(): Promise<string> {
  const id = withdrawalId('payer', 'k');
  const method = 'alipay.fund.trans.uni.transfer';
  await sandbox.faults([
    { match: { gateway: 'alipay', method, outBizNo: id, nth: 1 }, do: 'error', subCode: 'SYSTEM_ERROR', done: true },
  ]);
  await clientOf('payer').withdraw('k', 500, PAYEE);
  await until('the outcome is unknown', 20_000, async () =>
    (await clientOf('payer').withdrawal(id)).state === 'paying.unknown' ? true : undefined,
  );
  return id;
}

async function entryOf(id: string) {
  return (await sandbox.book()).payouts.find(({ outBizNo }) => outBizNo === id);
}
