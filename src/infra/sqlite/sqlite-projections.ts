/**
 * The `Projections` port on the embedded store.
 *
 * Owns the tables `heads`, `facets`, `lists`, `nodes`, `undelivered` and `traffic`. All writes are `ordered` (S3): power loss can take
 * the last of them, but then also every watermark and record after it, so what a watermark covers is there (J7).
 */
import type { StatementSync } from 'node:sqlite';
import type { Address } from '../../actors/address.ts';
import type {
  Clock,
  Head,
  HeadsQuery,
  Heartbeat,
  ListedRow,
  NodeRow,
  Projections,
  RowsQuery,
  Settlement,
  StateCount,
  StateLimit,
  TrafficSlot,
  UndeliveredTell,
  VersionCount,
} from '../../actors/ports.ts';
import type { JsonObject } from '../../actors/record.ts';
import type { TrafficCount } from '../../actors/traffic.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import { type Facet, SqliteFacets } from './sqlite-facets.ts';

interface StoredHead {
  readonly actor: Address;
  readonly seq: number;
  readonly at: number;
  readonly facet: number;
  readonly since: number;
  readonly owner: string | null;
  readonly sortKey: number;
  readonly view: string;
  readonly nextDue: number | null;
}

interface FacetCount {
  readonly facet: number;
  readonly count: number;
  readonly oldestSince: number;
}

interface StoredRow {
  readonly at: number;
  readonly actor: Address;
  readonly seq: number;
  readonly n: number;
  readonly data: string;
}

interface StoredTell {
  readonly body: string;
  readonly nextAt: number;
  readonly attempts: number;
}

const ROW_ID = /^(.+)#(\d+)\.(\d+)$/;

export class SqliteProjections implements Projections {
  readonly #database: SqliteDatabase;
  readonly #clock: Clock;
  readonly #facets: SqliteFacets;
  readonly #sql: ReturnType<typeof prepareAll>;

  /** The clock is the store's own time: the file has one process. */
  constructor(database: SqliteDatabase, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    this.#facets = new SqliteFacets(database);
    this.#sql = prepareAll((sql) => database.prepare(sql));
  }

