import { describe, expect, it } from 'vitest';
import { toAddress } from '../../src/actors/address.ts';
import type { Journal } from '../../src/actors/ports.ts';
import { createWorld, startNode } from '../support/actor-world.ts';
import { MemoryJournal } from '../support/memory-journal.ts';

const X = toAddress('counter', 'x');

describe('waiting for an actor among several processes', () => {
  it('ends when the lists show what was seen, also when the record was seen before its node heard of it', async () => {
    const world = createWorld();
    const { clock, projections } = world;
    world.journal = new (class extends MemoryJournal {
      /** Stores at once, and says so much later. */
      override async append(records: Parameters<Journal['append']>[0]) {
        const results = await super.append(records);
        await new Promise<void>((resolve) => clock.after(250, resolve));
        return results;
      }
    })();
    const { runtime } = await startNode(world);
    const sent = runtime.send(X, { type: 'add' }, { cause: 'test' });
    const seen = await clock.until(runtime.waitUntil(X, ({ context }) => context['count'] === 1, 5_000));
    expect(seen?.seq).toBe(1);
    expect((await projections.head(X))?.seq).toBe(1);
    await clock.until(sent);
  });
});
