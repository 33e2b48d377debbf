/**
 * The contract of `Projections`: every adapter passes it, those of the simulator included.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Projections } from '../../src/actors/ports.ts';
import type { TrafficCount } from '../../src/actors/traffic.ts';
import { headOf, rowOf, tellOf } from '../support/projected.ts';
import { countingStates, listingHeads, listingRows } from './projections-lists.contract.ts';

export interface ProjectionsHarness {
  readonly projections: Projections;
  /** Moves the store's own time. */
  advance(ms: number): Promise<void>;
  /** Opens the same store anew. */
  reopen(): Promise<Projections>;
  close(): Promise<void>;
}

/** Runs the contract on projections that `open` makes, each on an empty store of its own. */
export function projectionsContract(title: string, open: () => Promise<ProjectionsHarness>): void {
  describe(`${title} as Projections`, () => {
    let harness: ProjectionsHarness;

    beforeEach(async () => {
      harness = await open();
    });
    afterEach(() => harness.close());

    const current = () => harness.projections;
    keepingHeads(current);
    listingHeads(current);
    listingRows(current);
    countingStates(current);
    findingDue(current);
    keepingNodes(current, (ms) => harness.advance(ms));
    keepingUndelivered(current);
    countingTraffic(current);
    clearing(current);
    reopening(() => harness);
  });
}

function countingTraffic(projections: () => Projections): void {
  describe('traffic', () => {
    const edge = (name: string, count: number): TrafficCount => ({ kind: 'edge', name, bucket: 0, count });
    const dwell = (name: string, bucket: number, count: number): TrafficCount => ({
      kind: 'dwell',
      name,
      bucket,
      count,
    });
    const read = async (type: string, since: number) =>
      [...(await projections().traffic(type, since))].sort((a, b) =>
        JSON.stringify([a.kind, a.name, a.bucket]) < JSON.stringify([b.kind, b.name, b.bucket]) ? -1 : 1,
      );

    it('is the sum of what was added to a type’s slots since a time', async () => {
      const odd = 'o.a|x.$y|o.b|not(is"Z")';
      await projections().addTraffic([
        { type: 'order', slot: 300, counts: [edge('gone', 9)] },
        { type: 'order', slot: 600, counts: [edge(odd, 2), dwell('a.b', 5, 1)] },
        { type: 'balance', slot: 600, counts: [edge(odd, 70)] },
      ]);
      await projections().addTraffic([
        { type: 'order', slot: 600, counts: [edge(odd, 3), dwell('a.b', 0, 4), dwell('a.b', 5, 1)] },
        { type: 'order', slot: 900, counts: [edge(odd, 1)] },
      ]);
      expect(await read('order', 600)).toEqual([dwell('a.b', 0, 4), dwell('a.b', 5, 2), edge(odd, 6)]);
      expect(await read('order', 601)).toEqual([edge(odd, 1)]);
      expect(await read('link', 0)).toEqual([]);
    });

    it('of one name is kept apart by kind', async () => {
      await projections().addTraffic([{ type: 'order', slot: 0, counts: [edge('same', 1), dwell('same', 0, 2)] }]);
      expect(await read('order', 0)).toEqual([dwell('same', 0, 2), edge('same', 1)]);
    });

    it('is dropped by age, of all types', async () => {
      for (const type of ['order', 'balance']) {
        const slots = [100, 200].map((slot) => ({ type, slot, counts: [edge('e', 1)] }));
        await projections().addTraffic(slots);
      }
      await projections().dropTraffic(200);
      expect(await read('order', 0)).toEqual([edge('e', 1)]);
      expect(await read('balance', 0)).toEqual([edge('e', 1)]);
    });

    it('may be nothing', async () => {
      await projections().addTraffic([]);
      await projections().addTraffic([{ type: 'order', slot: 0, counts: [] }]);
      expect(await read('order', 0)).toEqual([]);
    });
  });
}

