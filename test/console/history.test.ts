import { describe, expect, it } from 'vitest';
import { History } from '../../src/http/console/actor/history.ts';

type Row = Parameters<History['add']>[0][number];

const row = (seq: number, state: string, edges: readonly string[] = []): Row => ({
  seq,
  at: seq * 1000,
  state,
  edges: [...edges],
  messages: [],
  sent: 0,
  traceId: null,
});
const rows = (from: number, to: number, state = 'open') =>
  Array.from({ length: to - from + 1 }, (_, index) => row(from + index, state));

describe('the history of an actor', () => {
  it('takes windows at its front and rows at its end, and knows each by its seq', () => {
    const history = new History('order');
    expect(history.add(rows(101, 200))).toBe(true);
    expect(history.add(rows(1, 100))).toBe(true);
    expect(history.add([row(201, 'closed')])).toBe(true);
    expect([history.firstSeq, history.lastSeq]).toEqual([1, 201]);
    expect(history.at(1)?.seq).toBe(1);
    expect(history.at(150)?.seq).toBe(150);
    expect(history.at(202)).toBeUndefined();
  });

  it('skips rows it knows and refuses those that would leave a gap', () => {
    const history = new History('order');
    history.add(rows(1, 10));
    expect(history.add(rows(5, 12))).toBe(true);
    expect(history.lastSeq).toBe(12);
    expect(history.add([row(14, 'open')])).toBe(false);
    expect(history.lastSeq).toBe(12);
    expect(history.rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
  });

  it('lights what encloses a state, in each region', () => {
    const history = new History('order');
    expect(history.activeIn('trade.paid,attribution.asking')).toEqual([
      'order',
      'order.trade',
      'order.trade.paid',
      'order.attribution',
      'order.attribution.asking',
    ]);
  });

  it('counts a state that a record only passed through, whatever guards its edges have', () => {
    const history = new History('order');
    const through = ['order.trade|row|order.trade.weighing', 'order.trade.weighing||order.trade.paid|isPaid'];
    history.add([row(1, 'trade.unseen'), row(2, 'trade.paid', through)]);
    expect(history.visitedAt('order.trade.weighing')).toEqual([2]);
    expect(history.visitedAt('order.trade.paid')).toEqual([2]);
    expect(history.visitedAt('isPaid')).toEqual([]);
  });

  it('counts visits up to a seq: each entry, also into the same state again, and each edge', () => {
    const again = 'w.unknown|query|w.unknown';
    const all = [
      row(1, 'sending'),
      row(2, 'unknown'),
      row(3, 'unknown'),
      row(4, 'unknown', [again]),
      row(5, 'sending'),
    ];
    const inOrder = new History('w');
    inOrder.add(all);
    const inWindows = new History('w');
    inWindows.add(all.slice(3));
    inWindows.add(all.slice(0, 3));
    for (const history of [inOrder, inWindows]) {
      expect([1, 2, 3, 4, 5].map((seq) => history.visits('w.unknown', seq))).toEqual([0, 1, 1, 2, 2]);
      expect([1, 4, 5].map((seq) => history.visits('w.sending', seq))).toEqual([1, 1, 2]);
      expect([3, 4, 5].map((seq) => history.visits(again, seq))).toEqual([0, 1, 1]);
      expect(history.visitedAt('w.sending')).toEqual([1, 5]);
      expect(history.visits('w.nowhere', 5)).toBe(0);
    }
  });
});
