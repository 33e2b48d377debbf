/**
 * Real nodes under load while one fault after the other hits them or what they stand on, and what must be so at the end:
 * every acknowledged write is there, the partners' books and the journal agree to the fen, every withdrawal is final.
 */
import { expect } from 'vitest';
import { pause } from '../../support/server-process.ts';
import { Acknowledged, type BusyUser, binding, deciding, trading, watching, withdrawing } from '../busy-users.ts';
import { FinalTruth } from '../final-truth.ts';
import type { seeded } from '../money-oracle.ts';
import type { Cluster } from './cluster.ts';

const QUIET_WITHIN_MS = 180_000;
/** Between two faults, for the load to get on. */
const CALM_MS = 4_000;
const LAST_LINES = 40;

/** Each resolves when what it did is over. */
export type Faults = Readonly<Record<string, () => Promise<void>>>;

export interface Ordeal {
  readonly cluster: Cluster;
  readonly users: readonly BusyUser[];
  readonly random: ReturnType<typeof seeded>;
  readonly faults: Faults;
  /** Fewer, and there was no load to speak of. */
  readonly leastWithdrawals: number;
}

/** Starts the nodes, and ends them once everything has been checked. Says what the nodes said when something is wrong. */
export async function endure(ordeal: Ordeal): Promise<void> {
  try {
    await run(ordeal);
  } catch (error) {
    for (const { url, process } of ordeal.cluster.nodes) {
      console.log(`${url} said last:\n${process.stderr().split('\n').slice(-LAST_LINES).join('\n')}`);
    }
    throw error;
  }
}

async function run({ cluster, users, random, faults, leastWithdrawals }: Ordeal): Promise<void> {
  const startedAt = performance.now();
  const acknowledged = new Acknowledged();
  const { sandbox, nodes } = cluster;
  await sandbox.faults([{ match: { gateway: 'alipay' }, do: 'delay', ms: 15 }]);
  await cluster.startNodes();
  const stopping = new AbortController();
  const deps = { url: () => random.pick(nodes).url, acknowledged, random, signal: stopping.signal };
  const clients = Promise.all([
    binding(users, deps),
    trading(users, sandbox, deps),
    deciding(users, deps),
    ...users.flatMap((user) => [withdrawing(user, 1, deps), watching(user, deps)]),
  ]);
  const failed = clients.then(() => new Promise<never>(() => {}));
  await Promise.race([failed, pause(CALM_MS)]);
  for (const [title, inject] of Object.entries(faults)) {
    const before = acknowledged.writeCount;
    await Promise.race([failed, inject()]);
    const during = acknowledged.writeCount - before;
    await Promise.race([failed, pause(CALM_MS)]);
    console.log(`${title}: ${during} writes acknowledged meanwhile, ${acknowledged.writeCount - before} soon after`);
  }
  stopping.abort();
  await clients;
  for (const { url } of nodes) {
    const truth = new FinalTruth({ users, sandbox, acknowledged, url });
    await truth.quiet(QUIET_WITHIN_MS);
    await truth.expect(leastWithdrawals);
  }
  await Promise.all(nodes.map(({ process }) => process.end('SIGTERM')));
  const { faults: journalFaults, records } = await cluster.inspectJournal();
  expect(journalFaults).toEqual([]);
  const { payouts } = await sandbox.book();
  console.log(
    `${Object.keys(faults).length} faults, ${acknowledged.writeCount} acknowledged writes, ${acknowledged.reads} reads, ` +
      `${payouts.length} payouts, ${records} records, ${Math.round((performance.now() - startedAt) / 1000)} s`,
  );
}
