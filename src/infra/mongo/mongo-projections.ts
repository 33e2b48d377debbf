/**
 * The `Projections` port on MongoDB.
 *
 * Owns the collections `heads`, `rows`, `nodes`, `undelivered` and `traffic`. Invariants:
 * J7  A head, a row and an undelivered tell are acknowledged by a majority, so no failover loses one behind a watermark. A
 *     node's row is inserted so too, since records of a node that nobody knows would be taken over by nobody; how it
 *     moves on (`w: 1`) may be lost, which only repeats work.
 * M7  A user's own lists come from the primary. Lists of staff may come from a secondary, 90 s behind at most.
 */
import { type Db, type Document, type Filter, ReadPreference } from 'mongodb';
import type { Address } from '../../actors/address.ts';
import { ActorError } from '../../actors/errors.ts';
import type {
  Head,
  HeadsQuery,
  Heartbeat,
  ListedRow,
  NodeRow,
  Projections,
  RowsQuery,
  Settlement,
  StateLimit,
  TrafficSlot,
  UndeliveredTell,
  VersionCount,
} from '../../actors/ports.ts';
import type { TrafficCount } from '../../actors/traffic.ts';
import { BOUNDED, LASTING, type MongoDatabase } from './mongo-database.ts';
import { answered } from './mongo-errors.ts';
import { filterOf, fromStoredHead, indexFor, type StoredHead, toStoredHead } from './mongo-heads.ts';
import { RowsPage, rowsFilter, type StoredRows, toStoredRows } from './mongo-rows.ts';
import { ensureCollection } from './mongo-schema.ts';
import { sendEach, type Write, type WriteResult } from './mongo-writes.ts';

interface StoredNode extends Omit<NodeRow, 'id' | 'heartbeatAt'> {
  readonly _id: string;
  readonly heartbeatAt: Date;
}

interface StoredTell {
  readonly _id: string;
  readonly to: Address;
  readonly since: number;
  readonly nextAt: number;
  readonly attempts: number;
  readonly text: string;
}

interface StoredTraffic extends TrafficCount {
  readonly _id: string;
  readonly type: string;
  readonly slot: number;
}

type StandingKey = Pick<VersionCount, 'type' | 'machine' | 'state'>;

function standingKey({ type, machine, state }: StandingKey): string {
  return JSON.stringify([type, machine, state]);
}

/** Of a list, beside one for each row of a page: some begin so close that they may hold younger rows. */
const MORE_DOCUMENTS = 10;
const NEWEST_FIRST = { sortKey: -1, _id: -1 } as const;
/** The least that the driver allows, and far more than a secondary in health is behind. */
const STAFF = new ReadPreference('secondaryPreferred', undefined, { maxStalenessSeconds: 90 });
const MOVING = { writeConcern: { w: 1 }, ...BOUNDED } as const;

export class MongoProjections implements Projections {
  readonly #database: MongoDatabase;

  constructor(database: MongoDatabase) {
    this.#database = database;
  }

  async project(heads: readonly Head[], rows: readonly ListedRow[], unlisted?: ReadonlySet<Address>): Promise<void> {
    const isUnlisted = ({ actor }: Head) => unlisted?.has(actor) === true;
    await Promise.all([
      this.#insertHeads(heads.filter(isUnlisted).map(toStoredHead)),
      this.#putHeads(heads.filter((head) => !isUnlisted(head)).map(toStoredHead)),
      this.#write({ insert: 'rows', documents: toStoredRows(rows) }),
    ]);
  }

