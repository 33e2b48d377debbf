/**
 * The shapes of what is told of machines as a whole: where their actors stand, by which versions, and how they move. As in
 * `schemas.ts`, times are epoch ms, words come in both languages, and response shapes are allow-lists.
 */
import { type Static, Type } from 'typebox';
import { ActorPath, closed, ListQuery, orNull, rule } from '../schemas.ts';
import { Count, Ms, oneOf, Version, Words } from './schemas.ts';

export const TypePath = Type.Object({ type: ActorPath.properties.type });
/** Without a version: of all. */
export const StateQuery = Type.Object(
  {
    ...ListQuery.properties,
    state: Type.String({ pattern: '^[A-Za-z0-9_.]{1,200}$', ...rule('状态', 'a state of the machine') }),
    version: Type.Optional(Version),
  },
  closed,
);
export const MapQuery = Type.Object(
  { version: Type.Optional(Version), hours: Type.Optional(oneOf(['1', '24'])) },
  closed,
);

const StateCount = Type.Object({
  /** A leaf state's path in the chart, `paying.sending`. */
  state: Type.String(),
  title: Words,
  count: Count,
  overdueCount: Count,
  /** 0 = they may stay for ever. */
  slaSeconds: Count,
});
export const MachineSummary = Type.Object({
  type: Type.String(),
  title: Words,
  /** The one this program runs, or the one asked for. */
  version: Type.String(),
  count: Count,
  overdueCount: Count,
  /** Of them, those that another version than this program's wrote last. */
  oldCount: Count,
  /** Where several states are active at once an actor counts in each. */
  states: Type.Array(StateCount),
});
export const Machines = Type.Object({ now: Ms, data: Type.Array(MachineSummary) });
/** The newest of those in a state. */
export const MachineMap = Type.Object({
  now: Ms,
  machine: MachineSummary,
  /** That have actors or a chart: the one this program runs, then the newest first. */
  versions: Type.Array(
    Type.Object({
      version: Type.String(),
      isCurrent: Type.Boolean(),
      hasChart: Type.Boolean(),
      /** Actors whose last record it made. */
      count: Count,
    }),
  ),
  /** How actors of all versions moved within so many hours. */
  hours: Count,
  /** Leaf states that were left, and what half of those who left had stood there at most, in ms. */
  dwells: Type.Array(Type.Object({ state: Type.String(), count: Count, medianMs: orNull(Type.Number()) })),
  /** Transitions that were taken, by their ids in the chart, the most frequent first. */
  edges: Type.Array(Type.Object({ id: Type.String(), count: Count })),
});

export type MachineMap = Static<typeof MachineMap>;
export type MachineSummary = Static<typeof MachineSummary>;
