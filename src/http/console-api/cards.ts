import { idOf, typeOf } from '../../actors/address.ts';
import type { Inspection } from '../../actors/facade.ts';
import type { Head } from '../../actors/ports.ts';
import { nextDue, type StoredSnapshot } from '../../actors/record.ts';
import type { MachineEntry } from '../../machines/catalog.ts';
import type { Words } from '../../machines/meta.ts';
import type { Charts } from '../graph/graph-types.ts';
import { Problem } from '../problem.ts';
import { leavesOfGraph } from './machine-counts.ts';
import { type KnownMachine, slaSecondsOf, stateTitle, typeTitle } from './machine-words.ts';
import type { ActorCard } from './schemas.ts';

/** A timer or call that is so late has been missed, not just waited for. */
const LATE_MS = 60_000;

const AMOUNTS: Readonly<Record<string, string>> = {
  order: 'paidFen',
  withdrawal: 'amountFen',
  balance: 'availableFen',
  job: 'amountFen',
};

/** The machines by type, and the one line that is shown of an actor wherever it appears. */
export class Cards {
  readonly #entries: ReadonlyMap<string, KnownMachine & { readonly formerTitles: Map<string, Words> }>;
  /** Versions whose charts were looked for. */
  readonly #looked = new Set<string>();
  readonly #clock: { now(): number };

  constructor(machines: readonly MachineEntry[], clock: { now(): number }) {
    this.#entries = new Map(machines.map((entry) => [entry.type, { ...entry, formerTitles: new Map() }]));
    this.#clock = clock;
  }

  get types(): readonly string[] {
    return [...this.#entries.keys()];
  }

  has(type: string): boolean {
    return this.#entries.has(type);
  }

  /** @throws MACHINE_UNKNOWN */
  entry(type: string): KnownMachine {
    const entry = this.#entries.get(type);
    if (entry === undefined) throw new Problem('MACHINE_UNKNOWN', { extra: { types: [...this.types] } });
    return entry;
  }

  /** Takes the titles of states from the charts that are kept of these versions; each is looked for once.
   * @throws STORE_UNAVAILABLE */
  async learn({ graphOf }: Pick<Charts, 'graphOf'>, versions: Iterable<string>): Promise<void> {
    for (const version of versions) {
      if (this.#looked.has(version)) continue;
      const graph = await graphOf(version);
      this.#looked.add(version);
      if (graph === undefined) continue;
      for (const { path, title } of leavesOfGraph(graph)) this.#entries.get(graph.type)?.formerTitles.set(path, title);
    }
  }

  /** The card of a list's row. */
  ofHead({ actor, type, seq, at, state, since, owner, status, view, nextDue: due }: Head): ActorCard {
    const entry = this.entry(type);
    const now = this.#clock.now();
    const amount = view[AMOUNTS[type] ?? ''];
    const slaSeconds = slaSecondsOf(entry, state);
    const isTooLong = slaSeconds > 0 && now > since + slaSeconds * 1_000;
    return {
      address: actor,
      type,
      id: idOf(actor),
      typeTitle: typeTitle(type),
      state,
      stateTitle: stateTitle(entry, state),
      status,
      owner,
      amountFen: typeof amount === 'number' ? amount : null,
      at,
      seq,
      isOverdue: isTooLong || (due !== null && now > due + LATE_MS),
    };
  }

  /** The same of the last record: what its head is, or will be. */
  ofInspection({ address, machine, seq, at, state, snapshot }: Inspection): ActorCard {
    const type = typeOf(address);
    const { owner, sortKey, status, view } = listed(this.entry(type), state, idOf(address), snapshot);
    const { since, waiting } = snapshot;
    return this.ofHead({
      actor: address,
      type,
      machine,
      seq,
      at,
      state,
      since,
      owner,
      sortKey,
      status,
      view,
      nextDue: nextDue(waiting),
    });
  }
}

/** What another version made may be of another shape, of which nothing can be listed here. */
function listed({ list }: MachineEntry, state: string, id: string, { context, since }: StoredSnapshot) {
  try {
    return list(context as never, state, id);
  } catch {
    return { owner: null, sortKey: since, status: state, view: {} };
  }
}
