import { beforeEach, describe, expect, it } from 'vitest';
import type { Dependencies } from '../../../src/actors/dependencies.ts';
import type { Sentence } from '../../../src/http/console-api/schemas.ts';
import { toWithdrawalId } from '../../../src/http/withdrawal-id.ts';
import { type Console, serveConsole } from '../support/console-served.ts';

const ADDRESS = `withdrawal/${toWithdrawalId('u1', 'k1')}` as const;
const broken = [{ dependency: 'alipay', policy: 'transfer', state: 'open', nextProbeAt: 0, hold: null, quotas: [] }];
const dependencies = { snapshot: () => broken } as unknown as Dependencies;

let served: Console;
beforeEach(async () => {
  served = await serveConsole({ dependencies });
  const credit = { type: 'post', order: '1', n: 1, kind: 'credit', pendingFen: 0, availableFen: 100_000 };
  await served.tell('balance/u1', credit);
  const account = { sealed: 's', masked: { identity: '138******00', name: '**丰' } };
  await served.tell(ADDRESS, { type: 'request', userId: 'u1', amountFen: 60_000, account, fingerprint: 'f' });
  await served.runtime.waitUntil(ADDRESS, ({ value }) => value === 'review', 1_000);
});

async function read(role: 'viewer' | 'approver', path = ''): Promise<readonly Sentence[]> {
  const { body } = await (await served.signIn(role)).get(`/actors/${ADDRESS}${path}`);
  return body['sentences'] as readonly Sentence[];
}

const kindsOf = (sentences: readonly Sentence[]) => sentences.map(({ kind }) => kind);
const saidAs = (kind: Sentence['kind'], sentences: readonly Sentence[]) =>
  sentences.filter((one) => one.kind === kind).map(({ text }) => text.en);

describe('what is going on with an actor', () => {
  it('is said as the reader’s role may act on it', async () => {
    const forApprover = await read('approver');
    expect(kindsOf(forApprover)).toEqual(['where', 'waits', 'customer', 'answer', 'may']);
    expect(saidAs('may', forApprover)[0]).toMatch(/^You may: Approve/);
    expect(saidAs('may', await read('viewer'))[0]).toMatch(/^A person with the role approver may: Approve/);
  });

  it('names the partner that takes no calls, only where it matters', async () => {
    expect(kindsOf(await read('approver'))).not.toContain('trouble');
    await served.tell(ADDRESS, { type: 'approve', by: 'ann', reason: 'looks fine' });
    const sentences = await read('viewer');
    expect(saidAs('waits', sentences)[0]).toContain('Waits for Alipay’s answer to the transfer');
    expect(saidAs('trouble', sentences)[0]).toContain('Alipay (transfer) fails and is cut off');
  });

  it('is said of a past moment without what is only true now', async () => {
    await served.tell(ADDRESS, { type: 'approve', by: 'ann', reason: 'looks fine' });
    const { body } = await (await served.signIn('viewer')).get(`/actors/${ADDRESS}/at/2`);
    expect(body).toMatchObject({ state: 'review' });
    expect(kindsOf(body['sentences'] as readonly Sentence[])).toEqual(['where', 'waits', 'customer', 'answer']);
  });
});
