import { describe, expect, it } from 'vitest';
import { toAddress } from '../../src/actors/address.ts';
import { createWorld, startNode } from '../support/actor-world.ts';

const X = toAddress('counter', 'x');
const CAUSE = { cause: 'test' };

describe('an actor that another node has moved on', () => {
  it('has its timer fired by a node that only remembers a time before it was set', async () => {
    const world = createWorld();
    const { clock, journal } = world;
    const one = await startNode(world);
    await clock.until(one.runtime.send(X, { type: 'add' }, CAUSE));
    const two = await startNode(world);
    await clock.until(two.runtime.send(X, { type: 'wait', inMs: 5_000 }, CAUSE));
    await clock.until(two.runtime.stop());
    await clock.advance(20_000);
    expect((await journal.last(X))?.snapshot.value).toBe('rung');
  });
});
