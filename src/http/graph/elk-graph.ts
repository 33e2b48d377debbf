/**
 * A graph as ELK takes it, and the chart that follows from ELK's answer.
 *
 * Edges between the same two states share one line with their texts one below the other; an edge without target is a
 * line of text inside its state. Facts about ELK 0.12: sizes of labels must be given; hierarchy must be laid out in one
 * go (INCLUDE_CHILDREN) or lines across levels get lost; coordinates are absolute only when asked for (`ROOT`).
 */
import type { ElkExtendedEdge, ElkNode, LayoutOptions } from 'elkjs';
import type { Box, Chart, ChartEdge, ChartQuery, GraphEdge, GraphNode, MachineGraph, Point } from './graph-types.ts';
import { inLocale, outlineOf } from './outline.ts';
import { boldWidthOf, LINE_HEIGHT, widthOf } from './text-width.ts';

const PADDING = 12;
const TITLE_HEIGHT = 30;
const DOT = 10;
const SMALLEST_WIDTH = 64;
const CANVAS_PADDING = 8;

type Query = Pick<ChartQuery, 'direction' | 'locale'>;

/** The edges that share one line, or those inside one state. */
interface Bundle {
  readonly source: string;
  /** Undefined: inside the state. */
  readonly target: string | undefined;
  readonly edges: readonly GraphEdge[];
}

/** Of the canvas and of each state with states inside, for ELK hands no option down. Its model-order strategies throw on
 * lines across levels; `FORWARD` keeps the author's order instead. */
const OPTIONS: LayoutOptions = {
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.spacing.nodeNode': '24',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '10',
  'elk.spacing.edgeLabel': '4',
  'elk.spacing.labelLabel': '4',
  'elk.spacing.nodeSelfLoop': '14',
  'elk.layered.spacing.nodeNodeBetweenLayers': '28',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '10',
};

/** An edge to a state that the author wrote further down; the others are turned round first where there is a cycle. */
const FORWARD: LayoutOptions = { 'elk.layered.priority.direction': '10' };

/** Of the canvas alone. */
function canvasOptions({ direction }: Query): LayoutOptions {
  return {
    ...OPTIONS,
    'elk.algorithm': 'layered',
    'elk.direction': direction === 'right' ? 'RIGHT' : 'DOWN',
    'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
    'elk.json.shapeCoords': 'ROOT',
    'elk.json.edgeCoords': 'ROOT',
    'elk.edgeRouting': 'ORTHOGONAL',
    'elk.randomSeed': '1',
    'elk.padding': paddingOf(CANVAS_PADDING, CANVAS_PADDING),
  };
}

function paddingOf(top: number, others: number): string {
  return `[top=${top},left=${others},bottom=${others},right=${others}]`;
}

/** What ELK is asked; equal for equal graphs, words and directions, so its hash is a key for the answer. */
export function toElk(graph: MachineGraph, query: Query): ElkNode {
  const bundles = bundlesOf(graph);
  const below = (parent: string | null): ElkNode[] =>
    graph.nodes
      .filter((node) => node.parent === parent)
      .map((node) => {
        const children = below(node.id);
        const inner = bundles.find(({ source, target }) => source === node.id && target === undefined);
        return {
          id: node.id,
          ...sizeOf(node, inner?.edges ?? [], children, query),
          ...(children.length > 0 && { children }),
        };
      });
  return {
    id: 'canvas',
    layoutOptions: canvasOptions(query),
    children: below(null),
    edges: bundles.flatMap((bundle, index) => toElkEdge(bundle, index, graph, query)),
  };
}

function bundlesOf({ edges }: MachineGraph): readonly Bundle[] {
  const bundles = new Map<string, { source: string; target: string | undefined; edges: GraphEdge[] }>();
  for (const edge of edges) {
    const { source } = edge;
    for (const target of edge.targets.length === 0 ? [undefined] : edge.targets) {
      const key = JSON.stringify([source, target ?? null]);
      const bundle = bundles.get(key);
      if (bundle === undefined) bundles.set(key, { source, target, edges: [edge] });
      else bundle.edges.push(edge);
    }
  }
  return [...bundles.values()];
}

/** The text of an edge stands on the line to its first target only. */
function textsOf({ target, edges }: Bundle, { locale }: Query): readonly string[] {
  return edges
    .filter(({ kind, targets }) => kind !== 'initial' && (target === undefined || targets[0] === target))
    .map(({ label }) => inLocale(label, locale));
}

function toElkEdge(bundle: Bundle, index: number, { nodes }: MachineGraph, query: Query): ElkExtendedEdge[] {
  const { source, target } = bundle;
  if (target === undefined) return [];
  const texts = textsOf(bundle, query);
  const width = Math.max(0, ...texts.map(widthOf)) + 6;
  const label = {
    id: `e${index}.label`,
    text: 'x',
    width,
    height: texts.length * LINE_HEIGHT,
    layoutOptions: { 'elk.edgeLabels.inline': 'true' },
  };
  const placeOf = (id: string) => nodes.findIndex((node) => node.id === id);
  return [
    {
      id: `e${index}`,
      sources: [source],
      targets: [target],
      ...(placeOf(source) < placeOf(target) && { layoutOptions: FORWARD }),
      ...(texts.length > 0 && { labels: [label] }),
    },
  ];
}

