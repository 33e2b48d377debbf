import { expect, test } from 'vitest';
import { type AuditContext, auditListing, createAuditMachine } from '../../src/machines/audit.ts';
import { MachineDriver } from '../support/machine-driver.ts';

function newLog(): MachineDriver<AuditContext> {
  return new MachineDriver({ type: 'audit', machine: createAuditMachine(), list: auditListing, money: true }, 'log');
}

const entry = (id: string) => ({
  id,
  by: 'lin',
  role: 'operator',
  action: 'reveal',
  subject: 'withdrawal/w1',
  reason: 'asked by the customer',
  ticket: null,
  traceId: 'a'.repeat(32),
  ip: '127.0.0.1',
});
const begin = (id: string) => ({ type: 'begin', entry: entry(id) });
const end = (id: string, outcome = 'done') => ({
  type: 'end',
  entry: { ...entry(id), outcome, code: null, detail: {} },
});
const lines = (log: MachineDriver<AuditContext>) =>
  log.rows.filter(({ owner }) => owner === 'log').map(({ data }) => [data['id'], data['outcome']]);

test('an action that has begun and ended is one line, listed whole, by whom, what, on what and under its trace', () => {
  const log = newLog();
  log.send(begin('e1'));
  expect(log.rows).toEqual([]);
  log.send(end('e1'));
  expect(log.rows.map(({ owner }) => owner)).toEqual([
    'log',
    'by:lin',
    'action:reveal',
    'subject:withdrawal/w1',
    `trace:${'a'.repeat(32)}`,
  ]);
  expect(lines(log)).toEqual([['e1', 'done']]);
  expect(log.context).toMatchObject({ open: [], lineCount: 1 });
});

test('an action that was not begun here is a line as well', () => {
  const log = newLog();
  log.send(end('e1', 'refused'));
  expect([log.state, lines(log)]).toEqual(['quiet', [['e1', 'refused']]]);
});

test('an action whose end does not come is listed as unknown after a minute, and others are waited for', () => {
  const log = newLog();
  log.send(begin('e1'));
  log.now += 30_000;
  log.send(begin('e2'));
  log.now += 30_000;
  log.fire('unended');
  expect([log.state, lines(log)]).toEqual(['watching', [['e1', 'unknown']]]);
  log.send(end('e2'));
  log.now += 60_000;
  log.fire('unended');
  expect([log.state, lines(log)]).toEqual([
    'quiet',
    [
      ['e1', 'unknown'],
      ['e2', 'done'],
    ],
  ]);
});

test('an end that comes after all is a line too', () => {
  const log = newLog();
  log.send(begin('e1'));
  log.now += 60_000;
  log.fire('unended');
  log.send(end('e1'));
  expect(lines(log)).toEqual([
    ['e1', 'unknown'],
    ['e1', 'done'],
  ]);
});

test('no more is begun than the log can carry', () => {
  const log = newLog();
  for (let n = 0; n < 100; n++) expect(log.send(begin(`e${n}`)).outcome).toBe('done');
  expect(log.send(begin('one more'))).toMatchObject({ outcome: 'refused', reason: { code: 'AUDIT_BUSY' } });
  log.send(end('e5'));
  expect(log.send(begin('now')).outcome).toBe('done');
});
