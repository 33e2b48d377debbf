import { describe, expect, it } from 'vitest';
import { activeIds } from '../../../src/http/graph/active-ids.ts';
import { createCharts } from '../../../src/http/graph/charts.ts';
import type { GraphEdge } from '../../../src/http/graph/graph-types.ts';
import { graphOf } from '../../../src/http/graph/machine-graph.ts';
import { outlineOf } from '../../../src/http/graph/outline.ts';
import { toPath, toSvg } from '../../../src/http/graph/svg.ts';
import { boldWidthOf, widthOf } from '../../../src/http/graph/text-width.ts';
import { allMachines, houseMachines, idle, kettle, kettleGraph } from './charted.ts';

const edgeBy = (part: Partial<GraphEdge>) =>
  kettleGraph.edges.filter((edge) =>
    Object.entries(part).every(([key, value]) => edge[key as keyof GraphEdge] === value),
  );
const labelsOf = (edges: readonly GraphEdge[], language: 'zh' | 'en') => edges.map(({ label }) => label[language]);

describe('a graph', () => {
  it('has every state with its kind, parents before children, and a dot where a state begins', () => {
    const kinds = Object.fromEntries(kettleGraph.nodes.map(({ id, kind }) => [id, kind]));
    expect(kinds).toMatchObject({
      kettle: 'compound',
      'kettle:initial': 'initial',
      'kettle.on': 'parallel',
      'kettle.on.heat:initial': 'initial',
      'kettle.on.heat.over': 'final',
      'kettle.on.heat.last': 'history',
      'kettle.off': 'atomic',
    });
    expect(kinds['kettle.on:initial']).toBeUndefined();
    const order = kettleGraph.nodes.map(({ id }) => id);
    for (const { id, parent } of kettleGraph.nodes) {
      if (parent !== null) expect(order.indexOf(parent)).toBeLessThan(order.indexOf(id));
    }
  });

  it('has transitions taken by themselves, which XState’s own export leaves out, and marks where nobody rests', () => {
    expect(edgeBy({ kind: 'always' }).map(({ id }) => id)).toEqual([
      'kettle.on.heat.boiling||kettle.on.heat.over|isDry',
      'kettle.on.heat.boiling||kettle.on.heat.warming',
    ]);
    const transient = kettleGraph.nodes.filter(({ isTransient, kind }) => isTransient && kind !== 'initial');
    expect(transient.map(({ id }) => id)).toEqual(['kettle.on.heat.boiling']);
  });

  it('says guards, delays and ends in words', () => {
    expect(labelsOf(edgeBy({ source: 'kettle.off' }), 'en')).toEqual([
      'press [is dry and not (is empty)]',
      'press [is empty]',
    ]);
    expect(labelsOf(edgeBy({ source: 'kettle.off' }), 'zh')[0]).toContain('且非（');
    expect(labelsOf(edgeBy({ kind: 'after' }), 'en')).toEqual(['after 0.5 s [is empty]', 'after 1.5 min']);
    expect(labelsOf(edgeBy({ kind: 'done' }), 'zh')).toEqual(['全部完成']);
    expect(labelsOf(edgeBy({ source: 'kettle.on.heat.boiling', kind: 'always' }), 'en')).toEqual(['is dry', 'else']);
  });

  it('keeps several targets, none, and a target inside the source', () => {
    expect(edgeBy({ event: 'reset' })[0]?.targets).toEqual(['kettle.on.heat.warming', 'kettle.on.light.dim']);
    expect(edgeBy({ event: 'look' })[0]?.targets).toEqual([]);
    expect(edgeBy({ event: 'jolt' })[0]).toMatchObject({ source: 'kettle.on', targets: ['kettle.on.heat.boiling'] });
  });

  it('of the house has titles in both languages everywhere, and one name per edge', () => {
    for (const { nodes, edges } of houseMachines.map(graphOf)) {
      for (const { id, title, kind } of nodes) {
        if (kind !== 'initial' && id !== nodes[0]?.id) expect(title.zh, id).toMatch(/\p{Script=Han}/u);
      }
      for (const { id, kind, label } of edges) {
        if (kind !== 'initial') expect(label.zh, id).toMatch(/\p{Script=Han}/u);
        expect(label.en.replace(/“.*?”/g, ''), id).not.toMatch(/\p{Script=Han}/u);
      }
      expect(new Set(edges.map(({ id }) => id)).size).toBe(edges.length);
    }
  });

  it('tells refusals from what changes something', () => {
    const withdrawal = graphOf(houseMachines.find(({ type }) => type === 'withdrawal') ?? kettle);
    const cancels = withdrawal.edges.filter(({ event }) => event === 'cancel');
    expect(cancels.filter(({ isRefusal }) => isRefusal).map(({ source }) => source)).toEqual(['withdrawal']);
  });

  it('changes its revision with a word, and its version is the registry’s', () => {
    const words = { press: { title: { zh: '按下', en: 'Press' }, help: { zh: '', en: '' }, sentBy: [] } };
    const again = graphOf({ ...kettle, events: words });
    expect(again.revision).not.toBe(kettleGraph.revision);
    expect(again.version).toBe(kettleGraph.version);
    expect(graphOf(kettle)).toEqual(kettleGraph);
  });

  it('knows which states are active in one by its name', () => {
    expect(activeIds('kettle', 'on.heat.warming,on.light.out')).toEqual([
      'kettle',
      'kettle.on',
      'kettle.on.heat',
      'kettle.on.heat.warming',
      'kettle.on.light',
      'kettle.on.light.out',
    ]);
  });
});

