import { expect, it } from 'vitest';
import type { Address } from '../../src/actors/address.ts';
import type { Head } from '../../src/actors/ports.ts';
import { Projector } from '../../src/actors/projector.ts';
import type { JournalRecord } from '../../src/actors/record.ts';
import type { Logic } from '../../src/actors/registry.ts';
import { MemoryProjections } from '../support/memory-projections.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };
const logic = {
  type: 'counter',
  list: () => ({ owner: null, sortKey: 1, status: 'on', view: {} }),
} as unknown as Logic;

function record(actor: Address, seq = 1, at = 1): JournalRecord {
  const snapshot = { value: 'on', context: {}, status: 'active', since: 1, waiting: [] } as const;
  return { actor, seq, machine: 'c@1', at, messages: [], snapshot, tells: [], rows: [], node: 'n', batch: 1 };
}

/** Writes at most ten heads at once, each write taking a second. */
function createProjector() {
  const clock = new VirtualClock();
  const projections = new MemoryProjections(() => clock.now());
  const writes: { at: number; heads: number }[] = [];
  projections.project = async (heads: readonly Head[]) => {
    writes.push({ at: clock.now(), heads: heads.length });
    await new Promise<void>((resolve) => clock.after(1_000, resolve));
  };
  const startedAt = clock.now();
  const projector = new Projector({ projections, clock, log }, 10);
  const add = (from: number, to: number) => {
    for (let index = from; index < to; index += 1) projector.add(logic, record(`counter/${index}`), () => {});
  };
  const turn = (actor: Address, seq: number) => projector.add(logic, record(actor, seq, clock.now()), () => {});
  return { clock, projector, add, turn, seen: () => writes.map(({ at, heads }) => [at - startedAt, heads]) };
}

it('gathers for longer the longer a write takes', async () => {
  const { clock, add, seen } = createProjector();
  add(0, 3);
  await clock.advance(10);
  add(3, 6);
  await clock.advance(3_000);
  expect(seen()).toEqual([
    [10, 3],
    [2_010, 3],
  ]);
});

it('writes in small portions, one after the other, so that records never wait long behind lists', async () => {
  const { clock, add, seen } = createProjector();
  add(0, 3);
  await clock.advance(10);
  add(3, 28);
  await clock.advance(5_000);
  expect(seen()).toEqual([
    [10, 3],
    [2_010, 10],
    [3_010, 10],
    [4_010, 5],
  ]);
});

it('writes larger portions of a backlog, so that it gets less', async () => {
  const { clock, add, seen } = createProjector();
  add(0, 400);
  await clock.advance(9_500);
  const heads = seen().map(([, count]) => count);
  expect(heads.slice(0, 5)).toEqual([50, 50, 40, 40, 30]);
  expect(heads.at(-1)).toBe(20);
});

it('keeps writing for as long as somebody waits for all lists', async () => {
  const { clock, projector, add, seen } = createProjector();
  add(0, 5);
  await clock.advance(10);
  add(5, 9);
  const listed = projector.whenAllWritten();
  await clock.advance(2_000);
  await listed;
  expect(seen()).toEqual([
    [10, 5],
    [1_010, 4],
  ]);
});

it('lets an actor that is still turning wait for one more round, and no longer', async () => {
  const { clock, add, turn, seen } = createProjector();
  add(0, 3);
  await clock.advance(1_010);
  turn('counter/quiet', 1);
  turn('counter/busy', 1);
  await clock.advance(900);
  turn('counter/busy', 2);
  await clock.advance(2_000);
  turn('counter/busy', 3);
  await clock.advance(5_000);
  expect(seen()).toEqual([
    [10, 3],
    [2_010, 1],
    [4_010, 1],
  ]);
});

it('lets nobody wait while somebody waits for a list', async () => {
  const { clock, projector, add, turn, seen } = createProjector();
  add(0, 3);
  await clock.advance(1_010);
  turn('counter/busy', 1);
  const listed = projector.whenWritten('counter/busy');
  await clock.advance(1_000);
  await listed;
  expect(seen()).toEqual([
    [10, 3],
    [1_010, 1],
  ]);
});
