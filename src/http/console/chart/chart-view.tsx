/** A chart in a frame: drawn once, lit by classes, moved by mouse, touch and keys. */
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { Chart } from '../../graph/graph-types.ts';
import { useKeys } from '../lib/keys.ts';
import type { Observable } from '../lib/observable.ts';
import { t } from '../lib/words.ts';
import { ChartDrawing } from './chart-drawing.tsx';
import { Lighting, type Moment } from './lighting.ts';
import { type Box, centred, moved, open, shows, type View, whole, zoomed } from './viewport.ts';

interface ChartViewProps {
  readonly chart: Chart;
  readonly label: string;
  /** What is lit; a new value relights the chart without rendering anything. */
  readonly moment: Observable<Moment & { readonly isLive: boolean }>;
  readonly badges: ReadonlyMap<string, string>;
  /** How often the busiest edges were taken, by their ids. */
  readonly traffic?: ReadonlyMap<string, number>;
  readonly onPick: (id: string) => void;
  readonly isTall?: boolean;
  /** A state around which the chart opens where not all of it can be read, instead of what is lit. */
  readonly lookAt?: string | undefined;
}

const STEP_PX = 60;

const NO_TRAFFIC: ReadonlyMap<string, number> = new Map();

export function ChartView(props: ChartViewProps) {
  const { chart, label, moment, badges, traffic = NO_TRAFFIC, onPick, isTall = false, lookAt } = props;
  const svg = useRef<SVGSVGElement>(null);
  const view = useRef<View | null>(null);
  /** Measured when it changes, not at each step: measuring makes the browser lay out. */
  const frame = useRef({ width: 0, height: 0 });
  /** The chart that the view was placed on: whoever has moved it since keeps it so. */
  const placedOn = useRef<Chart | null>(null);
  const pick = useRef(onPick);
  pick.current = onPick;

  const show = (next: View) => {
    const element = svg.current;
    if (element === null) return;
    const { width, height } = frame.current;
    view.current = next;
    element.setAttribute('viewBox', `${next.x} ${next.y} ${width / next.scale} ${height / next.scale}`);
  };

  useLayoutEffect(() => {
    const element = svg.current;
    if (element === null) return;
    const lighting = new Lighting(element, chart);
    const light = () => {
      const current = moment.get();
      lighting.show(current, current.isLive);
      if (placedOn.current !== chart) place();
      const box = boxOf(chart, current.active);
      if (lookAt === undefined && view.current !== null && box !== null && !shows(view.current, frame.current, box)) {
        show(centred(chart, frame.current, box, view.current.scale));
      }
    };
    const place = () => {
      const { active } = moment.get();
      const shown = active.size > 0 ? active : new Set([...badges.keys()].slice(0, 1));
      frame.current = { width: element.clientWidth, height: element.clientHeight };
      if (frame.current.width === 0) return;
      show(open(chart, frame.current, boxOf(chart, lookAt === undefined ? shown : new Set([lookAt]))));
      // Again once it is known where to look.
      if (active.size > 0 || lookAt !== undefined) placedOn.current = chart;
    };
    if (placedOn.current !== chart) view.current = null;
    light();
    const observer = new ResizeObserver(() => {
      const { width, height } = frame.current;
      if (element.clientWidth !== width || element.clientHeight !== height) place();
    });
    observer.observe(element);
    const stop = moment.subscribe(light);
    return () => {
      observer.disconnect();
      stop();
    };
  }, [chart, moment]);

  const zoom = (factor: number, atX?: number, atY?: number) => {
    if (view.current === null || svg.current === null) return;
    const { width, height } = frame.current;
    show(zoomed(view.current, factor, atX ?? width / 2, atY ?? height / 2));
  };
  const fitAll = () => {
    if (svg.current !== null) show(whole(chart, frame.current));
  };
  useKeys({ '+': () => zoom(1.25), '=': () => zoom(1.25), '-': () => zoom(0.8), 0: fitAll });
  usePointers(svg, view, show);

  const drawing = useMemo(
    () => <ChartDrawing chart={chart} badges={badges} traffic={traffic} onPick={(id) => pick.current(id)} />,
    [chart, badges, traffic],
  );
  const onKeyDown = (event: KeyboardEvent) => {
    const by = ARROWS[event.key];
    if (by === undefined || view.current === null) return;
    event.preventDefault();
    event.stopPropagation();
    show(moved(view.current, by[0] * STEP_PX, by[1] * STEP_PX));
  };
  return (
    <div class={`chart-frame ${isTall ? 'tall' : ''}`}>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot hold a drawing's parts */}
      <svg ref={svg} class="chart" role="group" aria-label={label} onKeyDown={onKeyDown}>
        {drawing}
      </svg>
      <div class="chart-tools">
        <button type="button" onClick={() => zoom(1.25)} aria-label={t('chart.zoomIn')}>
          +
        </button>
        <button type="button" onClick={() => zoom(0.8)} aria-label={t('chart.zoomOut')}>
          −
        </button>
        <button type="button" onClick={fitAll} aria-label={t('chart.fit')}>
          ⤢
        </button>
      </div>
    </div>
  );
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [1, 0],
  ArrowRight: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** Around the innermost active states. */
function boxOf(chart: Chart, active: ReadonlySet<string>): Box | null {
  const parents = new Set(chart.nodes.filter(({ id }) => active.has(id)).map(({ parent }) => parent));
  const leaves = chart.nodes.filter(({ id }) => active.has(id) && !parents.has(id));
  if (leaves.length === 0) return null;
  const [x, y] = [Math.min(...leaves.map((box) => box.x)), Math.min(...leaves.map((box) => box.y))];
  const right = Math.max(...leaves.map((box) => box.x + box.w));
  const bottom = Math.max(...leaves.map((box) => box.y + box.h));
  return { x, y, w: right - x, h: bottom - y };
}

/** Drag moves, two fingers or Ctrl and the wheel zoom; a plain wheel scrolls the page as ever. */
function usePointers(
  svg: { readonly current: SVGSVGElement | null },
  view: { readonly current: View | null },
  show: (view: View) => void,
): void {
  useEffect(() => {
    const element = svg.current;
    if (element === null) return;
    const pointers = new Map<number, { x: number; y: number }>();
    const spread = () => {
      const [a, b] = [...pointers.values()];
      return a === undefined || b === undefined ? 0 : Math.hypot(a.x - b.x, a.y - b.y);
    };
    const onDown = (event: PointerEvent) => void pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const onMove = (event: PointerEvent) => {
      const last = pointers.get(event.pointerId);
      if (last === undefined || view.current === null) return;
      const before = spread();
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (pointers.size === 1) show(moved(view.current, event.clientX - last.x, event.clientY - last.y));
      else if (before > 0) {
        const { left, top } = element.getBoundingClientRect();
        show(zoomed(view.current, spread() / before, event.clientX - left, event.clientY - top));
      }
    };
    const onUp = (event: PointerEvent) => void pointers.delete(event.pointerId);
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey || view.current === null) return;
      event.preventDefault();
      show(zoomed(view.current, Math.exp(-event.deltaY / 300), event.offsetX, event.offsetY));
    };
    element.addEventListener('pointerdown', onDown);
    element.addEventListener('wheel', onWheel, { passive: false });
    globalThis.addEventListener('pointermove', onMove);
    globalThis.addEventListener('pointerup', onUp);
    globalThis.addEventListener('pointercancel', onUp);
    return () => {
      element.removeEventListener('pointerdown', onDown);
      element.removeEventListener('wheel', onWheel);
      globalThis.removeEventListener('pointermove', onMove);
      globalThis.removeEventListener('pointerup', onUp);
      globalThis.removeEventListener('pointercancel', onUp);
    };
  }, []);
}
