import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, assign, fromPromise, raise, setup } from 'xstate';
import { type ActorDefinition, Registry } from '../../src/actors/registry.ts';
import { effects } from '../../src/machines/effects.ts';
import { counters, createWorld, startNode } from '../support/actor-world.ts';

const list = () => ({ owner: null, sortKey: 0, status: '', view: {} });
const define = (machine: AnyStateMachine): ActorDefinition => ({ type: 'thing', machine, list });
const base = setup({
  types: { context: {} as { n: number } },
  actions: { ...effects, note: assign({ n: 1 }), act: () => {}, shout: raise({ type: 'x' }) },
  actors: { fetch: fromPromise(async () => 1) },
});

describe('registration', () => {
  const refused: Record<string, AnyStateMachine> = {
    'an invoke': base.createMachine({ context: { n: 0 }, invoke: { src: 'fetch' } }),
    'a wildcard transition': base.createMachine({ context: { n: 0 }, on: { '*': { actions: 'note' } } }),
    'a partial wildcard': base.createMachine({ context: { n: 0 }, on: { 'a.*': { actions: 'note' } } }),
    'an inline action': base.createMachine({ context: { n: 0 }, on: { a: { actions: () => {} } } }),
    'an inline assign': base.createMachine({ context: { n: 0 }, entry: assign({ n: 2 }) }),
    'an action that is no effect': base.createMachine({ context: { n: 0 }, on: { a: { actions: 'act' } } }),
    'an immediate raise by name': base.createMachine({ context: { n: 0 }, on: { a: { actions: 'shout' } } }),
    'an unknown name': base.createMachine({ context: { n: 0 }, exit: 'nothing' as never }),
    'a history state': base.createMachine({
      context: { n: 0 },
      initial: 'a',
      states: { a: {}, h: { type: 'history' } },
    }),
  };
  for (const [what, machine] of Object.entries(refused)) {
    it(`[G1] refuses ${what}`, () => {
      expect(() => new Registry([define(machine)])).toThrow(expect.objectContaining({ code: 'MACHINE_REFUSED' }));
    });
  }

  it('[G2] gives the same chart the same version, and another chart another', () => {
    const chart = (target: string) =>
      base.createMachine({ context: { n: 0 }, initial: 'a', states: { a: { on: { go: target } }, b: {}, c: {} } });
    const version = (machine: AnyStateMachine) => new Registry([define(machine)]).logic('thing').version;
    expect(version(chart('b'))).toBe(version(chart('b')));
    expect(version(chart('b'))).not.toBe(version(chart('c')));
  });
});

describe('an actor written by another version', () => {
  const cause = 'test';
  const [counter] = counters() as [ActorDefinition, ActorDefinition];
  const version = new Registry([counter]).logic('counter').version;
  const older = 'counter@000000000000';

  /** A world with one counter at 1, written under the older version's name. */
  async function worldOfOlder() {
    const world = createWorld();
    const append = world.journal.append.bind(world.journal);
    world.journal.append = (records) => append(records.map((record) => ({ ...record, machine: older })));
    const { runtime } = await startNode(world);
    await world.clock.until(runtime.send('counter/a', { type: 'add' }, { cause }));
    await world.clock.until(runtime.stop());
    world.journal.append = append;
    return world;
  }

  it('is left to others while this node does not know it: nothing is parked, tells are kept', async () => {
    const world = await worldOfOlder();
    const { runtime } = await startNode(world);
    await expect(world.clock.until(runtime.send('counter/a', { type: 'add' }, { cause }))).rejects.toMatchObject({
      code: 'MACHINE_VERSION_UNKNOWN',
      retry: 'later',
    });
    await world.clock.until(runtime.send('counter/b', { type: 'pass', to: 'counter/a' }, { cause }));
    await world.clock.advance(8_000);
    expect(await runtime.undelivered('counter/a')).toHaveLength(1);
    expect(await world.journal.page('counter/a', 0, 10)).toHaveLength(1);
  });

  it('is gone on with when it may be adopted or upgraded, and its next record says so', async () => {
    const upgrades: ActorDefinition['upgrade'][] = [
      { [older]: 'adopt' },
      { [older]: (snapshot) => ({ ...snapshot, context: { ...snapshot.context, count: 100 } }) },
    ];
    const counts = [];
    for (const upgrade of upgrades) {
      const world = await worldOfOlder();
      const { runtime } = await startNode(world, {}, [{ ...counter, ...(upgrade && { upgrade }) }]);
      await world.clock.until(runtime.send('counter/a', { type: 'add' }, { cause }));
      const record = await world.journal.last('counter/a');
      expect(record?.machine).toBe(version);
      expect(record?.messages[0]?.event).toEqual({ type: '@upgrade', from: older });
      counts.push(record?.snapshot.context['count']);
    }
    expect(counts).toEqual([2, 101]);
  });
});
