/** The house's machines, and one made to have everything a chart can show, as charts take them. */
import { type AnyStateMachine, and, not, setup } from 'xstate';
import type { Log } from '../../../src/actors/ports.ts';
import { Registry } from '../../../src/actors/registry.ts';
import { type ChartedMachine, graphOf } from '../../../src/http/graph/machine-graph.ts';
import { createCatalog } from '../../../src/machines/catalog.ts';
import { defaultRules } from '../../../src/machines/rules.ts';

const catalog = createCatalog(defaultRules);
const registry = new Registry(catalog);

export const houseMachines: readonly ChartedMachine[] = catalog.map((entry) => ({
  ...entry,
  version: registry.logic(entry.type).version,
}));

const log: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** What charts need besides: a clock on which nothing ever becomes due, and a log nobody reads. */
export const idle = { clock: { after: () => () => {} }, log };

/** Regions, history, final states, delays in figures, composite guards, several targets, a target inside the source. */
const everything: AnyStateMachine = setup({
  types: { context: {} as { n: number } },
  guards: { isDry: () => true, isEmpty: ({ context }) => context.n === 0 },
}).createMachine({
  id: 'kettle',
  context: { n: 0 },
  initial: 'off',
  states: {
    off: {
      on: {
        press: [
          { guard: and(['isDry', not('isEmpty')]), target: 'on' },
          { guard: 'isEmpty', target: 'broken' },
        ],
      },
    },
    on: {
      type: 'parallel',
      on: { press: 'off', reset: { target: ['on.heat.warming', 'on.light.dim'] }, jolt: '.heat.boiling' },
      onDone: 'done',
      states: {
        heat: {
          initial: 'warming',
          states: {
            warming: { after: { 90000: 'boiling', 500: { guard: 'isEmpty', target: '#kettle.broken' } } },
            boiling: { always: [{ guard: 'isDry', target: 'over' }, { target: 'warming' }] },
            over: { type: 'final' },
            last: { type: 'history' },
          },
        },
        light: { initial: 'dim', states: { dim: { on: { tick: 'out' } }, out: { type: 'final' } } },
      },
    },
    broken: { on: { mend: 'on.heat.last', kick: { target: 'broken', reenter: true }, look: {} } },
    done: { type: 'final' },
  },
});

export const kettle: ChartedMachine = { type: 'kettle', machine: everything, version: 'kettle@1', events: {} };

export const allMachines: readonly ChartedMachine[] = [...houseMachines, kettle];

export const kettleGraph = graphOf(kettle);
