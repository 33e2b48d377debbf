import { describe, expect, it } from 'vitest';
import { MemoryCallQueue } from '../../src/infra/memory-call-queue.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { attemptOf, callQueueContract, heldRun } from './call-queue.contract.ts';

callQueueContract('MemoryCallQueue', async () => {
  const clock = new VirtualClock();
  return { queue: new MemoryCallQueue({ clock }), advance: (ms) => clock.advance(ms), close: async () => {} };
});

describe('MemoryCallQueue', () => {
  it('[Q2] runs as many attempts of an activity at once as it is told, in the order added', async () => {
    const clock = new VirtualClock();
    const queue = new MemoryCallQueue({ clock }, { orderPage: 1 });
    const held = heldRun();
    await queue.start(held.run);
    for (const id of ['1', '2', '3']) await queue.add(attemptOf(id, { activity: 'orderPage' }));
    for (let index = 0; index < 20; index += 1) await queue.add(attemptOf(`t${index}`));
    await clock.advance(10);
    expect(held.ids().filter((id) => id.startsWith('t'))).toHaveLength(16);
    expect(held.ids().filter((id) => !id.startsWith('t'))).toEqual(['1']);
    held.end('1');
    await clock.advance(10);
    expect(held.ids().filter((id) => !id.startsWith('t'))).toEqual(['1', '2']);
  });

  it('refuses attempts once it is stopped, and takes them when started again', async () => {
    const clock = new VirtualClock();
    const queue = new MemoryCallQueue({ clock });
    const held = heldRun();
    await (await queue.start(held.run))(100);
    await expect(queue.add(attemptOf('a'))).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    await queue.start(held.run);
    await queue.add(attemptOf('b'));
    await clock.advance(10);
    expect(held.ids()).toEqual(['b']);
  });
});
