import type { ElkNode } from 'elkjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createCharts } from '../../../src/http/graph/charts.ts';
import type { Box, Chart, ChartNode, Direction, Locale } from '../../../src/http/graph/graph-types.ts';
import { createLayout } from '../../../src/http/graph/layout-thread.ts';
import { graphOf } from '../../../src/http/graph/machine-graph.ts';
import { widthOf } from '../../../src/http/graph/text-width.ts';
import { allMachines, houseMachines, idle, kettle } from './charted.ts';

const LOCALES: readonly Locale[] = ['zh-CN', 'en'];
const DIRECTIONS: readonly Direction[] = ['right', 'down'];
const charts = createCharts({ machines: allMachines, ...idle });

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function holds(outer: Box, inner: Box): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.w <= outer.x + outer.w &&
    inner.y + inner.h <= outer.y + outer.h
  );
}

/** What is wrong with a drawing. */
function flawsOf({ nodes, edges, width, height }: Chart): string[] {
  const canvas = { x: 0, y: 0, w: width, h: height };
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const flaws: string[] = [];
  for (const node of nodes) {
    const parent = node.parent === null ? canvas : byId.get(node.parent);
    if (parent === undefined || !holds(parent, node)) flaws.push(`${node.id} is not inside ${node.parent}`);
    if (node.kind !== 'initial' && widthOf(node.title) > node.w) flaws.push(`the title of ${node.id} is cut off`);
    for (const other of nodes) {
      if (other.parent === node.parent && other.id > node.id && overlap(node, other))
        flaws.push(`${node.id} lies on ${other.id}`);
    }
  }
  for (const { id, kind, targets, paths, label, source } of edges) {
    if (paths.length !== targets.length) flaws.push(`${id} has ${paths.length} lines`);
    for (const point of paths.flat()) {
      if (!holds(canvas, { x: point[0], y: point[1], w: 0, h: 0 })) flaws.push(`${id} leaves the canvas`);
    }
    if (paths.some((points) => points.length < 2)) flaws.push(`${id} is not routed`);
    const ends = paths.map((points) => [points[0], points.at(-1)] as const);
    for (const [index, [start, end]] of ends.entries()) {
      if (!isAt(start, byId.get(source))) flaws.push(`${id} does not start at its source`);
      if (!isAt(end, byId.get(targets[index] ?? ''))) flaws.push(`${id} does not end at its target`);
    }
    if ((label === null) !== (kind === 'initial')) flaws.push(`${id} has no place for its text`);
    if (label !== null && !holds(canvas, label)) flaws.push(`the text of ${id} leaves the canvas`);
  }
  return [...flaws, ...textFlaws(nodes, edges)];
}

/** On the border of the box, give or take a pixel of rounding. */
function isAt(point: readonly [number, number] | undefined, node: ChartNode | undefined): boolean {
  if (point === undefined || node === undefined) return false;
  const [x, y] = point;
  return x >= node.x - 1 && x <= node.x + node.w + 1 && y >= node.y - 1 && y <= node.y + node.h + 1;
}

function textFlaws(nodes: Chart['nodes'], edges: Chart['edges']): string[] {
  const labels = edges.flatMap(({ id, label }) => (label === null ? [] : [{ id, label }]));
  const hasInside = new Set(nodes.map(({ parent }) => parent));
  const leaves = nodes.filter(({ id }) => !hasInside.has(id));
  const onStates = labels.flatMap(({ id, label }) => {
    const own = edges.find((edge) => edge.id === id);
    return leaves
      .filter((leaf) => overlap(leaf, label) && !(own?.paths.length === 0 && own.source === leaf.id))
      .map((leaf) => `the text of ${id} lies on ${leaf.id}`);
  });
  const onTexts = labels.flatMap(({ id, label }, index) =>
    labels
      .slice(index + 1)
      .flatMap((other) => (overlap(label, other.label) ? [`the texts of ${id} and ${other.id} overlap`] : [])),
  );
  return [...onStates, ...onTexts, ...lineFlaws(edges)];
}

/** Lines that run over texts which stand inside a state. */
function lineFlaws(edges: Chart['edges']): string[] {
  const inside = edges.filter(({ paths, label }) => paths.length === 0 && label !== null);
  const lines = edges.flatMap(({ id, paths }) =>
    paths.flatMap((points) => points.slice(1).map((end, index) => ({ id, line: boxOf(points[index] ?? end, end) }))),
  );
  return inside.flatMap(({ id, label }) =>
    lines
      .filter(({ line }) => label !== null && overlap(line, label))
      .map((line) => `${line.id} runs over the text of ${id}`),
  );
}

function boxOf([ax, ay]: readonly [number, number], [bx, by]: readonly [number, number]): Box {
  return { x: Math.min(ax, bx), y: Math.min(ay, by), w: Math.abs(ax - bx), h: Math.abs(ay - by) };
}