function keepingHeads(projections: () => Projections): void {
  describe('a head', () => {
    it('is stored whole', async () => {
      const head = headOf('order/1', 1, {
        state: 'paying.sending,other.idle',
        owner: null,
        view: { 标题: '返利', 'a.b': { $gt: null }, list: [1, '2'] },
        nextDue: 5,
      });
      await projections().project([head], []);
      expect(await projections().head('order/1')).toEqual(head);
    });

    it('is not there before the first projection', async () => {
      expect(await projections().head('order/1')).toBeUndefined();
    });

    it('is replaced in every field by a later seq', async () => {
      await projections().project([headOf('order/1', 1, { nextDue: 7 })], []);
      const later = headOf('order/1', 2, { state: 's', status: 't', owner: 'u2', sortKey: 9, nextDue: null });
      await projections().project([later], []);
      expect(await projections().head('order/1')).toEqual(later);
    });

    it('gets an owner later, or loses it', async () => {
      await projections().project([headOf('order/1', 1, { owner: null })], []);
      await projections().project([headOf('order/1', 2)], []);
      expect(await projections().heads({ type: 'order', owner: 'u1', limit: 5 })).toHaveLength(1);
      await projections().project([headOf('order/1', 3, { owner: null })], []);
      expect(await projections().heads({ type: 'order', owner: 'u1', limit: 5 })).toEqual([]);
    });

    it('stays when an equal or earlier seq comes', async () => {
      const head = headOf('order/1', 10);
      await projections().project([head], []);
      await projections().project([headOf('order/1', 10, { state: 'x' })], []);
      await projections().project([headOf('order/1', 9, { state: 'x', nextDue: 1 })], []);
      expect(await projections().head('order/1')).toEqual(head);
      expect(await projections().due(100, 10)).toEqual([]);
    });

    it('ends with the greatest seq when one write has several of an actor', async () => {
      await projections().project([headOf('order/1', 2), headOf('order/1', 3), headOf('order/1', 1)], []);
      expect((await projections().head('order/1'))?.seq).toBe(3);
    });

    it('does not hold up the other heads of its write', async () => {
      await projections().project([headOf('order/1', 5)], []);
      await projections().project([headOf('order/1', 4), headOf('order/2', 1)], []);
      expect((await projections().head('order/2'))?.seq).toBe(1);
    });

    it('shares nothing with the caller', async () => {
      const head = structuredClone(headOf('order/1', 1, { view: { inner: { fen: 1 } } }));
      await projections().project([head], []);
      (head.view['inner'] as { fen: number }).fen = 2;
      const read = await projections().head('order/1');
      (read?.view['inner'] as { fen: number }).fen = 3;
      expect((await projections().head('order/1'))?.view).toEqual({ inner: { fen: 1 } });
    });

    it('keeps no undefined in its view', async () => {
      await projections().project([headOf('order/1', 1, { view: { kept: 1, gone: undefined } })], []);
      expect(Object.keys((await projections().head('order/1'))?.view ?? {})).toEqual(['kept']);
    });
  });
}

