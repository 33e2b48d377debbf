/** Lights a drawn chart by toggling classes: what changes is touched, nothing else, at any speed of scrubbing. */
import type { Chart } from '../../graph/graph-types.ts';

/** What a chart looks like at one moment. */
export interface Moment {
  readonly active: ReadonlySet<string>;
  readonly fired: readonly string[];
  /** How often a node or edge had been visited. */
  readonly visits: (id: string) => number;
}

interface Part {
  readonly element: SVGGElement;
  readonly badge: SVGTextElement | null;
  classes: string;
  visits: number;
}

export class Lighting {
  readonly #chart: Chart;
  readonly #parts = new Map<string, Part>();

  /** `svg` holds a group with `data-node` or `data-edge` for each part of the chart. */
  constructor(svg: SVGSVGElement, chart: Chart) {
    this.#chart = chart;
    for (const element of svg.querySelectorAll<SVGGElement>('g[data-node],g[data-edge]')) {
      const id = element.dataset['node'] ?? element.dataset['edge'] ?? '';
      this.#parts.set(id, { element, badge: element.querySelector('.visits'), classes: '', visits: 0 });
    }
  }

  /** `animate`: the edges that fired are seen to fire. */
  show({ active, fired, visits }: Moment, animate: boolean): void {
    for (const { id } of this.#chart.nodes) {
      const count = visits(id);
      const isActive = active.has(id);
      this.#set(id, `${isActive ? 'active ' : ''}${count > 0 ? 'visited' : ''}`, count, isActive);
    }
    const justFired = new Set(fired);
    for (const { id, source, isRefusal } of this.#chart.edges) {
      const isNext = active.has(source) && !isRefusal;
      const isFired = justFired.has(id);
      this.#set(id, `${isFired ? 'fired ' : ''}${isNext ? 'next ' : ''}${visits(id) > 0 ? 'visited' : ''}`, 0);
      if (isFired && animate) this.#restart(id);
    }
  }

  #set(id: string, classes: string, visits: number, isActive = false): void {
    const part = this.#parts.get(id);
    if (part === undefined) return;
    if (part.classes !== classes) {
      part.element.setAttribute('class', classes);
      part.classes = classes;
      if (isActive) part.element.setAttribute('aria-current', 'true');
      else part.element.removeAttribute('aria-current');
    }
    if (part.badge !== null && part.visits !== visits) {
      part.badge.textContent = visits > 1 ? `×${visits}` : '';
      part.visits = visits;
    }
  }

  #restart(id: string): void {
    const element = this.#parts.get(id)?.element;
    if (element === undefined) return;
    element.classList.remove('flash');
    element.getBoundingClientRect();
    element.classList.add('flash');
    const part = this.#parts.get(id);
    if (part !== undefined) part.classes = '';
  }
}