describe('the nested list', () => {
  it('names every state and transition once, with where each goes', () => {
    for (const machine of allMachines) {
      const graph = graphOf(machine);
      const items = (function flat(list: ReturnType<typeof outlineOf>): ReturnType<typeof outlineOf> {
        return list.flatMap((item) => [item, ...flat(item.children)]);
      })(outlineOf(graph, 'zh-CN'));
      expect(items.map(({ id }) => id).sort()).toEqual(
        graph.nodes
          .filter(({ kind }) => kind !== 'initial')
          .map(({ id }) => id)
          .sort(),
      );
      const transitions = items.flatMap((item) => item.transitions.map(({ id }) => id));
      expect(transitions.sort()).toEqual(
        graph.edges
          .filter(({ kind }) => kind !== 'initial')
          .map(({ id }) => id)
          .sort(),
      );
    }
    const [root] = outlineOf(kettleGraph, 'en');
    expect(root?.children.map(({ title, note }) => `${title}: ${note}`)).toEqual([
      'off: starts here',
      'on: all parts at once',
      'broken: ',
      'done: end',
    ]);
    expect(root?.children[2]?.transitions.map(({ text }) => text)).toEqual([
      'mend → Where it was',
      'kick → broken',
      'look → stays',
    ]);
  });
});

describe('the SVG', () => {
  const charts = createCharts({ machines: allMachines, ...idle });

  it('has one group per state and per edge, lit where it is said, and nothing that runs', async () => {
    const chart = await charts.chart('withdrawal', { direction: 'right', locale: 'zh-CN' });
    const svg = toSvg(chart, { active: ['withdrawal.review'], fired: [chart.edges.at(-1)?.id ?? ''] });
    const states = chart.nodes.filter(({ kind }) => kind !== 'initial');
    expect(svg.match(/<g data-state=/g)).toHaveLength(states.length);
    expect(svg.match(/<g data-edge=/g)).toHaveLength(chart.edges.length);
    expect(svg.match(/aria-current="true"/g)).toHaveLength(1);
    expect(svg).toContain('>待审核</text>');
    expect(svg).not.toMatch(/<script|<style|style=|foreignObject|\son\w+=/);
    expect(toSvg(chart)).toBe(toSvg(chart));
  });

  it('takes words for words, whatever they hold', async () => {
    const chart = await charts.chart('kettle', { direction: 'down', locale: 'en' });
    const hostile = chart.nodes.map((node) => ({ ...node, title: '<script>"&', help: '"><img>' }));
    const svg = toSvg({ ...chart, nodes: hostile });
    expect(svg).toContain('&lt;script&gt;&quot;&amp;</text>');
    expect(svg).not.toMatch(/<script|<img/);
  });

  it('rounds corners without leaving the line', () => {
    expect(
      toPath([
        [0, 0],
        [20, 0],
        [20, 4],
      ]),
    ).toBe('M0 0L14 0Q20 0 20 2L20 4');
  });
});

describe('text', () => {
  it('is measured by a fixed table: Chinese and full-width wide, Latin narrow', () => {
    expect(widthOf('已付款')).toBe(39);
    expect(widthOf('paid')).toBe(28);
    expect(widthOf('（A）')).toBe(33);
    expect(boldWidthOf('paid')).toBe(32);
    expect(boldWidthOf('付')).toBe(13);
  });
});
