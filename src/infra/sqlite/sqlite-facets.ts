/**
 * The words that heads are listed by, as numbers.
 *
 * Owns the table `facets`: one row for each (type, machine version, state, status) that ever occurred, some dozens. One
 * index by number then serves lists by type, state or status; whoever reads such a list merges its facets.
 */
import type { StatementSync } from 'node:sqlite';
import type { Head, HeadsQuery } from '../../actors/ports.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

export interface Facet {
  readonly no: number;
  readonly type: string;
  readonly machine: string;
  readonly state: string;
  readonly status: string;
}

export class SqliteFacets {
  readonly #all: StatementSync;
  readonly #insert: StatementSync;
  readonly #byNumber = new Map<number, Facet>();
  readonly #byWords = new Map<string, Facet>();

  constructor(database: SqliteDatabase) {
    this.#all = database.prepare('SELECT no, type, machine, state, status FROM facets');
    this.#insert = database.prepare('INSERT INTO facets (type, machine, state, status) VALUES (?, ?, ?, ?)');
  }

  /** To be called when a transaction was rolled back: what it added is not there. */
  forget(): void {
    this.#byNumber.clear();
    this.#byWords.clear();
  }

  /** The facet of that number. Every stored head has one. */
  get(no: number): Facet {
    const facet = this.#known().get(no);
    if (facet === undefined) throw new Error(`no facet ${no}`);
    return facet;
  }

  /** The head's facet, made within the current transaction where there is none. */
  of({ type, machine, state, status }: Head): Facet {
    this.#known();
    const known = this.#byWords.get(toKey({ type, machine, state, status }));
    if (known !== undefined) return known;
    const no = Number(this.#insert.run(type, machine, state, status).lastInsertRowid);
    return this.#remember({ no, type, machine, state, status });
  }

  /** The facets a query asks for. */
  matching({ type, state, status, machine }: Pick<HeadsQuery, 'type' | 'state' | 'status' | 'machine'>): Facet[] {
    return [...this.#known().values()].filter(
      (facet) =>
        facet.type === type &&
        (state === undefined || facet.state === state) &&
        (status === undefined || facet.status === status) &&
        (machine === undefined || facet.machine === machine),
    );
  }

  #known(): ReadonlyMap<number, Facet> {
    if (this.#byNumber.size === 0) for (const row of this.#all.all()) this.#remember({ ...row } as unknown as Facet);
    return this.#byNumber;
  }

  #remember(facet: Facet): Facet {
    this.#byNumber.set(facet.no, facet);
    this.#byWords.set(toKey(facet), facet);
    return facet;
  }
}

function toKey({ type, machine, state, status }: Omit<Facet, 'no'>): string {
  return JSON.stringify([type, machine, state, status]);
}
