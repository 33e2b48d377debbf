/**
 * The calls of an actor to the outside: each attempt, with what came of it.
 */
import { expect, it } from 'vitest';
import type { CallOutcome } from '../../../src/actors/ports.ts';
import { toWithdrawalId } from '../../../src/http/withdrawal-id.ts';
import { serveConsole } from '../support/console-served.ts';

it('are listed attempt by attempt, the newest first, with key, answer and record', async () => {
  const server = await serveConsole();
  const viewer = await server.signIn('viewer');
  const id = toWithdrawalId('u1', 'k1');
  const post = { type: 'post', order: '1', n: 1, kind: 'credit', pendingFen: 0, availableFen: 100_000 };
  await server.tell('balance/u1', post);
  const account = { sealed: 'a-sealed-payee', masked: { identity: '138******00', name: '**丰' } };
  const request = { type: 'request', userId: 'u1', amountFen: 1_000, account, fingerprint: 'f' };
  await server.tell(`withdrawal/${id}`, request);
  await server.runtime.waitUntil(`withdrawal/${id}`, ({ value }) => typeof value === 'object', 1_000);
  const calls = async () => (await viewer.get(`/actors/withdrawal/${id}/calls`)).body.data;
  expect(await calls()).toMatchObject([
    { activity: 'alipayTransfer', title: { en: 'the transfer' }, attempt: 1, isOpen: true, answer: null },
  ]);
  const outcomes: Record<string, CallOutcome> = {
    alipayTransfer: { kind: 'unknown', reason: { code: 'TIMEOUT', detail: 'nothing came' } },
    alipayQuery: { kind: 'ok', output: { status: 'SUCCESS', orderId: '2026', paidAt: server.clock.value } },
  };
  for (const [name, outcome] of Object.entries(outcomes)) server.runtime.provideActivity(name, async () => outcome);
  await server.queue.runNext();
  await server.elapse(3_600_000);
  await server.queue.runNext();
  await server.elapse(0);
  await viewer.signIn('viewer');
  const [query, transfer] = await calls();
  expect(transfer).toMatchObject({ isOpen: false, answer: { kind: 'unknown', code: 'TIMEOUT' } });
  expect(transfer.answer.seq).toBeGreaterThan(transfer.seq);
  expect(query).toMatchObject({ activity: 'alipayQuery', answer: { kind: 'ok', code: null } });
  expect(query.id).toMatch(new RegExp(`^withdrawal/${id}#\\d+\\.\\d+$`));
  expect((await viewer.get('/actors/balance/u1/calls')).body).toEqual({ data: [] });
  await server.close();
});