  async project(heads: readonly Head[], rows: readonly ListedRow[]): Promise<void> {
    try {
      this.#database.write('ordered', () => {
        for (const head of heads) this.#put(head);
        for (const { table, owner, at, actor, seq, n, data } of rows) {
          this.#sql.insertRow.run(table, owner, at, actor, seq, n, JSON.stringify(data));
        }
      });
    } catch (error) {
      this.#facets.forget();
      throw error;
    }
  }

  async head(actor: Address): Promise<Head | undefined> {
    return this.#heads(() => this.#sql.head.all(actor))[0];
  }

  async headsOf(actors: readonly Address[]): Promise<readonly Head[]> {
    return this.#heads(() => this.#sql.headsOf.all(JSON.stringify(actors)));
  }

  async heads(query: HeadsQuery): Promise<readonly Head[]> {
    const { type, owner, limit } = query;
    const after = query.after ?? [Number.POSITIVE_INFINITY, ''];
    const facets = this.#database.read(() => this.#facets.matching(query).map(({ no }) => no));
    if (owner !== undefined) {
      return this.#heads(() => this.#sql.headsOfOwner.all(owner, type, ...after, JSON.stringify(facets), limit));
    }
    const found = facets.flatMap((facet) => this.#heads(() => this.#sql.headsOfFacet.all(facet, ...after, limit)));
    return found.sort((a, b) => b.sortKey - a.sortKey || (a.actor < b.actor ? 1 : -1)).slice(0, limit);
  }

  async countStates(limits: readonly StateLimit[]): Promise<readonly VersionCount[]> {
    const counts = new Map<string, VersionCount>();
    const add = ({ type, machine, state }: Facet, more: Partial<StateCount>) => {
      const key = JSON.stringify([type, machine, state]);
      const none = { count: 0, oldestSince: Number.POSITIVE_INFINITY, overdue: 0 };
      const known = counts.get(key) ?? { type, machine, state, ...none };
      const { count = 0, oldestSince = known.oldestSince, overdue = 0 } = more;
      counts.set(key, {
        ...known,
        count: known.count + count,
        oldestSince: Math.min(known.oldestSince, oldestSince),
        overdue: known.overdue + overdue,
      });
    };
    this.#database.read(() => {
      for (const { facet, count, oldestSince } of this.#sql.countFacets.all() as unknown as FacetCount[]) {
        add(this.#facets.get(facet), { count, oldestSince });
      }
      for (const { before, ...of } of limits) {
        for (const facet of this.#facets.matching(of)) {
          const overdue = this.#sql.countBefore.get(facet.no, before)?.['count'] as number;
          if (overdue > 0) add(facet, { overdue });
        }
      }
    });
    return [...counts.values()];
  }

  async rows({ table, owner, after, limit }: RowsQuery): Promise<readonly ListedRow[]> {
    const [at, id] = after ?? [Number.MAX_SAFE_INTEGER, ''];
    const [, actor = id, seq = '0', n = '0'] = ROW_ID.exec(id) ?? [];
    return this.#database.read(() =>
      (this.#sql.rows.all(table, owner, at, actor, Number(seq), Number(n), limit) as unknown as StoredRow[]).map(
        (row) => ({
          id: `${row.actor}#${row.seq}.${row.n}`,
          table,
          owner,
          data: JSON.parse(row.data) as JsonObject,
          actor: row.actor,
          seq: row.seq,
          n: row.n,
          at: row.at,
        }),
      ),
    );
  }

  async due(now: number, limit: number): Promise<readonly { actor: Address; nextDue: number }[]> {
    return this.#database.read(() =>
      this.#sql.due.all(now, limit).map((row) => ({ ...row }) as { actor: Address; nextDue: number }),
    );
  }

  async clear(): Promise<void> {
    this.#database.write('ordered', () => this.#database.connection.exec('DELETE FROM heads; DELETE FROM lists'));
  }

  async heartbeat({ id, role, startedAt, batch, watermark }: Heartbeat): Promise<number> {
    const heartbeatAt = this.#clock.now();
    this.#write(() => this.#sql.heartbeat.run(id, role, startedAt, heartbeatAt, batch, watermark));
    return heartbeatAt;
  }

  async nodes(): Promise<readonly NodeRow[]> {
    return this.#database.read(() =>
      this.#sql.nodes.all().map(({ retired, closed, ...row }) => {
        return { ...row, retired: retired === 1, closed: closed === 1 } as unknown as NodeRow;
      }),
    );
  }

  async settleNode(id: string, { watermark, retired, closed }: Settlement): Promise<void> {
    this.#write(() =>
      this.#sql.settleNode.run(watermark ?? null, Number(retired ?? false), Number(closed ?? false), id),
    );
  }

  async addUndelivered(tells: readonly UndeliveredTell[]): Promise<void> {
    this.#write(() => {
      for (const { nextAt, attempts, ...tell } of tells) {
        this.#sql.addUndelivered.run(tell.id, tell.to, tell.since, nextAt, attempts, JSON.stringify(tell));
      }
    });
  }

  async undeliveredDue(now: number, limit: number): Promise<readonly UndeliveredTell[]> {
    return this.#tells(() => this.#sql.undeliveredDue.all(now, limit));
  }

  async undeliveredTo(actor: Address, limit: number): Promise<readonly UndeliveredTell[]> {
    return this.#tells(() => this.#sql.undeliveredTo.all(actor, limit));
  }

  async postponeUndelivered(id: string, nextAt: number): Promise<void> {
    this.#write(() => this.#sql.postponeUndelivered.run(nextAt, id));
  }

  async removeUndelivered(ids: readonly string[]): Promise<void> {
    this.#write(() => {
      for (const id of ids) this.#sql.removeUndelivered.run(id);
    });
  }

  async undeliveredCount(): Promise<number> {
    return this.#database.read(() => this.#sql.undeliveredCount.get()?.['count'] as number);
  }

  async addTraffic(slots: readonly TrafficSlot[]): Promise<void> {
    this.#write(() => {
      for (const { type, slot, counts } of slots) {
        for (const { kind, name, bucket, count } of counts) {
          this.#sql.addTraffic.run(type, slot, kind, name, bucket, count);
        }
      }
    });
  }

  async traffic(type: string, since: number): Promise<readonly TrafficCount[]> {
    return this.#database.read(() =>
      this.#sql.traffic.all(type, since).map((row) => ({ ...row }) as unknown as TrafficCount),
    );
  }

  async dropTraffic(before: number): Promise<void> {
    this.#write(() => this.#sql.dropTraffic.run(before));
  }

  #write(body: () => unknown): void {
    this.#database.write('ordered', body);
  }

  /** Writes what has changed: an index is touched only when one of its columns did. */
  #put(head: Head): void {
    const { actor, seq, at, type, since, owner, sortKey, nextDue } = head;
    const view = JSON.stringify(head.view);
    const facet = this.#facets.of(head).no;
    const known = this.#sql.known.get(actor);
    if (known === undefined) {
      this.#sql.insertHead.run(actor, seq, at, type, facet, since, owner, sortKey, view, nextDue);
      return;
    }
    const no = known['no'] as number;
    if ((known['seq'] as number) >= seq) return;
    if (known['owner'] !== owner || known['sort_key'] !== sortKey) this.#sql.moveHead.run(owner, sortKey, no);
    if (known['facet'] !== facet || known['since'] !== since) this.#sql.refile.run(facet, since, no);
    if (known['next_due'] !== nextDue) this.#sql.reschedule.run(nextDue, no);
    this.#sql.updateHead.run(seq, at, view, no);
  }

  #heads(query: () => ReturnType<StatementSync['all']>): Head[] {
    return this.#database.read(() =>
      (query() as unknown as StoredHead[]).map(({ facet, view, ...head }) => {
        const { type, machine, state, status } = this.#facets.get(facet);
        return { ...head, type, machine, state, status, view: JSON.parse(view) as JsonObject };
      }),
    );
  }

  #tells(query: () => ReturnType<StatementSync['all']>): UndeliveredTell[] {
    return this.#database.read(() =>
      (query() as unknown as StoredTell[]).map(({ body, nextAt, attempts }) => ({
        ...(JSON.parse(body) as Omit<UndeliveredTell, 'nextAt' | 'attempts'>),
        nextAt,
        attempts,
      })),
    );
  }
}

