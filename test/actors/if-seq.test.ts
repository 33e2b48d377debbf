import { describe, expect, it } from 'vitest';
import { toAddress } from '../../src/actors/address.ts';
import type { SendOptions } from '../../src/actors/facade.ts';
import type { Runtime } from '../../src/actors/runtime.ts';
import { createWorld, startNode, type World } from '../support/actor-world.ts';

const A = toAddress('counter', 'a');
const REFUSED = { outcome: 'refused', reason: { code: 'PRECONDITION_FAILED' } };

function sender({ clock }: World, runtime: Runtime) {
  return (id: string, options: Partial<SendOptions> = {}) =>
    clock.until(runtime.send(A, { type: 'add' }, { id, cause: 'test', repeatable: true, ...options }));
}

async function started() {
  const world = createWorld();
  const { runtime } = await startNode(world, { exclusive: true });
  return { world, runtime, send: sender(world, runtime) };
}

describe('a message that is meant for a certain record', () => {
  it('is taken by the turn after it', async () => {
    const { send } = await started();
    expect(await send('m1', { ifSeq: 0 })).toMatchObject({ outcome: 'done', seq: 1 });
    expect(await send('m2', { ifSeq: 1 })).toMatchObject({
      outcome: 'done',
      seq: 2,
      snapshot: { context: { count: 2 } },
    });
  });

  it('is refused, on record, when the actor has moved on or is not there yet', async () => {
    const { send, runtime } = await started();
    await send('m1');
    await send('m2');
    for (const [id, ifSeq] of [
      ['m3', 1],
      ['m4', 9],
    ] as const) {
      expect(await send(id, { ifSeq })).toMatchObject({ ...REFUSED, snapshot: { context: { count: 2 } } });
    }
    const [record] = await runtime.history(A, 2, 1);
    expect(record?.messages).toMatchObject([{ id: 'm3', ...REFUSED, edges: [] }]);
  });

  it('is refused behind any other message of the same turn', async () => {
    const { world, runtime } = await started();
    const both = ['m1', 'm2'].map((id) => runtime.send(A, { type: 'add' }, { id, cause: 'test', ifSeq: 0 }));
    expect(await world.clock.until(Promise.all(both))).toMatchObject([
      { outcome: 'done', seq: 1 },
      { ...REFUSED, snapshot: { context: { count: 1 } } },
    ]);
  });

  it('is answered the same whenever it comes again', async () => {
    const { send } = await started();
    await send('m1');
    await send('m2', { ifSeq: 0 });
    expect(await send('m2', { ifSeq: 0 })).toMatchObject({ ...REFUSED, repeated: true });
    expect(await send('m1', { ifSeq: 7 })).toMatchObject({ outcome: 'done', repeated: true });
  });

  it('is judged by what the store has, not by what this node remembers', async () => {
    const world = createWorld();
    const [here, there] = [await startNode(world), await startNode(world)].map(({ runtime }) => sender(world, runtime));
    await here!('m1');
    await there!('m2');
    expect(await here!('m3', { ifSeq: 1 })).toMatchObject({ ...REFUSED, seq: 3 });
    await there!('m4');
    expect(await here!('m5', { ifSeq: 4 })).toMatchObject({ outcome: 'done', seq: 5 });
  });
});
