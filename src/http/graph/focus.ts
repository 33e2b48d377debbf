/** The part of a graph around the active states: they, what encloses them, and one step to and from them. */
import type { GraphNode, MachineGraph } from './graph-types.ts';

/**
 * @throws RangeError when `active` names no state of the graph.
 */
export function focusOf(graph: MachineGraph, active: readonly string[]): MachineGraph {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const strange = active.find((id) => !byId.has(id));
  if (strange !== undefined) throw new RangeError(`${graph.type} has no state "${strange}"`);
  const here = withAncestors(active, byId);
  const leaves = new Set(active);
  const edges = graph.edges.filter(({ kind, source, targets, isRefusal }) => {
    // What an enclosing state refuses is refused nearly everywhere and says little about here.
    if (kind === 'initial' || (isRefusal && !leaves.has(source))) return false;
    return here.has(source) || targets.some((id) => here.has(id));
  });
  const near = withAncestors(new Set([...here, ...edges.flatMap(({ source, targets }) => [source, ...targets])]), byId);
  const hasChildren = new Set([...near].map((id) => byId.get(id)?.parent));
  const nodes = graph.nodes
    .filter(({ id }) => near.has(id))
    .map((node) => (hasChildren.has(node.id) ? node : { ...node, kind: closedKind(node) }));
  return { ...graph, nodes, edges };
}

/** A state whose inside is left out is drawn as a leaf. */
function closedKind({ kind }: GraphNode): GraphNode['kind'] {
  return kind === 'compound' || kind === 'parallel' ? 'atomic' : kind;
}

function withAncestors(ids: Iterable<string>, byId: ReadonlyMap<string, GraphNode>): Set<string> {
  const all = new Set<string>();
  for (const id of ids) for (let at: string | null = id; at !== null; at = byId.get(at)?.parent ?? null) all.add(at);
  return all;
}
