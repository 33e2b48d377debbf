/**
 * A chart as a standalone SVG document, for documents and tickets: one `<g data-state>` per state, one `<g data-edge>`
 * per transition. Everything from machines is text content or an escaped attribute; no script, no style, no HTML.
 */
import type { Box, Chart, ChartEdge, ChartNode, Locale, Point } from './graph-types.ts';

const CORNER = 6;

export interface Lit {
  /** Ids of states. */
  readonly active?: readonly string[];
  /** Ids of edges. */
  readonly fired?: readonly string[];
}

const CHART_NAME = { 'zh-CN': '状态图', en: 'Statechart' } satisfies Record<Locale, string>;

/** The chart with what is lit; equal charts give equal text. */
export function toSvg(chart: Chart, { active = [], fired = [] }: Lit = {}): string {
  const { width, height, nodes, edges, locale, type } = chart;
  const [root] = nodes;
  const name = `${CHART_NAME[locale]}: ${root?.title ?? type}`;
  const font =
    'font-family="system-ui, &quot;PingFang SC&quot;, &quot;Noto Sans CJK SC&quot;, sans-serif" font-size="13"';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="group" aria-label="${escaped(name)}" lang="${locale}" ${font}>`,
    `<title>${escaped(name)}</title>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" fill="#5b6472"/></marker></defs>',
    ...nodes.map((node) => (node.kind === 'initial' ? dotOf(node) : stateOf(node, active.includes(node.id)))),
    ...edges.map((edge) => edgeGroup(edge, fired.includes(edge.id))),
    '</svg>',
  ].join('\n');
}

function stateOf({ id, kind, title, help, isTransient, x, y, w, h }: ChartNode, isActive: boolean): string {
  const radius = kind === 'final' ? 2 : 8;
  const frame = `fill="${isActive ? '#dbeafe' : '#ffffff'}" stroke="${isActive ? '#1d4ed8' : '#9aa3b2'}" stroke-width="${isActive ? 2 : 1}"`;
  const dashes = isTransient || kind === 'history' ? ' stroke-dasharray="4 3"' : '';
  const inner =
    kind === 'final'
      ? `<rect x="${x + 3}" y="${y + 3}" width="${w - 6}" height="${h - 6}" fill="none" stroke="#9aa3b2"/>`
      : '';
  return (
    `<g data-state="${escaped(id)}" data-kind="${kind}"${isActive ? ' aria-current="true"' : ''} role="listitem" aria-label="${escaped(title)}">` +
    `<title>${escaped(help === '' ? title : `${title}: ${help}`)}</title>` +
    `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${radius}" ${frame}${dashes}/>${inner}` +
    `<text x="${x + 12}" y="${y + 20}" font-weight="600">${escaped(title)}</text></g>`
  );
}

function dotOf({ id, x, y, w }: ChartNode): string {
  return `<circle data-dot="${escaped(id)}" cx="${x + w / 2}" cy="${y + w / 2}" r="${w / 2}" fill="#5b6472"/>`;
}

function edgeGroup({ id, kind, text, paths, label, isRefusal }: ChartEdge, isFired: boolean): string {
  const colour = isFired ? '#1d4ed8' : '#5b6472';
  const lines = paths.map(
    (points) =>
      `<path d="${toPath(points)}" fill="none" stroke="${colour}" stroke-width="${isFired ? 2.5 : 1}" marker-end="url(#arrow)"/>`,
  );
  const ink = isRefusal ? '#8a5a00' : '#3b4350';
  const words = label === null ? '' : textIn(label, text, paths.length > 0, ink);
  return `<g data-edge="${escaped(id)}" data-kind="${kind}" role="listitem" aria-label="${escaped(text)}">${lines.join('')}${words}</g>`;
}

function textIn({ x, y, w, h }: Box, text: string, isOnLine: boolean, ink: string): string {
  const ground = isOnLine
    ? `<rect x="${x - 2}" y="${y}" width="${w + 4}" height="${h}" fill="#ffffff" fill-opacity="0.85"/>`
    : '';
  // The table of widths gives rather too many pixels: what stands on a line is centred on it.
  const place = isOnLine ? `x="${x + w / 2}" text-anchor="middle"` : `x="${x}"`;
  return `${ground}<text ${place} y="${y + 13}" fill="${ink}" font-size="12">${escaped(text)}</text>`;
}

/** A path along the points with rounded corners. */
export function toPath(points: readonly Point[]): string {
  return points
    .map((point, index) => {
      const before = points[index - 1];
      const after = points[index + 1];
      if (before === undefined) return `M${point[0]} ${point[1]}`;
      if (after === undefined) return `L${point[0]} ${point[1]}`;
      const [inX, inY] = towards(point, before);
      const [outX, outY] = towards(point, after);
      return `L${inX} ${inY}Q${point[0]} ${point[1]} ${outX} ${outY}`;
    })
    .join('');
}

/** The point a corner's radius away from `from` on the way to `to`, halfway at most. */
function towards(from: Point, to: Point): Point {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  const share = length === 0 ? 0 : Math.min(CORNER, length / 2) / length;
  const along = (a: number, b: number) => Math.round((a + (b - a) * share) * 10) / 10;
  return [along(from[0], to[0]), along(from[1], to[1])];
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? '');
}