function prepareAll(prepare: (sql: string) => StatementSync) {
  const head = 'SELECT actor, seq, at, facet, since, owner, sort_key AS sortKey, view, next_due AS nextDue FROM heads';
  const tell = 'SELECT body, next_at AS nextAt, attempts FROM undelivered';
  return {
    known: prepare('SELECT no, seq, facet, since, owner, sort_key, next_due FROM heads WHERE actor = ?'),
    insertHead: prepare(`INSERT INTO heads (actor, seq, at, type, facet, since, owner, sort_key, view, next_due)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    moveHead: prepare('UPDATE heads SET owner = ?, sort_key = ? WHERE no = ?'),
    refile: prepare('UPDATE heads SET facet = ?, since = ? WHERE no = ?'),
    reschedule: prepare('UPDATE heads SET next_due = ? WHERE no = ?'),
    updateHead: prepare('UPDATE heads SET seq = ?, at = ?, view = ? WHERE no = ?'),
    head: prepare(`${head} WHERE actor = ?`),
    headsOf: prepare(`${head} WHERE actor IN (SELECT value FROM json_each(?))`),
    headsOfOwner: prepare(`${head} WHERE owner = ? AND type = ? AND (sort_key, actor) < (?, ?)
      AND +facet IN (SELECT value FROM json_each(?)) ORDER BY sort_key DESC, actor DESC LIMIT ?`),
    headsOfFacet: prepare(`${head} WHERE facet = ? AND (sort_key, actor) < (?, ?)
      ORDER BY sort_key DESC, actor DESC LIMIT ?`),
    countFacets: prepare('SELECT facet, count(*) AS count, min(since) AS oldestSince FROM heads GROUP BY facet'),
    countBefore: prepare('SELECT count(*) AS count FROM heads WHERE facet = ? AND since < ?'),
    due: prepare('SELECT actor, next_due AS nextDue FROM heads WHERE next_due <= ? ORDER BY next_due, actor LIMIT ?'),
    insertRow: prepare(`INSERT INTO lists (name, owner, at, actor, seq, n, data) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING`),
    rows: prepare(`SELECT at, actor, seq, n, data FROM lists
      WHERE name = ? AND owner = ? AND (at, actor, seq, n) < (?, ?, ?, ?)
      ORDER BY at DESC, actor DESC, seq DESC, n DESC LIMIT ?`),
    heartbeat: prepare(`INSERT INTO nodes (id, role, started_at, heartbeat_at, batch, watermark, retired, closed)
      VALUES (?, ?, ?, ?, ?, ?, 0, 0) ON CONFLICT (id) DO UPDATE SET role = excluded.role, started_at = excluded.started_at,
      heartbeat_at = excluded.heartbeat_at, batch = max(batch, excluded.batch),
      watermark = max(watermark, excluded.watermark), retired = 0, closed = 0`),
    nodes:
      prepare(`SELECT id, role, started_at AS startedAt, heartbeat_at AS heartbeatAt, batch, watermark, retired, closed
      FROM nodes ORDER BY id`),
    settleNode: prepare(`UPDATE nodes SET watermark = max(watermark, coalesce(?, watermark)),
      retired = max(retired, ?), closed = max(closed, ?) WHERE id = ?`),
    addUndelivered: prepare(`INSERT INTO undelivered (id, target, since, next_at, attempts, body)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`),
    undeliveredDue: prepare(`${tell} WHERE next_at <= ? ORDER BY next_at, id LIMIT ?`),
    undeliveredTo: prepare(`${tell} WHERE target = ? ORDER BY since, id LIMIT ?`),
    postponeUndelivered: prepare('UPDATE undelivered SET next_at = ?, attempts = attempts + 1 WHERE id = ?'),
    removeUndelivered: prepare('DELETE FROM undelivered WHERE id = ?'),
    undeliveredCount: prepare('SELECT count(*) AS count FROM undelivered'),
    addTraffic: prepare(`INSERT INTO traffic (type, slot, kind, name, bucket, count) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET count = count + excluded.count`),
    traffic: prepare(`SELECT kind, name, bucket, sum(count) AS count FROM traffic WHERE type = ? AND slot >= ?
      GROUP BY kind, name, bucket`),
    dropTraffic: prepare('DELETE FROM traffic WHERE slot < ?'),
  };
}
