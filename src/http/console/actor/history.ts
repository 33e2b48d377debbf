/**
 * The journal of one actor as the page knows it: light rows, without a gap from `firstSeq` to `lastSeq`, older windows
 * coming in at the front and live rows at the end. Answers what was active, and what had been visited, at any seq in
 * time that does not depend on its length.
 */
import type { JournalRow } from '../../console-api/schemas.ts';
import { activeIds } from '../../graph/active-ids.ts';

export class History {
  readonly rootId: string;
  #rows: JournalRow[] = [];
  /** By id of a node or edge: the seqs that entered or took it, ascending. */
  #visits = new Map<string, number[]>();
  readonly #activeByState = new Map<string, readonly string[]>();

  /** `rootId`: the chart's outermost state, whose name begins every other's. */
  constructor(rootId: string) {
    this.rootId = rootId;
  }

  get rows(): readonly JournalRow[] {
    return this.#rows;
  }

  /** 1 once everything is known; 0 when nothing is. */
  get firstSeq(): number {
    return this.#rows[0]?.seq ?? 0;
  }

  get lastSeq(): number {
    return this.#rows.at(-1)?.seq ?? 0;
  }

  at(seq: number): JournalRow | undefined {
    return this.#rows[seq - this.firstSeq];
  }

  /** Takes rows that continue what is known, at either end; those known already are skipped. False: there is a gap, and
   * nothing was taken. */
  add(rows: readonly JournalRow[]): boolean {
    const [first, last] = [rows[0]?.seq, rows.at(-1)?.seq];
    if (first === undefined || last === undefined) return true;
    if (this.#rows.length === 0) this.#rows = [...rows];
    else if (last === this.firstSeq - 1) this.#rows = [...rows, ...this.#rows];
    else if (first > this.lastSeq + 1 || last < this.firstSeq) return false;
    else {
      const from = this.#rows.length;
      this.#rows.push(...rows.filter(({ seq }) => seq > this.lastSeq));
      for (let index = from; index < this.#rows.length; index += 1) this.#note(index);
      return true;
    }
    this.#visits = new Map();
    for (let index = 0; index < this.#rows.length; index += 1) this.#note(index);
    return true;
  }

  #note(index: number): void {
    const row = this.#rows[index] as JournalRow;
    const before = index > 0 ? this.activeIn((this.#rows[index - 1] as JournalRow).state) : [];
    // Some of them it only passes through.
    const entered = row.edges.flatMap(targetsOf);
    for (const id of [...this.activeIn(row.state), ...entered]) {
      if (!before.includes(id) || entered.includes(id)) this.#visit(id, row.seq);
    }
    for (const edge of row.edges) this.#visit(edge, row.seq);
  }

  #visit(id: string, seq: number): void {
    const seqs = this.#visits.get(id);
    if (seqs === undefined) this.#visits.set(id, [seq]);
    else if (seqs.at(-1) !== seq) seqs.push(seq);
  }

  /** How often a node was entered, or an edge taken, up to `seq`. */
  visits(id: string, seq: number): number {
    const seqs = this.#visits.get(id);
    if (seqs === undefined) return 0;
    let [low, high] = [0, seqs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((seqs[middle] as number) <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** All seqs that entered or took it. */
  visitedAt(id: string): readonly number[] {
    return this.#visits.get(id) ?? [];
  }

  /** Node ids of a state's name, enclosing ones included: `paying.sending` is in `paying` and in the root. */
  activeIn(state: string): readonly string[] {
    let active = this.#activeByState.get(state);
    if (active === undefined) {
      active = activeIds(this.rootId, state);
      this.#activeByState.set(state, active);
    }
    return active;
  }
}

/** The states that an edge leads to, by its id (`edgeOf`): `<source>|<event>|<targets>[|<guard>]`. */
function targetsOf(edge: string): readonly string[] {
  const targets = edge.split('|')[2] ?? '';
  return targets === '' ? [] : targets.split(',');
}
