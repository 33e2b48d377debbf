import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaultRule } from '../../src/infra/sandbox/faults.ts';
import { fund } from '../support/funds.ts';
import { type PayoutEntry, type SandboxProcess, startSandboxProcess } from '../support/sandbox-process.ts';
import { killAll, type ServerProcess, startServer, tempFolder, until } from '../support/server-process.ts';
import {
  type Account,
  FINAL,
  type LedgerRow,
  type Payee,
  RestClient,
  token,
  type Withdrawal,
  withdrawalId,
} from './rest-client.ts';
import { swift } from './settings.ts';

const PAYOUT_TIMEOUT_MS = 400;
/** Queries come 150, 300, 600 … ms apart, so a handful of failures lasts longer than this. */
const PAYOUT_ALERT_MS = 6_000;
const FUNDS_FEN = 700;
const AMOUNT_FEN = 630;
const ENDS_WITHIN_MS = 40_000;
const TRANSFER = 'alipay.fund.trans.uni.transfer';
const QUERY = 'alipay.fund.trans.common.query';
const PAYEE: Payee = { identity: 'payee@example.com', name: '收款人' };

type Fault = Omit<FaultRule, 'match'> & { readonly match?: Omit<FaultRule['match'], 'gateway' | 'outBizNo'> };

interface Scenario {
  readonly title: string;
  readonly user: string;
  readonly faults: readonly Fault[];
  readonly payee?: Payee;
  readonly end: 'paid' | 'failed';
  readonly reason?: string;
  /** States that must be passed on the way. */
  readonly via: readonly string[];
  /** What a person does once a state is reached. */
  readonly staff?: { readonly at: string; readonly verb: 'requery' | 'approve' | 'deny'; readonly status: number };
}

const onTransfer = (rule: Omit<Fault, 'match'>, match: Fault['match'] = { nth: 1 }): Fault => ({
  ...rule,
  match: { method: TRANSFER, ...match },
});
const onQuery = (rule: Omit<Fault, 'match'>, match: Fault['match'] = { nth: 1 }): Fault => ({
  ...rule,
  match: { method: QUERY, ...match },
});

const SCENARIOS: readonly Scenario[] = [
  {
    title: 'pays and drops the answer',
    user: 'dropped',
    faults: [onTransfer({ do: 'dropAfter' }, { nth: 1, times: 2 })],
    end: 'paid',
    via: ['paying.unknown'],
  },
  {
    title: 'drops the request before anything is done',
    user: 'lost',
    faults: [onTransfer({ do: 'dropBefore' }, { nth: 1, times: 3 })],
    end: 'paid',
    via: ['paying.unknown'],
  },
  {
    title: 'pays and answers long after the time limit',
    user: 'late',
    faults: [onTransfer({ do: 'delayAnswer', ms: PAYOUT_TIMEOUT_MS * 4 })],
    end: 'paid',
    via: ['paying.unknown'],
  },
  {
    title: 'takes the request only after the time limit',
    user: 'slow',
    faults: [onTransfer({ do: 'delay', ms: PAYOUT_TIMEOUT_MS * 3 })],
    end: 'paid',
    via: ['paying.unknown'],
  },
  {
    title: 'answers nothing but 500 for so long that a person is asked, having paid at the first',
    user: 'down',
    faults: [
      onTransfer({ do: 'http500', done: true }, { nth: 1, times: 99 }),
      onQuery({ do: 'http500' }, { nth: 1, times: 5 }),
    ],
    end: 'paid',
    via: ['paying.unknown', 'paying.manual'],
  },
  {
    title: 'answers nothing but 500 for a while, having done nothing',
    user: 'idle',
    faults: [{ do: 'http500', match: { nth: 1, times: 4 } }],
    end: 'paid',
    via: ['paying.unknown'],
  },
  {
    title: 'answers nothing but 500 for so long that a person sends it again, having done nothing',
    user: 'silent',
    faults: [{ do: 'http500', match: { nth: 1, times: 6 } }],
    end: 'paid',
    via: ['paying.unknown', 'paying.manual'],
    staff: { at: 'paying.manual', verb: 'approve', status: 200 },
  },
  {
    title: 'signs its answers wrongly',
    user: 'forged',
    faults: [onTransfer({ do: 'wrongSign' }), onQuery({ do: 'wrongSign' }, { nth: 1, times: 3 })],
    end: 'paid',
    via: ['paying.unknown'],
  },
  {
    title: 'answers garbage to everything for a while',
    user: 'garbled',
    faults: [{ do: 'garbage', match: { nth: 1, times: 4 } }],
    end: 'paid',
    via: ['paying.unknown'],
  },
  {
    title: 'says DEALING, then SUCCESS',
    user: 'dealing',
    faults: [onTransfer({ do: 'dealing', queries: 3 })],
    end: 'paid',
    via: ['paying.unknown'],
  },
  {
    title: 'says DEALING, then FAIL',
    user: 'failing',
    faults: [onTransfer({ do: 'dealing', queries: 2, as: 'FAIL' })],
    end: 'failed',
    reason: 'PAYEE_ACCOUNT_STATUS_ERROR',
    via: ['paying.unknown'],
  },
  {
    title: 'says DEALING, then REFUND',
    user: 'refunded',
    faults: [onTransfer({ do: 'dealing', as: 'REFUND' })],
    end: 'failed',
    reason: 'PAYOUT_REFUNDED',
    via: ['paying.unknown'],
  },
  {
    title: 'does not know the payout it has made, then does',
    user: 'unseen',
    faults: [onTransfer({ do: 'invisible', queries: 2 }, { nth: 1, times: 2 })],
    end: 'paid',
    via: ['paying.unknown'],
  },
  {
    title: 'is short of our funds until a top-up and a person’s word',
    user: 'short',
    faults: [onTransfer({ do: 'insufficient' })],
    end: 'paid',
    via: ['paying.postponed'],
    staff: { at: 'paying.postponed', verb: 'requery', status: 200 },
  },
  {
    title: 'refuses the payee',
    user: 'refused',
    faults: [],
    payee: { identity: 'refuse.payee_not_exist@example.com', name: '收款人' },
    end: 'failed',
    reason: 'PAYEE_NOT_EXIST',
    via: [],
  },
  {
    title: 'refuses the payee after an attempt without an answer',
    user: 'doubted',
    faults: [onTransfer({ do: 'http500' })],
    payee: { identity: 'refuse.payee_not_exist@example.com', name: '收款人' },
    end: 'failed',
    reason: 'PAYEE_NOT_EXIST',
    via: ['paying.unknown'],
  },
  {
    title: 'refuses by a code that nobody knows, having done nothing',
    user: 'strange',
    faults: [onTransfer({ do: 'error', subCode: 'BRAND_NEW_TROUBLE' })],
    end: 'paid',
    via: ['paying.unknown'],
  },
  {
    title: 'refuses by a code that nobody knows, having paid',
    user: 'lying',
    faults: [onTransfer({ do: 'error', subCode: 'BRAND_NEW_TROUBLE', done: true })],
    end: 'paid',
    via: ['paying.unknown'],
  },
  {
    title: 'says SYSTEM_ERROR and 20000 to transfer and query, having paid',
    user: 'system',
    faults: [
      onTransfer({ do: 'error', subCode: 'SYSTEM_ERROR', done: true }),
      onQuery({ do: 'error', subCode: 'aop.unknow-error', code: '20000' }),
    ],
    end: 'paid',
    via: ['paying.unknown'],
  },
  {
    title: 'suspects the payout, so that a person decides, who may not deny it too early and then sends it again',
    user: 'suspect',
    faults: [onTransfer({ do: 'error', subCode: 'SECURITY_CHECK_FAILED' })],
    end: 'paid',
    via: ['paying.manual'],
    staff: { at: 'paying.manual', verb: 'approve', status: 200 },
  },
];

