/** A placed chart as SVG: one group per state and per edge, all text as text. */
import type { Chart, ChartEdge, ChartNode, Point } from '../../graph/graph-types.ts';
import { integer } from '../lib/format.ts';

interface DrawingProps {
  readonly chart: Chart;
  /** A badge such as `⏱` or a count, by node id. */
  readonly badges: ReadonlyMap<string, string>;
  /** How often the busiest edges were taken, by their ids. */
  readonly traffic: ReadonlyMap<string, number>;
  readonly onPick: (id: string) => void;
}

/** Lines of the busiest edges have one of so many widths. */
const WIDTHS = 4;

export function ChartDrawing({ chart, badges, traffic, onPick }: DrawingProps) {
  const most = Math.max(...traffic.values());
  const widthOf = (count: number) => Math.max(1, Math.ceil((WIDTHS * Math.log1p(count)) / Math.log1p(most)));
  return (
    <>
      <defs>
        <marker
          id="arrow"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerUnits="userSpaceOnUse"
          markerWidth="8"
          markerHeight="8"
          orient="auto-start-reverse"
        >
          <path d="M0 0 8 4 0 8z" />
        </marker>
      </defs>
      {chart.nodes.map((node) =>
        node.kind === 'initial' ? (
          <circle key={node.id} class="dot" cx={node.x + node.w / 2} cy={node.y + node.h / 2} r={node.w / 2} />
        ) : (
          <State key={node.id} node={node} badge={badges.get(node.id) ?? ''} onPick={onPick} />
        ),
      )}
      {chart.edges.map((edge) => {
        const count = traffic.get(edge.id) ?? 0;
        const told = count === 0 ? null : isCrowded(edge, chart) ? 'above' : 'after';
        return <Edge key={edge.id} edge={edge} count={count} told={told} width={count > 0 ? widthOf(count) : 0} />;
      })}
    </>
  );
}

function State({ node, badge, onPick }: { node: ChartNode; badge: string; onPick: (id: string) => void }) {
  const { id, kind, title, x, y, w, h, isTransient } = node;
  const pick = () => onPick(id);
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no button
    <g
      data-node={id}
      data-kind={isTransient ? 'transient' : kind}
      role="button"
      tabindex={0}
      onClick={pick}
      onKeyDown={(event) => {
        if (event.key !== 'Enter') return;
        event.stopPropagation();
        pick();
      }}
    >
      <rect class="frame" x={x} y={y} width={w} height={h} rx={kind === 'final' ? 3 : 8} />
      {kind === 'final' && <rect class="inner" x={x + 3} y={y + 3} width={w - 6} height={h - 6} rx={2} />}
      <path class="mark" d={`M${x + 5} ${y + 9}v12`} />
      <text class="title" x={x + 12} y={y + 20}>
        {title}
      </text>
      <text class="visits" x={x + w - 6} y={y + h - 5} />
      {badge !== '' && (
        <text class="badge" x={x + w - 4} y={y - 4}>
          {badge}
        </text>
      )}
    </g>
  );
}

/** What a digit of a count takes of a line of text, and the gap before it. */
const DIGIT_PX = 8;
const GAP_PX = 14;

/** Drawn downwards, the texts of lines stand side by side; but nothing stands above one that has its line to itself. */
function isCrowded({ source, targets }: ChartEdge, { direction, edges }: Chart): boolean {
  const onLine = edges.filter((other) => other.source === source && other.targets[0] === targets[0]);
  return direction === 'down' && targets.length > 0 && onLine.length === 1;
}

interface EdgeProps {
  readonly edge: ChartEdge;
  readonly count: number;
  /** Where the count stands: beside its text or over it. */
  readonly told: 'after' | 'above' | null;
  readonly width: number;
}

function Edge({ edge, count, told, width }: EdgeProps) {
  const { id, kind, text, paths, label, isRefusal } = edge;
  const number = `×${integer(count)}`;
  const toldPx = told === 'after' ? GAP_PX + number.length * DIGIT_PX : 0;
  return (
    <g data-edge={id} data-kind={isRefusal ? 'refusal' : kind}>
      {paths.map((points) => (
        <path
          key={points.join()}
          class={width > 0 ? `line busy-${width}` : 'line'}
          d={pathOf(points)}
          marker-end="url(#arrow)"
        />
      ))}
      {label !== null && (
        <>
          {paths.length > 0 && (
            <rect class="paper" x={label.x - 2} y={label.y} width={label.w + 4 + toldPx} height={label.h} />
          )}
          <text class="label" x={label.x} y={label.y + 13}>
            {text}
            {told === 'after' && (
              <tspan class="told" dx={GAP_PX / 2}>
                {number}
              </tspan>
            )}
          </text>
          {told === 'above' && (
            <text class="told" x={label.x + label.w / 2} y={label.y - 1} text-anchor="middle">
              {number}
            </text>
          )}
        </>
      )}
    </g>
  );
}

const CORNER = 6;

/** A line along the points with rounded corners. */
function pathOf(points: readonly Point[]): string {
  return points
    .map((point, index) => {
      const [before, after] = [points[index - 1], points[index + 1]];
      if (before === undefined) return `M${point.join(' ')}`;
      if (after === undefined) return `L${point.join(' ')}`;
      return `L${towards(point, before)}Q${point.join(' ')} ${towards(point, after)}`;
    })
    .join('');
}

/** The point a corner's radius away from `from` on the way to `to`, halfway at most. */
function towards(from: Point, to: Point): string {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  const share = length === 0 ? 0 : Math.min(CORNER, length / 2) / length;
  return `${from[0] + (to[0] - from[0]) * share} ${from[1] + (to[1] - from[1]) * share}`;
}
