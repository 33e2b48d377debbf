import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sessions } from '../../../src/http/console-api/sessions.ts';
import { toWithdrawalId } from '../../../src/http/withdrawal-id.ts';
import { type Browser, type Console, ROLES, serveConsole } from '../support/console-served.ts';
import { START } from '../support/served.ts';

const PAYEE = { identity: 'canary-identity@example.com', name: '金丝雀的全名' };
const SEALED = 's1.canarysealed.aVeryLongSealedTextThatOpensToThePayee';
const ID = toWithdrawalId('u1', 'k1');

let console: Console;
const browsers: Browser[] = [];
beforeAll(async () => {
  console = await serveConsole({ sealer: { open: async () => PAYEE, usersNaming: async () => ['u1'] } });
  for (const role of ROLES) browsers.push(await console.signIn(role));
  await console.tell('balance/u1', {
    type: 'post',
    order: '1',
    n: 1,
    kind: 'credit',
    pendingFen: 0,
    availableFen: 100_000,
  });
  await console.tell(`withdrawal/${ID}`, {
    type: 'request',
    userId: 'u1',
    amountFen: 60_000,
    account: { sealed: SEALED, masked: { identity: 'c*******m', name: '**名' } },
    fingerprint: 'canary-fingerprint',
  });
  await console.runtime.waitUntil(`withdrawal/${ID}`, ({ value }) => value === 'review', 1_000);
});
afterAll(() => console.close());

describe('no answer but a reveal', () => {
  it('holds payee data, or what opens to it, whatever is asked by whomever', async () => {
    const paths = new Set(
      console.routes
        .filter(({ method, url }) => method === 'GET' && url.startsWith('/console/api/') && !url.endsWith('/stream'))
        .map(({ url }) =>
          url
            .slice('/console/api'.length)
            .replace(':type/:id', `withdrawal/${ID}`)
            .replace(':type', 'withdrawal')
            .replace(':seq', '1')
            .replace(':userId', 'u1'),
        ),
    );
    paths.add('/audit/export?reason=check');
    paths.add(`/actors/withdrawal/${ID}/export?reason=check`);
    let doneCount = 0;
    for (const path of paths) {
      for (const browser of browsers) {
        const { status, text } = await browser.get(path);
        const answer = text.replaceAll(JSON.stringify(path), '');
        if (status === 200) doneCount += 1;
        for (const secret of [SEALED, 'canary-fingerprint', PAYEE.identity, PAYEE.name]) {
          expect(answer, `${path} ${status}`).not.toContain(secret);
        }
      }
    }
    for (const q of [ID, 'u1', 'tity 金']) {
      for (const browser of browsers) {
        const { status, text } = await browser.post('/search', { q });
        expect([status, text.includes(ID) || text.includes('balance/u1')], q).toEqual([200, true]);
        for (const secret of [SEALED, 'canary-fingerprint', PAYEE.identity, PAYEE.name])
          expect(text, q).not.toContain(secret);
      }
    }
    expect(doneCount).toBeGreaterThan(80);
  });
});

describe('a session', () => {
  it('is good after a restart and on other nodes, and under no other key', async () => {
    const cookie = browsers[0]?.cookie.split('=')[1] ?? '';
    const deps = { actors: console.runtime, clock: { now: () => START }, ids: { random: () => 'x' }, isSandbox: true };
    expect((await new Sessions({ ...deps, sessionKey: 'a session key' }).check(cookie))?.staff.name).toBe('viewer');
    expect(await new Sessions({ ...deps, sessionKey: 'another key' }).check(cookie)).toBeUndefined();
  });
});
