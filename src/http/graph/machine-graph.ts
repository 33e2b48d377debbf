/**
 * From a machine to a graph: every state and every transition, those taken without an event included, each with words
 * in both languages. XState's own export leaves out `always`, guards, kinds and meta.
 */
import { createHash } from 'node:crypto';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { edgeOf, guardName } from '../../actors/edge.ts';
import { nodesOf } from '../../actors/registry.ts';
import type { MachineEntry } from '../../machines/catalog.ts';
import type { StateMeta, Words } from '../../machines/meta.ts';
import type { EdgeKind, GraphEdge, GraphNode, MachineGraph } from './graph-types.ts';

/** A machine with its version (the registry's) and its words. */
export interface ChartedMachine extends Pick<MachineEntry, 'type' | 'machine' | 'events' | 'guards' | 'delays'> {
  readonly version: string;
}

type Transition = AnyStateNode['always'] extends (infer T)[] | undefined ? T : never;

const AFTER = 'xstate.after.';
const DONE = 'xstate.done.state.';
const ELSE: Words = { zh: '否则', en: 'else' };
const AT_ONCE: Words = { zh: '自动', en: 'at once' };
const ALL_DONE: Words = { zh: '全部完成', en: 'all done' };
const LAST_STATE: Words = { zh: '回到上次', en: 'Where it was' };

/** The machine as data; the same machine always gives the same graph. */
export function graphOf(charted: ChartedMachine): MachineGraph {
  const { type, version } = charted;
  const states = nodesOf(charted.machine.root);
  const nodes = states.flatMap((node) => [toNode(node), ...dotOf(node)]);
  const edges = states.flatMap((node) => [...startOf(node), ...edgesOf(node, charted)]);
  const revision = createHash('sha256')
    .update(JSON.stringify([version, nodes, edges]))
    .digest('hex')
    .slice(0, 16);
  return { type, version, revision, nodes, edges };
}

/** The states that are active at `value`, in the author's order: each before what is inside it.
 * @throws when the machine has no such state. */
export function activeNodes(machine: AnyStateMachine, value: unknown): readonly AnyStateNode[] {
  const { _nodes } = machine.resolveState({ value, context: {} } as never) as { _nodes: readonly AnyStateNode[] };
  return [..._nodes].sort((a, b) => a.order - b.order);
}

/** The id of the dot in a compound state. */
function dotId(parent: string): string {
  return `${parent}:initial`;
}

function toNode(node: AnyStateNode): GraphNode {
  const meta = node.meta as StateMeta | undefined;
  const title = node.type === 'history' ? LAST_STATE : readable(node.key);
  return {
    id: node.id,
    parent: node.parent?.id ?? null,
    kind: node.type,
    title: meta?.title ?? title,
    help: meta?.help ?? { zh: '', en: '' },
    slaSeconds: meta?.slaSeconds ?? 0,
    isTransient: (node.always ?? []).some(({ guard }) => guard === undefined),
    initial: initialOf(node),
  };
}

function initialOf(node: AnyStateNode): string | null {
  return node.type === 'compound' ? ((node.initial.target[0] as AnyStateNode | undefined)?.id ?? null) : null;
}

function dotOf(node: AnyStateNode): GraphNode[] {
  if (initialOf(node) === null) return [];
  const nothing = { zh: '', en: '' };
  return [
    {
      id: dotId(node.id),
      parent: node.id,
      kind: 'initial',
      title: nothing,
      help: nothing,
      slaSeconds: 0,
      isTransient: true,
      initial: null,
    },
  ];
}

function startOf(node: AnyStateNode): GraphEdge[] {
  const target = initialOf(node);
  if (target === null) return [];
  const source = dotId(node.id);
  const label = { zh: '', en: '' };
  return [
    {
      id: `${source}||${target}`,
      kind: 'initial',
      source,
      targets: [target],
      event: '',
      guard: null,
      label,
      isRefusal: false,
      rank: 0,
    },
  ];
}

function edgesOf(node: AnyStateNode, charted: ChartedMachine): GraphEdge[] {
  const groups = [...node.transitions.values(), node.always ?? []] as (readonly Transition[])[];
  const edges = groups.flatMap((group) => group.map((transition, rank) => toEdge(transition, rank, node, charted)));
  // A second one of the same name is never reached.
  return [...new Map(edges.toReversed().map((edge) => [edge.id, edge])).values()].toReversed();
}

function toEdge(transition: Transition, rank: number, { id }: AnyStateNode, charted: ChartedMachine): GraphEdge {
  const { eventType, target, guard, actions } = transition;
  const targets = ((target ?? []) as readonly AnyStateNode[]).map((node) => node.id);
  const kind = kindOf(eventType);
  const condition = guard === undefined ? (rank === 0 ? null : ELSE) : guardWords(guard, charted);
  return {
    id: edgeOf(transition as never),
    kind,
    source: id,
    targets,
    event: eventType,
    guard: guard === undefined ? null : guardName(guard),
    label: labelOf(kind, eventType, id, condition, charted),
    isRefusal: targets.length === 0 && actions.some((action) => (action as { type?: string }).type === 'refuse'),
    rank,
  };
}

function kindOf(eventType: string): EdgeKind {
  if (eventType === '') return 'always';
  if (eventType.startsWith(AFTER)) return 'after';
  return eventType.startsWith(DONE) ? 'done' : 'event';
}

function labelOf(
  kind: EdgeKind,
  eventType: string,
  state: string,
  condition: Words | null,
  { events, delays }: ChartedMachine,
): Words {
  if (kind === 'always') return condition === null ? AT_ONCE : condition;
  const happening = () => {
    if (kind === 'done') return ALL_DONE;
    if (kind === 'event') return events[eventType]?.title ?? readable(eventType);
    const delay = delayOf(eventType, state);
    return delays?.[delay] ?? delayWords(delay);
  };
  const { zh, en } = happening();
  return condition === null ? { zh, en } : { zh: `${zh} [${condition.zh}]`, en: `${en} [${condition.en}]` };
}

/** The name (or the milliseconds) of the delay in the event of its timer. */
export function delayOf(eventType: string, state: string): string {
  return eventType.slice(AFTER.length, eventType.length - state.length - 1);
}

function delayWords(delay: string): Words {
  const ms = Number(delay);
  if (Number.isNaN(ms)) return readable(delay);
  const [count, zh, en] = ms < 60_000 ? [ms / 1000, '秒', 's'] : [ms / 60_000, '分钟', 'min'];
  return { zh: `${count} ${zh}后`, en: `after ${count} ${en}` };
}

interface CompositeGuard {
  readonly name?: string;
  readonly guards?: readonly unknown[];
}

function guardWords(guard: unknown, charted: ChartedMachine): Words {
  const { name, guards } = guard as CompositeGuard;
  if (guards === undefined) {
    const full = guardName(guard);
    return charted.guards?.[full] ?? readable(full);
  }
  const parts = guards.map((inner) => guardWords(inner, charted));
  const [zhWord, enWord] = name === 'or' ? ['或', ' or '] : ['且', ' and '];
  const zh = parts.map((words) => words.zh).join(zhWord);
  const en = parts.map((words) => words.en).join(enWord);
  return name === 'not' ? { zh: `非（${zh}）`, en: `not (${en})` } : { zh, en };
}

/** `needsReview` → `needs review`: what there is to say about a name without words. */
function readable(name: string): Words {
  const text = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return { zh: text, en: text };
}
