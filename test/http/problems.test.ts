import { beforeEach, describe, expect, it } from 'vitest';
import { ActorError, ERROR_CODES, type ErrorCode } from '../../src/actors/errors.ts';
import type { ACTION_PROBLEMS } from '../../src/http/action-problem-codes.ts';
import { issueToken } from '../../src/http/auth/tokens.ts';
import type { CONSOLE_PROBLEMS } from '../../src/http/console-problem-codes.ts';
import type { GOODS_PROBLEMS } from '../../src/http/goods-problem-codes.ts';
import { PROBLEMS, type ProblemCode } from '../../src/http/problem-codes.ts';
import { credit, PAYEE, type Served, serve } from './support/served.ts';

const ID = `wd_${'a'.repeat(26)}`;
const DRIVER_TEXT = 'SQLITE_BUSY at /srv/data/journal.db';

let server: Served;
let token: string;
let staff: string;
beforeEach(async () => {
  server = await serve();
  token = await server.user('u1');
  staff = await server.staff();
});

const account = () => server.call('GET', '/v1/account', { token });
const ask = (body: unknown = { amountFen: 1_000, account: PAYEE }, headers: Record<string, string> = {}) =>
  server.call('POST', '/v1/withdrawals', { token, headers: { 'idempotency-key': 'k', ...headers }, body });
const command = (name: string) =>
  server.call('POST', `/v1/staff/withdrawals/${ID}/${name}`, { token: staff, body: { reason: 'r' } });

/** The next call of the actor system throws. */
function failing(error: Error): typeof server.actors {
  server.actors.failure = error;
  return server.actors;
}

/** Puts a hold's refusal where the balance would have. */
async function refusedBy(code: string) {
  server.actors.isPaused = true;
  const { body } = await ask();
  server.actors.isPaused = false;
  server.actors.tell(`withdrawal/${body.id}`, { type: 'holdRefused', code });
  return ask();
}

/** Every message is refused by its machine, for that reason. */
function refusing(code: string): void {
  server.actors.send = async () => ({
    outcome: 'refused',
    reason: { code },
    seq: 1,
    repeated: false,
    snapshot: { value: { paying: 'manual' }, context: {}, status: 'active', since: 0, waiting: [] },
  });
}

/** How a client meets each problem. The two that precede any request are in sockets.test.ts. */
const scenarios: Record<
  Exclude<
    ProblemCode,
    | ErrorCode
    | keyof typeof CONSOLE_PROBLEMS
    | keyof typeof ACTION_PROBLEMS
    | keyof typeof GOODS_PROBLEMS
    | 'REQUEST_TIMEOUT'
    | 'HEADERS_TOO_LARGE'
  >,
  () => Promise<{ status: number; body: { code: string } }>
