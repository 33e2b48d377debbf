/**
 * The face on the real runtime over stores in memory. Time stands still but for the pauses in which writes gather:
 * whatever is answered here, no deadline, heartbeat or sweep was needed for it.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Address } from '../../src/actors/address.ts';
import type { Clock } from '../../src/actors/ports.ts';
import type { ActorEvent } from '../../src/actors/record.ts';
import { Runtime } from '../../src/actors/runtime.ts';
import { toWithdrawalId } from '../../src/http/withdrawal-id.ts';
import { alwaysGranted, ManualQueue } from '../support/actor-world.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { MemoryProjections } from '../support/memory-projections.ts';
import { SeededIds } from '../support/seeded-ids.ts';
import { catalog, PAYEE, type Served, serveOn, standingClock } from './support/served.ts';

const GATHERING_MS = 50;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

let server: Served<Runtime>;
let token: string;
let staff: string;
beforeEach(async () => {
  const clock = standingClock();
  const still: Clock = {
    now: () => clock.now(),
    after: (ms, run) => {
      if (ms <= GATHERING_MS) setImmediate(run);
      return () => {};
    },
    soon: (run) => void setImmediate(run),
  };
  const journal = new MemoryJournal();
  const projections = new MemoryProjections(() => clock.now());
  const ports = { clock: still, journal, projections, ids: new SeededIds(), queue: new ManualQueue() };
  const runtime = new Runtime(
    { ...ports, leases: alwaysGranted, log: silent, definitions: catalog },
    { exclusive: true },
  );
  await runtime.start();
  server = await serveOn(runtime, clock);
  token = await server.user('u1');
  staff = await server.staff();
  await tell('balance/u1', { type: 'post', order: '1', n: 1, kind: 'credit', pendingFen: 0, availableFen: 100_000 });
});

function tell(to: Address, event: ActorEvent) {
  return server.actors.send(to, event, { cause: 'test/tell' });
}

function ask(amountFen: number, key = 'key-1') {
  const headers = { 'idempotency-key': key };
  return server.call('POST', '/v1/withdrawals', { token, headers, body: { amountFen, account: PAYEE } });
}

const get = (url: string) => server.call('GET', url, { token });
const put = (path: string, body: object) => server.call('PUT', `/v1/staff/${path}`, { token: staff, body });
const post = (path: string, body: object) => server.call('POST', `/v1/staff/${path}`, { token: staff, body });

describe('the face on the real runtime', () => {
  it('answers a withdrawal once its funds are held, and it is in the list by then', async () => {
    expect(await ask(1_000)).toMatchObject({ status: 201, body: { status: 'processing' } });
    expect((await get('/v1/withdrawals')).body.data).toMatchObject([{ id: toWithdrawalId('u1', 'key-1') }]);
    expect((await get('/v1/account')).body).toMatchObject({ availableFen: 99_000, heldFen: 1_000, seq: 2 });
  });

  it('makes one withdrawal of 50 simultaneous requests under one key', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(1_000)));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(201));
    expect(answers.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1);
    expect((await get('/v1/account')).body).toMatchObject({ availableFen: 99_000, heldFen: 1_000 });
  });

  it('lets simultaneous withdrawals take what there is and no fen more', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => ask(5_000, `key-${n}`)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
    expect(answers.filter(({ body }) => body.code === 'INSUFFICIENT_FUNDS')).toHaveLength(30);
    expect((await get('/v1/account')).body).toMatchObject({ availableFen: 0, heldFen: 100_000 });
  });

  it('answers a key that found no funds the same for ever', async () => {
    expect(await ask(100_001)).toMatchObject({ status: 409, body: { code: 'INSUFFICIENT_FUNDS' } });
    await tell('balance/u1', { type: 'post', order: '2', n: 1, kind: 'credit', pendingFen: 0, availableFen: 100_000 });
    expect(await ask(100_001)).toMatchObject({ status: 409, body: { code: 'INSUFFICIENT_FUNDS' } });
    expect(await ask(100_002)).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  });

  it('refuses a withdrawal right after a freeze was answered', async () => {
    await post('members/u1/freeze', { reason: 'risk' });
    expect(await ask(1_000)).toMatchObject({ status: 409, body: { code: 'ACCOUNT_FROZEN' } });
    await post('members/u1/unfreeze', { reason: 'checked' });
    expect(await ask(1_000, 'key-2')).toMatchObject({ status: 201 });
  });

  it('cancels a withdrawal in review once, however often it is asked to', async () => {
    const { body } = await ask(60_000);
    const cancels = await Promise.all(
      Array.from({ length: 5 }, () => server.call('POST', `/v1/withdrawals/${body.id}/cancel`, { token })),
    );
    expect(cancels.map(({ status }) => status)).toEqual(Array(5).fill(200));
    expect((await get('/v1/account')).body).toMatchObject({ availableFen: 100_000, heldFen: 0 });
  });

  it('binds a channel to one of several users who race for it', async () => {
    const users = ['u1', 'u2', 'u3', 'u4'];
    const answers = await Promise.all(users.map((id) => put(`members/${id}/channel`, { relationId: '7' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
  });

  it('is not ready before the actors are, and refuses to send for them', async () => {
    await server.actors.stop(0);
    expect((await server.call('GET', '/readyz')).status).toBe(503);
    expect(await ask(1_000)).toMatchObject({ status: 503, body: { code: 'RUNTIME_STOPPING', retryable: true } });
  });
});