function findingDue(projections: () => Projections): void {
  describe('due', () => {
    it('answers heads due by then, earliest first, as many as asked for', async () => {
      const dueAt = { a: 30, b: 10, c: 20, d: 31, e: null };
      await projections().project(
        Object.entries(dueAt).map(([id, nextDue]) => headOf(`order/${id}`, 1, { nextDue })),
        [],
      );
      expect(await projections().due(30, 10)).toEqual([
        { actor: 'order/b', nextDue: 10 },
        { actor: 'order/c', nextDue: 20 },
        { actor: 'order/a', nextDue: 30 },
      ]);
      expect((await projections().due(30, 2)).map(({ actor }) => actor)).toEqual(['order/b', 'order/c']);
      expect(await projections().due(9, 10)).toEqual([]);
    });

    it('follows the head: later, sooner, never', async () => {
      const project = (seq: number, nextDue: number | null) =>
        projections().project([headOf('order/a', seq, { nextDue })], []);
      await project(1, 10);
      await project(2, 50);
      expect(await projections().due(20, 10)).toEqual([]);
      await project(3, 5);
      expect(await projections().due(20, 10)).toEqual([{ actor: 'order/a', nextDue: 5 }]);
      await project(4, null);
      expect(await projections().due(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
    });

    it('takes times 60 days ahead and in the past alike', async () => {
      const far = Date.UTC(2100, 0);
      await projections().project([headOf('order/a', 1, { nextDue: far }), headOf('order/b', 1, { nextDue: 0 })], []);
      expect(await projections().due(far, 10)).toEqual([
        { actor: 'order/b', nextDue: 0 },
        { actor: 'order/a', nextDue: far },
      ]);
    });
  });
}

function keepingNodes(projections: () => Projections, advance: (ms: number) => Promise<void>): void {
  const node = { id: 'node-a', role: 'worker', startedAt: 5, batch: 3, watermark: 2 };
  const stored = async (id = 'node-a') => (await projections().nodes()).find((row) => row.id === id);

  describe('nodes', () => {
    it('are there from their first heartbeat, which answers the store’s own time', async () => {
      expect(await projections().nodes()).toEqual([]);
      const heartbeatAt = await projections().heartbeat(node);
      expect(await projections().nodes()).toEqual([{ ...node, heartbeatAt, retired: false, closed: false }]);
    });

    it('move on with each heartbeat', async () => {
      const first = await projections().heartbeat(node);
      await advance(1_000);
      const second = await projections().heartbeat({ ...node, batch: 9, watermark: 8 });
      expect(second).toBeGreaterThanOrEqual(first + 1_000);
      const moved = { ...node, batch: 9, watermark: 8, heartbeatAt: second, retired: false, closed: false };
      expect(await stored()).toEqual(moved);
    });

    it('[J7] are taken over: the node is retired, then closed, and its watermark moves', async () => {
      await projections().heartbeat(node);
      await projections().heartbeat({ ...node, id: 'node-b' });
      await projections().settleNode('node-a', { retired: true });
      expect(await stored()).toMatchObject({ watermark: 2, retired: true, closed: false });
      await projections().settleNode('node-a', { watermark: 3, retired: true, closed: true });
      expect(await stored()).toMatchObject({ watermark: 3, retired: true, closed: true });
      expect(await stored('node-b')).toMatchObject({ watermark: 2, retired: false, closed: false });
    });

    it('are neither retired nor closed once they are heard of; their watermark never goes back', async () => {
      await projections().heartbeat(node);
      await projections().settleNode('node-a', { watermark: 3, retired: true, closed: true });
      await projections().heartbeat(node);
      expect(await stored()).toMatchObject({ watermark: 3, retired: false, closed: false });
      await projections().settleNode('node-a', { watermark: 1 });
      expect(await stored()).toMatchObject({ watermark: 3 });
    });

    it('that nobody knows are not settled', async () => {
      await projections().settleNode('node-x', { retired: true });
      expect(await projections().nodes()).toEqual([]);
    });
  });
}

function keepingUndelivered(projections: () => Projections): void {
  const due = async (now: number, limit = 10) => (await projections().undeliveredDue(now, limit)).map(({ id }) => id);

  describe('undelivered tells', () => {
    it('are stored whole', async () => {
      const tell = tellOf('order/1#1.1', { trace: '00-a-b-01', event: { type: 'post', 返利: [{ 'a.b': null }] } });
      await projections().addUndelivered([tell, tellOf('order/1#1.2')]);
      expect(await projections().undeliveredDue(200, 10)).toEqual([tell, tellOf('order/1#1.2')]);
    });

    it('stay as they are when added again', async () => {
      await projections().addUndelivered([tellOf('x')]);
      await projections().postponeUndelivered('x', 900);
      await projections().addUndelivered([tellOf('x', { nextAt: 1 }), tellOf('y')]);
      expect(await projections().undeliveredCount()).toBe(2);
      expect(await due(800)).toEqual(['y']);
    });

    it('are due by time, earliest first, as many as asked for', async () => {
      await projections().addUndelivered(
        Object.entries({ a: 30, b: 10, c: 20, d: 31 }).map(([id, nextAt]) => tellOf(id, { nextAt })),
      );
      expect(await due(30)).toEqual(['b', 'c', 'a']);
      expect(await due(30, 1)).toEqual(['b']);
    });

    it('are postponed, which counts an attempt', async () => {
      await projections().addUndelivered([tellOf('x')]);
      await projections().postponeUndelivered('x', 500);
      expect(await due(499)).toEqual([]);
      expect(await projections().undeliveredDue(500, 10)).toEqual([tellOf('x', { nextAt: 500, attempts: 2 })]);
      await projections().postponeUndelivered('unknown', 1);
      expect(await projections().undeliveredCount()).toBe(1);
    });

    it('to one target are listed oldest first', async () => {
      await projections().addUndelivered([
        tellOf('late', { since: 9 }),
        tellOf('early', { since: 1 }),
        tellOf('other', { to: 'balance/u10' }),
      ]);
      expect((await projections().undeliveredTo('balance/u1', 10)).map(({ id }) => id)).toEqual(['early', 'late']);
      expect(await projections().undeliveredTo('balance/u1', 1)).toHaveLength(1);
    });

    it('are removed, also those that are not there', async () => {
      await projections().addUndelivered([tellOf('x'), tellOf('y'), tellOf('z')]);
      await projections().removeUndelivered(['x', 'nope', 'z']);
      await projections().removeUndelivered([]);
      expect(await due(900)).toEqual(['y']);
      expect(await projections().undeliveredCount()).toBe(1);
    });

    it('may be added again once removed', async () => {
      await projections().addUndelivered([tellOf('x')]);
      await projections().removeUndelivered(['x']);
      await projections().addUndelivered([tellOf('x', { attempts: 7 })]);
      expect((await projections().undeliveredDue(900, 1))[0]?.attempts).toBe(7);
    });
  });
}

function clearing(projections: () => Projections): void {
  describe('clear', () => {
    it('[J6] drops heads and rows, which may then come again; nodes and undelivered stay', async () => {
      const [head, row] = [headOf('order/1', 5, { nextDue: 1 }), rowOf('balance/u1', 1, 1)];
      await projections().project([head], [row]);
      await projections().heartbeat({ id: 'n', role: 'all', startedAt: 1, batch: 1, watermark: 1 });
      await projections().addUndelivered([tellOf('x')]);
      await projections().clear();
      expect(await projections().head('order/1')).toBeUndefined();
      expect(await projections().heads({ type: 'order', limit: 10 })).toEqual([]);
      expect(await projections().due(10, 10)).toEqual([]);
      expect(await projections().rows({ table: 'ledger', owner: 'u1', limit: 10 })).toEqual([]);
      expect(await projections().nodes()).toHaveLength(1);
      expect(await projections().undeliveredCount()).toBe(1);
      await projections().project([{ ...head, seq: 1 }], [row]);
      expect((await projections().head('order/1'))?.seq).toBe(1);
      expect(await projections().rows({ table: 'ledger', owner: 'u1', limit: 10 })).toEqual([row]);
    });
  });
}

function reopening(harness: () => ProjectionsHarness): void {
  describe('a store opened again', () => {
    it('has everything', async () => {
      const { projections } = harness();
      const [head, row] = [headOf('order/1', 5, { nextDue: 1 }), rowOf('balance/u1', 1, 1)];
      await projections.project([head], [row]);
      await projections.heartbeat({ id: 'n', role: 'all', startedAt: 1, batch: 1, watermark: 1 });
      await projections.addUndelivered([tellOf('x')]);
      const again = await harness().reopen();
      expect(await again.head('order/1')).toEqual(head);
      expect(await again.heads({ type: 'order', status: 'paid', limit: 10 })).toEqual([head]);
      expect(await again.rows({ table: 'ledger', owner: 'u1', limit: 10 })).toEqual([row]);
      expect(await again.nodes()).toHaveLength(1);
      expect(await again.undeliveredDue(900, 1)).toEqual([tellOf('x')]);
      await again.project([headOf('order/1', 6)], []);
      expect(await again.head('order/1')).toEqual(headOf('order/1', 6));
    });
  });
}
