/**
 * That several rows in one document, and one row in several, make no difference to who reads a list.
 */
import { beforeEach, expect, it } from 'vitest';
import type { ListedRow, Position } from '../../src/actors/ports.ts';
import { MongoProjections } from '../../src/infra/mongo/mongo-projections.ts';
import { mongoTestStore } from '../support/mongo-test-store.ts';
import { rowOf } from '../support/projected.ts';
import { needsService } from '../support/services.ts';

const store = mongoTestStore(needsService('mongodb'), 'rows');
const projections = () => new MongoProjections(store().database);
const documentCount = () => store().database.db.collection('rows').countDocuments();

beforeEach(() => store().empty());

const rowAt = (at: number, n = 1) => rowOf(`balance/u1`, at, n, { at });
const project = (...rows: ListedRow[]) => projections().project([], rows);

/** The whole list, page by page. */
async function listed(limit: number, owner = 'u1'): Promise<string[]> {
  const seen: string[] = [];
  for (let after: Position | undefined; ; ) {
    const page = await projections().rows({ table: 'ledger', owner, limit, ...(after && { after }) });
    seen.push(...page.map(({ id }) => id));
    const last = page.at(-1);
    if (page.length < limit || last === undefined) return seen;
    after = [last.at, last.id];
  }
}

const newestFirst = (rows: readonly ListedRow[]) =>
  rows.toSorted((a, b) => b.at - a.at || b.n - a.n).map(({ id }) => id);

it('rows of one list that are written together and lie close together are one document', async () => {
  await project(...[5, 1, 3].map((at) => rowAt(at)), rowOf('balance/u2', 1, 1, { owner: 'u2' }));
  expect(await documentCount()).toBe(2);
  expect(await listed(10)).toEqual(newestFirst([5, 3, 1].map((at) => rowAt(at))));
});

it('the same rows again are the same document', async () => {
  const rows = [1, 2, 3].map((at) => rowAt(at));
  await project(...rows);
  await project(...rows.toReversed());
  expect(await documentCount()).toBe(1);
});

it('a row that was written again among others stands in a list once, and the others too', async () => {
  await project(rowAt(1), rowAt(2), rowAt(3));
  await project(rowAt(1), rowAt(4));
  await project(rowAt(2), rowAt(3), rowAt(5));
  for (const limit of [1, 2, 10])
    expect(await listed(limit)).toEqual(newestFirst([1, 2, 3, 4, 5].map((at) => rowAt(at))));
});

it('rows far apart are several documents, as are very many', async () => {
  await project(rowAt(1), rowAt(2_001), rowAt(2_002), rowAt(86_400_000));
  expect(await documentCount()).toBe(3);
  await project(...Array.from({ length: 120 }, (_, index) => rowAt(100_000_000, index)));
  expect(await documentCount()).toBe(6);
});

it.each([1, 3, 7, 100])(
  'lists that several nodes wrote at the same time are in order, by pages of %i',
  async (limit) => {
    // Each node's rows of a second are one document, so that documents overlap; one node's come twice, cut differently.
    const rows = Array.from({ length: 240 }, (_, index) => rowAt(1_000 + index * 37, index));
    const byNode = Map.groupBy(rows, ({ n }) => n % 3);
    for (const own of byNode.values()) {
      for (const second of Map.groupBy(own, ({ at }) => Math.floor(at / 1_000)).values()) await project(...second);
    }
    for (const part of Map.groupBy(byNode.get(0) ?? [], ({ at }) => Math.floor(at / 700)).values())
      await project(...part);
    expect(await listed(limit)).toEqual(newestFirst(rows));
  },
);

it('a document that begins below a page’s end and reaches above it is not missed', async () => {
  await project(rowAt(1_000), rowAt(2_900));
  await project(...Array.from({ length: 30 }, (_, index) => rowAt(1_500, index)));
  for (let index = 0; index < 40; index += 1) await project(rowAt(1_600 + index, index));
  expect((await listed(1))[0]).toBe(rowAt(2_900).id);
  expect(await listed(5)).toHaveLength(72);
});
