/**
 * Shapes that attack what lies behind a face: operators of a document store, prototypes, numbers past what is exact,
 * text that is not what it looks like, paths that climb. Each is sent in every place of every route.
 */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ACCESS } from '../../src/http/access.ts';
import { PAYEE, type Served, serve } from './support/served.ts';

let server: Served;
let user: string;
let staff: string;
beforeAll(async () => {
  server = await serve();
  user = await server.user('u1');
  staff = await server.staff();
});

const prototypeKeys = Reflect.ownKeys(Object.prototype);
afterEach(() => {
  expect(Reflect.ownKeys(Object.prototype)).toEqual(prototypeKeys);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  // Nothing of all this reached an actor.
  expect(server.actors.sent).toEqual([]);
});

const tokenFor = (url: string) => (url.startsWith('/v1/staff') ? staff : user);

const hostileTexts = [
  '',
  ' ',
  '.',
  '..',
  '../../etc/passwd',
  '..\\..\\windows',
  'a/b',
  '\u0000',
  'x\u0000y',
  'x\ny',
  '\u202egnp.exe',
  '\ufeffx',
  '\ud800',
  '１２３',
  'ⅠⅡ',
  "' OR '1'='1",
  '"; DROP TABLE head; --',
  '{"$gt":""}',
  '[object Object]',
  '$where',
  '__proto__',
  'constructor',
  'toString',
  '%2e%2e',
  '#{7*7}',
  '<script>alert(1)</script>',
  '#1!2~3',
  'é'.repeat(200),
  '9'.repeat(400),
  '-1',
  '0x10',
  '1e400',
  'NaN',
  'null',
  'undefined',
  'e\u0301'.repeat(3_000),
];

const hostileValues: unknown[] = [
  { $gt: '' },
  { $ne: null },
  { $where: 'sleep(1000)' },
  { $regex: '.*' },
  { toString: 'x' },
  [],
  ['1000'],
  [1000],
  null,
  true,
  false,
];

/** Numbers that are no safe whole number, as JSON texts: some of them JSON.parse would round. */
const hostileNumbers = [
  '1.5',
  '1e400',
  '-1e400',
  '9007199254740992',
  '9007199254740993',
  '1e21',
  '0.1',
  '1e-7',
  '"1000"',
  '"1e3"',
];

interface Spot {
  readonly method: string;
  readonly url: string;
  readonly body?: Record<string, unknown>;
}

const withdrawalId = `wd_${'a'.repeat(26)}`;
const bodies: Record<string, Record<string, unknown>> = {
  'POST /v1/withdrawals': { amountFen: 1_000, account: PAYEE },
  'POST /v1/withdrawals/:id/cancel': {},
  'POST /v1/links': { url: 'https://item.taobao.com/item.htm?id=1' },
  'POST /v1/taobao/authorization': {},
  'POST /v1/taobao/authorization/complete': { code: 'c', state: 'p.s' },
  'PUT /v1/staff/members/:userId/channel': { relationId: '1', specialId: '2', adzoneId: '3' },
};
const spots: Spot[] = Object.keys(ACCESS)
  .filter((row) => row.includes(' /v1/'))
  .map((row) => {
    const [method = '', url = ''] = row.split(' ');
    return method === 'GET' ? { method, url } : { method, url, body: bodies[row] ?? { reason: 'checked' } };
  });

function fill(url: string, name?: string, value = ''): string {
  const fitting: Record<string, string> = { tradeId: '1', userId: 'u2', type: 'order' };
  return url.replaceAll(/:(\w+)/g, (_, key: string) => {
    if (key === name) return value;
    return key === 'id' ? (url.includes('/withdrawals/') ? withdrawalId : '404') : (fitting[key] ?? '');
  });
}

async function expectRefusal(spot: Spot, url: string, payload: unknown, what: string) {
  const headers = { 'idempotency-key': 'hostile', 'content-type': 'application/json' };
  const { method } = spot;
  const answer = await server.call(method, url, {
    token: tokenFor(spot.url),
    ...(payload === undefined ? {} : { body: payload, headers }),
  });
  expect(answer.status, `${method} ${what} → ${answer.text}`).toBeGreaterThanOrEqual(400);
  expect(answer.status, `${method} ${what} → ${answer.text}`).toBeLessThan(500);
  expect(answer.body.detail, what).toBeTruthy();
  return answer;
}

/** Ids that any text of their shape can be: they name nothing, which is no refusal everywhere. */
const WELL_FORMED: Readonly<Record<string, RegExp>> = {
  userId: /^[A-Za-z0-9_][\w.@-]{0,127}$/,
  itemId: /^[A-Za-z0-9][\w-]{0,127}$/,
};

/** Ways to spell a hostile text in a path; a lone surrogate has no UTF-8, so it goes as the bytes attackers send. */
function pathTexts(text: string): string[] {
  return [text === '\ud800' ? '%ed%a0%80' : encodeURIComponent(text)];
}