  async head(actor: Address): Promise<Head | undefined> {
    const stored = await answered(this.#heads().findOne({ _id: actor }, BOUNDED));
    return stored === null ? undefined : fromStoredHead(stored);
  }

  async headsOf(actors: readonly Address[]): Promise<readonly Head[]> {
    const filter = { _id: { $in: [...actors] } };
    const found = this.#heads().find(filter, { ...BOUNDED, readPreference: STAFF });
    return (await answered(found.toArray())).map(fromStoredHead);
  }

  async heads(query: HeadsQuery): Promise<readonly Head[]> {
    const readPreference = query.owner === undefined ? STAFF : ReadPreference.primary;
    const options = { ...BOUNDED, readPreference, hint: indexFor(query), sort: NEWEST_FIRST, limit: query.limit };
    const found = this.#heads().find({ ...filterOf(query), ...(await this.#narrowed(query)) }, options);
    return (await answered(found.toArray())).map(fromStoredHead);
  }

  /** Lists of staff by what their query leaves open are the lists of its few values, merged by the server, which spares
   * every write an index: actors in a state by their versions, all actors of a type by their statuses. */
  async #narrowed({ type, owner, status, state, machine }: HeadsQuery): Promise<object> {
    if (owner !== undefined || machine !== undefined) return {};
    if (state !== undefined) return { machine: { $in: await this.#valuesOf('machine', type) } };
    return status === undefined ? { status: { $in: await this.#valuesOf('status', type) } } : {};
  }

  #valuesOf(field: 'machine' | 'status', type: string): Promise<string[]> {
    return answered(this.#heads().distinct(field, { type }, { ...BOUNDED, readPreference: STAFF }));
  }

  /** Like every statistic it may come from a secondary (M7). */
  async countStates(limits: readonly StateLimit[]): Promise<readonly VersionCount[]> {
    const [counted, overdue] = await Promise.all([
      this.#countStanding({}),
      Promise.all(
        limits.map(({ type, state, before }) => this.#countStanding({ type, state, since: { $lt: before } })),
      ),
    ]);
    const late = new Map(overdue.flat().map(({ _id, count }) => [standingKey(_id), count]));
    return counted.map(({ _id, ...count }) => ({ ..._id, ...count, overdue: late.get(standingKey(_id)) ?? 0 }));
  }

  /** From the index alone. */
  #countStanding(filter: Filter<StoredHead>) {
    const by = { type: '$type', machine: '$machine', state: '$state' };
    return answered(
      this.#heads()
        .aggregate<{ readonly _id: StandingKey; readonly count: number; readonly oldestSince: number }>(
          [{ $match: filter }, { $group: { _id: by, count: { $sum: 1 }, oldestSince: { $min: '$since' } } }],
          { ...BOUNDED, readPreference: STAFF, hint: 'state' },
        )
        .toArray(),
    );
  }

  async rows(query: RowsQuery): Promise<readonly ListedRow[]> {
    const documents = this.#db.collection<StoredRows>('rows');
    const count = query.limit + MORE_DOCUMENTS;
    const options = { ...BOUNDED, hint: { _id: 1 }, sort: { _id: -1 }, limit: count } as const;
    const page = new RowsPage(query);
    let filter = rowsFilter(query);
    for (;;) {
      const found = await answered(documents.find(filter, options).toArray());
      for (const stored of found) page.add(stored);
      const last = found.at(-1);
      if (last === undefined || found.length < count || page.isComplete) return page.rows;
      filter = rowsFilter(query, last._id);
    }
  }

  async due(now: number, limit: number): Promise<readonly { actor: Address; nextDue: number }[]> {
    const sort = { nextDue: 1, _id: 1 } as const;
    const options = { ...BOUNDED, hint: 'due', sort, limit, projection: { nextDue: 1 } };
    const due = await answered(
      this.#heads()
        .find({ nextDue: { $lte: now } }, options)
        .toArray(),
    );
    return due.map(({ _id, nextDue }) => ({ actor: _id, nextDue: nextDue as number }));
  }

  async clear(): Promise<void> {
    for (const name of ['heads', 'rows'] as const) {
      await answered(this.#db.collection(name).drop(LASTING));
      await ensureCollection(this.#database, name);
    }
  }

  async heartbeat({ id, role, startedAt, batch, watermark }: Heartbeat): Promise<number> {
    const change = [
      {
        $set: {
          role: { $literal: role },
          startedAt,
          heartbeatAt: '$$NOW',
          batch: { $max: ['$batch', batch] },
          watermark: { $max: ['$watermark', watermark] },
          retired: false,
          closed: false,
        },
      },
    ];
    const move = (options: typeof MOVING | (typeof LASTING & { upsert: true })) =>
      answered(this.#nodes().findOneAndUpdate({ _id: id }, change, { ...options, returnDocument: 'after' }));
    const node = (await move(MOVING)) ?? (await move({ ...LASTING, upsert: true }));
    if (node === null) throw new ActorError('STORE_UNAVAILABLE', `MongoDB did not keep the heartbeat of ${id}`);
    return node.heartbeatAt.getTime();
  }

  async nodes(): Promise<readonly NodeRow[]> {
    const stored = await answered(
      this.#nodes()
        .find({}, { ...BOUNDED, sort: { _id: 1 } })
        .toArray(),
    );
    return stored.map(({ _id, heartbeatAt, ...node }) => ({ id: _id, ...node, heartbeatAt: heartbeatAt.getTime() }));
  }

  async settleNode(id: string, { watermark, ...settlement }: Settlement): Promise<void> {
    const change = {
      ...settlement,
      ...(watermark === undefined ? {} : { watermark: { $max: ['$watermark', watermark] } }),
    };
    await answered(this.#nodes().updateOne({ _id: id }, [{ $set: change }], MOVING));
  }

  async addUndelivered(tells: readonly UndeliveredTell[]): Promise<void> {
    const documents = tells.map(({ nextAt, attempts, ...tell }) => {
      return { _id: tell.id, to: tell.to, since: tell.since, nextAt, attempts, text: JSON.stringify(tell) };
    });
    await this.#write({ insert: 'undelivered', documents });
  }

  async undeliveredDue(now: number, limit: number): Promise<readonly UndeliveredTell[]> {
    return this.#tells({ nextAt: { $lte: now } }, { nextAt: 1, _id: 1 }, limit);
  }

  async undeliveredTo(actor: Address, limit: number): Promise<readonly UndeliveredTell[]> {
    return this.#tells({ to: actor }, { since: 1, _id: 1 }, limit);
  }

  async postponeUndelivered(id: string, nextAt: number): Promise<void> {
    await answered(this.#undelivered().updateOne({ _id: id }, { $set: { nextAt }, $inc: { attempts: 1 } }, LASTING));
  }

  async removeUndelivered(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await answered(this.#undelivered().deleteMany({ _id: { $in: [...ids] } }, LASTING));
  }

  async undeliveredCount(): Promise<number> {
    return answered(this.#undelivered().countDocuments({}, BOUNDED));
  }

  async addTraffic(slots: readonly TrafficSlot[]): Promise<void> {
    const updates = slots.flatMap(({ type, slot, counts }) =>
      counts.map(({ kind, name, bucket, count }) => ({
        q: { _id: JSON.stringify([type, slot, kind, name, bucket]) },
        u: { $inc: { count }, $setOnInsert: { type, slot, kind, name, bucket } },
        upsert: true,
      })),
    );
    if (updates.length > 0) await this.#write({ update: 'traffic', updates });
  }

  /** Like every statistic it may come from a secondary (M7). */
  async traffic(type: string, since: number): Promise<readonly TrafficCount[]> {
    const group = { _id: { kind: '$kind', name: '$name', bucket: '$bucket' }, count: { $sum: '$count' } };
    const sums = this.#traffic().aggregate<{ _id: Omit<TrafficCount, 'count'>; count: number }>(
      [{ $match: { type, slot: { $gte: since } } }, { $group: group }],
      { ...BOUNDED, readPreference: STAFF },
    );
    return (await answered(sums.toArray())).map(({ _id, count }) => ({ ..._id, count }));
  }

  async dropTraffic(before: number): Promise<void> {
    await answered(this.#traffic().deleteMany({ slot: { $lt: before } }, LASTING));
  }

  get #db(): Db {
    return this.#database.db;
  }

  #heads() {
    return this.#db.collection<StoredHead>('heads');
  }

  #nodes() {
    return this.#db.collection<StoredNode>('nodes');
  }

  #traffic() {
    return this.#db.collection<StoredTraffic>('traffic');
  }

  #undelivered() {
    return this.#db.collection<StoredTell>('undelivered');
  }

  /** At a little more than half of what an upsert costs the servers. */
  async #insertHeads(heads: readonly StoredHead[]): Promise<void> {
    const results = await this.#write({ insert: 'heads', documents: heads });
    await this.#putHeads(heads.filter((_, index) => results[index] === 'duplicate'));
  }

  /** In one step each, so that of two nodes that project at once the greater seq wins. A guard in the query instead of the
   * change would make an insert of every head that is there already, which its id refuses, and cost as much. */
  async #putHeads(heads: readonly StoredHead[]): Promise<void> {
    const updates = heads.map((head) => {
      const isNewer = { $lt: [{ $ifNull: ['$seq', 0] }, head.seq] };
      const u = [{ $replaceWith: { $cond: [isNewer, { $literal: head }, '$$ROOT'] } }];
      return { q: { _id: head._id }, u, upsert: true };
    });
    await this.#write({ update: 'heads', updates });
  }

  /** Resolves when each is done, or refused because its id is there. @throws STORE_UNAVAILABLE */
  async #write(write: Write): Promise<readonly WriteResult[]> {
    const { results, doubt } = await answered(sendEach(this.#db, write));
    if (doubt === undefined) return results;
    throw new ActorError('STORE_UNAVAILABLE', `MongoDB: ${doubt}`, { cause: doubt, retryAfterMs: 1_000 });
  }

  async #tells(filter: Filter<StoredTell>, sort: Document, limit: number): Promise<UndeliveredTell[]> {
    const stored = await answered(
      this.#undelivered()
        .find(filter, { ...BOUNDED, sort, limit } as object)
        .toArray(),
    );
    return stored.map(({ text, nextAt, attempts }) => ({
      ...(JSON.parse(text) as Omit<UndeliveredTell, 'nextAt' | 'attempts'>),
      nextAt,
      attempts,
    }));
  }
}
