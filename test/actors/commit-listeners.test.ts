import { expect, test } from 'vitest';
import { CommitListeners } from '../../src/actors/commit-listeners.ts';
import type { JournalRecord } from '../../src/actors/record.ts';
import { createWorld, startNode } from '../support/actor-world.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

test('whoever listens hears every commit of this process in order, until it stops', async () => {
  const world = createWorld();
  const { runtime } = await startNode(world);
  const heard: string[] = [];
  const stop = runtime.onCommit(({ actor, seq }) => heard.push(`${actor}#${seq}`));
  const send = (id: string) =>
    world.clock.until(runtime.send('counter/a', { type: 'add', by: 1 } as never, { id, cause: 'test' }));
  await send('1');
  await send('2');
  stop();
  await send('3');
  expect(heard).toEqual(['counter/a#1', 'counter/a#2']);
});

test('a listener that throws harms neither the others nor the turn, and is logged', () => {
  const errors: unknown[] = [];
  const listeners = new CommitListeners({ ...silent, error: (_, fields) => errors.push(fields) });
  const heard: number[] = [];
  listeners.add(() => {
    throw new Error('broken view');
  });
  listeners.add(({ seq }) => heard.push(seq));
  listeners.tell({ actor: 'counter/a', seq: 7 } as unknown as JournalRecord);
  expect(heard).toEqual([7]);
  expect(errors).toMatchObject([{ actor: 'counter/a', seq: 7 }]);
});
