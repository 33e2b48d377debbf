import { describe, expect, it } from 'vitest';
import { SharedState } from '../../src/infra/resilience/shared-state.ts';
import { MemoryKeptState } from '../support/memory-kept-state.ts';
import { keepingLog } from '../support/partner-server.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

function world() {
  const clock = new VirtualClock();
  const kept = new MemoryKeptState({ isShared: true });
  const open = (node: string) => {
    const heard: unknown[] = [];
    const shared = new SharedState({
      kept,
      clock,
      log: keepingLog(),
      node,
      onEntry: ({ key, value }) => heard.push([key, value]),
      onTick: () => {},
    });
    return { shared, heard };
  };
  return { clock, kept, open };
}

describe('shared state', () => {
  it('hands each entry of another node over once, and none of its own', async () => {
    const { clock, open } = world();
    const [one, other] = [open('one'), open('other')];
    await Promise.all([one.shared.start(), other.shared.start()]);
    one.shared.put('a', 1);
    await clock.advance(10_000);
    one.shared.put('a', 2);
    await clock.advance(10_000);
    expect(other.heard).toEqual([
      ['a', 1],
      ['a', 2],
    ]);
    expect(one.heard).toEqual([]);
  });

  it('hands what is kept over at the start, oldest first', async () => {
    const { clock, open } = world();
    const before = open('before');
    before.shared.put('b', 1);
    await clock.advance(10);
    before.shared.put('a', 2);
    await before.shared.stop();
    const after = open('after');
    await after.shared.start();
    expect(after.heard).toEqual([
      ['b', 1],
      ['a', 2],
    ]);
  });

  it('saves only the last of what changed meanwhile, once the store is back', async () => {
    const { clock, kept, open } = world();
    const { shared } = open('one');
    await shared.start();
    kept.isAway = true;
    shared.put('a', 1);
    await clock.advance(2_000);
    shared.put('a', 2);
    await clock.advance(2_000);
    expect(kept.entries.size).toBe(0);
    kept.isAway = false;
    await clock.advance(2_000);
    expect(kept.entries.get('a')).toMatchObject({ value: 2, node: 'one' });
  });

  it('writes later than what it has heard, although its clock is behind', async () => {
    const { clock, kept, open } = world();
    await kept.save([{ key: 'a', at: clock.now() + 5_000, node: 'ahead', value: 1 }]);
    const { shared } = open('one');
    await shared.start();
    await shared.putNow('a', 2);
    expect(kept.entries.get('a')).toMatchObject({ value: 2 });
  });

  it('keeps what is left when it stops', async () => {
    const { kept, open } = world();
    const { shared } = open('one');
    await shared.start();
    shared.put('a', 1);
    await shared.stop();
    expect(kept.entries.get('a')).toMatchObject({ value: 1 });
  });
});
