import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SandboxProcess, startSandboxProcess } from '../support/sandbox-process.ts';
import {
  freePort,
  killAll,
  pause,
  type ServerProcess,
  spawnServer,
  startServer,
  tempFolder,
} from '../support/server-process.ts';
import { Acknowledged, type BusyUser, binding, deciding, trading, watching, withdrawing } from './busy-users.ts';
import { FinalTruth } from './final-truth.ts';
import { seeded } from './money-oracle.ts';
import { swiftUnderFaults } from './settings.ts';
import { inspectJournal } from './stored-journal.ts';

const KILLS = 55;
const SEED = 20_260_115;
const QUIET_WITHIN_MS = 60_000;

/** The last one's channel is bound only when half of the kills are over, and takes in the orders seen before. */
const USERS: readonly BusyUser[] = [1, 2, 3, 4, 5].map((n) => ({
  userId: `busy-${n}`,
  relationId: `28810000000000000${n}`,
}));

const folder = tempFolder();
const dataDir = `${folder.path}/data`;
const random = seeded(SEED);
const acknowledged = new Acknowledged();
let sandbox: SandboxProcess;
let port: number;

const env = () => ({ ...sandbox.env, ...swiftUnderFaults() });
const spawn = () => spawnServer({ dataDir, env: env(), port });
const url = () => `http://127.0.0.1:${port}`;

beforeAll(async () => {
  [sandbox, port] = [await startSandboxProcess(`${folder.path}/sandbox`), await freePort()];
}, 90_000);

afterAll(() => {
  killAll();
  folder.remove();
});

describe('a server that is killed again and again under load', () => {
  it('loses no acknowledged write, pays each withdrawal once and keeps every fen', { timeout: 300_000 }, async () => {
    const startedAt = performance.now();
    // A partner that takes its time, so that many kills find a payout under way, and breaks some lines on its own.
    await sandbox.faults([
      { match: { gateway: 'alipay' }, do: 'delay', ms: 15 },
      ...[5, 13, 29, 41].map((nth) => ({
        match: { gateway: 'alipay', method: 'alipay.fund.trans.uni.transfer', nth } as const,
        do: 'dropAfter' as const,
      })),
    ]);
    const last = await killRepeatedly();
    const truth = new FinalTruth({ users: USERS, sandbox, acknowledged, url: url() });
    await truth.quiet(QUIET_WITHIN_MS);
    await truth.expect(KILLS);
    await last.end('SIGTERM');
    const { faults, records, lostPayouts } = inspectJournal(dataDir);
    expect(faults).toEqual([]);
    const { withdrawals, refused, canceled, denied, reads } = acknowledged;
    const { payouts, orders } = await sandbox.book();
    const paid = payouts.filter(({ payout }) => payout !== undefined).length;
    const arrivals = payouts.reduce((sum, entry) => sum + entry.arrivals.length, 0);
    console.log(
      `${KILLS} kills, ${acknowledged.writeCount} acknowledged writes (${withdrawals.length} withdrawals, ` +
        `${refused.length} refused, ${canceled.size} canceled, ${denied.size} denied), ${reads} reads, ` +
        `${orders.length} orders, ${paid} payouts by ${arrivals} attempts, ${lostPayouts} of them cut off by a kill, ` +
        `${records} records, ` +
        `${Math.round((performance.now() - startedAt) / 1000)} s, seed ${SEED}`,
    );
  });
});

/** Runs the load against server after server, and returns the one that lives. */
async function killRepeatedly(): Promise<ServerProcess> {
  const stopping = new AbortController();
  const deps = { url: url(), acknowledged, random, signal: stopping.signal };
  const clients = Promise.all([
    binding(USERS.slice(0, -1), deps),
    trading(USERS, sandbox, deps),
    deciding(USERS, deps),
    ...USERS.flatMap((user) => [withdrawing(user, 1, deps), withdrawing(user, 2, deps), watching(user, deps)]),
  ]);
  const failed = clients.then(() => new Promise<never>(() => {}));
  for (let kills = 0; kills < KILLS; kills += 1) {
    if (kills === Math.floor(KILLS / 2)) void binding(USERS, deps);
    const server = spawn();
    // Most kills hit a server at work, the others one that is just getting up and taking over.
    if (random.next() < 0.7) await Promise.race([failed, server.ready()]);
    await pause(random.below(450));
    const { signal } = await server.end('SIGKILL');
    if (signal !== 'SIGKILL') throw new Error(`the server ended by itself: ${server.stderr()}`);
  }
  const server = await startServer({ dataDir, env: env(), port });
  stopping.abort();
  await clients;
  return server;
}