describe.each(allMachines)('the chart of $type', (machine) => {
  const graph = graphOf(machine);
  for (const locale of LOCALES) {
    for (const direction of DIRECTIONS) {
      it(`is drawn whole, ${direction}, in ${locale}`, async () => {
        const chart = await charts.chart(machine.type, { direction, locale });
        expect(chart.nodes.map(({ id }) => id)).toEqual(graph.nodes.map(({ id }) => id));
        expect(chart.edges.map(({ id }) => id)).toEqual(graph.edges.map(({ id }) => id));
        expect(flawsOf(chart)).toEqual([]);
      });
    }
  }

  it('is drawn cut down to each of its states', async () => {
    const leaves = graph.nodes.filter(({ kind }) => kind === 'atomic' || kind === 'final');
    const query = { direction: 'down', locale: 'zh-CN' } as const;
    const drawn = await Promise.all(leaves.map(({ id }) => charts.chart(machine.type, { ...query, focus: [id] })));
    for (const chart of drawn) {
      const shown = new Set(chart.nodes.map(({ id }) => id));
      expect(chart.focus?.every((id) => shown.has(id))).toBe(true);
      expect(chart.edges.filter(({ source, targets }) => ![source, ...targets].every((id) => shown.has(id)))).toEqual(
        [],
      );
      expect(flawsOf(chart)).toEqual([]);
    }
  });
});

describe('charts', () => {
  /** Lays out for real and counts. */
  function counted() {
    const layout = createLayout(idle.clock);
    const asked: ElkNode[] = [];
    const count = (graph: ElkNode) => {
      asked.push(graph);
      return layout(graph);
    };
    return { asked, charts: createCharts({ machines: [kettle], ...idle, layout: count }) };
  }

  it('are laid out once, however many ask at once and later, whatever way the focus is written', async () => {
    const { asked, charts: own } = counted();
    const query = { direction: 'right', locale: 'en' } as const;
    const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => own.chart('kettle', query)));
    for (const other of others) expect(other).toBe(first);
    await own.chart('kettle', query);
    expect(asked).toHaveLength(1);
    const leaves = ['kettle.on.heat.warming', 'kettle.on.light.dim'];
    const focused = await own.chart('kettle', { ...query, focus: leaves });
    const enclosing = ['kettle', 'kettle.on', 'kettle.on.heat', 'kettle.on.light'];
    expect(await own.chart('kettle', { ...query, focus: [...leaves.toReversed(), ...enclosing] })).toBe(focused);
    expect(focused.focus).toEqual(leaves);
    expect(asked).toHaveLength(2);
  });

  it('warm are there before anyone asks', async () => {
    const { asked, charts: own } = counted();
    await own.warm();
    expect(asked).toHaveLength(4);
    for (const locale of LOCALES) for (const direction of DIRECTIONS) await own.chart('kettle', { direction, locale });
    expect(asked).toHaveLength(4);
  });

  it('come out the same from another thread', async () => {
    const query = { direction: 'right', locale: 'zh-CN' } as const;
    const again = createCharts({ machines: allMachines, ...idle });
    for (const { type } of houseMachines) {
      expect(await again.chart(type, query)).toEqual(await charts.chart(type, query));
    }
  });

  it('are laid out by a thread that ends when it is idle and comes back when it is needed', async () => {
    const due: (() => void)[] = [];
    const after = (_ms: number, fire: () => void) => {
      due.push(fire);
      return () => due.splice(due.indexOf(fire), 1);
    };
    const own = createCharts({ machines: [kettle], ...idle, clock: { after } as never });
    await own.chart('kettle', { direction: 'right', locale: 'en' });
    expect(due).toHaveLength(1);
    due.pop()?.();
    const again = await own.chart('kettle', { direction: 'down', locale: 'en' });
    expect(again.nodes.length).toBeGreaterThan(0);
    expect(due).toHaveLength(1);
  });

  it('that failed are tried again by the next who asks', async () => {
    let failures = 1;
    const layout = createLayout(idle.clock);
    const flaky = createCharts({
      machines: [kettle],
      ...idle,
      layout: async (graph) => {
        if (failures-- > 0) throw new Error('no room');
        return layout(graph);
      },
    });
    const query = { direction: 'down', locale: 'en' } as const;
    await expect(flaky.chart('kettle', query)).rejects.toThrow('no room');
    expect((await flaky.chart('kettle', query)).width).toBeGreaterThan(0);
  });

  it('of an unknown machine or state are refused in words', async () => {
    const query = { direction: 'down', locale: 'en' } as const;
    await expect(charts.chart('teapot', query)).rejects.toThrow('no machine "teapot"');
    await expect(charts.chart('kettle', { ...query, focus: ['kettle.lost'] })).rejects.toThrow(
      'no state "kettle.lost"',
    );
    await expect(charts.chart('kettle', { ...query, focus: ['kettle:initial'] })).rejects.toThrow('no state');
    await expect(charts.chart('kettle', { ...query, focus: [] })).rejects.toThrow('at least one state');
  });
});

beforeAll(async () => {
  const startedAt = performance.now();
  await charts.warm();
  console.log(`all ${allMachines.length} machines laid out in ${Math.round(performance.now() - startedAt)} ms`);
});
