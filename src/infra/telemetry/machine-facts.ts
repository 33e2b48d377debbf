/**
 * What metrics need to know of the machines: the closed sets that labels are made of.
 *
 * Owns the derivation of states and events from a machine's chart. Invariant: names are those that heads carry
 * (`stateName`), so every state an actor can be in is in the list.
 */
import { createHash } from 'node:crypto';
import type { AnyStateNode } from 'xstate';
import type { MachineEntry } from '../../machines/catalog.ts';
import type { StateMeta } from '../../machines/meta.ts';

interface StateFacts {
  readonly name: string;
  /** How long an actor may normally stay; 0 = for ever. Of parallel regions the shortest. */
  readonly slaSeconds: number;
  /** The partner without whom it does not go on. */
  readonly dependsOn: string | undefined;
}

export interface MachineFacts {
  readonly type: string;
  readonly states: readonly StateFacts[];
  readonly events: readonly string[];
}

/** The facts of each machine, in the catalog's order. */
export function factsOf(entries: readonly MachineEntry[]): readonly MachineFacts[] {
  return entries.map(({ type, machine, events }) => ({
    type,
    states: standsOf(machine.root).map((leaves) => toState(leaves)),
    events: Object.keys(events),
  }));
}

/** One hash of all machines' versions: processes that differ in it run different charts. */
export function machinesHash(machines: readonly { readonly version: string }[]): string {
  const versions = machines.map(({ version }) => version).sort();
  return createHash('sha256').update(versions.join()).digest('hex').slice(0, 12);
}

interface Leaf {
  readonly path: string;
  /** Of the state and of those around it, innermost first. */
  readonly metas: readonly StateMeta[];
}

/** The leaves of one way to stand in the chart: one leaf, or one for each parallel region. */
type Stand = readonly Leaf[];

function standsOf(node: AnyStateNode): readonly Stand[] {
  const own = (node.meta as StateMeta | undefined) === undefined ? [] : [node.meta as StateMeta];
  const children = Object.values(node.states) as AnyStateNode[];
  if (children.length === 0) return [[{ path: '', metas: own }]];
  const below = children.map((child) =>
    standsOf(child).map((stand) =>
      stand.map(({ path, metas }) => ({
        path: path === '' ? child.key : `${child.key}.${path}`,
        metas: [...metas, ...own],
      })),
    ),
  );
  if (node.type !== 'parallel') return below.flat();
  return below.reduce<readonly Stand[]>(
    (stands, region) => stands.flatMap((stand) => region.map((leaf) => [...stand, ...leaf])),
    [[]],
  );
}

function toState(leaves: Stand): StateFacts {
  const limits = leaves.map(({ metas }) => metas[0]?.slaSeconds ?? 0).filter((seconds) => seconds > 0);
  const partners = leaves.flatMap(({ metas }) => metas.flatMap(({ dependsOn }) => dependsOn ?? []));
  return {
    name: leaves.map(({ path }) => path).join(','),
    slaSeconds: limits.length === 0 ? 0 : Math.min(...limits),
    dependsOn: partners[0],
  };
}
