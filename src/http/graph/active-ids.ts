/**
 * The ids of the states that are active in a state by its name, enclosing ones included and before what is inside them:
 * `paying.sending` is in `paying` and in the root. It holds for every version of a machine.
 */
export function activeIds(rootId: string, state: string): readonly string[] {
  const ids = new Set([rootId]);
  for (const leaf of state.split(',')) {
    let id = rootId;
    for (const part of leaf.split('.')) {
      id = `${id}.${part}`;
      ids.add(id);
    }
  }
  return [...ids];
}
