/**
 * A machine's statechart, made ready for taking many steps.
 *
 * XState describes the machine, checks it, and is what this file is compared with in tests. Its own step builds the sets
 * of states to leave and to enter anew each time, two thirds of a turn's time and memory; but these depend on nothing
 * but the active states and the transitions taken, so here they are worked out once for each pair and kept.
 *
 * Owns the SCXML step (https://www.w3.org/TR/scxml/#AlgorithmforSCXMLInterpretation) for what the registry admits: atomic,
 * compound and parallel states, guards, entry, exit, `always`, `assign`, `raise` and `cancel`. Invariants:
 * X1  The same snapshot and event give the same step, whatever was active before: regions act in document order.
 * X2  A step ends settled: no `always` is enabled and nothing raised is left.
 */
import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode } from 'xstate';
import { type Act, compileAction, type Effect, type Happening, holds, type Transition } from './chart-actions.ts';
import { edgeOf } from './edge.ts';
import type { JsonObject } from './record.ts';

export interface Step {
  readonly snapshot: AnyMachineSnapshot;
  /** In the order the machine names them. */
  readonly effects: readonly Effect[];
  /** Transitions taken, in order, as `edgeOf` names them. Empty = nothing took the event. */
  readonly edges: readonly string[];
}

/** A set of active states. */
interface Configuration {
  /** In document order. */
  readonly nodes: readonly AnyStateNode[];
  readonly leaves: readonly AnyStateNode[];
  readonly hasEventless: boolean;
  /** What every snapshot in these states looks like but for its context. */
  readonly pattern: AnyMachineSnapshot;
  readonly single: Map<Transition, Move>;
  readonly several: Map<string, Move>;
  /** The leaves that are not active in another one, by their paths. */
  readonly missingIn: Map<Configuration, readonly string[]>;
}

/** What taking certain transitions from certain states comes to. */
interface Move {
  /** Without those that lost to another. */
  readonly taken: readonly Transition[];
  readonly acts: readonly Act[];
  readonly next: Configuration;
}

interface Draft {
  configuration: Configuration;
  context: JsonObject;
  readonly effects: Effect[];
  readonly edges: string[];
  readonly raised: Happening[];
}

const NONE: readonly string[] = [];

export class Chart {
  readonly #machine: AnyStateMachine;
  readonly #configurations = new Map<string, Configuration>();
  /** By the state value, which all snapshots of a configuration share but for one that was just read. */
  readonly #byValue = new Map<unknown, Configuration>();
  readonly #edges = new Map<Transition, string>();
  readonly #numbers = new Map<Transition, number>();
  readonly #acts = new Map<unknown, Act>();
  #initial: Move | undefined;

  constructor(machine: AnyStateMachine) {
    this.#machine = machine;
  }

  /** The step by which an actor begins. @throws what the machine's own functions throw */
  begin(input: JsonObject): Step {
    const { context } = this.#machine.config as { context?: unknown };
    const event = { type: 'xstate.init', input };
    this.#initial ??= this.#enterRoot();
    const { acts, next } = this.#initial;
    const draft: Draft = {
      configuration: next,
      context: (typeof context === 'function' ? context({ input }) : (context ?? {})) as JsonObject,
      effects: [],
      edges: [],
      raised: [],
    };
    this.#act(draft, acts, event);
    return this.#settle(draft, event);
  }

  /** Takes one event, and everything that follows from it by itself. @throws what the machine's own functions throw */
  step(snapshot: AnyMachineSnapshot, event: Happening): Step {
    const draft: Draft = {
      configuration: this.#configurationOf(snapshot),
      context: snapshot.context as JsonObject,
      effects: [],
      edges: [],
      raised: [],
    };
    if (snapshot.status !== 'active') return { snapshot, effects: [], edges: [] };
    this.#take(draft, this.#enabled(this.#machine.root, draft, event), event);
    if (draft.edges.length === 0) return { snapshot, effects: [], edges: [] };
    return this.#settle(draft, event);
  }

  /** The innermost states, by their paths (`paying.sending`), that are active in `before` and not in `after`. */
  left(before: AnyMachineSnapshot, after: AnyMachineSnapshot): readonly string[] {
    if (before.value === after.value) return NONE;
    const [from, to] = [this.#configurationOf(before), this.#configurationOf(after)];
    return kept(from.missingIn, to, () =>
      from.leaves.filter((leaf) => !to.leaves.includes(leaf)).map((leaf) => leaf.path.join('.')),
    );
  }

  #settle(draft: Draft, event: Happening): Step {
    for (let cause = event; ; ) {
      const eventless = draft.configuration.hasEventless ? this.#enabledEventless(draft, cause) : [];
      if (eventless.length > 0) {
        this.#take(draft, eventless, cause);
        continue;
      }
      const raised = draft.raised.shift();
      if (raised === undefined) break;
      cause = raised;
      this.#take(draft, this.#enabled(this.#machine.root, draft, cause), cause);
    }
    const { configuration, context, effects, edges } = draft;
    return { snapshot: { ...configuration.pattern, context } as AnyMachineSnapshot, effects, edges };
  }

