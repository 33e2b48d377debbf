import { beforeEach, describe, expect, it } from 'vitest';
import { type Browser, type Console, serveConsole } from '../support/console-served.ts';

const HOUR_MS = 3_600_000;

let console: Console;
let admin: Browser;
beforeEach(async () => {
  console = await serveConsole();
  admin = await console.signIn('admin');
});

const whoAmI = (browser: Browser) => browser.get('/session');
const add = (name: string) =>
  admin.post('/users', { name, role: 'viewer', password: 'a password of some length', reason: 'new colleague' });

async function signedIn(name: string): Promise<Browser> {
  const browser = console.browser();
  expect((await browser.signIn(name, 'a password of some length')).status).toBe(200);
  return browser;
}

describe('signing in', () => {
  it('gives a session in a cookie that no script can read and no other site can send', async () => {
    const { headers, body } = await console.browser().signIn('admin');
    expect(headers['set-cookie']).toMatch(/^taoke_console=[\w.-]+; Path=\/console; HttpOnly; SameSite=Strict$/);
    expect(body).toMatchObject({ user: 'admin', role: 'admin', environment: 'sandbox' });
    expect((await whoAmI(admin)).body.csrfToken).toBe(admin.csrfToken);
  });

  it('says where else to look, where that is set', async () => {
    expect((await whoAmI(admin)).body.links).toEqual({ dependency: null, trace: null });
    const trace = 'https://jaeger.example/trace/{traceId}';
    const linked = await serveConsole({ links: { dependency: undefined, trace } });
    expect((await whoAmI(await linked.signIn('viewer'))).body.links).toEqual({ dependency: null, trace });
    await linked.close();
  });

  it('marks the cookie as for https only behind https', async () => {
    const body = { user: 'admin', password: 'correct horse battery' };
    const { headers } = await console.browser().post('/session', body, { 'x-forwarded-proto': 'https' });
    expect(headers['set-cookie']).toContain('; Secure');
  });

  it('answers a wrong password and a name that nobody has alike', async () => {
    const wrong = await console.browser().signIn('admin', 'wrong');
    const unknown = await console.browser().signIn('nobody', 'wrong');
    const impossible = await console.browser().signIn('../admin', 'wrong');
    for (const { status, body } of [wrong, unknown, impossible]) {
      expect([status, body.code, body.detail]).toEqual([401, 'SIGN_IN_FAILED', wrong.body.detail]);
    }
  });

  it('refuses a name after five wrong passwords, the right one too, for a quarter of an hour', async () => {
    for (let n = 0; n < 5; n++) expect((await console.browser().signIn('admin', `guess ${n}`)).status).toBe(401);
    const limited = await console.browser().signIn('admin');
    expect([limited.status, limited.body.code, limited.headers['retry-after']]).toEqual([
      429,
      'SIGN_IN_LIMITED',
      '900',
    ]);
    console.clock.value += HOUR_MS / 4;
    expect((await console.browser().signIn('admin')).status).toBe(200);
  });

  it('refuses an address that tries many names', async () => {
    const statuses = [];
    for (let n = 0; n < 22; n++) statuses.push((await console.browser().signIn(`user${n}`, 'guess')).status);
    expect(statuses.slice(0, 19)).toEqual(Array(19).fill(401));
    expect(statuses.at(-1)).toBe(429);
  });

  it('keeps no password in the journal', async () => {
    await add('lin');
    await signedIn('lin');
    for (const actor of await console.journal.actors(undefined, 100)) {
      const text = JSON.stringify(await console.journal.page(actor, 0, 1_000));
      expect(text).not.toContain('a password of some length');
      expect(text).not.toContain('correct horse battery');
    }
  });
});