const folder = tempFolder();
let sandbox: SandboxProcess;
let server: ServerProcess & { readonly url: string };
let staff: RestClient;

const clientOf = (user: string) => new RestClient(server.url, token(user));
const idOf = (user: string) => withdrawalId(user, 'the-key');

beforeAll(async () => {
  sandbox = await startSandboxProcess(`${folder.path}/sandbox`);
  server = await startServer({
    dataDir: `${folder.path}/data`,
    env: {
      ...sandbox.env,
      ...swift(),
      PAYOUT_TIMEOUT_MS: String(PAYOUT_TIMEOUT_MS),
      PAYOUT_QUERY_MS: '150',
      PAYOUT_ALERT_MS: String(PAYOUT_ALERT_MS),
      // The gateway's troubles are of one withdrawal each; a breaker would hold up the others for them.
      DEPENDENCY_SETTINGS: 'alipay/*.shadow=1',
    },
  });
  staff = new RestClient(server.url, token('boss', 'approver'));
  const users = [...SCENARIOS.map(({ user }) => user), 'payer'];
  await fund(users, FUNDS_FEN, { sandbox, staff, clientOf });
}, 120_000);

afterAll(() => {
  killAll();
  folder.remove();
});

describe.concurrent('a gateway that', () => {
  it.each(SCENARIOS)('$title', { timeout: 90_000 }, async (scenario) => {
    const { user, faults, payee = PAYEE, end, reason, via } = scenario;
    const outBizNo = idOf(user);
    await sandbox.faults(faults.map((rule) => ({ ...rule, match: { gateway: 'alipay', outBizNo, ...rule.match } })));
    const asked = await clientOf(user).withdraw('the-key', AMOUNT_FEN, payee);
    expect(asked.status).toBe(201);
    expect(asked.body['id']).toBe(outBizNo);

    const withdrawal = await follow(scenario);
    await expectAccount(user, FUNDS_FEN - (end === 'paid' ? AMOUNT_FEN : 0));
    expect(withdrawal).toMatchObject({ status: end, amountFen: AMOUNT_FEN, ...(reason !== undefined && { reason }) });
    expect(await statesOf(outBizNo)).toEqual(expect.arrayContaining([...via]));
    await expectOneHold(user, end === 'paid' ? 'capture' : 'unhold');

    const entry = await entryOf(outBizNo);
    expect(entry?.payout?.status === 'SUCCESS').toBe(end === 'paid');
    if (end === 'paid') expect(entry?.payout?.amountFen).toBe(AMOUNT_FEN);
    expect(new Set(entry?.arrivals.map(({ digest }) => digest)).size).toBe(1);
  });
});

