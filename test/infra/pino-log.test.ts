import { describe, expect, it } from 'vitest';
import { ActorError } from '../../src/actors/errors.ts';
import { createPinoLog } from '../../src/infra/pino-log.ts';

function capture(level = 'debug') {
  const lines: string[] = [];
  const log = createPinoLog(level, { write: (line) => lines.push(line) });
  return { log, lines, entry: () => JSON.parse(lines.at(-1) ?? '{}') };
}

describe('the log', () => {
  it('writes one JSON line an entry, with its message, level, time and fields', () => {
    const { log, lines, entry } = capture();
    log.warn('tell not accepted yet', { tell: 'order/1#1.1', to: 'balance/u1', count: 3, on: [true, null] });
    expect(lines).toHaveLength(1);
    expect(entry()).toMatchObject({
      level: 40,
      msg: 'tell not accepted yet',
      tell: 'order/1#1.1',
      to: 'balance/u1',
      count: 3,
      on: [true, null],
    });
    expect(Date.parse(entry().time)).toBeGreaterThan(0);
  });

  it('leaves out what is below its level', () => {
    const { log, lines } = capture('warn');
    log.debug('a');
    log.info('b');
    log.error('c');
    expect(lines).toHaveLength(1);
  });

  it('prints errors with their codes, details and causes', () => {
    const { log, entry } = capture();
    const cause = new Error('disk I/O error');
    log.error('append failed', { error: new ActorError('STORE_UNAVAILABLE', 'store.db', { cause, file: 'x' }) });
    expect(entry().error).toMatchObject({ type: 'ActorError', code: 'STORE_UNAVAILABLE', details: { file: 'x' } });
    expect(entry().error.stack).toContain('pino-log.test');
    expect(entry().error.cause.message).toBe('disk I/O error');
  });

  const secrets = { identity: 'CANARY-1', name: 'CANARY-2', sealed: 'CANARY-3', authJwtSecret: 'CANARY-4' };

  it.each<[string, Record<string, unknown>]>([
    ['at the top', { ...secrets }],
    ['nested', { a: { b: { c: { d: secrets } } } }],
    ['in lists', { list: [[secrets], { account: ['CANARY'] }] }],
    ['in errors', { error: Object.assign(new Error('x'), { details: secrets }) }],
    ['in causes', { error: new Error('x', { cause: Object.assign(new Error('y'), { payee: 'CANARY' }) }) }],
    ['deeper than it looks', { a: { b: { c: { d: { e: { f: { g: { h: { i: { j: secrets } } } } } } } } } }],
    ['under keys in other letters', { Authorization: 'CANARY', privateKey: 'CANARY', PASSWORD: 'CANARY' }],
  ])('hides personal data and secrets %s', (_, fields) => {
    const { log, lines } = capture();
    log.info('x', fields);
    expect(lines.join()).not.toContain('CANARY');
  });

  it.each([
    'payee 2088102123456789 refused',
    'call 13812345678 now',
    'to someone@example.com',
    'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2ln',
    'GET /router?app_key=1&sign=0123ABCD&x=1',
    '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----',
  ])('hides what looks like them within texts: %s', (text) => {
    const { log, lines } = capture();
    log.info(text, { text, error: new Error(text) });
    expect(lines.join()).toContain('[redacted]');
    for (const part of ['2088102', '138123', 'someone', 'eyJzdWI', '0123ABCD', 'MIIE']) {
      expect(lines.join()).not.toContain(part);
    }
  });

  it('shows order numbers, addresses and times', () => {
    const { log, lines } = capture();
    log.info('x', { actor: 'order/2839013812345678901', at: 1_768_442_400_000, id: 'wd_abcdefghijklmnopqrstuvwxyz' });
    expect(lines.join()).not.toContain('[redacted]');
  });
});
