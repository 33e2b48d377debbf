/**
 * chart/<machine version>: the chart of one version of a machine, as programs that ran it drew it. Records name the version
 * that made them, so what they say can be drawn long after the machine has changed.
 *
 * A program keeps the charts of its versions when it starts; under the same words it is the same message and makes no
 * record.
 */
import { assign, setup } from 'xstate';
import { effects, type Stamped } from './effects.ts';
import type { EventMeta, StateMeta } from './meta.ts';

/** Plain JSON, which only who draws it understands. */
type Drawing = Readonly<Record<string, unknown>>;

interface KeepEvent {
  readonly type: 'keep';
  readonly graph: Drawing;
}

export interface ChartContext {
  /** The version, `order@0123456789ab`. */
  readonly id: string;
  readonly createdAt: number;
  readonly graph: Drawing | null;
}

const chart = setup({
  types: {
    context: {} as ChartContext,
    events: {} as KeepEvent & Stamped,
    input: {} as { readonly id: string; readonly at: number },
    meta: {} as StateMeta,
  },
  actions: {
    ...effects,
    noteGraph: assign(({ event }) => ({ graph: event.graph })),
  },
});

/** The machine of a version's chart. */
export function createChartMachine() {
  return chart.createMachine({
    id: 'chart',
    context: ({ input: { id, at } }) => ({ id, createdAt: at, graph: null }),
    initial: 'kept',
    states: {
      kept: {
        meta: {
          title: { zh: '已保存', en: 'Kept' },
          help: {
            zh: '某个流程版本的流程图；用它画出当时的单据。',
            en: 'The chart of one version of a machine; what it made is drawn by it.',
          },
          slaSeconds: 0,
        },
        on: { keep: { actions: 'noteGraph' } },
      },
    },
  });
}

export const chartEvents: Record<'keep', EventMeta> = {
  keep: {
    title: { zh: '保存流程图', en: 'Chart kept' },
    help: { zh: '运行该版本的程序启动时保存。', en: 'By a program that runs this version, when it starts.' },
    sentBy: [],
  },
};

/** The list row of a version's chart, under the type of its machine. */
export function chartListing({ createdAt }: ChartContext, _state: string, id: string) {
  return { owner: null, sortKey: createdAt, status: id.split('@', 1)[0] ?? id, view: { version: id } };
}