> = {
  VALIDATION_FAILED: () => ask({}),
  REQUEST_MALFORMED: () => ask('{"amountFen":', { 'content-type': 'application/json' }),
  IDEMPOTENCY_KEY_REQUIRED: () => ask(undefined, { 'idempotency-key': '' }),
  IDEMPOTENCY_KEY_INVALID: () => ask(undefined, { 'idempotency-key': '\u00e9' }),
  IDEMPOTENCY_KEY_REUSED: async () => {
    await ask();
    return ask({ amountFen: 2_000, account: PAYEE });
  },
  CURSOR_INVALID: () => server.call('GET', '/v1/orders?cursor=x', { token }),
  TOKEN_REQUIRED: () => server.call('GET', '/v1/account'),
  TOKEN_INVALID: () => server.call('GET', '/v1/account', { token: 'x' }),
  TOKEN_EXPIRED: async () =>
    server.call('GET', '/v1/account', {
      token: await issueToken('a secret of at least thirty-two bytes', { sub: 'u1' }, server.clock.now()),
    }),
  FORBIDDEN: () => server.call('GET', '/v1/account', { token: staff }),
  NOT_FOUND: () => server.call('GET', `/v1/withdrawals/${ID}`, { token }),
  ROUTE_NOT_FOUND: () => server.call('GET', '/v1/nothing', { token }),
  METHOD_NOT_ALLOWED: () => server.call('DELETE', '/v1/account', { token }),
  BODY_TOO_LARGE: () => ask({ amountFen: 1_000, account: PAYEE, filler: 'x'.repeat(65_536) }),
  MEDIA_TYPE_UNSUPPORTED: () => ask('amountFen=1', { 'content-type': 'application/x-www-form-urlencoded' }),
  AMOUNT_TOO_SMALL: () => ask({ amountFen: 99, account: PAYEE }),
  INSUFFICIENT_FUNDS: () => ask(),
  ACCOUNT_FROZEN: () => refusedBy('ACCOUNT_FROZEN'),
  HOLD_TOO_LATE: () => refusedBy('HOLD_TOO_LATE'),
  HOLD_CANCELED: () => refusedBy('HOLD_CANCELED'),
  TOO_MANY_HOLDS: () => refusedBy('TOO_MANY_HOLDS'),
  WITHDRAWAL_NOT_CANCELABLE: async () => {
    credit(server, 'u1', 1_000);
    const { body } = await ask();
    return server.call('POST', `/v1/withdrawals/${body.id}/cancel`, { token });
  },
  WITHDRAWAL_NOT_APPROVABLE: async () => {
    refusing('WITHDRAWAL_NOT_APPROVABLE');
    return command('approve');
  },
  WITHDRAWAL_NOT_DENIABLE: async () => {
    refusing('something new');
    return command('deny');
  },
  PAYOUT_NOT_SETTLED: async () => {
    refusing('PAYOUT_NOT_SETTLED');
    return command('deny');
  },
  WITHDRAWAL_NOT_QUERYABLE: async () => {
    refusing('WITHDRAWAL_NOT_QUERYABLE');
    return command('requery');
  },
  CHANNEL_TAKEN: async () => {
    const bind = (userId: string) =>
      server.call('PUT', `/v1/staff/members/${userId}/channel`, { token: staff, body: { relationId: '1' } });
    await bind('u1');
    return bind('u2');
  },
  REQUEST_PARKED: async () => {
    const { send } = server.actors;
    server.actors.send = async (...given) => ({ ...(await send.apply(server.actors, given)), outcome: 'parked' });
    return ask();
  },
  INTERNAL: () => {
    failing(new TypeError(DRIVER_TEXT));
    return account();
  },
  NOT_READY: () => {
    server.actors.isReady = false;
    return server.call('GET', '/readyz');
  },
  TIMED_OUT: () => {
    failing(Object.assign(new Error(DRIVER_TEXT), { code: 'FST_ERR_HANDLER_TIMEOUT', statusCode: 503 }));
    return account();
  },
};