  #take(draft: Draft, transitions: readonly Transition[], event: Happening): void {
    if (transitions.length === 0) return;
    const { taken, acts, next } = this.#moveOf(draft.configuration, transitions);
    for (const transition of taken) draft.edges.push(this.#edgeOf(transition));
    this.#act(draft, acts, event);
    draft.configuration = next;
  }

  #act(draft: Draft, acts: readonly Act[], event: Happening): void {
    for (const act of acts) draft.context = act(draft.context, event, draft);
  }

  /** The innermost enabled transition of each region, else of what encloses them. */
  #enabled(node: AnyStateNode, draft: Draft, event: Happening): readonly Transition[] {
    const { nodes } = draft.configuration;
    let inner: readonly Transition[] = [];
    for (const child of nodes) {
      if (child.parent !== node) continue;
      const found = this.#enabled(child, draft, event);
      if (found.length > 0) inner = inner.length === 0 ? found : [...inner, ...found];
    }
    if (inner.length > 0) return inner;
    const own = this.#first(node.transitions.get(event.type) as readonly Transition[] | undefined, draft, event);
    return own === undefined ? [] : [own];
  }

  #enabledEventless(draft: Draft, event: Happening): readonly Transition[] {
    const found = new Set<Transition>();
    for (const leaf of draft.configuration.leaves) {
      for (let node: AnyStateNode | undefined = leaf; node !== undefined; node = node.parent) {
        const first = this.#first(node.always as readonly Transition[] | undefined, draft, event);
        if (first === undefined) continue;
        found.add(first);
        break;
      }
    }
    return [...found];
  }

  #first(candidates: readonly Transition[] | undefined, draft: Draft, event: Happening): Transition | undefined {
    for (const candidate of candidates ?? []) {
      const { guard } = candidate;
      if (guard === undefined) return candidate;
      const snapshot = () => ({ ...draft.configuration.pattern, context: draft.context }) as AnyMachineSnapshot;
      if (holds(guard, this.#machine, draft.context, event, snapshot)) return candidate;
    }
    return undefined;
  }

  #edgeOf(transition: Transition): string {
    return kept(this.#edges, transition, () => edgeOf(transition));
  }

  #moveOf(from: Configuration, transitions: readonly Transition[]): Move {
    const [only] = transitions as readonly [Transition];
    if (transitions.length === 1) {
      return kept(from.single, only, () => this.#work(from, transitions));
    }
    const key = transitions.map((transition) => this.#numberOf(transition)).join();
    return kept(from.several, key, () => this.#work(from, transitions));
  }

  #numberOf(transition: Transition): number {
    return kept(this.#numbers, transition, () => this.#numbers.size);
  }

  #work(from: Configuration, transitions: readonly Transition[]): Move {
    const taken = withoutConflicts(transitions, from.nodes);
    const left = statesLeft(taken, from.nodes);
    const entered = statesEntered(taken);
    const nodes = new Set(from.nodes.filter((node) => !left.includes(node)));
    for (const node of entered) nodes.add(node);
    const actions = [
      ...left.flatMap((node) => node.exit),
      ...taken.flatMap((transition) => transition.actions),
      ...entered.flatMap((node) => node.entry),
    ];
    return { taken, acts: this.#compiled(actions), next: this.#configuration([...nodes]) };
  }

  #enterRoot(): Move {
    const nodes = inOrder(statesBelow(this.#machine.root, new Set([this.#machine.root])));
    return { taken: [], acts: this.#compiled(nodes.flatMap((node) => node.entry)), next: this.#configuration(nodes) };
  }

  #compiled(actions: readonly unknown[]): Act[] {
    return actions.map((action) => kept(this.#acts, action, () => compileAction(action, this.#machine)));
  }

  /** The value of a snapshot that was just read is its own: kept, one would be added by every read. */
  #configurationOf({ value }: AnyMachineSnapshot): Configuration {
    const known = this.#byValue.get(value);
    if (known !== undefined) return known;
    return this.#configuration([...this.#machine.resolveState({ value } as never)._nodes] as AnyStateNode[]);
  }

  #configuration(nodes: AnyStateNode[]): Configuration {
    const ordered = inOrder(nodes);
    return kept(this.#configurations, ordered.map((node) => node.order).join(), () => {
      const pattern = this.#machine.resolveState({ value: stateValueOf(this.#machine.root, ordered) } as never);
      const made: Configuration = {
        nodes: ordered,
        leaves: ordered.filter((node) => node.type === 'atomic'),
        hasEventless: ordered.some((node) => node.always !== undefined),
        pattern: pattern as AnyMachineSnapshot,
        single: new Map(),
        several: new Map(),
        missingIn: new Map(),
      };
      this.#byValue.set(pattern.value, made);
      return made;
    });
  }
}

function kept<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

function inOrder(nodes: Iterable<AnyStateNode>): AnyStateNode[] {
  return [...nodes].sort((a, b) => a.order - b.order);
}

function stateValueOf(node: AnyStateNode, active: readonly AnyStateNode[]): unknown {
  const children = active.filter((child) => child.parent === node);
  const [only] = children;
  if (node.type === 'compound' && only?.type === 'atomic') return only.key;
  return Object.fromEntries(children.map((child) => [child.key, stateValueOf(child, active)]));
}

/** Whether the node lies below; everything lies below no node at all. */
function isBelow(node: AnyStateNode, above: AnyStateNode | undefined): boolean {
  if (above === undefined) return true;
  for (let up = node.parent; up !== undefined; up = up.parent) if (up === above) return true;
  return false;
}

function ancestorsOf(node: AnyStateNode, below?: AnyStateNode): AnyStateNode[] {
  const found: AnyStateNode[] = [];
  for (let up = node.parent; up !== undefined && up !== below; up = up.parent) found.push(up);
  return found;
}

/** The innermost state that the transition neither leaves nor enters; undefined when it leaves the root too. */
function domainOf({ source, target = [], reenter }: Transition): AnyStateNode | undefined {
  const staysInside = target.every((node) => node === source || isBelow(node, source));
  if (!reenter && staysInside) return source;
  const [first = source, ...others] = [...target, source];
  const common = ancestorsOf(first).find((above) => others.every((node) => isBelow(node, above)));
  return common ?? (reenter ? undefined : (source.machine.root as AnyStateNode));
}

/** Innermost first. */
function statesLeft(transitions: readonly Transition[], active: readonly AnyStateNode[]): AnyStateNode[] {
  const left = new Set<AnyStateNode>();
  for (const transition of transitions) {
    if (transition.target === undefined || transition.target.length === 0) continue;
    const domain = domainOf(transition);
    for (const node of active) if (isBelow(node, domain)) left.add(node);
  }
  return inOrder(left).reverse();
}

/** Outermost first. */
function statesEntered(transitions: readonly Transition[]): AnyStateNode[] {
  const entered = new Set<AnyStateNode>();
  for (const transition of transitions) {
    const { source, target = [], reenter } = transition;
    const domain = domainOf(transition);
    for (const node of target) {
      if (node !== source || node !== domain || reenter) entered.add(node);
      statesBelow(node, entered);
    }
    for (const node of target) {
      const above = ancestorsOf(node, domain);
      for (const ancestor of domain?.type === 'parallel' ? [...above, domain] : above) {
        if (isBelow(ancestor, domain)) entered.add(ancestor);
        if (ancestor.type === 'parallel') enterRegions(ancestor, entered);
      }
    }
  }
  return inOrder(entered);
}

/** Adds what is entered with a state by default. */
function statesBelow(node: AnyStateNode, entered: Set<AnyStateNode>): Set<AnyStateNode> {
  if (node.type === 'parallel') enterRegions(node, entered);
  if (node.type === 'compound') {
    const [first] = node.initial.target as readonly [AnyStateNode];
    entered.add(first);
    statesBelow(first, entered);
    for (const between of ancestorsOf(first, node)) entered.add(between);
  }
  return entered;
}

/** Enters by default each region that nothing entered lies in. */
function enterRegions(parallel: AnyStateNode, entered: Set<AnyStateNode>): void {
  for (const region of Object.values(parallel.states) as AnyStateNode[]) {
    if ([...entered].some((node) => isBelow(node, region))) continue;
    entered.add(region);
    statesBelow(region, entered);
  }
}

/** Of two transitions that would leave the same state the inner one counts, else the first. */
function withoutConflicts(transitions: readonly Transition[], active: readonly AnyStateNode[]): readonly Transition[] {
  if (transitions.length < 2) return transitions;
  let taken: Transition[] = [];
  for (const transition of transitions) {
    const left = statesLeft([transition], active);
    const rivals = taken.filter((other) => statesLeft([other], active).some((node) => left.includes(node)));
    if (!rivals.every((rival) => isBelow(transition.source, rival.source))) continue;
    taken = [...taken.filter((other) => !rivals.includes(other)), transition];
  }
  return taken;
}