describe('an account of ours that is empty', () => {
  it('keeps withdrawals waiting with their hold, and pays them once it is topped up', { timeout: 60_000 }, async () => {
    const { balanceFen } = await sandbox.book();
    await sandbox.payer(AMOUNT_FEN - 1);
    expect((await clientOf('payer').withdraw('the-key', AMOUNT_FEN, PAYEE)).status).toBe(201);
    const id = idOf('payer');
    const isPostponed = async () =>
      (await clientOf('payer').withdrawal(id)).state === 'paying.postponed' ? true : undefined;
    await until('the payout waits for funds', ENDS_WITHIN_MS, isPostponed);
    expect(await clientOf('payer').account()).toMatchObject({
      availableFen: FUNDS_FEN - AMOUNT_FEN,
      heldFen: AMOUNT_FEN,
    });
    await sandbox.payer(balanceFen);
    expect((await staff.settle('POST', `/v1/staff/withdrawals/${id}/requery`, { reason: 'topped up' })).status).toBe(
      200,
    );
    const isPaid = async () => ((await clientOf('payer').withdrawal(id)).status === 'paid' ? true : undefined);
    await until('it is paid', ENDS_WITHIN_MS, isPaid);
    await expectAccount('payer', FUNDS_FEN - AMOUNT_FEN);
    expect((await entryOf(id))?.payout?.amountFen).toBe(AMOUNT_FEN);
    expect((await sandbox.book()).balanceFen).toBe(balanceFen - AMOUNT_FEN);
  });
});

/** Watches the withdrawal to its end: as long as nothing is decided its amount is held, whatever the partner says. */
async function follow({ user, staff: act }: Scenario): Promise<Withdrawal> {
  const client = clientOf(user);
  let acted = false;
  return until(
    `the end of ${user}'s withdrawal`,
    ENDS_WITHIN_MS,
    async () => {
      const before = await client.withdrawal(idOf(user));
      const account = await client.account();
      const after = await client.withdrawal(idOf(user));
      const isUndecided = before.state.startsWith('paying') && after.state.startsWith('paying');
      if (isUndecided) {
        expect(account, after.state).toMatchObject({ availableFen: FUNDS_FEN - AMOUNT_FEN, heldFen: AMOUNT_FEN });
      }
      if (act?.at === after.state && !acted) {
        acted = true;
        await decide(user, act);
      }
      return FINAL.includes(after.status) ? after : undefined;
    },
    () => server.stderr().slice(-2_000),
  );
}

/** Every state the withdrawal was in, as its journal has them. */
async function statesOf(id: string): Promise<readonly string[]> {
  const path = `/v1/staff/actors/withdrawal/${id}/journal?limit=100`;
  return (await staff.read<{ data: { state: string }[] }>(path)).data.map(({ state }) => state);
}

async function decide(user: string, { verb, status }: NonNullable<Scenario['staff']>): Promise<void> {
  const path = `/v1/staff/withdrawals/${idOf(user)}`;
  if (verb === 'approve') {
    const early = await staff.settle('POST', `${path}/deny`, { reason: 'too early' });
    expect([early.status, early.body['code']]).toEqual([409, 'PAYOUT_NOT_SETTLED']);
  }
  expect((await staff.settle('POST', `${path}/${verb}`, { reason: 'looked into it' })).status).toBe(status);
}

/** An account follows its withdrawal's final status within a second. */
async function expectAccount(user: string, availableFen: number): Promise<void> {
  let seen: Account | undefined;
  await until(
    `${user}'s account follows`,
    1_000,
    async () => {
      seen = await clientOf(user).account();
      return seen.heldFen === 0 && seen.availableFen === availableFen && seen.debtFen === 0 ? true : undefined;
    },
    () => seen,
  );
}

/** The ledger, which is written behind the account, comes to show one hold and the one line that ended it. */
async function expectOneHold(user: string, ending: 'capture' | 'unhold'): Promise<void> {
  let kinds: readonly string[] = [];
  await until(
    `${user}'s ledger follows`,
    1_000,
    async () => {
      kinds = (await clientOf(user).list<LedgerRow>('/v1/account/ledger')).map(({ kind }) => kind);
      return kinds[0] === ending ? true : undefined;
    },
    () => kinds,
  );
  expect(kinds.filter((kind) => kind !== 'credit' && kind !== 'release')).toEqual([ending, 'hold']);
}

async function entryOf(outBizNo: string): Promise<PayoutEntry | undefined> {
  return (await sandbox.book()).payouts.find((entry) => entry.outBizNo === outBizNo);
}
