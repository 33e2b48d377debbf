/**
 * The shapes in which charts travel: the neutral graph of a machine, and the same graph placed on a canvas.
 */
import type { Words } from '../../machines/meta.ts';

export type Locale = 'zh-CN' | 'en';

/** `initial` is the dot from which a compound state starts. */
export type NodeKind = 'atomic' | 'compound' | 'parallel' | 'final' | 'history' | 'initial';

export interface GraphNode {
  /** XState's own: the path joined by dots, `withdrawal.paying.sending`. An initial dot is `<parent>:initial`. */
  readonly id: string;
  readonly parent: string | null;
  readonly kind: NodeKind;
  readonly title: Words;
  readonly help: Words;
  /** How long an actor may normally stay; 0 = for ever. */
  readonly slaSeconds: number;
  /** Left again in the turn that enters it. */
  readonly isTransient: boolean;
  /** The child entered first; null without children and in a parallel state, whose children are all entered. */
  readonly initial: string | null;
}

/** `always`: taken by itself as soon as its guard holds. `after`: when a timer ends. `done`: when all inside is done.
 * `initial`: from the dot of a compound state; no record has one. */
export type EdgeKind = 'event' | 'after' | 'always' | 'done' | 'initial';

export interface GraphEdge {
  /** As journal records name it (see `edgeOf` in `src/actors/edge.ts`). */
  readonly id: string;
  readonly kind: EdgeKind;
  readonly source: string;
  /** Empty: the state stays as it is. */
  readonly targets: readonly string[];
  readonly event: string;
  readonly guard: string | null;
  /** What happened, and under which condition: `查询结果 [已付款]`. */
  readonly label: Words;
  /** It only refuses the message. */
  readonly isRefusal: boolean;
  /** Tried after these fail; the order in which guards of one event are asked. */
  readonly rank: number;
}

/** A machine as data. `version` is the registry's: a record's `machine` says whether it was made by this chart. */
export interface MachineGraph {
  readonly type: string;
  readonly version: string;
  /** Changes with the structure and with every word. */
  readonly revision: string;
  /** Parents before children, in the author's order. */
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export type Point = readonly [x: number, y: number];

export interface ChartNode extends Box {
  readonly id: string;
  readonly parent: string | null;
  readonly kind: NodeKind;
  readonly title: string;
  readonly help: string;
  readonly slaSeconds: number;
  readonly isTransient: boolean;
}

export interface ChartEdge {
  readonly id: string;
  readonly kind: EdgeKind;
  readonly source: string;
  readonly targets: readonly string[];
  readonly event: string;
  readonly isRefusal: boolean;
  readonly text: string;
  /** One bent line per target, from source to target, absolute; none for an edge without target, whose text stands inside
   * its state. Edges between the same two states share their line. */
  readonly paths: readonly (readonly Point[])[];
  /** Where the text stands (its box); null for an initial edge. */
  readonly label: Box | null;
}

/** An item of the nested list that says the same as the picture. */
export interface OutlineItem {
  readonly id: string;
  readonly title: string;
  readonly help: string;
  /** `结束`, `并行` …; empty for an ordinary state. */
  readonly note: string;
  readonly transitions: readonly { readonly id: string; readonly text: string }[];
  readonly children: readonly OutlineItem[];
}

/** `right` for wide screens, `down` for narrow ones. */
export type Direction = 'right' | 'down';

/** A machine drawn: all coordinates absolute, in CSS pixels, inside `width` × `height`. */
export interface Chart {
  readonly type: string;
  readonly version: string;
  readonly locale: Locale;
  readonly direction: Direction;
  /** The active states it is cut down to (they, what encloses them, one step around); null = all. */
  readonly focus: readonly string[] | null;
  readonly width: number;
  readonly height: number;
  /** Parents before children: draw in this order. */
  readonly nodes: readonly ChartNode[];
  readonly edges: readonly ChartEdge[];
  readonly outline: readonly OutlineItem[];
}

export interface ChartQuery {
  /** Of the machine; the one this program runs when left out. */
  readonly version?: string;
  readonly direction: Direction;
  readonly locale: Locale;
  /** Ids of active states; those that enclose them may be left out or not. */
  readonly focus?: readonly string[];
}

/** What the console's routes get. */
export interface Charts {
  /** Of the version this program runs; undefined for a type that is not registered. */
  graph(type: string): MachineGraph | undefined;
  /** Of any version: one that this program runs, or that another has kept. Undefined when nobody has.
   * @throws STORE_UNAVAILABLE */
  graphOf(version: string): Promise<MachineGraph | undefined>;
  /** Laid out at most once per machine version, locale, direction and focus, outside this thread.
   * @throws RangeError for an unknown type or version, or a focus on no state of it; STORE_UNAVAILABLE */
  chart(type: string, query: ChartQuery): Promise<Chart>;
}
