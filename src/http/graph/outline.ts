/** A graph as a nested list: the text that says the same as the picture. */
import type { Words } from '../../machines/meta.ts';
import type { GraphEdge, GraphNode, Locale, MachineGraph, NodeKind, OutlineItem } from './graph-types.ts';

const NOTES: Partial<Record<NodeKind, Words>> = {
  final: { zh: '结束', en: 'end' },
  parallel: { zh: '以下各部分同时进行', en: 'all parts at once' },
  history: { zh: '回到上次所在的状态', en: 'back to where it was' },
};
const START: Words = { zh: '从这里开始', en: 'starts here' };
const STAYS: Words = { zh: '状态不变', en: 'stays' };
const REFUSED: Words = { zh: '拒绝', en: 'refused' };

export function inLocale({ zh, en }: Words, locale: Locale): string {
  return locale === 'en' ? en : zh;
}

/** The states of the graph, nested as they enclose each other, each with where it can go. */
export function outlineOf({ nodes, edges }: MachineGraph, locale: Locale): readonly OutlineItem[] {
  const titles = new Map(nodes.map(({ id, title }) => [id, inLocale(title, locale)]));
  const initials = new Set(nodes.map(({ initial }) => initial));
  const textOf = (edge: GraphEdge) => {
    const goal = edge.targets.map((id) => titles.get(id) ?? id).join('、');
    const stays = inLocale(edge.isRefusal ? REFUSED : STAYS, locale);
    return `${inLocale(edge.label, locale)} → ${goal === '' ? stays : goal}`;
  };
  const itemOf = (node: GraphNode): OutlineItem => ({
    id: node.id,
    title: titles.get(node.id) ?? node.id,
    help: inLocale(node.help, locale),
    note: [NOTES[node.kind], initials.has(node.id) ? START : undefined]
      .filter((words) => words !== undefined)
      .map((words) => inLocale(words, locale))
      .join(' · '),
    transitions: edges.filter(({ source }) => source === node.id).map((edge) => ({ id: edge.id, text: textOf(edge) })),
    children: below(node.id),
  });
  const below = (parent: string | null) =>
    nodes.filter((node) => node.parent === parent && node.kind !== 'initial').map(itemOf);
  return below(null);
}
