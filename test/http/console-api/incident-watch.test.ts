/**
 * How many an incident is about, over the last day, and that it closes by itself.
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Dependencies } from '../../../src/actors/dependencies.ts';
import type { StateCount } from '../../../src/actors/ports.ts';
import { Cards } from '../../../src/http/console-api/cards.ts';
import { watchIncidents } from '../../../src/http/console-api/incidents.ts';
import { type Browser, type Console, serveConsole } from '../support/console-served.ts';
import { catalog } from '../support/served.ts';

const LOOK_MS = 300_000;
const HOUR_MS = 3_600_000;

let server: Console;
let ann: Browser;

beforeEach(async () => {
  server = await serveConsole();
  ann = await server.signIn('approver', 'ann');
});

afterEach(() => server.close());

async function stuck(id: string): Promise<void> {
  const post = { type: 'post', order: id, n: 1, kind: 'credit', pendingFen: 0, availableFen: 60_000 };
  await server.tell('balance/u1', post);
  const account = { sealed: 'v1.x', masked: { identity: '138****0000', name: '*三' } };
  await server.tell(`withdrawal/${id}`, { type: 'request', userId: 'u1', amountFen: 60_000, account, fingerprint: id });
  await server.runtime.waitUntil(`withdrawal/${id}`, ({ value }) => value === 'review', 1_000);
  await server.elapse(0);
}

const incidents = async () => (await ann.get('/incidents')).body.data;

it('is counted every few minutes and shown as a trend that ends now', async () => {
  await stuck('wd_1');
  await server.elapse(48 * HOUR_MS);
  await ann.signIn('ann');
  const [{ id, trend }] = await incidents();
  expect(trend).toEqual([...Array.from({ length: 47 }, () => 0), 1]);
  await server.elapse(HOUR_MS);
  await stuck('wd_2');
  await ann.signIn('ann');
  const [later] = await incidents();
  expect(later).toMatchObject({ id, count: 1, clearedAt: null });
  expect(later.trend.slice(-4)).toEqual([0, 1, 0, 1]);
});

it('closes by itself when none is left, and says when', async () => {
  await stuck('wd_1');
  await server.elapse(48 * HOUR_MS);
  await ann.signIn('ann');
  const [{ id }] = await incidents();
  await server.tell('withdrawal/wd_1', { type: 'deny', by: 'x', reason: 'y' });
  await server.runtime.rows({ table: 'none', owner: 'none', limit: 1 });
  expect(await incidents()).toMatchObject([{ id, status: 'cleared', clearedAt: null, count: 0 }]);
  await server.elapse(LOOK_MS);
  expect(await incidents()).toContainEqual(
    expect.objectContaining({ id, status: 'cleared', clearedAt: server.clock.value }),
  );
  const seq = (await server.runtime.inspect(`incident/${id}`))?.seq;
  await server.elapse(LOOK_MS);
  expect((await server.runtime.inspect(`incident/${id}`))?.seq, 'is not counted any more').toBe(seq);
});

it('is counted once at a time, by however many processes', async () => {
  await stuck('wd_1');
  const timers: (() => void)[] = [];
  const states: readonly StateCount[] = [{ type: 'withdrawal', state: 'review', count: 1, oldestSince: 0, overdue: 1 }];
  const clock = {
    now: () => server.clock.value + 48 * HOUR_MS,
    after: (_: number, run: () => void) => {
      timers.push(run);
      return () => {};
    },
  };
  const cards = new Cards(catalog, clock);
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  for (let process = 0; process < 2; process += 1) {
    watchIncidents({
      actors: server.runtime,
      dependencies: { snapshot: () => [] } as unknown as Dependencies,
      cards,
      clock,
      log,
      census: { read: async () => ({ at: 0, states, versions: [] }) },
    });
  }
  for (const run of timers.splice(0)) run();
  await server.elapse(0);
  const [head] = await server.runtime.heads({ type: 'incident', limit: 10 });
  expect(head?.seq).toBe(1);
});

it('is left alone while nobody knows how many there are', async () => {
  await server.close();
  server = await serveConsole({ census: { read: async () => undefined } });
  await server.tell('incident/in_1', {
    type: 'counted',
    group: { type: 'withdrawal', state: 'review', cause: 'overdue', errorClass: null, dependency: null },
    count: 2,
  });
  await server.elapse(LOOK_MS);
  expect((await server.runtime.inspect('incident/in_1'))?.state).toBe('open');
});
