import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCursors } from '../../src/http/cursor.ts';
import { pickLanguage } from '../../src/http/language.ts';
import { redact } from '../../src/http/redact.ts';
import { toRfc3339, toRfc3339OrNull } from '../../src/http/times.ts';
import { createTraces, traceIdOf } from '../../src/http/trace.ts';
import { toWithdrawalId } from '../../src/http/withdrawal-id.ts';
import { RandomIds } from '../../src/infra/random-ids.ts';

describe('times', () => {
  it('are RFC 3339 at +08:00 whatever the zone of the process', () => {
    expect(toRfc3339(Date.UTC(2026, 1, 28, 16))).toBe('2026-03-01T00:00:00.000+08:00');
    expect(toRfc3339OrNull(null)).toBeNull();
  });

  it('name the same moment', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (ms) => {
        expect(Date.parse(toRfc3339(ms))).toBe(ms);
      }),
    );
  });
});

describe('cursors', () => {
  const cursors = createCursors('key');
  const scope = ['orders', 'u1', 'paid'];
  const cursor = cursors.encode([1_700_000_000_000, 'order/1'], scope);

  it('come back as the position they were made of', () => {
    expect(cursors.decode(cursor, scope)).toEqual([1_700_000_000_000, 'order/1']);
  });

  it('are refused once any character is changed, added or taken away', () => {
    for (let i = 0; i <= cursor.length; i += 1) {
      for (const changed of [
        cursor.slice(0, i) + (cursor[i] === 'A' ? 'B' : 'A') + cursor.slice(i + 1),
        `${cursor.slice(0, i)}A${cursor.slice(i)}`,
        cursor.slice(0, i) + cursor.slice(i + 1),
      ]) {
        if (changed !== cursor) expect(() => cursors.decode(changed, scope), changed).toThrow('CURSOR_INVALID');
      }
    }
  });

  it.each([
    ['another list', ['withdrawals', 'u1', 'paid']],
    ['another user', ['orders', 'u2', 'paid']],
    ['another filter', ['orders', 'u1', '']],
    ['parts cut elsewhere', ['orders', 'u1paid', '']],
  ])('are refused in %s', (_what, other) => {
    expect(() => cursors.decode(cursor, other)).toThrow('CURSOR_INVALID');
  });

  it('are refused under another key', () => {
    expect(() => createCursors('other').decode(cursor, scope)).toThrow('CURSOR_INVALID');
  });
});

describe('language', () => {
  it.each([
    [undefined, 'zh-CN'],
    ['', 'zh-CN'],
    ['en', 'en'],
    ['en-US,en;q=0.9,zh;q=0.8', 'en'],
    ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN'],
    ['zh;q=0.1, EN-gb;q=0.2', 'en'],
    ['fr-FR', 'zh-CN'],
    ['en;q=0', 'zh-CN'],
    ['en;q=nonsense', 'zh-CN'],
    ['zh, en', 'zh-CN'],
  ])('for %j is %s', (header, language) => {
    expect(pickLanguage(header)).toBe(language);
  });
});

describe('traces', () => {
  const given = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';

  const begin = createTraces(new RandomIds());

  it('go on with the caller’s trace under a span of our own', () => {
    const { traceId, traceparent } = begin(given);
    expect(traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
    expect(traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-00$/);
    expect(traceparent).not.toBe(given);
    expect(traceIdOf(traceparent)).toBe(traceId);
  });

  it.each([
    undefined,
    '',
    'nonsense',
    `ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-00`,
    `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-00`,
    `00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-00`,
  ])('begin anew for the header %j', (header) => {
    const { traceId, traceparent } = begin(header);
    expect(traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(traceId).not.toBe('4bf92f3577b34da6a3ce929d0e0e4736');
    expect(begin(header).traceId).not.toBe(traceId);
  });

  it('differ, however many are begun', () => {
    const begun = Array.from({ length: 1_000 }, () => begin(undefined));
    expect(new Set(begun.map(({ traceId }) => traceId)).size).toBe(1_000);
    expect(new Set(begun.map(({ traceparent }) => traceparent.slice(36))).size).toBe(1_000);
  });

  it('have no id where none was kept', () => {
    expect(traceIdOf(undefined)).toBeNull();
  });
});

describe('withdrawal ids', () => {
  it('are wd_ and 26 base32 characters of SHA-256(user id, 0, key)', () => {
    const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
    const bits = [...createHash('sha256').update('u1\0key-1').digest()]
      .map((b) => b.toString(2).padStart(8, '0'))
      .join('');
    const expected = Array.from({ length: 26 }, (_, i) => alphabet[Number.parseInt(bits.slice(i * 5, i * 5 + 5), 2)]);
    expect(toWithdrawalId('u1', 'key-1')).toBe(`wd_${expected.join('')}`);
  });

  it('differ by user and by key', () => {
    const ids = [
      toWithdrawalId('u1', 'k'),
      toWithdrawalId('u2', 'k'),
      toWithdrawalId('u1', 'k2'),
      toWithdrawalId('u', '1\0k'),
    ];
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^wd_[a-z2-7]{26}$/);
  });
});

describe('redaction', () => {
  it('cuts sealed values wherever they stand and leaves the rest', () => {
    const sealed = 's1.keykeykeyke.secretsecretsecret';
    expect(redact({ a: [{ request: { sealed, n: 1 } }], sealed, b: null })).toEqual({
      a: [{ request: { sealed: 's1.keykeykey…', n: 1 } }],
      sealed: 's1.keykeykey…',
      b: null,
    });
  });
});