describe('a session', () => {
  it('ends after half an hour without a request, and is kept alive by requests', async () => {
    for (let n = 0; n < 3; n++) {
      console.clock.value += HOUR_MS / 3;
      expect((await whoAmI(admin)).status).toBe(200);
    }
    console.clock.value += HOUR_MS / 2;
    expect(await whoAmI(admin)).toMatchObject({ status: 401, body: { code: 'SESSION_ENDED' } });
  });

  it('ends after twelve hours, however busy', async () => {
    let status = 200;
    let hours = 0;
    for (; status === 200 && hours < 20; hours += 0.25) {
      console.clock.value += HOUR_MS / 4;
      status = (await whoAmI(admin)).status;
    }
    expect([status, hours]).toEqual([401, 12]);
  });

  it('ends at once when it is signed out, its copies too, and no other of the same user', async () => {
    await add('lin');
    const [one, other] = [await signedIn('lin'), await signedIn('lin')];
    const stolen = console.browser();
    stolen.cookie = one.cookie;
    expect((await one.call('DELETE', '/session')).status).toBe(204);
    expect(one.cookie).toBe('');
    expect((await whoAmI(stolen)).body.code).toBe('SESSION_ENDED');
    expect((await whoAmI(other)).status).toBe(200);
  });

  it.each([
    ['disabled', 'disable', {}],
    ['given another role', 'role', { role: 'viewer' }],
    ['given another password', 'password', { password: 'another long password' }],
  ])('ends at once when the user is %s', async (_, command, more) => {
    await add('lin');
    if (command === 'role')
      await console.tell('staff/lin', { type: 'setRole', role: 'operator', by: 'admin', reason: 'two agreed' });
    const lin = await signedIn('lin');
    expect((await admin.post(`/users/lin/${command}`, { reason: 'left', ...more })).status).toBe(200);
    expect((await whoAmI(lin)).body.code).toBe('SESSION_ENDED');
  });

  it('cannot be forged', async () => {
    const [payload, signature] = admin.cookie.split('=')[1]?.split('.') ?? [];
    const changed = Buffer.from(
      Buffer.from(payload ?? '', 'base64url')
        .toString()
        .replace('admin', 'lin'),
    ).toString('base64url');
    for (const cookie of [`${changed}.${signature}`, `${payload}.`, `${payload}.x`, payload, '.', 'x'.repeat(5_000)]) {
      const browser = console.browser();
      browser.cookie = `taoke_console=${cookie}`;
      expect((await whoAmI(browser)).status).toBe(401);
    }
  });

  it('writes nothing without its own CSRF token, nor for another site', async () => {
    const body = { name: 'eve', role: 'admin', reason: 'none' };
    const attempts = [
      { 'x-csrf-token': '' },
      { 'x-csrf-token': 'x'.repeat(43) },
      { 'x-csrf-token': (await console.signIn('auditor')).csrfToken },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of attempts) {
      expect((await admin.post('/users', body, headers)).body.code).toBe('CSRF_TOKEN_INVALID');
    }
    expect((await admin.get('/users')).body.data.map(({ name }: { name: string }) => name)).not.toContain('eve');
  });

  it('changes its own password only with the present one', async () => {
    await add('lin');
    const lin = await signedIn('lin');
    const next = 'a new long password';
    expect((await lin.post('/session/password', { current: 'wrong', next })).body.code).toBe('SIGN_IN_FAILED');
    expect((await lin.post('/session/password', { current: 'a password of some length', next })).status).toBe(204);
    expect((await whoAmI(lin)).status).toBe(401);
    expect((await console.browser().signIn('lin', next)).status).toBe(200);
  });
});

describe('users', () => {
  it('are listed with who made them, and a password is made and told once when none is given', async () => {
    const made = await admin.post('/users', { name: 'lin', role: 'viewer', reason: 'on call' });
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'lin', role: 'viewer', createdBy: 'admin', isDisabled: false, approval: null },
    });
    expect((await console.browser().signIn('lin', made.body.password)).status).toBe(200);
    const { data } = (await admin.get('/users')).body;
    expect(data.find(({ name }: { name: string }) => name === 'lin')).not.toHaveProperty('password');
  });

  it('keep their name for ever, and weak passwords are refused with what is wanted', async () => {
    await add('lin');
    expect((await add('lin')).body.code).toBe('STAFF_EXISTS');
    const weak = await admin.post('/users', { name: 'wang', role: 'viewer', password: 'short', reason: 'x' });
    expect(weak.body.errors).toMatchObject([{ pointer: '/password' }]);
  });

  it('cannot change their own account, so that an admin is always left', async () => {
    for (const [command, more] of [
      ['disable', {}],
      ['role', { role: 'viewer' }],
      ['password', {}],
    ] as const) {
      expect((await admin.post(`/users/admin/${command}`, { reason: 'oops', ...more })).body.code).toBe('STAFF_OWN');
    }
  });

  it('that nobody has are not found, and not made by the question', async () => {
    expect((await admin.post('/users/ghost/disable', { reason: 'x' })).body.code).toBe('ACTOR_NOT_FOUND');
    expect((await admin.get('/users')).body.data).toHaveLength(1);
  });

  it('may sign in again once they are enabled', async () => {
    await add('lin');
    await admin.post('/users/lin/disable', { reason: 'left' });
    expect((await console.browser().signIn('lin', 'a password of some length')).body.code).toBe('SIGN_IN_FAILED');
    await admin.post('/users/lin/enable', { reason: 'came back' });
    await signedIn('lin');
  });

  it('of the sandbox cannot sign in anywhere else', async () => {
    const real = await serveConsole({ isSandbox: false });
    const event = { type: 'add', role: 'admin', passwordHash: 'x', isDemo: true, by: 'sandbox', reason: 'demo' };
    await real.tell('staff/demo', event);
    expect((await real.browser().signIn('demo')).body.code).toBe('SIGN_IN_FAILED');
  });
});