function sizeOf(
  { kind, title }: GraphNode,
  inner: readonly GraphEdge[],
  children: readonly ElkNode[],
  query: Query,
): Partial<ElkNode> {
  if (kind === 'initial') return { width: DOT, height: DOT };
  const texts = inner.map(({ label }) => widthOf(inLocale(label, query.locale)));
  const width = Math.max(SMALLEST_WIDTH, boldWidthOf(inLocale(title, query.locale)), ...texts) + 2 * PADDING;
  const height = headHeight(inner.length);
  if (children.length === 0) return { width, height };
  return {
    layoutOptions: {
      ...OPTIONS,
      'elk.padding': paddingOf(height + PADDING, PADDING),
      'elk.nodeSize.constraints': '[MINIMUM_SIZE]',
      // ELK takes it the wrong way round when it draws downwards.
      'elk.nodeSize.minimum': query.direction === 'right' ? `(${width},${height})` : `(${height},${width})`,
    },
  };
}

/** Of a state's title and the edges that stay inside it. */
function headHeight(innerCount: number): number {
  return TITLE_HEIGHT + innerCount * LINE_HEIGHT + (innerCount > 0 ? PADDING / 2 : 0);
}

/** The chart of `graph` from ELK's answer to `toElk(graph, query)`. */
export function toChart(
  graph: MachineGraph,
  { direction, locale }: Query,
  focus: Chart['focus'],
  laidOut: ElkNode,
): Chart {
  const boxes = boxesOf(laidOut);
  const bundles = bundlesOf(graph);
  const lines = new Map((laidOut.edges ?? []).map((edge) => [edge.id, edge]));
  const innerCount = (id: string) =>
    bundles.find(({ source, target }) => source === id && target === undefined)?.edges.length ?? 0;
  const edges = graph.edges.map((edge): ChartEdge => {
    const own = bundles.flatMap((bundle, index) =>
      bundle.edges.includes(edge) ? [{ bundle, line: lines.get(`e${index}`) }] : [],
    );
    const { id, kind, source, targets, event, isRefusal } = edge;
    const [first] = own;
    const label =
      first === undefined || kind === 'initial' ? null : labelBox(edge, first.bundle, first.line, boxes, locale);
    const from = boxes.get(source) ?? { x: 0, y: 0, w: 0, h: 0 };
    const head = headHeight(innerCount(source));
    const paths = own.flatMap(({ line }) => (line === undefined ? [] : [belowHead(pointsOf(line), from, head)]));
    return { id, kind, source, targets, event, isRefusal, text: inLocale(edge.label, locale), paths, label };
  });
  const nodes = graph.nodes.map(({ id, parent, kind, title, help, slaSeconds, isTransient }) => ({
    ...(boxes.get(id) ?? { x: 0, y: 0, w: 0, h: 0 }),
    id,
    parent,
    kind,
    title: inLocale(title, locale),
    help: inLocale(help, locale),
    slaSeconds,
    isTransient,
  }));
  const { type, version } = graph;
  const size = { width: Math.ceil(laidOut.width ?? 0), height: Math.ceil(laidOut.height ?? 0) };
  return { type, version, locale, direction, focus, ...size, nodes, edges, outline: outlineOf(graph, locale) };
}

function boxesOf(node: ElkNode): Map<string, Box> {
  const boxes = new Map<string, Box>();
  const walk = ({ id, x = 0, y = 0, width = 0, height = 0, children = [] }: ElkNode) => {
    boxes.set(id, { x: round(x), y: round(y), w: round(width), h: round(height) });
    for (const child of children) walk(child);
  };
  walk(node);
  return boxes;
}

function pointsOf({ sections = [] }: ElkExtendedEdge): readonly Point[] {
  return sections.flatMap(({ startPoint, bendPoints = [], endPoint }) =>
    [startPoint, ...bendPoints, endPoint].map(({ x, y }): Point => [round(x), round(y)]),
  );
}

/** A line from a state to one inside it begins below the texts at the state's top, not across them. */
function belowHead(points: readonly Point[], from: Box, headPx: number): readonly Point[] {
  const [first, second] = points;
  const last = points.at(-1);
  if (first === undefined || second === undefined || last === undefined || !isWithin(last, from)) return points;
  const bottom = round(from.y + headPx);
  const isAcross = first[0] === second[0] && first[1] < bottom && second[1] > bottom;
  return isAcross ? [[first[0], bottom], ...points.slice(1)] : points;
}

function isWithin([x, y]: Point, box: Box): boolean {
  return x >= box.x && x <= box.x + box.w && y >= box.y && y <= box.y + box.h;
}

/** The line of text that is this edge's, among those of its bundle. */
function labelBox(
  edge: GraphEdge,
  bundle: Bundle,
  line: ElkExtendedEdge | undefined,
  boxes: ReadonlyMap<string, Box>,
  locale: Query['locale'],
): Box {
  const w = widthOf(inLocale(edge.label, locale));
  const offset = bundle.edges.indexOf(edge) * LINE_HEIGHT;
  if (bundle.target === undefined) {
    const { x, y } = boxes.get(edge.source) ?? { x: 0, y: 0 };
    return { x: x + PADDING, y: y + TITLE_HEIGHT + offset, w, h: LINE_HEIGHT };
  }
  const { x = 0, y = 0, width = 0 } = line?.labels?.[0] ?? {};
  return { x: round(x + (width - w) / 2), y: round(y + offset), w, h: LINE_HEIGHT };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