describe('hostile shapes', () => {
  const withIds = spots.filter(({ url }) => url.includes(':'));
  it.each(withIds)('in the ids of $method $url get a problem that says what to do', async (spot) => {
    for (const [, name = ''] of spot.url.matchAll(/:(\w+)/g)) {
      // For actor ids some of these are well formed: they name nothing.
      for (const text of [...hostileTexts.flatMap(pathTexts), '%', '%zz', '%c0%af', '%2F', '%00', '%252e']) {
        // An empty or climbing part is another address, whatever it holds.
        const payload = spot.method === 'GET' ? undefined : JSON.stringify(spot.body);
        if (WELL_FORMED[name]?.test(text)) continue;
        const { status, body } = await expectRefusal(
          spot,
          fill(spot.url, name, text),
          payload,
          `${name}=${text.slice(0, 60)}`,
        );
        expect([400, 404, 405]).toContain(status);
        if (body.code === 'VALIDATION_FAILED')
          expect(body.errors[0]).toMatchObject({ in: 'path', pointer: `/${name}` });
      }
    }
  });

  const withBody = spots.filter(({ body }) => body !== undefined);
  it.each(withBody)('in the fields of $method $url get a problem that points at them', async (spot) => {
    for (const [pointer, text] of variants(spot.body ?? {})) {
      const { body } = await expectRefusal(spot, fill(spot.url), text, `${pointer}: ${text.slice(0, 100)}`);
      if (body.code === 'VALIDATION_FAILED') {
        const pointers = body.errors.map((error: { pointer: string }) => error.pointer);
        expect(pointers).toEqual(expect.arrayContaining([expect.stringContaining(pointer)]));
      } else {
        expect(['REQUEST_MALFORMED', 'AMOUNT_TOO_SMALL', 'AUTHORIZATION_INVALID']).toContain(body.code);
      }
    }
  });

  it.each(withBody)('of whole bodies are refused by $method $url', async (spot) => {
    const texts = [
      'null',
      '[]',
      '"text"',
      '1',
      'true',
      '{',
      '{"a":1,}',
      "{'a':1}",
      '\u0000',
      '[[[[[[[[[['.repeat(3_000),
      '{"a":'.repeat(3_000),
      '{"__proto__":{"polluted":true}}',
      '{"constructor":{"prototype":{"polluted":true}}}',
      `{"polluted":true,"role":"admin"}`,
    ];
    // A command that needs no body takes null for none.
    if (/\/(cancel|authorization)$/.test(spot.url)) texts.shift();
    for (const text of texts) await expectRefusal(spot, fill(spot.url), text, text.slice(0, 40));
  });

  it('of bytes that are no UTF-8 are refused, not replaced', async () => {
    const body = Buffer.from(JSON.stringify({ amountFen: 1_000, account: PAYEE }).replace('张', '\u0001'));
    body[body.indexOf(1)] = 0xff;
    const answer = await server.call('POST', '/v1/withdrawals', {
      token: user,
      body,
      headers: { 'idempotency-key': 'k', 'content-type': 'application/json' },
    });
    expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_MALFORMED' } });
  });

  const lists = spots.filter(({ method }) => method === 'GET');
  it.each(lists)('in the query of $method $url are refused where there is one to refuse', async (spot) => {
    const takes = (name: string) => server.parameters(spot.method, fill(spot.url)).includes(name);
    if (!takes('limit')) return;
    const queries = [
      'limit[$ne]=1',
      'limit[]=1',
      'limit=1&limit=2',
      '__proto__[polluted]=true',
      '__proto__=1',
      'constructor=1',
      'toString=1',
      '$where=1',
      'owner=u2',
      'userId=u2',
      ...hostileTexts.map((text) => `limit=${encodeURIComponent(text.toWellFormed())}`),
      ...(takes('cursor') ? hostileTexts.map((text) => `cursor=${encodeURIComponent(text.toWellFormed())}`) : []),
    ];
    for (const query of queries) await expectRefusal(spot, `${fill(spot.url)}?${query}`, undefined, query.slice(0, 60));
  });
});

/** Each field in turn made hostile, as the JSON text to send; and fields that nobody asked for. */
function* variants(body: Record<string, unknown>, at = ''): Generator<[string, string]> {
  const put = (key: string, text: string): string => {
    const marked = JSON.stringify({ ...body, [key]: '@@' });
    return marked.replace('"@@"', () => text);
  };
  for (const [key, value] of Object.entries(body)) {
    const pointer = `${at}/${key}`;
    for (const hostile of hostileValues) yield [pointer, put(key, JSON.stringify(hostile))];
    if (typeof value === 'number') for (const text of hostileNumbers) yield [pointer, put(key, text)];
    if (typeof value === 'string') {
      yield [pointer, put(key, '1000')];
      const texts =
        key === 'reason' || key === 'name' ? unfitTexts : hostileTexts.filter((text) => text !== '-1' || key !== 'x');
      for (const text of texts) yield [pointer, put(key, JSON.stringify(text))];
    }
    if (value !== null && typeof value === 'object') {
      for (const [inner, text] of variants(value as Record<string, unknown>, pointer)) yield [inner, put(key, text)];
    }
    if (key !== 'relationId' && key !== 'specialId' && key !== 'adzoneId') {
      const { [key]: _, ...without } = body;
      yield [pointer, JSON.stringify(without)];
    }
  }
  for (const key of ['_id', 'status', 'role', 'userId', 'balance', 'approvedBy', 'ver', '$set', 'sealed', 'toString']) {
    yield [`${at}/${key}`, put(key, '1')];
  }
}

/** For fields of free text: what no script of the world has in it, and what is too long or blank. */
const unfitTexts = [
  '',
  ' ',
  ' x',
  'x ',
  '\u3000x',
  '\u0000',
  'x\u0000y',
  'x\ny',
  '\u202egnp.exe',
  '\ufeffx',
  'x\u200by',
  '\ud800',
  'x'.repeat(501),
  'e\u0301'.repeat(3_000),
];
