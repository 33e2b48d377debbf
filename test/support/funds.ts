/** Money for users, as it comes to them: by a settled order of a channel that is theirs. */
import { expect } from 'vitest';
import type { SandboxProcess } from './sandbox-process.ts';
import { until } from './server-process.ts';

interface FundingDeps {
  readonly sandbox: Pick<SandboxProcess, 'orders'>;
  /** Who binds channels. */
  readonly staff: { settle(method: string, path: string, body: object): Promise<{ readonly status: number }> };
  readonly clientOf: (user: string) => { account(): Promise<{ readonly availableFen: number } | undefined> };
}

const WITHIN_MS = 60_000;
/** The user's part of what an order brings, where nothing else is configured. */
const SHARE = 0.7;
/** Which comes off before it is shared. */
const TECH_FEE_FEN = 400;

/** Each of them has just so much available then. The rebate must be configured to be released at once. */
export async function fund(users: readonly string[], amountFen: number, deps: FundingDeps): Promise<void> {
  const { sandbox, staff, clientOf } = deps;
  const relationIdOf = (index: number) => String(2_882_000_000 + index);
  const feeYuan = ((Math.ceil(amountFen / SHARE) + TECH_FEE_FEN) / 100).toFixed(2);
  await sandbox.orders(
    users.map((_, index) => ({
      trade_id: String(4_200_000_000_000_000_000n + BigInt(index)),
      tk_status: 3,
      relation_id: relationIdOf(index),
      pub_share_fee: feeYuan,
      pub_share_pre_fee: feeYuan,
      alimama_share_fee: (TECH_FEE_FEN / 100).toFixed(2),
    })),
  );
  for (const [index, user] of users.entries()) {
    const channel = { relationId: relationIdOf(index) };
    expect((await staff.settle('PUT', `/v1/staff/members/${user}/channel`, channel)).status).toBe(200);
  }
  for (const user of users) {
    await until(`funds of ${user}`, WITHIN_MS, async () =>
      (await clientOf(user).account())?.availableFen === amountFen ? true : undefined,
    );
  }
}