describe('problems', () => {
  it.each(Object.entries(scenarios))('%s is reached, with its status', async (code, meet) => {
    const { status, body } = await meet();
    expect([body.code, status]).toEqual([code, PROBLEMS[code as ProblemCode].status]);
  });

  it.each(Object.keys(ERROR_CODES) as ErrorCode[])('%s of the runtime is answered without its text', async (code) => {
    // Which route documents which of them differs; what is asked here is the answer itself.
    failing(new ActorError(code, DRIVER_TEXT, { cause: new Error(DRIVER_TEXT), retryAfterMs: 2_500 }));
    const { statusCode, body, headers } = await server.app.inject({
      url: '/v1/account',
      headers: { authorization: `Bearer ${token}` },
    });
    expect(statusCode).toBe(PROBLEMS[code].status);
    expect(JSON.parse(body)).toMatchObject({ code, status: statusCode, retryAfterMs: 2_500 });
    expect(headers['retry-after']).toBe('3');
    expect(body).not.toContain('SQLITE');
  });

  it.each(Object.keys(ERROR_CODES) as ErrorCode[])('%s is retryable exactly when the runtime says so', (code) => {
    expect(PROBLEMS[code].retryable).toBe(['later', 'again'].includes(ERROR_CODES[code].retry));
  });

  it('tell nobody what went wrong inside, but the log with the trace id', async () => {
    failing(new TypeError(DRIVER_TEXT));
    const { text, headers } = await account();
    expect(text).not.toMatch(/SQLITE|srv|TypeError|stack/);
    expect(server.logs).toMatchObject([
      { level: 'error', fields: { traceId: headers['x-trace-id'], code: 'INTERNAL', error: { message: DRIVER_TEXT } } },
    ]);
  });

  it('of a readiness probe that comes too early are no error in the log', async () => {
    server.actors.isReady = false;
    expect((await server.call('GET', '/readyz')).status).toBe(503);
    expect(server.logs).toMatchObject([{ level: 'debug', fields: { code: 'NOT_READY', route: '/readyz' } }]);
  });

  it('that are the client’s are not logged as errors', async () => {
    await ask({});
    await server.call('GET', '/v1/nothing');
    expect(server.logs).toEqual([]);
  });

  it('speak Chinese, and English when that is preferred', async () => {
    const zh = await server.call('GET', '/v1/account');
    expect(zh.body).toMatchObject({ title: '需要登录' });
    expect(zh.headers).toMatchObject({ 'content-language': 'zh-CN', vary: 'Accept-Language' });
    const en = await server.call('GET', '/v1/account', { headers: { 'accept-language': 'en-US,en;q=0.9' } });
    expect(en.body).toMatchObject({
      title: 'A token is required',
      detail: expect.stringContaining('Authorization: Bearer'),
    });
    expect(en.headers['content-language']).toBe('en');
  });

  it('have words in both languages that say what to do', () => {
    for (const [code, { title, detail, status }] of Object.entries(PROBLEMS)) {
      for (const words of [title, detail]) {
        expect(words.zh, code).toMatch(/[\u4e00-\u9fff]/);
        expect(words.en, code).toMatch(/^[ -~]+$/);
      }
      expect(status, code).toBeGreaterThanOrEqual(400);
      // The console shows the words without the document.
      expect([detail.zh, detail.en].join(' '), code).not.toMatch(/见 state|see "state"/i);
    }
  });

  it('list each wrong field once with what to send there', async () => {
    const { body } = await ask(
      { amountFen: '10', account: { identity: 'x', extra: 1 }, role: 'admin' },
      { 'accept-language': 'en' },
    );
    expect(body.errors).toEqual([
      { in: 'body', pointer: '/role', detail: 'is not known here; leave it out' },
      { in: 'body', pointer: '/amountFen', detail: 'send an amount in fen: a whole JSON number' },
      {
        in: 'body',
        pointer: '/account/name',
        detail: expect.stringMatching(/^is missing; send the payee's real name/),
      },
      { in: 'body', pointer: '/account/extra', detail: 'is not known here; leave it out' },
      {
        in: 'body',
        pointer: '/account/identity',
        detail: expect.stringMatching(/^send an Alipay account: a mail address/),
      },
    ]);
  });

  it('list a few wrong fields of many', async () => {
    const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`field-${i}`, 1]));
    const { errors } = (await ask(many)).body;
    expect(errors.length).toBeGreaterThan(1);
    expect(errors.length).toBeLessThan(20);
  });

  it('name the methods that an address does have', async () => {
    expect((await server.call('PATCH', '/v1/withdrawals', { token })).headers['allow']?.split(', ').sort()).toEqual([
      'GET',
      'HEAD',
      'POST',
    ]);
    expect(await server.call('POST', `/v1/staff/withdrawals/${ID}/explode`, { token })).toMatchObject({ status: 404 });
  });

  it('come with Retry-After when trying again may help', async () => {
    failing(new ActorError('STORE_UNAVAILABLE', DRIVER_TEXT));
    const { body, headers } = await account();
    expect(body).toMatchObject({ retryable: true, retryAfterMs: 1_000 });
    expect(headers['retry-after']).toBe('1');
    expect((await ask({})).headers['retry-after']).toBeUndefined();
  });
});

describe('every answer', () => {
  it('carries the trace: the caller’s, or one of its own, and passes it on', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
    const { headers, body } = await ask(undefined, { traceparent });
    expect([headers['x-trace-id'], body.traceId]).toEqual([traceId, traceId]);
    expect(server.actors.sent[0]?.options.trace).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    const [one, two] = [await account(), await account()];
    expect(one.headers['x-trace-id']).toMatch(/^[0-9a-f]{32}$/);
    expect(two.headers['x-trace-id']).not.toBe(one.headers['x-trace-id']);
  });

  it('forbids guessing, framing, and keeping what is personal', async () => {
    for (const url of ['/v1/account', '/v1/nothing', '/livez', '/openapi.json', '/v1/orders/%zz']) {
      const { headers } = await server.call('GET', url, { token });
      expect(headers, url).toMatchObject({
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        'cross-origin-resource-policy': 'same-origin',
        ...(url.startsWith('/v1/') ? { 'cache-control': 'no-store' } : {}),
      });
      expect(headers['x-powered-by'] ?? headers['server']).toBeUndefined();
    }
  });
});

describe('health', () => {
  it('is live always and ready when the actors are', async () => {
    expect(await server.call('GET', '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
    server.actors.isReady = false;
    expect(await server.call('GET', '/livez')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await server.call('GET', '/readyz')).toMatchObject({
      status: 503,
      body: { code: 'NOT_READY', retryable: true },
    });
  });
});
