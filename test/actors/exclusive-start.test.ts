import { describe, expect, it } from 'vitest';
import { toAddress } from '../../src/actors/address.ts';
import { ActorError } from '../../src/actors/errors.ts';
import type { Journal, Projections } from '../../src/actors/ports.ts';
import { Registry } from '../../src/actors/registry.ts';
import { counters, startNode, type World } from '../support/actor-world.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { MemoryProjections } from '../support/memory-projections.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const B = toAddress('counter', 'b');
const { version } = new Registry(counters()).logic('counter');

/** Takes one heartbeat, and then no write until it wakes up. */
class SleepyStore {
  readonly clock = new VirtualClock();
  readonly journal: Journal;
  readonly projections: Projections;
  #heard: string[] = [];
  #wakesAt = 0;

  constructor() {
    const store = this;
    const { clock } = this;
    this.journal = new (class extends MemoryJournal {
      override append(records: Parameters<Journal['append']>[0]) {
        store.#assertAwake();
        return super.append(records);
      }
    })();
    this.projections = new (class extends MemoryProjections {
      override heartbeat(row: Parameters<Projections['heartbeat']>[0]) {
        store.#assertAwake();
        store.#heard.push(row.id);
        return super.heartbeat(row);
      }
    })(() => clock.now());
  }

  /** After the next heartbeat, for so long. Returns the ids of the nodes that are heard from now on. */
  fallAsleep(ms: number): readonly string[] {
    this.#wakesAt = this.clock.now() + ms;
    this.#heard = [];
    return this.#heard;
  }

  #assertAwake(): void {
    if (this.#heard.length > 0 && this.clock.now() < this.#wakesAt) {
      throw new ActorError('STORE_UNAVAILABLE', 'the disk is slow');
    }
  }
}

describe('an embedded start', () => {
  it('[J7] that is fenced while it takes over goes on as another node, and tells each tell once', async () => {
    const store = new SleepyStore();
    const { clock, journal, projections } = store;
    const world: World = { clock, journal, projections };
    await projections.heartbeat({ id: 'gone', role: 'all', startedAt: clock.now(), batch: 1, watermark: 0 });
    const actor = toAddress('counter', 'a');
    await journal.append([
      {
        actor,
        seq: 1,
        machine: version,
        at: clock.now(),
        messages: [{ id: 'm1', event: { type: 'pass' }, cause: 'test', edges: [], outcome: 'done' }],
        snapshot: {
          value: 'idle',
          context: { id: 'a', count: 0, by: 1, outcome: '', text: '' },
          status: 'active',
          since: 1,
          waiting: [],
        },
        tells: [{ id: `${actor}#1.1`, to: B, event: { type: 'add' } }],
        rows: [],
        node: 'gone',
        batch: 1,
      },
    ]);
    const heard = store.fallAsleep(8_000);
    const { runtime } = await startNode(world, { exclusive: true, nodeDeadMs: 3_000 });
    expect(runtime.nodeId).not.toBe(heard[0]);
    expect(runtime.isReady).toBe(true);
    expect((await journal.last(B))?.snapshot.context['count']).toBe(1);
    expect((await projections.nodes()).find(({ id }) => id === 'gone')).toMatchObject({ watermark: 1, retired: true });
  });
});
