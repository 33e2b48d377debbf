import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { centred, moved, open, shows, whole, zoomed } from '../../src/http/console/chart/viewport.ts';
import { readEvents, type StreamEvent } from '../../src/http/console/lib/event-stream.ts';
import { fenOf } from '../../src/http/console/lib/fen.ts';
import { rmbWords } from '../../src/http/console/lib/rmb-words.ts';

describe('amounts', () => {
  it('are read in capital numerals as on a cheque', () => {
    const words: Record<number, string> = {
      0: '零元整',
      1: '壹分',
      10: '壹角整',
      100: '壹元整',
      105: '壹元零伍分',
      123456: '壹仟贰佰叁拾肆元伍角陆分',
      1000000: '壹万元整',
      10050000: '壹拾万零伍佰元整',
      1000000100: '壹仟万零壹元整',
      10001000005: '壹亿零壹万元零伍分',
      [-1050]: '负壹拾元伍角整',
    };
    for (const [fen, text] of Object.entries(words)) expect(rmbWords(Number(fen)), fen).toBe(text);
  });

  it('are each read differently', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e12 }), fc.integer({ min: 0, max: 1e12 }), (a, b) => {
        expect(rmbWords(a) === rmbWords(b)).toBe(a === b);
      }),
    );
  });

  it('are typed in yuan and sent in fen, exactly', () => {
    expect(['12.50', '−3', '-0.01', '+7.1', '¥1,234.56'].map(fenOf)).toEqual([1250, -300, -1, 710, 123456]);
    for (const text of ['', '1.234', 'x', '1e3', '--1', '12345678901']) expect(fenOf(text)).toBeNaN();
    fc.assert(fc.property(fc.integer({ min: -1e11, max: 1e11 }), (fen) => fenOf((fen / 100).toFixed(2)) === fen));
  });
});

describe('the view of a chart', () => {
  const chart = { width: 2000, height: 600 };
  const frame = { width: 800, height: 400 };

  it('shows all of it, or the part in question where all could not be read', () => {
    expect(whole(chart, frame).scale).toBeCloseTo(0.4);
    const box = { x: 1500, y: 100, w: 100, h: 40 };
    const view = open(chart, frame, box);
    expect(view.scale).toBeGreaterThan(0.7);
    expect(shows(view, frame, box)).toBe(true);
    expect(open({ width: 500, height: 300 }, frame, box).scale).toBe(1);
  });

  it('never leaves the chart when it centres', () => {
    const view = centred(chart, frame, { x: 1990, y: 590, w: 10, h: 10 }, 1);
    expect([view.x, view.y]).toEqual([1200, 200]);
  });

  it('keeps the point under the pointer when it zooms', () => {
    const before = { x: 100, y: 50, scale: 1 };
    const after = zoomed(before, 2, 300, 200);
    expect(after.x + 300 / after.scale).toBeCloseTo(400);
    expect(after.y + 200 / after.scale).toBeCloseTo(250);
    expect(moved(after, 20, 0).x).toBeCloseTo(after.x - 10);
  });
});

describe('the stream of events', () => {
  it('is read right however it is cut into pieces', async () => {
    const text = ': hello\n\nid: 7\nevent: row\ndata: {"a":1}\n\ndata: one\r\ndata: 二\r\n\r\n';
    const expected: StreamEvent[] = [
      { id: '7', event: 'row', data: '{"a":1}' },
      { id: null, event: 'message', data: 'one\n二' },
    ];
    for (const size of [1, 3, 7, 1000]) {
      const bytes = new TextEncoder().encode(text);
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        bytes.slice(n * size, (n + 1) * size),
      );
      let heard = 0;
      const seen: StreamEvent[] = [];
      for await (const event of readEvents(new Blob(pieces).stream(), () => (heard += 1))) seen.push(event);
      expect(seen, `pieces of ${size}`).toEqual(expected);
      expect(heard).toBeGreaterThan(0);
    }
  });
});
