/** Which part of a chart is in view: zoom and pan by the `viewBox` alone. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface View {
  readonly x: number;
  readonly y: number;
  /** Screen pixels per pixel of the chart. */
  readonly scale: number;
}

const SMALLEST_SCALE = 0.15;
const LARGEST_SCALE = 2.5;
/** Below it titles cannot be read. */
const READABLE_SCALE = 0.72;

/** All of the chart, in the middle. */
export function whole(chart: Size, frame: Size): View {
  const scale = clamp(Math.min(frame.width / chart.width, frame.height / chart.height, 1));
  return {
    scale,
    x: (chart.width - frame.width / scale) / 2,
    y: (chart.height - frame.height / scale) / 2,
  };
}

/** All of it if it can be read then, else the part around `box`. */
export function open(chart: Size, frame: Size, box: Box | null): View {
  const all = whole(chart, frame);
  if (all.scale >= READABLE_SCALE || box === null) return all;
  return centred(chart, frame, box, READABLE_SCALE);
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** The view with the box in its middle, as far as the chart reaches. */
export function centred(chart: Size, frame: Size, box: Box, scale: number): View {
  const along = (start: number, length: number, whole: number, shown: number) =>
    shown >= whole ? (whole - shown) / 2 : Math.max(0, Math.min(whole - shown, start + length / 2 - shown / 2));
  return {
    scale,
    x: along(box.x, box.w, chart.width, frame.width / scale),
    y: along(box.y, box.h, chart.height, frame.height / scale),
  };
}

/** Whether the box is to be seen whole. */
export function shows({ x, y, scale }: View, frame: Size, box: Box): boolean {
  return (
    box.x >= x && box.y >= y && box.x + box.w <= x + frame.width / scale && box.y + box.h <= y + frame.height / scale
  );
}

/** Nearer by `factor`; the point of the frame at (`atX`, `atY`) stays where it is. */
export function zoomed(view: View, factor: number, atX: number, atY: number): View {
  const scale = clamp(view.scale * factor);
  return { scale, x: view.x + atX / view.scale - atX / scale, y: view.y + atY / view.scale - atY / scale };
}

export function moved(view: View, byX: number, byY: number): View {
  return { ...view, x: view.x - byX / view.scale, y: view.y - byY / view.scale };
}

function clamp(scale: number): number {
  return Math.max(SMALLEST_SCALE, Math.min(LARGEST_SCALE, scale));
}
